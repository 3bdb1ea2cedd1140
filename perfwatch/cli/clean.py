"""The verb ``clean``: make room in the store.

It asks the store and prints; it must not choose what goes.
"""

from __future__ import annotations

import click

from perfwatch.cli.frame import store_option

EXAMPLES = """Examples:

\b
    $ perfwatch clean --keep 20
    $ perfwatch clean --environments
"""


@click.command(epilog=EXAMPLES)
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="How many of the newest runs stay.")
@click.option("--environments", is_flag=True, help="Remove the environments that gates have built.")
@store_option
@click.pass_context
def clean(ctx: click.Context, /, keep: int | None, environments: bool) -> None:  # noqa: FBT001 - click hands it over
    """Remove all but the newest N runs, with their reports, or what gates have built.

    The reports of gates, proofs and claims, which are no stored runs, are counted by
    themselves: the newest N of them stay, too.

    Runs that a baseline names stay, and so does a run that began within a
    week and has not ended. An environment that a gate uses stays.
    """
    from perfwatch.errors import UsageError

    if keep is None and not environments:
        raise UsageError(
            "Nothing was named that should go.",
            means="Nothing was removed.",
            do="perfwatch clean --keep 20, or perfwatch clean --environments",
        )
    if keep is not None:
        _clean_runs(ctx, keep)
    if environments:
        _clean_environments(ctx)


def _clean_environments(ctx: click.Context) -> None:
    from perfwatch import units
    from perfwatch.builds.environments import FOLDER, free
    from perfwatch.cli.frame import config_of
    from perfwatch.places import STORE_FOLDER

    removed, freed_bytes, used = free(config_of(ctx).root / STORE_FOLDER / FOLDER)
    click.echo(
        f"Removed {removed} environment{'' if removed == 1 else 's'}, freed {units.size(freed_bytes)}."
    )
    if used:
        click.echo(f"{used} in use by a gate that runs now: kept.", err=True)


def _clean_runs(ctx: click.Context, keep: int) -> None:
    from perfwatch import units
    from perfwatch.cli.frame import store_of
    from perfwatch.store import remove_folders

    with store_of(ctx) as store:
        cleaned = store.clean(keep)
        kept = len(store.runs())
    folders = (*cleaned.report_folders, *cleaned.loose_folders)
    freed_bytes = cleaned.freed_bytes + remove_folders(folders)
    loose = f" and {len(cleaned.loose_folders)} reports of gates, proofs and claims"
    click.echo(
        f"Removed {len(cleaned.run_ids)} of {len(cleaned.run_ids) + kept} runs"
        f"{loose if cleaned.loose_folders else ''}, freed {units.size(freed_bytes)}."
    )
    if cleaned.not_shrunk:
        click.echo(
            f"The file keeps its size for now: {cleaned.not_shrunk} The next runs use the room.", err=True
        )
