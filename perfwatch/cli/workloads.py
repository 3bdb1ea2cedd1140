"""The verb ``workloads``: the bundled reference workloads, and the claims about them.

It parses, calls the pipeline and prints. Results go to standard output, progress
to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.frame import InOrder
from perfwatch.cli.run import DURATION

if TYPE_CHECKING:
    from perfwatch.workloads.definition import Stage


@click.group(
    cls=InOrder,
    invoke_without_command=True,
    epilog="Examples:\n\n\b\n    $ perfwatch workloads\n    $ perfwatch workloads claims",
)
@click.pass_context
def workloads(ctx: click.Context, /) -> None:
    """List the bundled reference workloads with their stages, variants and sizes."""
    if ctx.invoked_subcommand is None:
        _list()


def _list() -> None:
    from perfwatch.workloads.catalogue import EVERY_STAGE, WORKLOADS

    for workload in WORKLOADS:
        click.echo(f"workload:{workload.name}  {workload.whole.title}")
        _list_variants(workload.whole)
        click.echo(f"  workload:{workload.name}/{EVERY_STAGE}  Each stage by itself, in every working form")
        for stage in workload.stages:
            click.echo(f"  workload:{workload.name}/{stage.name}  {stage.title}")
            _list_variants(stage)


def _list_variants(stage: Stage) -> None:
    from perfwatch.workloads.catalogue import missing_packages
    from perfwatch.workloads.definition import OPTIMIZED, install_line

    for variant in stage.variants:
        alias = f" ({OPTIMIZED})" if variant.name == stage.optimized != OPTIMIZED else ""
        missing = missing_packages(variant)
        lack = f" (not installed: {', '.join(missing)}; {install_line(missing)})" if missing else ""
        click.echo(f"    @{variant.name}{alias}  {variant.note}{lack}")
    click.echo(f"    sizes: {', '.join(stage.sizes)}")


@workloads.command(
    epilog="Examples:\n\n\b\n"
    "    $ perfwatch workloads claims\n"
    "    $ perfwatch workloads claims --workload digital-twin -k C05\n"
    "    $ perfwatch workloads claims --list"
)
@click.option("--workload", metavar="NAME", help="Only the claims about this workload.")
@click.option("-k", "keyword", metavar="EXPR", help="Only the claims whose id and text match.")
@click.option("--list", "listing", is_flag=True, help="List the claims without measuring anything.")
@click.option(
    "--budget", metavar=DURATION, default="40s", help="How long each claim may be timed [default: 40s]."
)
@click.option("--per-benchmark", metavar=DURATION, help="How long one size may be timed [default: 15s].")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the page and claims.json here."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write claims.json here, too.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of claims.json and end.")
@click.option(
    "--markdown",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the ledger as Markdown here, too.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--no-progress", is_flag=True, help="Print no progress.")
@click.pass_context
def claims(ctx: click.Context, /, **options: Any) -> None:
    """Hold what documents state about the bundled workloads against measurements made here and now.

    Each claim ends in one word (holds, understated, overstated, refuted,
    different-answer, fails, unmeasured) with the condition it holds under.
    """
    from perfwatch.cli.claiming import chosen, print_schema, run_claims, settings_of

    if options["schema"]:
        print_schema()
        return
    picked = chosen(options["workload"], options["keyword"])
    if options["listing"]:
        for claim in picked:
            click.echo(f"{claim.id}  {claim.text} (stated: {claim.stated.text}; {claim.source})")
        return
    run_claims(picked, settings_of(ctx, options), options)
