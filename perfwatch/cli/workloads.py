"""The verb ``workloads``: the bundled reference workloads."""

from __future__ import annotations

import click


@click.command(
    epilog="Example:\n\n    $ perfwatch workloads",
)
def workloads() -> None:
    """List the bundled reference workloads with their stages, variants and sizes."""
    from perfwatch.workloads.catalogue import WORKLOADS, missing_packages

    for workload in WORKLOADS:
        click.echo(f"workload:{workload.name}  {workload.title}")
        for stage in workload.stages:
            click.echo(f"  workload:{workload.name}/{stage.name}  {stage.title}")
            for variant in stage.variants:
                alias = " (optimized)" if variant.name == stage.optimized else ""
                missing = missing_packages(variant)
                lack = f" (not installed: {', '.join(missing)})" if missing else ""
                click.echo(f"    @{variant.name}{alias}  {variant.note}{lack}")
            click.echo(f"    sizes: {', '.join(stage.sizes)}")
