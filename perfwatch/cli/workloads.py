"""The verb ``workloads``: the bundled reference workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from perfwatch.workloads.definition import Stage


@click.command(
    epilog="Example:\n\n    $ perfwatch workloads",
)
def workloads() -> None:
    """List the bundled reference workloads with their stages, variants and sizes."""
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
    from perfwatch.workloads.definition import OPTIMIZED

    for variant in stage.variants:
        alias = f" ({OPTIMIZED})" if variant.name == stage.optimized != OPTIMIZED else ""
        missing = missing_packages(variant)
        lack = f" (not installed: {', '.join(missing)})" if missing else ""
        click.echo(f"    @{variant.name}{alias}  {variant.note}{lack}")
    click.echo(f"    sizes: {', '.join(stage.sizes)}")
