"""Pronounces on benchmarks that were measured in turns, when no more pairs are wanted or time is up.

It must not choose what is measured: ``paired`` does. The rules are told there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare.paired import (
    CONFIRM_RATE,
    CPU,
    SCREEN,
    TWIN_EVERY,
    VETO_RATE,
    WALL,
    Screened,
    confirming_pairs,
    pair_values,
    screen,
)
from perfwatch.compare.policies import policy_for
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.pairing import PairTiming, Side, Stage
from perfwatch.records.plan import Policy
from perfwatch.stats.difference import Difference, interval, p_beyond, p_equivalent
from perfwatch.stats.interval import exponential
from perfwatch.stats.location import geometric_mean, mean, median
from perfwatch.stats.looks import Sign
from perfwatch.stats.multiplicity import holm
from perfwatch.stats.paired import p_above, p_below, paired
from perfwatch.stats.power import pairs_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIME = "time"
POWER_TO_DECIDE = 0.8
_CLOCK_NAMES = {CPU: "processor", WALL: "wall"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One benchmark: its pairs, how its screening ended, and the pairs that its verdict comes from.

    ``policy`` is its own: some have a margin for themselves. ``fixed_count`` fresh
    pairs were fixed beforehand to confirm what the screening saw.
    """

    name: str
    policy: Policy
    screened: Screened
    pairs: tuple[PairTiming, ...]
    deciding: tuple[PairTiming, ...]
    difference: Difference | None
    p_value: float | None = None
    adjusted: float | None = None
    fixed_count: int = 0

    @property
    def red(self) -> bool:
        """Whether the screen saw it beyond the margin."""
        return self.screened.sign in (Sign.UP, Sign.DOWN)


def verdicts(timings: Sequence[PairTiming], names: Sequence[str], policy: Policy) -> tuple[Comparison, ...]:
    """Return one comparison of time for each benchmark that has a pair, in the order of ``names``.

    Where the twin vetoes, all are ``undecided`` and say why.
    """
    cases = [case for name in names if (case := _case(timings, name, policy_for(name, policy))) is not None]
    void = void_reason(timings, policy)
    return tuple(_comparison(case, void) for case in _among_reds(cases))


def presence(
    base_names: Sequence[str], head_names: Sequence[str], failures: Mapping[tuple[Side, str], str]
) -> tuple[Comparison, ...]:
    """Return a comparison for each benchmark that cannot be judged by time: new, removed or failed.

    ``failures`` holds a sentence by side and name; the name ``""`` stands for
    everything on that side. A benchmark that fails on base alone is ``new``:
    base has no time of it, and that is no fault of head's.
    """
    found = []
    for name in head_names:
        on_head = failures.get((Side.HEAD, name)) or failures.get((Side.HEAD, ""))
        on_base = failures.get((Side.BASE, name)) or failures.get((Side.BASE, ""))
        if on_head:
            found.append(_absent(name, Verdict.FAILED, f"it failed in head: {on_head}"))
        elif on_base:
            found.append(_absent(name, Verdict.NEW, f"it failed in base: {on_base}"))
        elif name not in base_names:
            found.append(_absent(name, Verdict.NEW, "only head has it"))
    if (Side.HEAD, "") not in failures:
        gone = [name for name in base_names if name not in head_names]
        found += [_absent(name, Verdict.REMOVED, "only base has it") for name in gone]
    return tuple(found)


def _absent(name: str, verdict: Verdict, reason: str) -> Comparison:
    return Comparison(benchmark=name, metric=TIME, verdict=verdict, reason=reason)


def void_reason(timings: Sequence[PairTiming], policy: Policy) -> str:
    """Say why nothing of this run can carry a verdict; "" where nothing forbids it.

    Base against its own copy, by benchmark (Holm over them) and over all: a
    difference beyond the margin is none of code.
    """
    twins = [one for one in timings if one.against is Side.TWIN]
    groups = {name: [one for one in twins if one.benchmark == name] for name in {t.benchmark for t in twins}}
    tested: list[tuple[str, Difference, Policy]] = []
    for name, pairs in sorted(groups.items()):
        found = paired(pair_values(pairs, WALL) or [])
        if found is not None:
            tested.append((name, found, policy_for(name, policy)))
    pooled = paired(_twin_values(timings))
    if pooled is not None and len(groups) > 1:
        tested.append(("all benchmarks together", pooled, policy))
    adjusted = holm([p_beyond(found, math.log1p(own.margin_ratio)) for _, found, own in tested])
    for (name, found, _), p in zip(tested, adjusted, strict=True):
        if p <= VETO_RATE:
            change = units.change(exponential(found.value))
            return f"base differs from its own copy by {change} ({name}): what was seen here is not the code's doing"
    return ""


def smallest_visible(timings: Sequence[PairTiming]) -> float | None:
    """Return the half-width of the 95% interval of base against its own copy, over all benchmarks, as a ratio."""
    pooled = paired(_twin_values(timings))
    if pooled is None:
        return None
    low, high = interval(pooled)
    return exponential((high - low) / 2) - 1


def _twin_values(timings: Sequence[PairTiming]) -> list[float]:
    twins = [one for one in timings if one.against is Side.TWIN]
    return [value for one in twins for value in pair_values([one], WALL) or []]


def _case(timings: Sequence[PairTiming], name: str, policy: Policy) -> _Case | None:
    pairs = tuple(one for one in timings if one.benchmark == name and one.against is Side.HEAD)
    if not pairs:
        return None
    screened = screen(pairs, policy)
    deciding = tuple(one for one in pairs if one.stage is Stage.SCREEN)
    if screened.sign is not Sign.OPEN:
        deciding = deciding[: screened.count]
    case = _Case(name=name, policy=policy, screened=screened, pairs=pairs, deciding=deciding, difference=None)
    if case.red:
        case = replace(case, deciding=tuple(one for one in pairs if one.stage is Stage.CONFIRM))
    values = pair_values(case.deciding, screened.clock) if case.deciding else None
    return replace(case, difference=None if values is None else paired(values))


def _among_reds(cases: list[_Case]) -> list[_Case]:
    """Give each red that was measured afresh its p value among all reds; one that was not counts as 1."""
    reds = [case for case in cases if case.red]
    fixed = [confirming_pairs(case.pairs, case.screened, len(reds), case.policy) for case in reds]
    tested = [_p_of_red(case, count) for case, count in zip(reds, fixed, strict=True)]
    judged = {
        case.name: replace(case, p_value=p, adjusted=adjusted, fixed_count=count)
        for case, p, adjusted, count in zip(reds, tested, holm(tested), fixed, strict=True)
    }
    return [judged.get(case.name, case) for case in cases]


def _p_of_red(case: _Case, fixed_count: int) -> float:
    """1 unless as many pairs were measured afresh as were fixed beforehand: stopping early would be peeking."""
    if case.difference is None or len(case.deciding) < fixed_count:
        return 1.0
    beyond = p_above if case.screened.sign is Sign.UP else p_below
    return beyond(case.difference, math.log1p(case.policy.margin_ratio))


def _comparison(case: _Case, void: str) -> Comparison:
    policy = case.policy
    base, head = (_level(case, side) for side in (Side.BASE, Side.HEAD))
    plain = Comparison(
        benchmark=case.name,
        metric=TIME,
        verdict=Verdict.UNDECIDED,
        reason=void,
        clock=case.screened.clock,
        base_value=base,
        head_value=head,
        ratio=None if case.difference is None else exponential(case.difference.value),
        margin_ratio=policy.margin_ratio,
        p_value=case.p_value,
        q_value=case.adjusted,
    )
    if case.difference is None:
        return replace(plain, reason=void or _too_few(case))
    low, high = interval(case.difference, policy.confidence_level)
    plain = replace(
        plain,
        interval=(exponential(low), exponential(high)),
        confidence_level=policy.confidence_level,
        noise_floor_ratio=exponential((high - low) / 2) - 1,
    )
    if void:
        return plain
    verdict = _verdict(case)
    contradiction = _contradiction(case) if verdict is not Verdict.UNDECIDED else ""
    if contradiction:
        return replace(plain, reason=contradiction)
    return replace(plain, verdict=verdict, reason=_reason(plain, verdict, case))


def _verdict(case: _Case) -> Verdict:
    margin = math.log1p(case.policy.margin_ratio)
    assert case.difference is not None  # noqa: S101 - asked by whoever has one
    if not case.red:
        return Verdict.SAME if case.screened.sign is Sign.SAME else Verdict.UNDECIDED
    if case.adjusted is not None and case.adjusted <= CONFIRM_RATE:
        return Verdict.SLOWER if case.screened.sign is Sign.UP else Verdict.FASTER
    if p_equivalent(case.difference, margin) <= SCREEN.same_rate:
        return Verdict.SAME
    return Verdict.UNDECIDED


def _contradiction(case: _Case) -> str:
    """Say so where processor time decided, and wall time lies beyond the margin from it."""
    if case.screened.clock != CPU:
        return ""
    walls, cpus = pair_values(case.deciding, WALL), pair_values(case.deciding, CPU)
    apart = paired([w - c for w, c in zip(walls or [], cpus or [], strict=True)]) if walls and cpus else None
    if apart is None or p_beyond(apart, math.log1p(case.policy.margin_ratio)) > CONFIRM_RATE:
        return ""
    return (
        f"processor time says {units.change(exponential(mean(cpus or [0.0])))} and wall time "
        f"{units.change(exponential(mean(walls or [0.0])))}: the clocks contradict each other"
    )


def _reason(plain: Comparison, verdict: Verdict, case: _Case) -> str:
    policy = case.policy
    count, clock = len(case.deciding), _CLOCK_NAMES[case.screened.clock]
    seen = (
        f"{units.change(plain.ratio)}, {units.percent(policy.confidence_level)} interval "
        f"{units.change_interval(plain.interval)}"
    )
    margin = units.percent(policy.margin_ratio)
    by = f"{count} pairs of processes on the {clock} clock ({case.screened.why})"
    if verdict is Verdict.SAME:
        return f"{seen}: inside the margin of {margin}, by {by}"
    if verdict is not Verdict.UNDECIDED:
        return f"{seen}: beyond the margin of {margin}, confirmed by {count} fresh {by.partition(' ')[2]}"
    if case.red:
        first = pair_values(
            [one for one in case.pairs if one.stage is Stage.SCREEN][: case.screened.count],
            case.screened.clock,
        )
        before = units.change(exponential(mean(first or [0.0])))
        if count < case.fixed_count:
            return (
                f"the screen saw {before}, and there was time for {count} of the {case.fixed_count} fresh pairs "
                f"that can confirm it: {seen}"
            )
        return f"the screen saw {before}, and {count} fresh pairs do not confirm it: {seen}"
    return f"{seen}: neither inside nor beyond the margin of {margin} after {by}{_more(case)}"


def _more(case: _Case) -> str:
    """How much longer it would take to decide, if the next pairs are like these."""
    needed = seconds_to_decide(case.deciding, case.screened.clock, case.policy)
    if needed is None:
        return "; no affordable time would decide it"
    return f"; about {units.time(needed * 1e9)} more would decide it"


def seconds_to_decide(pairs: Sequence[PairTiming], clock: str, policy: Policy) -> float | None:
    """Return how many seconds of further pairs would decide a benchmark with 80% power; ``None`` for never."""
    values = pair_values(pairs, clock)
    if values is None:
        return None
    seen = paired(values)
    if seen is None:
        return None
    room = math.log1p(policy.margin_ratio) - abs(seen.value)
    rate = (SCREEN.same_rate if room > 0 else SCREEN.change_rate) * SCREEN.share(SCREEN.last)
    count = pairs_for(abs(room), seen.standard_error * math.sqrt(len(values)), rate, POWER_TO_DECIDE)
    if count is None:
        return None
    each = median([one.spent_ns for one in pairs]) / 1e9
    return max(1, count - len(values)) * each * (1 + 1 / TWIN_EVERY)


def _too_few(case: _Case) -> str:
    if case.red:
        return "the screen saw a change, and there was no time to measure it afresh"
    said = f"{len(case.deciding)} pair(s) of processes say nothing of how much pairs differ"
    each = median([one.spent_ns for one in case.pairs])
    return f"{said}; {SCREEN.counts[0]} take about {units.time(SCREEN.counts[0] * each)}" if each else said


def _level(case: _Case, side: Side) -> float | None:
    """The geometric mean over pairs of the median time per call, in nanoseconds."""
    levels = []
    for timing in case.deciding or case.pairs:
        turns = [turn for quad in timing.warm for turn in (quad.base if side is Side.BASE else quad.head)]
        times = [turn.cpu_ns if case.screened.clock == CPU else turn.wall_ns for turn in turns]
        levels.append(median(times) / timing.loops_count)
    return geometric_mean(levels) if levels and min(levels) > 0 else None
