"""The verb ``compare``: two stored runs held against each other.

It parses, calls the pipeline and prints; it must not judge.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.frame import store_option
from perfwatch.cli.markdown import markdown_option, written_as_markdown

if TYPE_CHECKING:
    from perfwatch.store import Store


@click.command(
    epilog="Examples:\n\n\b\n    $ perfwatch compare previous latest\n    $ perfwatch compare main latest --gate"
)
@click.argument("base", metavar="BASE")
@click.argument("head", default="latest", required=False, metavar="[HEAD]")
@click.option("--gate", "as_gate", is_flag=True, help="End with 1 where a regression is found.")
@click.option(
    "--fail-above",
    type=float,
    default=5.0,
    metavar="PERCENT",
    help="With --gate: a regression fails beyond it [default: 5].",
)
@click.option(
    "--fail-on",
    type=click.Choice(["undecided"]),
    help="With --gate: end with 3 where something stays undecided.",
)
@click.option(
    "--across-machines", is_flag=True, help="Show ratios of runs from different machines, without verdicts."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write report.json here."
)
@markdown_option
@store_option
@click.pass_context
def compare(ctx: click.Context, /, **options: Any) -> int:
    """Hold the stored run HEAD against BASE: ids or their prefixes, latest, previous, baselines' names, revisions.

    They were not measured side by side, so a verdict on time needs several
    stored sessions of base's code; perfwatch gate measures both now.
    """
    from perfwatch import pipeline
    from perfwatch.cli.frame import config_of, out, store_in
    from perfwatch.cli.gating import policy_of
    from perfwatch.report.files import write_text
    from perfwatch.report.gate_text import render_compared
    from perfwatch.report.json_file import render_json

    policy = policy_of(options) if options["as_gate"] else None
    config = config_of(ctx)
    with store_in(config) as store:
        names = [_resolved(store, options[side]) for side in ("base", "head")]
        report, code = pipeline.compared(
            (names[0], names[1]), (config, policy), store, across_machines=options["across_machines"]
        )
    if not written_as_markdown(report, options["markdown"]):
        render_compared(report, out())
    if options["json_file"] is not None:
        write_text(options["json_file"], render_json(report))
    return int(code)


def _resolved(store: Store, name: str) -> str:
    """The id of the run that a name means; where it could mean another, that is said."""
    found = store.resolve(name)
    if found.tried:
        click.echo(
            f"{name} is read as {found.reading}; tried in this order: {', '.join(found.tried)}", err=True
        )
    return found.run_id
