"""Figures of the target's own, head against base: an error, a score, a count that it recorded.

What such a figure is worth nobody but its program knows; whether it repeats,
stored sessions of base's code tell. The rules:

- of a series the last value is compared;
- equal values are ``same``;
- where two sessions or more of base's code recorded exactly one value, the figure
  repeats, and a difference is the change's: within the margin ``same``, beyond it
  ``higher`` or ``lower``;
- where they recorded different values, or there is one session only, nothing is
  decided, and the ratio is shown.

A figure that one side lacks, that several processes of one execution recorded, or
that ends with a value that is no number, is not compared. It must not say which is better: the figure's direction does.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import OWN, Comparison, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.records.run import Benchmark, Custom, Run

#: So many sessions show whether a figure repeats, at least.
SESSIONS_NEEDED = 2


def own_figures(
    sides: tuple[tuple[Run, Benchmark], tuple[Run, Benchmark]],
    sessions: Sequence[Run],
    margin_ratio: float,
    obstacle: str,
) -> Iterator[Comparison]:
    """Yield a comparison for each figure that both benchmarks recorded, in head's order.

    ``sides`` are base and head; ``sessions`` hold base and the other runs of its
    code; ``obstacle`` is what forbids a verdict, empty for nothing.
    """
    (base, old), (head, new) = sides
    before, after = _figures(base, old.name), _figures(head, new.name)
    held_in = [_figures(run, old.name) for run in sessions]
    for name, figure in after.items():
        partner = before.get(name)
        one, other = (None if partner is None else _last(partner)), _last(figure)
        if partner is None or one is None or other is None:
            continue
        held = [value for known in held_in if name in known and (value := _last(known[name])) is not None]
        forbidden = obstacle or _other_meaning(partner, figure)
        verdict, why = (
            (Verdict.UNDECIDED, forbidden) if forbidden else _decided(one, other, held, margin_ratio)
        )
        yield Comparison(
            benchmark=new.name,
            metric=f"{OWN}{_short(figure, new)}",
            direction=figure.direction,
            verdict=verdict,
            reason=why if forbidden else f"{_course(figure.name, one, other)}; {why}",
            base_run=base.header.id,
            base_value=one,
            head_value=other,
            ratio=other / one if one * other > 0 else None,
            margin_ratio=margin_ratio,
        )


def _decided(base: float, head: float, held: Sequence[float], margin_ratio: float) -> tuple[Verdict, str]:
    """The word, and why it can be said or not."""
    if base == head:
        return Verdict.SAME, "exactly the same on both sides"
    if len(held) < SESSIONS_NEEDED:
        return Verdict.UNDECIDED, (
            f"whether it repeats is not known: {len(held)} of the {SESSIONS_NEEDED} sessions of base's code "
            "that would tell are stored"
        )
    if min(held) != max(held):
        return Verdict.UNDECIDED, (
            f"it does not repeat: from {units.figure(min(held))} to {units.figure(max(held))} "
            f"in {len(held)} sessions of base's code"
        )
    repeats = f"it was one value in {len(held)} sessions of base's code"
    if abs(head - base) <= margin_ratio * abs(base):
        return Verdict.SAME, f"within the margin of {units.percent(margin_ratio)}, and {repeats}"
    word = Verdict.HIGHER if head > base else Verdict.LOWER
    return word, f"beyond the margin of {units.percent(margin_ratio)}, and {repeats}"


def _course(name: str, base: float, head: float) -> str:
    show = {"ns": units.time, "bytes": units.size}.get(name.rpartition("_")[2], units.figure)
    return f"{show(head)} against {show(base)}"


def _other_meaning(old: Custom, new: Custom) -> str:
    if old.direction != new.direction:
        return f"base calls a {old.direction} value better, and head a {new.direction} one"
    return f"base gives it in {old.unit!r}, and head in {new.unit!r}" if old.unit != new.unit else ""


def _short(figure: Custom, benchmark: Benchmark) -> str:
    """The figure's name; of a benchmark that is a figure, the name is the benchmark's already."""
    return "value" if figure.name == benchmark.name else figure.name


def _last(figure: Custom) -> float | None:
    value = figure.values[-1] if figure.values else math.nan
    return value if math.isfinite(value) else None


def _figures(run: Run, benchmark: str) -> dict[str, Custom]:
    """The benchmark's figures by name; of one that several processes recorded, none stands for the others."""
    of_this = [one for one in run.custom if one.benchmark == benchmark]
    times = Counter(one.name for one in of_this)
    return {one.name: one for one in of_this if times[one.name] == 1}
