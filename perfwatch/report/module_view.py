"""The benchmarks by module in words: sums of one call each, base beside head.

It must not add anything up: totals arrive in their record.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.section import Table, table
from perfwatch.report.visible import visible
from perfwatch.report.words import counted

if TYPE_CHECKING:
    from perfwatch.records.module_total import ModuleTotal, ModuleTotals


def module_tables(totals: ModuleTotals) -> tuple[Table, ...]:
    """Return the modules and all of them together; nothing where one module has one benchmark."""
    together = totals.together
    if together is None or together.benchmarks_count < 2:
        return ()
    compared = together.base_ns is not None
    headings = (
        "@Module",
        "#Benchmarks",
        *(("#Base", "#Head", "#Change", "Verdicts") if compared else ("#One call each",)),
    )
    last = [together] if len(totals.modules) > 1 else []
    made = table("", headings, [_row(one, compared=compared) for one in totals.modules])
    return tuple(
        Table(
            title=one.title,
            headings=one.headings,
            rows=(*one.rows, *(_row(total, compared=compared) for total in last)),
            left_out=one.left_out,
        )
        for one in made
    )


def _row(one: ModuleTotal, *, compared: bool) -> tuple[str, ...]:
    count = units.count(one.benchmarks_count)
    if not compared:
        return visible(one.name), count, units.time(one.head_ns)
    both = count if one.both_count == one.benchmarks_count else f"{units.count(one.both_count)} of {count}"
    verdicts = counted(Counter(one.verdicts))
    return (
        visible(one.name),
        both,
        units.time(one.base_ns),
        units.time(one.head_ns),
        units.change(one.ratio),
        verdicts,
    )
