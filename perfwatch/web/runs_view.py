"""The list of runs in ready-made text, with what it can be filtered by.

It must not choose among the runs: the store does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import RunState
from perfwatch.report.visible import visible
from perfwatch.web.words import (
    NONE,
    Bar,
    Frame,
    Pager,
    Word,
    bar,
    minute_words,
    pager,
    short_commit,
    short_machine,
    verdict_counts,
    verdict_names,
)

if TYPE_CHECKING:
    from perfwatch.records.history import RunFilter, RunLine, RunPage
    from perfwatch.web.links import Links

#: Runs on one page.
PAGE_SIZE = 50
#: What would work in a project that has stored nothing yet.
FIRST_COMMANDS = (
    ("perfwatch run your_script.py", "measures and profiles a script, and stores the run"),
    ("perfwatch run workload:digital-twin/physics", "measures one of the bundled workloads: no code of yours is needed"),
    ("perfwatch run --list", "shows what perfwatch finds here, and how long measuring it would take"),
)  # fmt: skip
_NAMES_SHOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run; ``base`` and ``head`` tell whether it is chosen to begin with."""

    id: str
    href: str
    when: str
    state: str
    command: str
    targets: str
    commit: str
    machine: str
    longest: str
    longest_of: str
    longest_count: str
    verdicts: tuple[Word, ...]
    verdicts_absent: str
    findings: str
    baselines: str
    base: bool = False
    head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be chosen: what is sent, what is read, and whether it is chosen now."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterForm:
    """What the list is filtered by, and could be."""

    targets: tuple[Choice, ...]
    branches: tuple[Choice, ...]
    verdicts: tuple[Choice, ...]
    since: str
    until: str
    clear: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsView:
    """The list; ``form`` is ``None`` where nothing can be asked, ``commands`` are for an empty store."""

    frame: Frame
    bar: Bar
    rows: tuple[RunRow, ...]
    pager: Pager
    form: FilterForm | None
    compare: str
    commands: tuple[tuple[str, str], ...] = ()
    absent: str = ""
    note: str = ""


def runs_view(found: RunPage, wanted: RunFilter, first: int, links: Links) -> RunsView:
    """Return the page of the list that begins with the ``first`` (0) run."""
    chosen = chosen_of(wanted)
    shown = range(first, first + PAGE_SIZE, PAGE_SIZE)
    absent = "" if found.runs or not found.stored_count else "No stored run is like that."
    base = _first_choice(found.runs)
    unjudged = any(run.summary is None and run.state is not RunState.RUNNING for run in found.runs)
    return RunsView(
        frame=Frame(
            title="Runs",
            lead=_lead(found),
            foot="Verdicts and findings are those of the day when the run was stored; its own page makes them again.",
        ),
        bar=bar(links, "runs"),
        rows=tuple(_row(run, place, base, links) for place, run in enumerate(found.runs)),
        pager=pager("Runs", shown, found.matching_count, lambda page: links.runs(page, chosen)),
        form=None if links.files or not found.stored_count else _form(found, wanted, links),
        compare=links.compare() if len(found.runs) > 1 else "",
        commands=() if found.stored_count else FIRST_COMMANDS,
        absent=absent,
        note=f"{NONE} stands where a run was never held against another one." if unjudged else "",
    )


def chosen_of(wanted: RunFilter) -> dict[str, str]:
    """Return a filter as an address says it."""
    verdict = wanted.verdict.value if wanted.verdict else ""
    return {
        "target": wanted.target,
        "branch": wanted.branch,
        "verdict": verdict,
        "since": wanted.since,
        "until": wanted.until,
    }


def _lead(found: RunPage) -> str:
    if not found.stored_count:
        return "Nothing is stored yet."
    stored = f"{units.whole(found.stored_count)} stored"
    if found.matching_count == found.stored_count:
        return f"{stored}, the newest first. Times are UTC."
    return f"{units.whole(found.matching_count)} of {stored}, the newest first. Times are UTC."


def _first_choice(runs: tuple[RunLine, ...]) -> int:
    """Return the place of the run that the first one would be held against: the last before it that is like it."""
    for place, run in enumerate(runs[1:], start=1):
        if run.target_keys == runs[0].target_keys and run.machine.key == runs[0].machine.key:
            return place
    return 1


def _row(run: RunLine, place: int, base: int, links: Links) -> RunRow:
    more = run.benchmarks_count > 1
    return RunRow(
        id=visible(run.id, 60),
        href=links.run(run.id),
        when=minute_words(run.started_at),
        state="" if run.state is RunState.COMPLETE else _STATES[run.state],
        command=visible(run.command, 400),
        targets=_listed(run.target_keys),
        commit=short_commit(run.commit),
        machine=short_machine(run.machine),
        longest=units.time(run.longest_ns),
        longest_of=visible(run.longest),
        longest_count=f"of {units.whole(run.benchmarks_count)}" if more else "",
        verdicts=verdict_counts(run.summary),
        verdicts_absent=NONE if run.summary is None else "nothing compared",
        findings=NONE if run.summary is None else units.whole(run.summary.findings),
        baselines=", ".join(visible(name) for name in run.baselines),
        base=place == base,
        head=place == 0,
    )


_STATES = {
    RunState.RUNNING: "running, or killed",
    RunState.INTERRUPTED: "interrupted",
    RunState.FAILED: "failed",
}


def _listed(keys: tuple[str, ...]) -> str:
    more = len(keys) - _NAMES_SHOWN
    listed = ", ".join(visible(key, 80) for key in keys[:_NAMES_SHOWN])
    return f"{listed} and {units.whole(more)} more" if more > 0 else listed


def _form(found: RunPage, wanted: RunFilter, links: Links) -> FilterForm:
    verdict = wanted.verdict.value if wanted.verdict else ""
    return FilterForm(
        targets=_choices(found.targets, wanted.target),
        branches=_choices(found.branches, wanted.branch),
        verdicts=_choices(verdict_names(), verdict),
        since=wanted.since,
        until=wanted.until,
        clear=links.runs() if any(chosen_of(wanted).values()) else "",
    )


def _choices(known: tuple[str, ...], chosen: str) -> tuple[Choice, ...]:
    values = known if not chosen or chosen in known else (chosen, *known)
    return tuple(Choice(value=value, label=visible(value, 80), chosen=value == chosen) for value in values)
