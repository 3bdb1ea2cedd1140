"""Reports as text: one renderer a file, and the table that names them.

Renderers turn a ``Report`` into words and shapes. They must not measure, judge
or round: figures arrive in records, and ``units`` formats them. Importing this
package loads neither matplotlib nor jinja2 nor rich.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.errors import UsageError
from perfwatch.report.collapsed import render_collapsed
from perfwatch.report.csv_file import render_csv
from perfwatch.report.html import render_html
from perfwatch.report.json_file import render_json
from perfwatch.report.junit import render_junit
from perfwatch.report.run_markdown import render_report_markdown
from perfwatch.report.sarif import render_sarif
from perfwatch.report.speedscope import render_speedscope
from perfwatch.report.terminal import render_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.records.report import Report

#: Every format by the name that ``perfwatch report --format`` takes.
RENDERERS: dict[str, Callable[[Report], str]] = {
    "collapsed": render_collapsed,
    "csv": render_csv,
    "html": render_html,
    "json": render_json,
    "junit": render_junit,
    "markdown": render_report_markdown,
    "sarif": render_sarif,
    "speedscope": render_speedscope,
    "terminal": render_text,
}


def render(report: Report, format_name: str) -> str:
    """Return the report as text, with no lone surrogate in it; ``UsageError`` for an unknown format."""
    try:
        renderer = RENDERERS[format_name]
    except KeyError:
        raise UsageError(
            f"There is no report format {format_name!r}.",
            means="Nothing was rendered.",
            do=f"Choose one of {', '.join(RENDERERS)}.",
        ) from None
    return renderer(report)
