"""The verb ``clean``: make room in the store.

It asks the store and prints; it must not choose what goes.
"""

from __future__ import annotations

import click

from perfwatch.cli.frame import store_option


@click.command(epilog="Example:\n\n    $ perfwatch clean --keep 20")
@click.option(
    "--keep", type=click.IntRange(min=0), required=True, metavar="N", help="How many of the newest runs stay."
)
@store_option
@click.pass_context
def clean(ctx: click.Context, /, keep: int) -> None:
    """Remove all but the newest N runs, with their reports.

    Runs that a baseline names stay, and so does a run that began within a
    week and has not ended.
    """
    from perfwatch import units
    from perfwatch.cli.frame import store_of
    from perfwatch.store import remove_folders

    with store_of(ctx) as store:
        cleaned = store.clean(keep)
        kept = len(store.runs())
    freed_bytes = cleaned.freed_bytes + remove_folders(cleaned.report_folders)
    click.echo(
        f"Removed {len(cleaned.run_ids)} of {len(cleaned.run_ids) + kept} runs, freed {units.size(freed_bytes)}."
    )
    if cleaned.not_shrunk:
        click.echo(
            f"The file keeps its size for now: {cleaned.not_shrunk} The next runs use the room.", err=True
        )
