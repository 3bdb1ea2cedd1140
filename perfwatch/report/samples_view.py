"""The samples behind a benchmark's time in words and as a drawing: process by process, warm beside cold.

It must not summarise samples: their figures arrive in the timing's record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.geometry import heads
from perfwatch.report.samples_plot import SamplesPlot, samples_plot
from perfwatch.report.section import Fact, known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesView:
    """``facts`` are figures of the timing, ``caption`` says what the drawing shows and what it leaves out."""

    facts: tuple[Fact, ...] = ()
    plot: SamplesPlot | None = None
    caption: str = ""


def samples_view(timing: Timing | None, comparison: Comparison | None) -> SamplesView:
    """Return how steady a benchmark's time was; empty where nothing was timed."""
    if timing is None:
        return SamplesView()
    plot = samples_plot(timing)
    mine = heads(timing)
    floor = comparison.noise_floor_ratio if comparison is not None else None
    return SamplesView(
        facts=known(
            [
                ("warm, median", units.time(timing.median_ns)),
                ("95% interval", units.interval(timing.interval_ns)),
                ("cold, first call", units.time(timing.cold_ns)),
                ("compiled in it", units.time(timing.compile_ns)),
                ("CPU time", units.time(timing.cpu_median_ns)),
                ("processes", units.count(len(mine))),
                ("samples of each", _from_to(len(one.wall_ns) for one in mine)),
                ("calls in a sample", _from_to(one.loops_count for one in mine)),
                ("warm-up samples", _from_to(one.warmup_count for one in mine if one.warmup_count)),
                ("smallest visible change", units.percent(floor)),
            ]
        ),
        plot=plot,
        caption=_caption(plot) if plot is not None else "",
    )


def _from_to(counts: Iterable[int]) -> str:
    told = sorted(set(counts))
    if not told:
        return ""
    least, most = units.count(told[0]), units.count(told[-1])
    return least if least == most else f"{least} to {most}"


def _caption(plot: SamplesPlot) -> str:
    what = "pair of processes, base above head" if plot.paired else "process"
    said = [f"Each tick is a sample, each row a {what}, the long ticks are the medians; warm-up is left out."]
    if plot.beyond_count:
        said.append(f"{units.count(plot.beyond_count)} samples lie beyond the axis and stand at its ends.")
    if plot.hidden_count:
        said.append(f"{units.count(plot.hidden_count)} more rows are in report.json.")
    return " ".join(said)
