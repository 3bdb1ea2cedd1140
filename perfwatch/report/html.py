"""Report → one self-contained HTML page that opens from disk and asks nobody for anything.

Every text is escaped by the template engine; the only markup let through is
our own charts, and the only scripts our own (``scripts``). This module must not word anything: ``view`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.report.benchmark_view import with_figures
from perfwatch.report.charts import memory_chart
from perfwatch.report.difference_flame import difference_flame
from perfwatch.report.flame_view import Flame, anchors_of, cpu_flame, frames_for
from perfwatch.report.memory_flame import memory_flame
from perfwatch.report.scripts import Scripts, scripts
from perfwatch.report.templates import template, template_dir
from perfwatch.report.view import names_in, view_of
from perfwatch.report.visible import encodable
from perfwatch.report.words import UNATTRIBUTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from perfwatch.records.report import Report
    from perfwatch.records.run import Benchmark
    from perfwatch.report.benchmark_view import BenchmarkView
    from perfwatch.report.view import ReportView

#: What runs in the page; everything it shows stands there without them.
SCRIPTS = ("table.js", "flame.js")
#: Amounts that only some spans carry: their columns, and where they stand in a row.
_SPAN_AMOUNTS = {"Peak resident": "peak", "Change": "change", "Read": "read", "Written": "written"}
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flames:
    """The flame graphs of one benchmark; ``None`` for what no pass saw."""

    cpu: Flame | None = None
    memory: Flame | None = None

    def __bool__(self) -> bool:
        return self.cpu is not None or self.memory is not None


def own_scripts() -> Scripts:
    """Return the scripts of a report's page, and what lets them through."""
    return scripts(template_dir(), SCRIPTS)


def _detailed(report: Report, view: ReportView) -> list[tuple[BenchmarkView, Markup, Flames]]:
    """Return the benchmarks that are shown in detail, each with its chart of memory and its flame graphs."""
    measured = zip(view.benchmarks, with_figures(report.run), strict=True)
    pairs = [(shown, record) for shown, record in measured if shown.detailed]
    limits = frames_for([record for _, record in pairs])
    return [
        (shown, _chart(record, number), _flames(report, record, shown, limits[number - 1]))
        for number, (shown, record) in enumerate(pairs, start=1)
    ]


def _chart(benchmark: Benchmark, number: int) -> Markup:
    from markupsafe import Markup

    # Drawn by us from numbers alone: there is no text of the target in a chart.
    return Markup(memory_chart(benchmark.profiles.memory, number))  # noqa: S704


def _flames(report: Report, benchmark: Benchmark, shown: BenchmarkView, limit: int) -> Flames:
    anchors = anchors_of(benchmark, shown.sources, report.run.header.project_root)
    return Flames(cpu=cpu_flame(benchmark, anchors, limit), memory=memory_flame(benchmark, anchors, limit))


def _differences(report: Report) -> list[Flame]:
    """Return a flame graph of each slower benchmark of a gate of which call paths are known."""
    found = report.gate.functions if report.gate is not None else ()
    names = names_in(report)
    return [flame for one in found if (flame := difference_flame(one, names)) is not None]


def render_html(
    report: Report, page: str = "report.html.j2", around: Mapping[str, object] | None = None
) -> str:
    """Return the page; it holds no lone surrogate, so it can be written as UTF-8.

    Another ``page`` extends it with a bar of links; ``around`` is what that one shows besides.
    """
    view = view_of(report)
    detailed = _detailed(report, view)
    differences = _differences(report)
    text = template(page).render(
        **(around or {}),
        view=view,
        detailed=detailed,
        differences=differences,
        scripts=own_scripts(),
        several=len(view.benchmarks) > 1,
        unattributed=UNATTRIBUTED,
        span_amounts={
            title: field
            for title, field in _SPAN_AMOUNTS.items()
            if any(getattr(row, field) != _NONE for row in view.spans)
        },
    )
    return encodable(text)
