"""Bytes and counts of base against those of head: as counts, without statistics.

It must not judge times. Amounts are equal, or within the margin: ``same``; beyond
it ``higher`` or ``lower``. Only amounts that repeat are compared: what the memory
tracer and valgrind count. Resident memory and input and output depend on the machine's state,
hence are shown and never judged.

Of two sides that were executed for this, an amount that differs is looked at again:
where a side's own two executions differ as well, nothing is decided.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare.policies import policy_for
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.pairing import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfwatch.records.plan import Policy

#: The amounts that repeat from run to run, so that a difference is a change.
REPEATING = ("peak_memory_bytes", "allocated_bytes", "allocations_count", "instructions_count")
#: Amounts of other tools' files, and why no word is said of them.
UNJUDGED = {
    "peak_resident_bytes": "resident memory depends on the state of the machine, so it is shown and never judged",
    "memory_bytes": "the file does not say how this memory was counted, so it is shown and never judged",
    "object_bytes": "the size of an object was measured once, outside a timed call: it is shown and never judged",
}
#: Differences up to these are no change: what a process has cached when a call begins moves them so far.
FLOORS = {
    "peak_memory_bytes": 65_536,
    "allocated_bytes": 65_536,
    "allocations_count": 100,
    "instructions_count": 100,
}


def decide_amount(base: float, head: float, margin_ratio: float, floor: float = 0.0) -> Verdict:
    """Say the word for two counts, neither negative; either may be 0.

    A difference within the margin, or of no more than ``floor``, is none.
    """
    if max(base, head) <= max(min(base, head) * (1 + margin_ratio), min(base, head) + floor):
        return Verdict.SAME
    return Verdict.HIGHER if head > base else Verdict.LOWER


def amount_reason(metric: str, base: float, head: float, margin_ratio: float) -> str:
    """Say of two amounts what they are, and where their difference lies."""
    show = units.size if metric.endswith("_bytes") else units.count
    if base == head:
        return f"exactly {show(base)} on both sides"
    if decide_amount(base, head, margin_ratio) is not Verdict.SAME and abs(head - base) <= FLOORS[metric]:
        return f"{show(head)} against {show(base)}: less than {show(FLOORS[metric])} apart, as caches alone make it"
    place = "within" if decide_amount(base, head, margin_ratio) is Verdict.SAME else "beyond"
    change = f": {units.change(head / base)}" if base else ""
    return f"{show(head)} against {show(base)}{change}, {place} the margin of {units.percent(margin_ratio)}"


def differ(
    base: Mapping[str, Mapping[str, float]], head: Mapping[str, Mapping[str, float]], policy: Policy
) -> bool:
    """Whether some benchmark's amounts, by name and metric, are not the same on both sides."""
    return any(
        verdict is not Verdict.SAME
        for name in base.keys() & head.keys()
        for _, _, _, verdict in _decided(base[name], head[name], policy_for(name, policy))
    )


def side_by_side(
    executions: Mapping[Side, Sequence[Mapping[str, Mapping[str, float]]]],
    names: Sequence[str],
    policy: Policy,
) -> tuple[Comparison, ...]:
    """Return a comparison for each amount that both sides have, in the order of ``names``.

    ``executions`` hold one or two of each side, by benchmark and metric.
    """
    return tuple(
        comparison
        for name in names
        for comparison in _of_one(
            name,
            [one.get(name, {}) for one in executions.get(Side.BASE, ())],
            [one.get(name, {}) for one in executions.get(Side.HEAD, ())],
            policy_for(name, policy),
        )
    )


def _of_one(
    name: str, bases: Sequence[Mapping[str, float]], heads: Sequence[Mapping[str, float]], policy: Policy
) -> Iterator[Comparison]:
    if not bases or not heads:
        return
    for metric, base, head, verdict in _decided(bases[0], heads[0], policy):
        reason = amount_reason(metric, base, head, policy.margin_ratio)
        moving = [side for side, two in (("base", bases), ("head", heads)) if _moves(two, metric, policy)]
        unsure = verdict is not Verdict.SAME and bool(moving)
        yield Comparison(
            benchmark=name,
            metric=metric,
            verdict=Verdict.UNDECIDED if unsure else verdict,
            reason=f"{reason}; and {moving[0]} differs from execution to execution" if unsure else reason,
            base_value=base,
            head_value=head,
            ratio=head / base if base else None,
            margin_ratio=policy.margin_ratio,
        )


def _decided(
    base: Mapping[str, float], head: Mapping[str, float], policy: Policy
) -> Iterator[tuple[str, float, float, Verdict]]:
    for metric in REPEATING:
        one, other = base.get(metric), head.get(metric)
        if one is not None and other is not None and 0 <= one < math.inf and 0 <= other < math.inf:
            yield metric, one, other, decide_amount(one, other, policy.margin_ratio, FLOORS[metric])


def _moves(executions: Sequence[Mapping[str, float]], metric: str, policy: Policy) -> bool:
    """Whether one side's own executions are not the same."""
    values = [one[metric] for one in executions if metric in one]
    if len(values) < 2:
        return False
    return decide_amount(values[0], values[1], policy.margin_ratio, FLOORS[metric]) is not Verdict.SAME
