"""Benchmarks with margins of their own, each group of one margin judged by itself.

It must not measure and must not judge: ``paired`` and ``verdicts`` do, and are
asked once for each margin. A group is a family of its own: what holds for a whole
gate (a false red in one of a hundred, the veto of base's own copy) holds for each
group then, so that a gate of several margins has as many such chances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch.compare.amounts import side_by_side
from perfwatch.compare.paired import wanted
from perfwatch.compare.verdicts import verdicts, void_reason
from perfwatch.records.plan import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.pairing import PairTiming, Side, Want


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Benchmarks of one margin, and the policy that has it."""

    names: tuple[str, ...]
    policy: Policy

    def of(self, timings: Sequence[PairTiming]) -> list[PairTiming]:
        """Return the timings of its benchmarks."""
        return [one for one in timings if one.benchmark in self.names]


def families(names: Sequence[str], policy: Policy) -> tuple[Family, ...]:
    """Return the benchmarks by margin, in the order in which the margins come; one family where all have the same."""
    margins = {name: policy.margins.get(name, policy.margin_ratio) for name in names}
    return tuple(
        Family(
            names=tuple(name for name in names if margins[name] == margin),
            policy=replace(policy, margin_ratio=margin, margins={}),
        )
        for margin in dict.fromkeys(margins.values())
    )


def wanted_each(timings: Sequence[PairTiming], names: Sequence[str], policy: Policy) -> tuple[Want, ...]:
    """Return the pairs that are still wanted, by ``paired.wanted`` of each family."""
    return tuple(
        want
        for family in families(names, policy)
        for want in wanted(family.of(timings), family.names, family.policy)
    )


def verdicts_each(
    timings: Sequence[PairTiming], names: Sequence[str], policy: Policy
) -> tuple[Comparison, ...]:
    """Return a comparison of time for each benchmark that has a pair, in the order of ``names``."""
    found = [
        one
        for family in families(names, policy)
        for one in verdicts(family.of(timings), family.names, family.policy)
    ]
    return tuple(sorted(found, key=lambda one: list(names).index(one.benchmark)))


def amounts_each(
    amounts: Mapping[Side, Sequence[Mapping[str, Mapping[str, float]]]],
    names: Sequence[str],
    policy: Policy,
) -> tuple[Comparison, ...]:
    """Return the comparisons of bytes and counts, by ``amounts.side_by_side`` of each family."""
    return tuple(
        one
        for family in families(names, policy)
        for one in side_by_side(amounts, family.names, family.policy)
    )


def void_reason_each(timings: Sequence[PairTiming], policy: Policy) -> str:
    """Say why nothing of this run can carry a verdict; "" where nothing forbids it in any family."""
    names = tuple(dict.fromkeys(one.benchmark for one in timings))
    reasons = (void_reason(family.of(timings), family.policy) for family in families(names, policy))
    return next((reason for reason in reasons if reason), "")
