"""Figures that a program records about itself.

It must not judge them: which of two is better is only noted.
"""

from __future__ import annotations

import math
from time import perf_counter_ns
from typing import Literal, SupportsFloat, SupportsIndex

from perfwatch.monitor.files import SPAN_FILE
from perfwatch.monitor.ledger import LEDGER, MAX_CUSTOM_NAMES, MAX_CUSTOM_VALUES

Direction = Literal["lower", "higher"]


def _number(name: str, value: object) -> float:
    # float() would also read text, and a figure that arrives as text is a mistake.
    if not isinstance(value, SupportsFloat | SupportsIndex) or isinstance(value, (str, bytes)):
        raise ValueError(f"perfwatch.record({name!r}, …) takes a number, not {type(value).__name__}")  # noqa: TRY004 - one error for every value that is no finite number
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"perfwatch.record({name!r}, …) takes a finite number, not {number}")
    return number


def record(name: str, value: SupportsFloat | SupportsIndex, direction: Direction = "lower") -> None:
    """Record a figure of your own; ``direction`` says whether lower or higher is better.

    Call it as often as you like: the values of one name are a series, kept in order
    with the time of each, at most 10,000 of them. Raises ``ValueError`` for a value that is not a finite
    number, an unknown direction, or one that differs from the name's first.
    """
    if not isinstance(name, str) or not name:
        raise ValueError("perfwatch.record takes a name: a text that is not empty")
    if direction not in {"lower", "higher"}:
        raise ValueError(f"direction is 'lower' or 'higher', not {direction!r}")
    number = _number(name, value)
    with LEDGER.lock:
        if name not in LEDGER.custom and len(LEDGER.custom) >= MAX_CUSTOM_NAMES:
            LEDGER.dropped_count += 1
            return
        known, values, moments = LEDGER.custom.setdefault(name, (direction, [], []))
        if known != direction:
            raise ValueError(f"{name!r} was recorded before with direction {known!r}, not {direction!r}")
        if len(values) >= MAX_CUSTOM_VALUES:
            LEDGER.dropped_count += 1
            return
        values.append(number)
        moments.append(perf_counter_ns())
    SPAN_FILE.write_if_due()
