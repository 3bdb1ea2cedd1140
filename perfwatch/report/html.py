"""Report → one self-contained HTML page that opens from disk and asks nobody for anything.

Every text is escaped by the template engine; the only markup let through is
our own charts. This module must not word anything: ``view`` does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.report.benchmark_view import with_figures
from perfwatch.report.charts import memory_chart
from perfwatch.report.scripts import inlined
from perfwatch.report.view import view_of
from perfwatch.report.visible import encodable
from perfwatch.report.words import UNATTRIBUTED

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

    from perfwatch.records.report import Report
    from perfwatch.report.benchmark_view import BenchmarkView
    from perfwatch.report.view import ReportView

#: What runs in the page; everything it shows stands there without them.
SCRIPTS = ("table.js",)
#: Amounts that only some spans carry: their columns, and where they stand in a row.
_SPAN_AMOUNTS = {"Peak resident": "peak", "Change": "change", "Read": "read", "Written": "written"}
_NONE = "\N{EN DASH}"


def template_dir() -> Path:
    """Return the folder of templates: the packaged one, else the checkout's (editable installs)."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(template_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def template(name: str) -> Template:
    """Return a template of ours; what is filled into it is escaped."""
    return _templates().get_template(name)


def _charts(report: Report, view: ReportView) -> list[tuple[BenchmarkView, Markup]]:
    """Return the benchmarks that are shown in detail, each with its chart of memory over time."""
    from markupsafe import Markup

    measured = zip(view.benchmarks, with_figures(report.run), strict=True)
    pairs = [(shown, record) for shown, record in measured if shown.detailed]
    # Drawn by us from numbers alone: there is no text of the target in a chart.
    return [
        (shown, Markup(memory_chart(record.profiles.memory, number)))  # noqa: S704
        for number, (shown, record) in enumerate(pairs, start=1)
    ]


def render_html(report: Report) -> str:
    """Return the page; it holds no lone surrogate, so it can be written as UTF-8."""
    view = view_of(report)
    page = template("report.html.j2")
    text = page.render(
        view=view,
        detailed=_charts(report, view),
        several=len(view.benchmarks) > 1,
        scripts=inlined(template_dir(), SCRIPTS),
        unattributed=UNATTRIBUTED,
        span_amounts={
            title: field
            for title, field in _SPAN_AMOUNTS.items()
            if any(getattr(row, field) != _NONE for row in view.spans)
        },
    )
    return encodable(text)
