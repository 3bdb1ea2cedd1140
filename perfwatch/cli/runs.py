"""The verb ``runs``: what is stored.

It asks the store and prints; it must not change anything.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from perfwatch.cli.frame import store_option

if TYPE_CHECKING:
    from perfwatch.store import RunRow

_COLUMNS = ("run", "when", "state", "what…", "commit", "size>", "baselines")


@click.command(epilog="Example:\n\n    $ perfwatch runs --limit 5")
@click.option("--limit", type=click.IntRange(min=1), help="Show the newest N runs only.", metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead of a table.")
@store_option
@click.pass_context
def runs(ctx: click.Context, /, limit: int | None, *, as_json: bool) -> None:
    """List the stored runs, newest first.

    A run that is still "running" is being measured now, or was killed.
    """
    from perfwatch.cli.frame import store_of

    with store_of(ctx) as store:
        rows = store.runs(limit=limit)
    if as_json:
        _print_json(rows)
    elif rows:
        _print_table(rows)
    else:
        click.echo("No runs are stored yet. `perfwatch run TARGET` makes the first.")


def _print_json(rows: list[RunRow]) -> None:
    import msgspec

    document = msgspec.json.encode({"schema": "perfwatch.runs/1", "runs": rows})
    click.echo(msgspec.json.format(document, indent=1))


def _print_table(rows: list[RunRow]) -> None:
    from perfwatch.cli.frame import out
    from perfwatch.cli.tables import print_table

    now = datetime.now(UTC)
    print_table(out(), _COLUMNS, (_cells(row, now) for row in rows))


def _cells(row: RunRow, now: datetime) -> tuple[str, ...]:
    from perfwatch import units
    from perfwatch.store import ago, commit_in_words

    return (
        row.id,
        ago(row.started_at, now),
        row.state.value,
        row.command,
        commit_in_words(row.revision, dirty=row.dirty),
        units.size(row.size_bytes),
        ", ".join(row.baselines),
    )
