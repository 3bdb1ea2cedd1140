"""``--markdown``, the same on every verb that judges."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.records.report import Report

_STANDARD_OUTPUT = Path("-")

#: Where the result goes as Markdown.
markdown_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--markdown",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write the result as Markdown here, too; - prints it in place of the table.",
)


def written_as_markdown(report: Report, file: Path | None) -> bool:
    """Write the result where ``--markdown`` says; return whether it was printed, so that nothing else is."""
    if file is None:
        return False
    from perfwatch.report.files import write_text
    from perfwatch.report.gate_markdown import render_markdown

    if file == _STANDARD_OUTPUT:
        # As bytes: a terminal's or a pipe's own encoding may lack a sign that a name has.
        click.echo(render_markdown(report).encode("utf-8", "backslashreplace"), nl=False)
        return True
    write_text(file, render_markdown(report))
    return False
