"""The honesty ledger in words: its line for a screen, and where passes disagree.

It must not weigh anything: the ledger arrives made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import PassName
from perfwatch.report.places import place
from perfwatch.report.section import Fact
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perfwatch.records.honesty import Honesty
    from perfwatch.records.report import Report
    from perfwatch.report.names import Names

DISAGREEMENTS_LIMIT = 40
_OF_WHAT = {PassName.CPU: "of the CPU samples", PassName.MEMORY: "of the peak"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestyView:
    """The ledger: ``summary`` in one line, ``disagreements`` by place, ``not_run`` a sentence."""

    summary: str = ""
    disagreements: tuple[Fact, ...] = ()
    left_out: str = ""
    not_run: str = ""


def honesty_view(report: Report, names: Names) -> HonestyView:
    """Return the ledger of a report in words; of a run without passes there is nothing to say."""
    honesty = report.honesty
    if not honesty.passes:
        return HonestyView()
    several = len(report.run.benchmarks) > 1
    root = report.run.header.project_root
    hidden = len(honesty.disagreements) - DISAGREEMENTS_LIMIT
    return HonestyView(
        summary="; ".join(part for part in _parts(honesty) if part),
        disagreements=tuple(
            Fact(
                label=visible(place(each.file, each.line, root)),
                value=visible(each.sentence, 400),
                note=names.short(each.benchmark) if several else "",
            )
            for each in honesty.disagreements[:DISAGREEMENTS_LIMIT]
        ),
        left_out=f"and {units.count(hidden)} more in report.json" if hidden > 0 else "",
        not_run=_not_run(honesty),
    )


def _parts(honesty: Honesty) -> tuple[str, ...]:
    lines_count = len(honesty.disagreements)
    lost = honesty.lost_count
    return (
        _from_to("overhead", (entry.overhead_ratio for entry in honesty.passes), units.factor),
        *(_unattributed(honesty, name) for name in _OF_WHAT),
        "" if lost is None else f"{units.count(lost) if lost else 'no'} samples lost",
        f"passes disagree on {units.count(lines_count)} line{'s' if lines_count > 1 else ''}"
        if lines_count
        else "",
    )


def _from_to(label: str, values: Iterable[float | None], shown: Callable[[float], str]) -> str:
    found = [value for value in values if value is not None]
    if not found:
        return ""
    least, most = shown(min(found)), shown(max(found))
    return f"{label} {least}" if least == most else f"{label} {least} to {most}"


def _unattributed(honesty: Honesty, name: PassName) -> str:
    ratios = [entry.unattributed_ratio for entry in honesty.passes if entry.name is name]
    words = _from_to("", ratios, units.percent).strip()
    return f"{words} {_OF_WHAT[name]} on no line of yours" if words else ""


def _not_run(honesty: Honesty) -> str:
    if not honesty.not_run:
        return ""
    which = ", ".join(name.value for name in honesty.not_run)
    return f"Not run: {which}. What {'they' if len(honesty.not_run) > 1 else 'it'} would have seen is not in this report."
