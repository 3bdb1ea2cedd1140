"""What this process has collected: totals by span and figures by name, each within bounds.

Only the process that opened a span books it; a forked child starts an empty
ledger. It must not read clocks and must not write files.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.monitor.readings import Look

#: A name with a counter in it would otherwise fill the memory of what it watches.
MAX_PATHS = 10_000
#: Recursion nests without end; what lies deeper is inside the spans above it anyway.
MAX_DEPTH = 64
MAX_CUSTOM_NAMES = 1_000
MAX_CUSTOM_VALUES = 10_000


class Amounts:
    """What one or several executions of a span took; ``None`` where it was not measured."""

    __slots__ = (
        "count",
        "cpu_ns",
        "level",
        "peak_resident_bytes",
        "read_bytes",
        "resident_change_bytes",
        "started_ns",
        "wall_ns",
        "written_bytes",
    )

    def __init__(self, started_ns: int) -> None:
        self.started_ns = started_ns
        self.count = 0
        self.wall_ns = 0
        self.cpu_ns = 0
        self.level = 0
        self.peak_resident_bytes: int | None = None
        self.resident_change_bytes: int | None = None
        self.read_bytes: int | None = None
        self.written_bytes: int | None = None

    def copy(self) -> Amounts:
        """Return an equal one that changes alone."""
        twin = Amounts(self.started_ns)
        for name in Amounts.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def add_look(self, before: Look, after: Look, level: int) -> None:
        """Add one execution's differences; of levels the highest, of high-water marks the latest stands."""
        self.level = max(self.level, level)
        self.peak_resident_bytes = after.peak_resident_bytes
        self.resident_change_bytes = _sum(
            self.resident_change_bytes, before.resident_bytes, after.resident_bytes
        )
        self.read_bytes = _sum(self.read_bytes, before.read_bytes, after.read_bytes)
        self.written_bytes = _sum(self.written_bytes, before.written_bytes, after.written_bytes)


def _sum(total: int | None, before: int | None, after: int | None) -> int | None:
    """Add a difference to a total, where both of its ends were measured."""
    if before is None or after is None:
        return total
    return (total or 0) + after - before


class Ledger:
    """The totals of this process; ``lock`` guards everything but ``generation``."""

    def __init__(self) -> None:
        # Re-entrant: a signal handler may close a span while its thread holds the lock.
        self.lock = threading.RLock()
        self.spans: dict[tuple[str, ...], Amounts] = {}
        #: By name: which direction is better, the values, and when each was recorded on ``perf_counter_ns``.
        self.custom: dict[str, tuple[str, list[float], list[int]]] = {}
        self.dropped_count = 0
        #: Raised by a fork: a span that the parent opened is the parent's to book.
        self.generation = 0

    def new(self, path: tuple[str, ...], started_ns: int) -> Amounts | None:
        """Make room for a new path; where there is none, count it and return ``None``."""
        if len(self.spans) >= MAX_PATHS or len(path) > MAX_DEPTH:
            self.dropped_count += 1
            return None
        amounts = self.spans[path] = Amounts(started_ns)
        return amounts

    def empty(self) -> None:
        """Forget everything collected."""
        with self.lock:
            self.spans = {}
            self.custom = {}
            self.dropped_count = 0

    def begin_again_in_child(self) -> None:
        """Start an empty ledger after a fork; another thread may have held the lock."""
        self.lock = threading.RLock()
        self.generation += 1
        self.empty()


LEDGER = Ledger()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LEDGER.begin_again_in_child)


def clear() -> None:
    """Forget all spans and figures collected so far; open spans go on and are booked when they close."""
    LEDGER.empty()


@contextmanager
def set_aside() -> Iterator[None]:
    """Begin with an empty ledger, and put the one of before back at the end.

    What other threads close meanwhile is not kept: whoever measures in this
    process, again and again, must not leave that in the program's own totals.
    """
    with LEDGER.lock:
        kept = LEDGER.spans, LEDGER.custom, LEDGER.dropped_count
        LEDGER.empty()
    try:
        yield
    finally:
        with LEDGER.lock:
            LEDGER.spans, LEDGER.custom, LEDGER.dropped_count = kept


def dropped_count() -> int:
    """Return how many spans and values were not kept, for want of room."""
    return LEDGER.dropped_count
