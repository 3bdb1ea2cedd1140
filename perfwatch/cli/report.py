"""The verb ``report``: render a stored run again.

It parses, calls the pipeline and prints; it must not render.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from perfwatch.cli.formats import FORMATS, by_ending
from perfwatch.cli.frame import store_option
from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from perfwatch.records.report import Report


@click.command(
    epilog="Examples:\n\n\b\n    $ perfwatch report previous --out before.html\n    $ perfwatch report --site public",
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
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the pages of perfwatch browse into this folder, as files.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --site: the newest N runs [default: 100].",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of report.json and end.")
@store_option
@click.pass_context
def report(ctx: click.Context, /, run: str, **options: Any) -> None:
    """Render RUN again: an id or its prefix, latest (the default), previous, or a baseline's name."""
    out: Path | None = options["out"]
    _refuse_mixed(ctx, options)
    if options["schema"]:
        _print_schema(out)
    elif options["site"] is not None:
        _write_site(ctx, options["site"], options["limit"])
    else:
        _write(_report_of(ctx, run), _format(options["format_name"], out), out)


def _refuse_mixed(ctx: click.Context, options: dict[str, Any]) -> None:
    """A site is of many runs, and all of it files: what is said of one report means nothing to it."""
    given = [
        parameter.opts[0] if parameter.param_type_name == "option" else parameter.human_readable_name
        for parameter in ctx.command.params
        if parameter.name in {"run", "format_name", "out", "schema"}
        and ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    if options["site"] is not None and given:
        raise UsageError(
            f"--site goes with {given[0]} no further.",
            means="A site holds the newest runs, each as a page and as a document. Nothing was written.",
            do=f"Leave out {given[0]}, or --site.",
        )
    if options["site"] is None and options["limit"] is not None:
        raise UsageError(
            "--limit belongs to --site.",
            means="A report is of one run. Nothing was written.",
            do="Leave it out, or write a site: perfwatch report --site DIR --limit 20",
        )


def _write_site(ctx: click.Context, folder: Path, limit: int | None) -> None:
    from perfwatch.cli.browse import summed_up
    from perfwatch.cli.frame import config_of
    from perfwatch.places import store_to_read
    from perfwatch.web.site import RUNS_LIMIT, Source, write_site

    config = config_of(ctx)
    summed_up(config)
    with store_to_read(config) as store:
        written = write_site(
            Source(config=config, store=store, limit=limit or RUNS_LIMIT),
            folder,
            lambda run_id: click.echo(f"Writing {run_id}", err=True),
        )
    for run_id in written.failed:
        click.echo(
            f"Run {run_id} could not be rendered, and is left out: perfwatch report {run_id}", err=True
        )
    counts = ((written.runs_count, "run"), (written.benchmarks_count, "benchmark"))
    said = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)
    click.echo(f"Wrote {written.index}: {said}", err=True)


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
