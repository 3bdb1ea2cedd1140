"""The pages as files, for a web server that only hands out files, or for a disk.

Nothing of a name becomes a path: runs are called by their ids, benchmarks by their slugs. This
module must not need a web framework.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch import pipeline
from perfwatch.config import Config
from perfwatch.errors import PerfwatchError
from perfwatch.history import history_of
from perfwatch.records.history import RunFilter, RunPage
from perfwatch.report.files import write_text
from perfwatch.report.json_file import render_json
from perfwatch.store import Store, is_run_id
from perfwatch.web import benchmarks_view, pages, runs_view
from perfwatch.web.links import COMMITS, DATES, Links

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.records.history import History, RunLine

#: Runs whose pages are written where nobody says how many.
RUNS_LIMIT = 100
_FIRST, _BELOW = Links(files=True), Links(up="../", files=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What was written: the first page, and how much of what. ``failed`` are runs that could not be rendered."""

    index: Path
    runs_count: int
    benchmarks_count: int
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the pages come from; ``limit`` is how many runs, the newest ones, get a page."""

    config: Config
    store: Store
    limit: int = RUNS_LIMIT


def write_site(source: Source, folder: Path, told: Callable[[str], None]) -> Site:
    """Write the pages into ``folder``; ``told`` hears of each run. Files of other names there are left alone.

    Lists and histories hold the runs that have pages, and no others. Raises ``StoreError``
    where a file cannot be written.
    """
    found = source.store.run_page(RunFilter(), first=0, count=source.limit)
    listed = [run for run in found.runs if is_run_id(run.id)]
    failed = []
    for run in listed:
        told(run.id)
        try:
            report = pipeline.report(run.id, source.config, source.store)
        except PerfwatchError:
            failed.append(run.id)
            continue
        write_text(folder / "runs" / f"{run.id}.html", pages.run_page(report, _BELOW))
        write_text(folder / "runs" / f"{run.id}.json", render_json(report))
    kept = tuple(run for run in listed if run.id not in failed)
    _write_lists(kept, folder)
    benchmarks = _write_histories(source.store, frozenset(run.id for run in kept), folder)
    return Site(
        index=folder / "index.html",
        runs_count=len(kept),
        benchmarks_count=benchmarks,
        failed=tuple(failed),
    )


def _write_lists(kept: tuple[RunLine, ...], folder: Path) -> None:
    for first in _starts(len(kept), runs_view.PAGE_SIZE):
        shown = kept[first : first + runs_view.PAGE_SIZE]
        found = RunPage(runs=shown, matching_count=len(kept), stored_count=len(kept))
        view = runs_view.runs_view(found, RunFilter(), first, _FIRST)
        number = first // runs_view.PAGE_SIZE + 1
        write_text(folder / _FIRST.runs(number), pages.runs_page(view))


def _write_histories(store: Store, kept: frozenset[str], folder: Path) -> int:
    """Write every benchmark that a kept run has, over the kept runs; returns how many there are."""
    listed = []
    for line in store.benchmarks():
        points = [point for point in store.points_of(line.slug) if point.run_id in kept]
        if not points:
            continue
        newest = points[-1]
        shown = replace(
            line,
            points_count=len(points),
            run_id=newest.run_id,
            started_at=newest.started_at,
            median_ns=newest.median_ns,
        )
        listed.append(shown)
        _write_history(history_of(shown, points), len(points), folder)
    view = benchmarks_view.benchmarks_view(listed, _BELOW)
    write_text(folder / _FIRST.benchmarks(), pages.benchmarks_page(view))
    return len(listed)


def _write_history(history: History, points_count: int, folder: Path) -> None:
    for over in (DATES, COMMITS):
        for first in _starts(points_count, benchmarks_view.PAGE_SIZE):
            view = benchmarks_view.history_view(history, first, over, _BELOW)
            number = first // benchmarks_view.PAGE_SIZE + 1
            write_text(folder / _FIRST.benchmark(history.slug, number, over), pages.history_page(view))


def _starts(total: int, size: int) -> range:
    """Return where each page begins; there is always a first one."""
    return range(0, max(total, 1), size)
