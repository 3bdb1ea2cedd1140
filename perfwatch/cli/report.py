"""The verb ``report``: render a stored run again.

It parses, calls the pipeline and prints; it must not render.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfwatch.cli.formats import FORMATS, by_ending
from perfwatch.cli.frame import store_option
from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from perfwatch.records.report import Report


@click.command(
    epilog="Example:\n\n    $ perfwatch report previous --out before.html",
)
@click.argument("run", default="latest", required=False)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    help="What to write; by default what the ending of --out says, else the terminal's tables.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of standard output.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of report.json and end.")
@store_option
@click.pass_context
def report(
    ctx: click.Context, /, run: str, format_name: str | None, out: Path | None, *, schema: bool
) -> None:
    """Render RUN again: an id or its prefix, latest (the default), previous, or a baseline's name."""
    if schema:
        _print_schema(out)
        return
    _write(_report_of(ctx, run), _format(format_name, out), out)


def _format(format_name: str | None, out: Path | None) -> str:
    chosen = format_name or (by_ending(out) if out else None) or "terminal"
    if chosen == "html" and out is None and sys.stdout.isatty():
        raise UsageError(
            "A web page makes no sense on a terminal.",
            means="Nothing was written.",
            do="Name a file for it: --out report.html; or send it on with a pipe.",
        )
    return chosen


def _report_of(ctx: click.Context, run: str) -> Report:
    # Only here: the store and the database behind it are slow to load, and --schema needs neither.
    from perfwatch import pipeline
    from perfwatch.cli.frame import config_of, store_in

    config = config_of(ctx)
    with store_in(config) as store:
        resolved = store.resolve(run)
        if resolved.tried:
            click.echo(
                f"{run} is read as {resolved.reading}; tried in this order: {', '.join(resolved.tried)}",
                err=True,
            )
        return pipeline.report(resolved.run_id, config, store)


def _write(record: Report, format_name: str, out: Path | None) -> None:
    from perfwatch.report import render
    from perfwatch.report.files import write_text

    if out is not None:
        write_text(out, render(record, format_name))
        click.echo(f"Wrote {out}", err=True)
    elif format_name == "terminal":
        _print_tables(record)
    else:
        _echo(render(record, format_name))


def _print_tables(record: Report) -> None:
    from perfwatch.cli.frame import out
    from perfwatch.report.terminal import render_terminal

    render_terminal(record, out())


def _print_schema(out: Path | None) -> None:
    from perfwatch.report.files import write_text
    from perfwatch.report.json_file import render_schema

    if out is not None:
        write_text(out, render_schema())
    else:
        _echo(render_schema())


def _echo(text: str) -> None:
    # As bytes: pages and documents are UTF-8 whatever the terminal speaks.
    click.echo(text.encode(), nl=False)
