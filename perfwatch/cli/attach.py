"""The verb ``attach``: watch a process that runs already.

It parses, calls the pipeline and prints. All that is ours goes to standard error,
as in ``run``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.frame import report_options, shown_path, store_option
from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows
from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.config import Config
    from perfwatch.records.report import Report

#: Written with a leading digit ("10m", "15s"); read by ``perfwatch.config``.
DURATION = "DURATION"
_SHORTEST_NS = 1_000_000_000


@click.command(epilog="Example:\n\n    $ perfwatch attach 4711 --duration 30s")
@click.argument("pid", metavar="PID")
@click.option(
    "--duration", metavar=DURATION, default="10s", help="How long to watch, 1s at least [default: 10s]."
)
@click.option(
    "--memory",
    is_flag=True,
    help="Afterwards let memray into the process for as long again, to see what it allocates.",
)
@click.option(
    "--native", is_flag=True, help="Tell compiled code from the interpreter; costs the process more."
)
@report_options
@store_option
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--no-progress", is_flag=True, help="Print no progress.")
@click.pass_context
def attach(ctx: click.Context, /, **options: Any) -> int:
    """Watch the running Python process PID from outside: where its time goes, its threads, input and output.

    The process goes on as it was. Ctrl-C ends the watch, keeps what was seen, and
    leaves the process running.
    """
    refuse_windows("attach")
    from perfwatch import pipeline
    from perfwatch.cli.frame import config_of, err, place, store_in
    from perfwatch.cli.progress import Quiet, Spoken
    from perfwatch.measure.attach_target import Wanted

    end_in_order_on_sigterm()
    wanted = Wanted(
        pid=options["pid"],
        duration_ns=_duration(options["duration"]),
        memory=options["memory"],
        native=options["native"],
    )
    config = config_of(ctx)
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    with store_in(config) as store:
        try:
            report, code = pipeline.attach(wanted, config, place(), store, progress)
        finally:
            if isinstance(progress, Spoken):
                progress.close()
    _show(report, config, options)
    return int(code)


def _duration(text: str) -> int:
    from perfwatch.config import parse_duration

    try:
        duration_ns = parse_duration(text)
    except ValueError as error:
        raise UsageError(
            f"--duration {text!r} is no duration: {error}.",
            means="Nothing was measured.",
            do="Write --duration 30s",
        ) from None
    if duration_ns < _SHORTEST_NS:
        raise UsageError(
            f"--duration {text} is too short.",
            means="In less than a second too little is seen to tell anything.",
            do="Write --duration 10s",
        )
    return duration_ns


def _show(report: Report, config: Config, options: dict[str, Any]) -> None:
    """Write index.html and report.json, and print the table even where they cannot be written."""
    from perfwatch.cli.frame import err, reports_folder
    from perfwatch.report.files import write_report, write_text
    from perfwatch.report.terminal import render_terminal

    shown: Path | None = None
    try:
        files = write_report(report, options["out"] or reports_folder(config) / report.run.header.id)
        shown = shown_path(files.html)
        if options["json_file"] is not None:
            write_text(options["json_file"], files.json.read_text(encoding="utf-8"))
    finally:
        if not options["quiet"]:
            render_terminal(report, err(), shown)
