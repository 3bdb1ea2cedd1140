"""What the pages share: a frame, commits and machines in short, the way from page to page.

It must not judge: a verdict's word, tone and mark follow from the record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch._version import __version__
from perfwatch.records.comparison import Verdict
from perfwatch.report.visible import visible
from perfwatch.report.words import MARKS, ORDER, commit_words, instant_words, tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.records.comparison import Summary
    from perfwatch.records.history import Machine
    from perfwatch.records.run import Commit
    from perfwatch.web.links import Links

NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The way to the other pages; ``here`` is the one that is shown, ``compare`` is empty where there is none."""

    runs: str
    benchmarks: str
    compare: str
    here: str = ""
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a page."""

    title: str
    lead: str = ""
    foot: str = ""
    version: str = __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How often a verdict was given, as it is set."""

    text: str
    mark: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where one is in a list of several pages; addresses are empty where there is no such page."""

    words: str
    first: str = ""
    before: str = ""
    after: str = ""
    last: str = ""


def bar(links: Links, here: str = "", also: tuple[tuple[str, str], ...] = ()) -> Bar:
    """Return the way to the other pages; ``also`` are further names with their addresses."""
    return Bar(
        runs=links.runs(), benchmarks=links.benchmarks(), compare=links.compare(), here=here, also=also
    )


def pager(what: str, shown: range, total: int, address: Callable[[int], str]) -> Pager:
    """Return ``Runs 51 to 100 of 10,000`` with the addresses of the pages around; pages are as long as ``shown``'s step."""
    if not total:
        return Pager(words="")
    size = shown.step
    page, pages = shown.start // size + 1, -(-total // size)
    end = min(shown.start + size, total)
    words = f"{what} {units.whole(shown.start + 1)} to {units.whole(end)} of {units.whole(total)}"
    return Pager(
        words=words,
        first=address(1) if page > 2 else "",
        before=address(page - 1) if page > 1 else "",
        after=address(page + 1) if page < pages else "",
        last=address(pages) if page < pages - 1 else "",
    )


def minute_words(started_at: str) -> str:
    """Return an instant to the minute: ``2026-01-01 12:00``; one that cannot be read as it stands."""
    words = instant_words(started_at)
    return words[:16] if words.endswith(" UTC") else words


def short_commit(commit: Commit) -> str:
    """Return ``0123456 on main, changed``; nothing outside git."""
    if commit.revision is None and commit.branch is None:
        return NONE
    if commit.revision is None:
        return f"on {visible(commit.branch or '', 60)}"
    words = commit_words(replace(commit, dirty=False))
    return f"{words}, changed" if commit.dirty else words


def short_machine(machine: Machine) -> str:
    """Return ``Example CPU, 2 cores, CPython 3.11.7``."""
    parts = (
        visible(machine.processor, 60),
        f"{units.count(machine.cores_count)} cores" if machine.cores_count else "",
        visible(f"{machine.implementation} {machine.python}".strip(), 40),
    )
    return ", ".join(part for part in parts if part) or "not known"


def verdict_counts(summary: Summary | None) -> tuple[Word, ...]:
    """Return the verdicts that occurred, those that want attention first."""
    if summary is None:
        return ()
    counted = {verdict: getattr(summary, verdict.value) for verdict in ORDER}
    return tuple(
        Word(text=f"{count} {verdict.value}", mark=MARKS[verdict], tone=tone(verdict))
        for verdict, count in counted.items()
        if count
    )


def verdict_names() -> tuple[str, ...]:
    """Return every verdict's word, those that want attention first."""
    return tuple(Verdict(one).value for one in ORDER)
