"""The verb ``doctor``: what can be measured on this machine, and what it does to figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows
from perfwatch.errors import ExitCode

if TYPE_CHECKING:
    from perfwatch.config import Config


@click.command(
    epilog="Examples:\n\n\b\n    $ perfwatch doctor\n    $ perfwatch doctor --python .venv/bin/python"
)
@click.option(
    "--python",
    metavar="PATH",
    help="The interpreter that would run the target [default: the active environment's].",
)
@click.option(
    "--noise",
    is_flag=True,
    help="Measure the smallest visible change of this machine instead: half a minute.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead of text.")
@click.pass_context
def doctor(ctx: click.Context, /, python: str | None, *, noise: bool, as_json: bool) -> int:
    """Try every collector, and look at the machine: what works here, and what would bend the figures.

    Each tool is really tried, for a fraction of a second. Nothing is changed;
    where something can be mended, the command that does it is shown. Ends with
    0 where clean times can be taken, else with 5.

    With --noise, code is measured against itself for half a minute, and the
    smallest change is told that 5, 15 and 60 s a benchmark would show here now.
    """
    from perfwatch import pipeline
    from perfwatch.cli.frame import config_of, out, place

    end_in_order_on_sigterm()
    config = config_of(ctx).with_flags(python=python)
    if noise:
        return _noise(config, as_json=as_json)
    diagnosis = pipeline.doctor(config, place())
    if as_json:
        _print_json("perfwatch.doctor/1", {"diagnosis": diagnosis})
    else:
        from perfwatch.report.doctor_text import render_diagnosis

        render_diagnosis(diagnosis, out())
    return int(ExitCode.DONE if diagnosis.timing else ExitCode.NOTHING_MEASURED)


def _noise(config: Config, *, as_json: bool) -> int:
    """Measure the machine against itself; raises ``NothingMeasured`` where that brings nothing."""
    from perfwatch import pipeline
    from perfwatch.cli.frame import err, out, place
    from perfwatch.cli.progress import Quiet

    refuse_windows("doctor --noise")
    err().print("Measuring the same code against itself, for half a minute at most.", markup=False)
    noise = pipeline.noise(config, place(), Quiet())
    if as_json:
        _print_json("perfwatch.noise/1", {"noise": noise})
    else:
        from perfwatch.report.noise_text import render_noise

        render_noise(noise, out())
    return int(ExitCode.DONE)


def _print_json(schema: str, content: dict[str, Any]) -> None:
    import msgspec

    document = msgspec.json.encode({"schema": schema, **content})
    click.echo(msgspec.json.format(document, indent=1))
