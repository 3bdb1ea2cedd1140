"""The formats of a report by name and by a file's ending, and ``--also``, which writes more of them.

It must not render and must not load a renderer: the table of them is ``report``'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perfwatch.records.report import Report

FORMATS = (
    "collapsed",
    "csv",
    "html",
    "json",
    "junit",
    "markdown",
    "sarif",
    "speedscope",
    "terminal",
)
#: What a file's ending says about its format; the first that fits counts.
_ENDINGS = {
    ".html": "html",
    ".htm": "html",
    ".speedscope.json": "speedscope",
    ".sarif.json": "sarif",
    ".sarif": "sarif",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".collapsed": "collapsed",
    ".folded": "collapsed",
    ".xml": "junit",
    ".txt": "terminal",
}


def by_ending(file: Path) -> str | None:
    """Return the format that a file's ending says; ``None`` where it says none."""
    name = file.name.lower()
    return next((one for ending, one in _ENDINGS.items() if name.endswith(ending)), None)


def _with_endings(
    _ctx: click.Context, _parameter: click.Parameter, files: tuple[Path, ...]
) -> tuple[Path, ...]:
    # Before anything is measured: to hear of it after ten minutes would be late.
    for file in files:
        if by_ending(file) is None:
            raise UsageError(
                f"The ending of {file} says no format.",
                means="Nothing was measured and nothing was written.",
                do=f"End its name with one of {', '.join(_ENDINGS)}.",
            )
    return files


#: Where else the result goes, in the formats that the endings say.
also_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--also",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    callback=_with_endings,
    help="Write the result here, too, as what the ending says: .xml, .sarif, .csv, .md, again and again.",
)


def write_also(report: Report, files: Iterable[Path]) -> None:
    """Write the report into each file, in the format of its ending."""
    from perfwatch.report import render
    from perfwatch.report.files import write_text

    for file in files:
        write_text(file, render(report, by_ending(file) or "terminal"))
