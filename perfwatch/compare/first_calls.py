"""Pronounces on first calls (``cold``) and on what was compiled in them (``compile``): metrics beside ``time``.

It must not measure, and must not touch the verdicts on time: a first call is
another quantity. A pair of processes has one first call on each side, so its value
is one logarithm of head over base. The clock is the wall's, less what the calling
thread stood in the queue for a processor, where the system tells: a call that is made
once has no median to hide a neighbour's burst in, and processor time would leave out
the files that it reads, and sum up the threads that JAX compiles in.

The rule. First calls ask for no pairs of their own: those of the screening of time
are there, and nothing is confirmed afresh. When to stop was decided by times, which
may hang together with first calls (a slow process is slow in both). So the error rate
is split equally over the looks at which the screening may end, and holds however it
came to end: in at most 1% of suites some first call is called ``slower`` that is not,
by Student's one-sided t and Holm's method over the suite; as often ``faster``; and as
often for what was compiled. ``same`` is two one-sided tests, at 1% for each benchmark
alone. All else is ``undecided``.

The margin is 10%, or the benchmark's own where that is wider. Between two copies of one
code single calls that compile for half a second differed by 10% from pair to pair, on two
processors with five neighbours: within a margin of 1% nothing would ever be the ``same``.

A call that finds its code in a compile cache on disk, and one that does not, are two
kinds. Only pairs of one kind are held against each other: the one that most pairs
are of, the latest where two are as frequent, because a cache fills once.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare.paired import SCREEN
from perfwatch.compare.policies import policy_for
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.pairing import FirstCall, PairTiming, Side, Stage
from perfwatch.stats.difference import Difference, interval, p_equivalent
from perfwatch.stats.interval import exponential
from perfwatch.stats.location import geometric_mean, median
from perfwatch.stats.multiplicity import holm
from perfwatch.stats.paired import p_above, p_below, paired

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfwatch.records.plan import Policy

COLD, COMPILE = "cold", "compile"
MARGIN_RATIO = 0.10
RATE = 0.01
#: What nobody waits for: less of a difference is shown only to those who asked for the metric.
LEAST_NS = 1_000_000
#: What the compile cache did in one call. "" says that it had nothing to do.
OFF, EMPTY, HIT, PARTLY = "off", "empty", "hit", "hit in part"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One metric of one benchmark: nanoseconds of base and head by pair, and how sure their difference is.

    ``cache`` is what the compile cache did on either side, ``counts`` how many
    functions a call compiled there, ``left_out`` how many pairs it did something
    else in.
    """

    name: str
    metric: str
    margin_ratio: float
    confidence_level: float
    values_ns: tuple[tuple[int, int], ...]
    cache: tuple[str, str]
    counts: tuple[float, float]
    left_out: int
    difference: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """What the tests over the suite say of a case: its p value, and the rate at which it would be rejected."""

    p_value: float
    adjusted: float
    sign: Verdict


def cache_state(call: FirstCall) -> str:
    """Say what the compile cache did in one first call; "" where nothing was compiled or loaded."""
    if call.loads_count:
        return PARTLY if call.compiles_count else HIT
    if not call.compiles_count:
        return ""
    return EMPTY if call.misses_count else OFF


def first_calls(
    suite: Iterable[tuple[Sequence[PairTiming], Sequence[str]]], policy: Policy
) -> tuple[Comparison, ...]:
    """Return a comparison of ``cold`` for each benchmark that has warm calls too, and of ``compile`` where either side compiled.

    ``suite`` holds the timings and the names of each target.
    """
    cases = [
        case
        for timings, names in suite
        for name in names
        for case in _cases([one for one in timings if one.benchmark == name], name, policy_for(name, policy))
    ]
    tested = _tested(cases, COLD) | _tested(cases, COMPILE)
    return tuple(_comparison(case, tested.get(place)) for place, case in enumerate(cases))


def material(comparisons: Iterable[Comparison], metrics: Sequence[str]) -> tuple[Comparison, ...]:
    """Return what a reader should see: changes that somebody waits for, and all of a metric that is gated."""
    return tuple(
        one
        for one in comparisons
        if one.metric in metrics
        or (
            one.verdict in (Verdict.SLOWER, Verdict.FASTER)
            and abs((one.head_value or 0.0) - (one.base_value or 0.0)) >= LEAST_NS
        )
    )


def _cases(timings: Sequence[PairTiming], name: str, policy: Policy) -> list[_Case]:
    pairs = [
        one.first_calls
        for one in timings
        if one.first_calls is not None and one.stage is Stage.SCREEN and one.against is Side.HEAD
    ]
    if not pairs:
        return []
    kinds = [(cache_state(base), cache_state(head)) for base, head in pairs]
    counted = Counter(kinds)
    latest = {kind: index for index, kind in enumerate(kinds)}
    cache = max(counted, key=lambda kind: (counted[kind], latest[kind]))
    kept = [pair for pair, kind in zip(pairs, kinds, strict=True) if kind == cache]
    case = _Case(
        name=name,
        metric=COLD,
        margin_ratio=max(MARGIN_RATIO, policy.margin_ratio),
        confidence_level=policy.confidence_level,
        values_ns=(),
        cache=cache,
        counts=(
            median([base.compiles_count for base, _ in kept]),
            median([head.compiles_count for _, head in kept]),
        ),
        left_out=len(pairs) - len(kept),
        difference=None,
    )
    cold = tuple((base.time_ns, head.time_ns) for base, head in kept)
    compiling = tuple((base.compile_ns, head.compile_ns) for base, head in kept)
    told = [(COLD, cold), *([(COMPILE, compiling)] if any(map(any, compiling)) else [])]
    return [
        replace(case, metric=metric, values_ns=values, difference=_difference(values))
        for metric, values in told
    ]


def _difference(values_ns: Sequence[tuple[int, int]]) -> Difference | None:
    """``None`` for fewer than two pairs, and where some time is 0, which has no logarithm."""
    if min(min(pair) for pair in values_ns) <= 0:
        return None
    return paired([math.log(head / base) for base, head in values_ns])


def _tested(cases: Sequence[_Case], metric: str) -> dict[int, _Tested]:
    """Test a metric in both directions, Holm over the suite in each; by the case's place."""
    told = [
        (place, case.difference, math.log1p(case.margin_ratio))
        for place, case in enumerate(cases)
        if case.metric == metric and case.difference is not None
    ]
    above = [p_above(found, margin) for _, found, margin in told]
    below = [p_below(found, margin) for _, found, margin in told]
    up = zip(above, holm(above), [Verdict.SLOWER] * len(told), strict=True)
    down = zip(below, holm(below), [Verdict.FASTER] * len(told), strict=True)
    tested = {}
    for (place, _, _), both in zip(told, zip(up, down, strict=True), strict=True):
        p, adjusted, sign = min(both)
        tested[place] = _Tested(p_value=p, adjusted=min(1.0, len(SCREEN.counts) * adjusted), sign=sign)
    return tested


def _comparison(case: _Case, tested: _Tested | None) -> Comparison:
    base, head = (_level([pair[side] for pair in case.values_ns]) for side in (0, 1))
    plain = Comparison(
        benchmark=case.name,
        metric=case.metric,
        verdict=Verdict.UNDECIDED,
        reason="",
        clock="wall",
        base_value=base,
        head_value=head,
        margin_ratio=case.margin_ratio,
    )
    if case.difference is None or tested is None:
        verdict, why = _without_ratio(case)
        return replace(plain, verdict=verdict, reason=f"{why}{_circumstances(case)}")
    low, high = interval(case.difference, case.confidence_level)
    verdict = _verdict(case, case.difference, tested)
    plain = replace(
        plain,
        verdict=verdict,
        ratio=exponential(case.difference.value),
        interval=(exponential(low), exponential(high)),
        confidence_level=case.confidence_level,
        noise_floor_ratio=exponential((high - low) / 2) - 1,
        p_value=tested.p_value,
        q_value=tested.adjusted,
    )
    return replace(plain, reason=f"{_seen(plain, len(case.values_ns))}{_circumstances(case)}")


def _verdict(case: _Case, difference: Difference, tested: _Tested) -> Verdict:
    if tested.adjusted <= RATE:
        return tested.sign
    same = p_equivalent(difference, math.log1p(case.margin_ratio)) * len(SCREEN.counts)
    return Verdict.SAME if same <= RATE else Verdict.UNDECIDED


def _without_ratio(case: _Case) -> tuple[Verdict, str]:
    """The word where logarithms say nothing: whether something is compiled at all is no matter of noise."""
    count = len(case.values_ns)
    if count < 2:
        return Verdict.UNDECIDED, "one pair of processes says nothing of how much pairs differ"
    some = tuple(sum(pair[side] > 0 for pair in case.values_ns) for side in (0, 1))
    if case.metric == COMPILE and some == (0, count):
        return Verdict.SLOWER, f"head compiles in its first call and base does not, in all of {count} pairs"
    if case.metric == COMPILE and some == (count, 0):
        return Verdict.FASTER, f"base compiles in its first call and head does not, in all of {count} pairs"
    return Verdict.UNDECIDED, f"in some of {count} pairs a side took no time at all"


def _level(values_ns: Sequence[int]) -> float:
    return geometric_mean(values_ns) if min(values_ns) > 0 else median(values_ns)


def _seen(plain: Comparison, count: int) -> str:
    place = {Verdict.SAME: "inside", Verdict.UNDECIDED: "neither inside nor beyond"}.get(
        plain.verdict, "beyond"
    )
    return (
        f"{units.change(plain.ratio)}, {units.percent(plain.confidence_level or 0)} interval "
        f"{units.change_interval(plain.interval)}: {place} the margin of {units.percent(plain.margin_ratio or 0)} "
        f"for first calls, by {count} pairs of processes"
    )


def _circumstances(case: _Case) -> str:
    """What was compiled, in which state of the cache; "" where nothing was on either side."""
    said = []
    if any(case.counts):
        base, head = (units.count(count) for count in case.counts)
        said.append(
            f"functions compiled: {head}" if base == head else f"functions compiled: {base}, now {head}"
        )
    if any(case.cache):
        base, head = (state or "not asked" for state in case.cache)
        said.append(
            f"compile cache: {head}" if base == head else f"compile cache: {base} in base, {head} in head"
        )
    if case.left_out:
        said.append(
            f"left out, since the cache was in another state: {units.count(case.left_out)} of the pairs"
        )
    return f" ({'; '.join(said)})" if said else ""
