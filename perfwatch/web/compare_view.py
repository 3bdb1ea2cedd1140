"""Two stored runs beside each other, in ready-made text.

It must not compare them: verdicts, and what forbids one, arrive in records and errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.report.change_view import Changes, changes_of
from perfwatch.report.names import names_of
from perfwatch.report.run_view import machine_words
from perfwatch.report.view import CHANGES_LIMIT
from perfwatch.report.visible import visible
from perfwatch.report.words import commit_words, instant_words
from perfwatch.web.words import Bar, Frame, bar

if TYPE_CHECKING:
    from perfwatch.errors import NotComparable
    from perfwatch.records.report import Report
    from perfwatch.records.run import Run
    from perfwatch.web.links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One of the two runs; ``read`` says how its name was read, where it could mean another."""

    side: str
    id: str
    href: str
    when: str
    command: str
    commit: str
    machine: str
    read: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareView:
    """Two runs: their changes, or why there are none (``different``) and where ratios are all the same."""

    frame: Frame
    bar: Bar
    base: str
    head: str
    sides: tuple[SideView, ...] = ()
    changes: Changes | None = None
    absent: str = ""
    names: str = ""
    different: tuple[str, ...] = ()
    across: str = ""
    turned: str = ""
    notes: tuple[str, ...] = ()


def asking(base: str, head: str, links: Links) -> CompareView:
    """Return the page that asks which two runs to compare."""
    return CompareView(frame=Frame(title="Compare two runs"), bar=bar(links, "compare"), base=base, head=head)


def compare_view(report: Report, sides: tuple[SideView, SideView], links: Links) -> CompareView:
    """Return what changed between two runs."""
    names = names_of(comparison.benchmark for comparison in report.comparisons)
    base, head = (side.id for side in sides)
    return CompareView(
        frame=_frame(sides),
        bar=bar(links, "compare"),
        base=base,
        head=head,
        sides=sides,
        changes=changes_of(report.comparisons, names, CHANGES_LIMIT) if report.comparisons else None,
        absent="" if report.comparisons else "Neither run has anything that could be compared.",
        names=names.said(""),
        turned=links.compare(head, base),
        notes=tuple(visible(note, 600) for note in report.run.notes),
    )


def refused_view(error: NotComparable, sides: tuple[SideView, SideView], links: Links) -> CompareView:
    """Return why two runs may not be compared, and where their ratios are shown all the same."""
    base, head = (side.id for side in sides)
    return CompareView(
        frame=_frame(sides),
        bar=bar(links, "compare"),
        base=base,
        head=head,
        sides=sides,
        different=(visible(error.happened, 1_000), visible(error.means, 400)),
        across=links.compare(base, head, across=True),
        turned=links.compare(head, base),
    )


def side_view(side: str, run: Run, read: str, links: Links) -> SideView:
    """Return one of the two runs in words."""
    header = run.header
    return SideView(
        side=side,
        id=visible(header.id, 60),
        href=links.run(header.id),
        when=instant_words(header.started_at),
        command=visible(header.command, 400),
        commit=commit_words(header.commit),
        machine=machine_words(header.environment),
        read=visible(read, 600),
    )


def _frame(sides: tuple[SideView, SideView]) -> Frame:
    base, head = sides
    return Frame(title="Compare two runs", lead=f"Head {head.id} against base {base.id}.")
