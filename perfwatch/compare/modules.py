"""Benchmarks taken together by the module that they stand in: sums of one call each.

A sum has no interval and gets no verdict here: those are the benchmarks' own.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from perfwatch.records.module_total import ModuleTotal, ModuleTotals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.run import Benchmark

#: Where the parameters begin: they name no module.
_PARAMETERS = re.compile(r"[\[(]")
_TOGETHER = "all"


def module_of(name: str) -> str:
    """Return the module in a benchmark's name: a test's file, what stands before a colon, an asv module.

    ``tests/test_fit.py::test_step[3]`` is of ``tests/test_fit.py``, ``package.fit:step`` of ``package.fit``,
    ``bench.fit.Suite.time_step(3)`` of ``bench.fit``, ``digital-twin/physics@reference`` of ``digital-twin``.
    """
    head = _PARAMETERS.split(name, maxsplit=1)[0]
    for mark in ("::", ":"):
        if mark in head:
            return head.partition(mark)[0]
    if "/" in head:
        return head.rpartition("/")[0]
    parts = head.split(".")
    modules = [part for part in parts[:-1] if not part[:1].isupper()]
    return ".".join(modules) or head.partition("@")[0]


def module_totals(benchmarks: Sequence[Benchmark], comparisons: Sequence[Comparison]) -> ModuleTotals:
    """Return the benchmarks' times by module; with comparisons of times, of both sides.

    Each time is on the clock that its verdict is on. Times that are missing, not finite or not above
    nothing are in no sum.
    """
    timed = {one.name: one.timing.median_ns for one in benchmarks if one.timing is not None}
    heads = {name: value for name, value in timed.items() if value is not None and _is_time(value)}
    # The wall clock's comparison where there is one; a gate may have held processor times against each other.
    ordered = sorted(
        (one for one in comparisons if one.metric == "time"), key=lambda one: one.clock == "wall"
    )
    times = {one.benchmark: one for one in ordered}
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys((*heads, *times)):
        groups.setdefault(module_of(name), []).append(name)
    made = [_total(module, names, heads, times) for module, names in groups.items()]
    kept = sorted((one for one in made if one is not None), key=lambda one: -one.head_ns)
    together = _total(_TOGETHER, [name for names in groups.values() for name in names], heads, times)
    return ModuleTotals(modules=tuple(kept), together=together)


def _total(
    name: str, names: Iterable[str], heads: Mapping[str, float], times: Mapping[str, Comparison]
) -> ModuleTotal | None:
    mine = list(names)
    compared = [times[one] for one in mine if one in times]
    both = [
        (one.base_value, one.head_value)
        for one in compared
        if _is_time(one.base_value) and _is_time(one.head_value)
    ]
    if both:
        base_ns = math.fsum(base for base, _ in both if base is not None)
        head_ns = math.fsum(head for _, head in both if head is not None)
        return ModuleTotal(
            name=name,
            benchmarks_count=len(mine),
            head_ns=head_ns,
            both_count=len(both),
            base_ns=base_ns,
            ratio=head_ns / base_ns,
            verdicts=tuple(one.verdict for one in compared),
        )
    known = [heads[one] for one in mine if one in heads]
    if not known:
        return None
    return ModuleTotal(
        name=name,
        benchmarks_count=len(known),
        head_ns=math.fsum(known),
        verdicts=tuple(one.verdict for one in compared),
    )


def _is_time(value_ns: float | None) -> bool:
    return value_ns is not None and math.isfinite(value_ns) and value_ns > 0
