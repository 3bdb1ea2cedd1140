"""Call trees of benchmarks that were found slower: both sides in turns, each time in a fresh process.

A process is what is repeated: its hash seed and its memory layout stay with it, so that
samples from inside one share its luck. This module must not compare what it brings.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.collect import TOOLS
from perfwatch.collect.stacks import RATE_AT_MOST_HERTZ
from perfwatch.measure import cpu_pass, sampling
from perfwatch.measure.target_run import TargetRun
from perfwatch.records.pairing import PairTiming, Side
from perfwatch.records.profile_difference import SideProfile
from perfwatch.records.run import PassName
from perfwatch.records.timing import ProcessTiming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from perfwatch.records.profile import CallNode

#: So many processes of each side are looked at: fewer leave an interval of Student's wide open.
PROCESSES_COUNT = 5
#: This share of the budget is kept for them; where the pairs leave more, they may use that as well.
BUDGET_SHARE = 0.2
#: How long one benchmark is repeated in one process: 400 samples at most, and 2,000 of a side.
SECONDS_AT_MOST, SECONDS_AT_LEAST = 2.0, 0.5
#: An interpreter's start, imports and the sampler's own start.
START_SECONDS = 0.6
#: Said where time is short.
NO_TIME = "Which function is slower was not looked for: the budget leaves {left}, and {count} CPU passes of each side need about {needed}. Give more: --budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """What one side's pairs say of a benchmark: the time of a call, and its processes."""

    wall_ns: float
    processes: tuple[ProcessTiming, ...] = ()


@dataclass
class SideProfiles:
    """The call trees so far, sentences on what went less than well, and what all of it took."""

    profiles: list[SideProfile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    spent_ns: int = 0


def clean_ns(timings: Sequence[PairTiming], name: str, side: Side) -> float:
    """Return the median time of a call of one benchmark on base or head, by its warm turns against each other."""
    return statistics.median(
        turn.wall_ns / one.loops_count
        for one in timings
        if one.benchmark == name and one.against is Side.HEAD
        for quad in one.warm
        for turn in (quad.base if side is Side.BASE else quad.head)
    )


def profile_sides(
    runs: Mapping[Side, TargetRun],
    clean: Mapping[Side, Mapping[str, Clean]],
    budget_ns: float,
    found: SideProfiles,
) -> None:
    """Execute base and head in turns under the CPU pass; each tree is among the found as soon as it is there.

    ``clean`` names the benchmarks, the same on both sides.
    """
    names = tuple(clean[Side.HEAD])
    longest = [max(clean[side][name].wall_ns for side in clean) / 1e9 for name in names]
    seconds = seconds_for(budget_ns / 1e9, longest)
    if seconds is None:
        needed = 2e9 * PROCESSES_COUNT * _pass_seconds(SECONDS_AT_LEAST, longest)
        left, told = units.time(max(0.0, budget_ns)), units.time(needed)
        found.notes.append(NO_TIME.format(left=left, count=PROCESSES_COUNT, needed=told))
        return
    fresh = {side: (lambda side=side: _fresh(runs[side], clean[side], seconds)) for side in clean}
    trouble = _each(fresh, _outside, found)
    if not trouble:
        return
    # One tool for all: what two tools say of two sides is no difference of the sides.
    found.profiles.clear()
    lacking = runs[Side.HEAD].setting.missing.get(TOOLS[PassName.CPU], "")
    inside = lacking or _each(fresh, _inside, found)
    if inside:
        found.profiles.clear()
        found.notes.append(f"Which function is slower could not be looked for: {trouble}; and {inside}")
    else:
        found.notes.append(f"The call trees of slower benchmarks are pyinstrument's, because {trouble}")


def seconds_for(budget_seconds: float, longest: Sequence[float]) -> float | None:
    """Return how long each benchmark is repeated in one process; ``None`` where the budget is too small.

    ``longest`` are the seconds that one call of each takes on its slower side.
    """
    room = budget_seconds / (2 * PROCESSES_COUNT)
    if room < _pass_seconds(SECONDS_AT_LEAST, longest):
        return None
    return min(SECONDS_AT_MOST, max(SECONDS_AT_LEAST, (room - START_SECONDS) / len(longest)))


def _pass_seconds(seconds: float, longest: Sequence[float]) -> float:
    """What one process costs: its start, a call of each benchmark to warm up, and the repeating."""
    return START_SECONDS + sum(call + max(seconds, call) for call in longest)


def _each(
    fresh: Mapping[Side, Callable[[], TargetRun]],
    look: Callable[[TargetRun, Side, SideProfiles], str],
    found: SideProfiles,
) -> str:
    """Look at every process of both sides, in the order A B B A; why none could be seen, if that is so."""
    for number in range(PROCESSES_COUNT):
        for side in (Side.BASE, Side.HEAD) if number % 2 == 0 else (Side.HEAD, Side.BASE):
            run = fresh[side]()
            failure = run.prepare(PassName.CPU)
            trouble = failure.message if failure is not None else look(run, side, found)
            if trouble:
                return trouble
    return ""


def _fresh(run: TargetRun, clean: Mapping[str, Clean], seconds: float) -> TargetRun:
    """The target once more, as if it had been timed and not yet profiled."""
    plan = replace(run.plan, samples_count=round(seconds * RATE_AT_MOST_HERTZ))
    made = TargetRun(
        target=run.target, plan=plan, setting=run.setting, progress=run.progress, budget_ns=run.budget_ns
    )
    made.names = tuple(clean)
    made.found = {name: run.found.get(name, {"name": name}) for name in clean}
    made.clean_ns = {name: one.wall_ns for name, one in clean.items()}
    made.processes = {name: list(one.processes) for name, one in clean.items()}
    return made


def _outside(run: TargetRun, side: Side, found: SideProfiles) -> str:
    sampled = sampling.glanced(run)
    seen = {name: figures for name in run.names if (figures := cpu_pass.of_samples(run, sampled, name))}
    for name, figures in seen.items():
        if figures.tree is not None:
            tool, count = figures.use.tool, figures.use.samples_count
            made = _profile(run, side, name, figures.tree, (tool, count))
            found.profiles.append(replace(made, lines=figures.lines))
    return "" if seen else sampled.trouble or "no sample from outside fell into it"


def _inside(run: TargetRun, side: Side, found: SideProfiles) -> str:
    seen = [one for one in cpu_pass.trees_within(run).benchmarks if one.profiles.cpu is not None]
    for one in seen:
        if one.profiles.cpu is not None:
            made = one.passes[0]
            found.profiles.append(
                _profile(run, side, one.name, one.profiles.cpu, (made.tool, made.samples_count or 0))
            )
    return "" if seen else "pyinstrument took no sample of it"


def _profile(run: TargetRun, side: Side, name: str, tree: CallNode, by: tuple[str, int]) -> SideProfile:
    return SideProfile(
        benchmark=name, side=side, tree=tree, whole_ns=run.clean_ns[name], tool=by[0], samples_count=by[1]
    )
