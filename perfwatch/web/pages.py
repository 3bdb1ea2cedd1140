"""Views → pages as text; the same for a browser that asks and for files.

Every text is escaped by the template engine. This module must not word anything and must not
know where a page goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.report.html import render_html
from perfwatch.report.templates import template
from perfwatch.report.visible import encodable, visible
from perfwatch.store import slug_of
from perfwatch.web.words import Frame, bar

if TYPE_CHECKING:
    from perfwatch.records.report import Report
    from perfwatch.web.benchmarks_view import BenchmarksView, HistoryView
    from perfwatch.web.compare_view import CompareView
    from perfwatch.web.links import Links
    from perfwatch.web.runs_view import RunsView

#: Histories that a report's bar leads to; the list of benchmarks has the others.
_HISTORIES_LIMIT = 3


def runs_page(view: RunsView) -> str:
    """Return the list of runs."""
    return _filled("runs.html.j2", view)


def benchmarks_page(view: BenchmarksView) -> str:
    """Return the list of benchmarks."""
    return _filled("benchmarks.html.j2", view)


def history_page(view: HistoryView) -> str:
    """Return one benchmark's history."""
    return _filled("history.html.j2", view)


def compare_page(view: CompareView) -> str:
    """Return two runs beside each other."""
    return _filled("compare.html.j2", view)


def run_page(report: Report, links: Links) -> str:
    """Return a run's report as ``perfwatch report`` renders it, with a bar that leads back."""
    timed = [
        one for one in report.run.benchmarks if one.timing is not None and one.timing.median_ns is not None
    ]
    also = tuple(
        (
            f"History of {visible(one.name, 60)}",
            links.benchmark(slug_of(encodable(one.target), encodable(one.name))),
        )
        for one in timed[:_HISTORIES_LIMIT]
    )
    around = {"bar": bar(links, "run", also), "document": links.document(report.run.header.id)}
    return render_html(report, "run.html.j2", around)


def error_page(title: str, sentences: tuple[str, ...], links: Links) -> str:
    """Return a plain page that says what is wrong."""
    frame = Frame(title=title)
    text = template("error.html.j2").render(view=frame, bar=bar(links), sentences=sentences)
    return encodable(text)


def _filled(name: str, shown: RunsView | BenchmarksView | HistoryView | CompareView) -> str:
    return encodable(template(name).render(view=shown.frame, bar=shown.bar, shown=shown))
