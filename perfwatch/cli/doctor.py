"""The verb ``doctor``: what can be measured on this machine, and what it does to figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from perfwatch.cli.starting import end_in_order_on_sigterm
from perfwatch.errors import ExitCode

if TYPE_CHECKING:
    from perfwatch.records.doctor import Diagnosis


@click.command(
    epilog="Examples:\n\n\b\n    $ perfwatch doctor\n    $ perfwatch doctor --python .venv/bin/python"
)
@click.option(
    "--python",
    metavar="PATH",
    help="The interpreter that would run the target [default: the active environment's].",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead of text.")
@click.pass_context
def doctor(ctx: click.Context, /, python: str | None, *, as_json: bool) -> int:
    """Try every collector, and look at the machine: what works here, and what would bend the figures.

    Each tool is really tried, for a fraction of a second. Nothing is changed;
    where something can be mended, the command that does it is shown. Ends with
    0 where clean times can be taken, else with 5.
    """
    from perfwatch import pipeline
    from perfwatch.cli.frame import config_of, out, place

    end_in_order_on_sigterm()
    config = config_of(ctx).with_flags(python=python)
    diagnosis = pipeline.doctor(config, place())
    if as_json:
        _print_json(diagnosis)
    else:
        from perfwatch.report.doctor_text import render_diagnosis

        render_diagnosis(diagnosis, out())
    return int(ExitCode.DONE if diagnosis.timing else ExitCode.NOTHING_MEASURED)


def _print_json(diagnosis: Diagnosis) -> None:
    import msgspec

    document = msgspec.json.encode({"schema": "perfwatch.doctor/1", "diagnosis": diagnosis})
    click.echo(msgspec.json.format(document, indent=1))
