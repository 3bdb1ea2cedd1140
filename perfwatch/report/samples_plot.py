"""Every sample of a benchmark as a tick, process by process, base beside head: where drawings stand, and no more.

Places are on a logarithmic axis around head's median, in hundredths of its length. Nothing here may feed a
figure that is judged, compared or stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from perfwatch.report.geometry import Axis, limited_reach, log_ratios, ratio_axis, tick_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfwatch.records.timing import ProcessTiming, Timing

#: So many rows, and so many samples of each process: what is left out is counted.
ROWS_LIMIT = 24
SAMPLES_LIMIT = 120
#: The axis reaches a little beyond the processes' medians, and to this part of their samples.
_MARGIN = 1.25
_REACHED = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLine:
    """One process: the places of its samples, and of its median."""

    side: str
    places: tuple[str, ...]
    middle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """One process, or the two of a pair: base first."""

    number: int
    lines: tuple[SampleLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesPlot:
    """The rows over their axis; ``beyond_count`` samples lie beyond its ends, where they are drawn."""

    rows: tuple[SampleRow, ...]
    axis: Axis
    paired: bool
    beyond_count: int
    hidden_count: int


def drawable(timing: Timing | None) -> bool:
    """Whether there are samples to draw, told without drawing them."""
    if timing is None or timing.median_ns is None or not timing.median_ns > 0:
        return False
    return sum(len(process.wall_ns) for process in timing.processes) >= 2


def samples_plot(timing: Timing | None) -> SamplesPlot | None:
    """Return the drawing; of fewer than two samples, or without a median, there is none."""
    if timing is None or timing.median_ns is None:
        return None
    groups = _groups(timing.processes)
    logs = {process.id: log_ratios(_per_call(process), timing.median_ns) for process in timing.processes}
    if sum(map(len, logs.values())) < 2:
        return None
    reach = _reach(logs.values())
    shown = groups[:ROWS_LIMIT]
    rows = tuple(
        SampleRow(
            number=number,
            lines=tuple(_line(process, logs[process.id], reach) for process in group if logs[process.id]),
        )
        for number, group in enumerate(shown, start=1)
    )
    return SamplesPlot(
        rows=rows,
        axis=ratio_axis(reach),
        paired=any(len(group) > 1 for group in groups),
        beyond_count=sum(abs(log) > reach for group in shown for one in group for log in logs[one.id]),
        hidden_count=len(groups) - len(shown),
    )


def _groups(processes: Iterable[ProcessTiming]) -> list[list[ProcessTiming]]:
    """Return the processes in their order, those of one pair together with base first."""
    groups: dict[object, list[ProcessTiming]] = {}
    for process in processes:
        groups.setdefault(process.id if process.pair is None else process.pair, []).append(process)
    return [sorted(group, key=lambda one: one.side != "base") for group in groups.values()]


def _per_call(process: ProcessTiming) -> list[float]:
    samples = process.wall_ns[process.warmup_count :] or process.wall_ns
    return [sample / process.loops_count for sample in samples] if process.loops_count > 0 else []


def _reach(logs: Iterable[Sequence[float]]) -> float:
    known = [each for each in logs if each]
    middles = [abs(median(each)) for each in known]
    spread = sorted(abs(log) for each in known for log in each)
    return limited_reach(max(*middles, spread[int(_REACHED * (len(spread) - 1))]) * _MARGIN)


def _line(process: ProcessTiming, logs: Sequence[float], reach: float) -> SampleLine:
    ordered = sorted(logs)
    step = max(1, math.ceil(len(ordered) / SAMPLES_LIMIT))
    # The ends are always there: a far sample is what a reader looks for.
    kept = dict.fromkeys([ordered[0], *ordered[::step], ordered[-1]])
    return SampleLine(
        side="base" if process.side == "base" else "head",
        places=tuple(dict.fromkeys(tick_place(log, reach) for log in kept)),
        middle=tick_place(median(ordered), reach),
    )
