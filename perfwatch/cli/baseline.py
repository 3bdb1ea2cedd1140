"""The verb ``baseline``: names for runs, and files of them to commit.

It asks the store and prints; it must not compare.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfwatch.cli.frame import InOrder, store_option

if TYPE_CHECKING:
    from perfwatch.records.run import Benchmark
    from perfwatch.store import BaselineRow

_FILE = click.Path(path_type=Path)


@click.group(
    cls=InOrder,
    epilog="Example:\n\n    $ perfwatch baseline save main",
)
@store_option
def baseline() -> None:
    """Name runs, so that later runs of the same target are held against them."""


@baseline.command(epilog="Example:\n\n    $ perfwatch baseline save main previous")
@click.argument("name")
@click.argument("run", default="latest", required=False)
@click.option("--note", default="", help="A remark to keep with it.")
@click.pass_context
def save(ctx: click.Context, /, name: str, run: str, note: str) -> None:
    """Give RUN (by default the latest) the name NAME; a name in use moves."""
    from perfwatch.cli.frame import store_of

    with store_of(ctx) as store:
        resolved = store.resolve(run)
        before = store.save_baseline(name, resolved.run_id, note=note)
    for line in resolved.tried:
        click.echo(f"{run!r} as {line}", err=True)
    moved = f" (it was {before})" if before not in {None, resolved.run_id} else ""
    click.echo(f"Baseline {name} is run {resolved.run_id}{moved}.")


@baseline.command("list", epilog="Example:\n\n    $ perfwatch baseline list")
@click.pass_context
def list_baselines(ctx: click.Context, /) -> None:
    """List the baselines by name."""
    from perfwatch.cli.frame import out, store_of
    from perfwatch.cli.tables import print_table

    with store_of(ctx) as store:
        rows = store.baselines()
    if rows:
        now = datetime.now(UTC)
        columns = ("baseline", "run", "measured", "target…", "commit", "note")
        print_table(out(), columns, (_cells(row, now) for row in rows))
    else:
        click.echo("There are no baselines yet. `perfwatch baseline save NAME` makes one of the latest run.")


@baseline.command(epilog="Example:\n\n    $ perfwatch baseline show main")
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, /, name: str) -> None:
    """Show what the baseline NAME holds: its run and the times of its benchmarks."""
    from perfwatch.cli.frame import out, store_of
    from perfwatch.cli.tables import plain, print_table

    with store_of(ctx) as store:
        row = store.baseline(name)
        run = store.load(row.run_id)
    heading = ("baseline", "run", "measured", "target", "commit", "note")
    for title, text in zip(heading, _cells(row, datetime.now(UTC)), strict=True):
        click.echo(f"{title:<12}{plain(text)}")
    environment = run.header.environment
    click.echo(
        plain(
            f"{'environment':<12}{environment.processor}, {environment.system}, Python {environment.python}"
        )
    )
    columns = ("benchmark…", "median>", "interval>", "peak memory>")
    print_table(out(), columns, (_figures(benchmark) for benchmark in run.benchmarks))


@baseline.command(epilog="Example:\n\n    $ perfwatch baseline rename main release-1.0")
@click.argument("old")
@click.argument("new")
@click.pass_context
def rename(ctx: click.Context, /, old: str, new: str) -> None:
    """Call the baseline OLD by the name NEW."""
    from perfwatch.cli.frame import store_of

    with store_of(ctx) as store:
        store.rename_baseline(old, new)
    click.echo(f"Baseline {old} is now called {new}.")


@baseline.command(epilog="Example:\n\n    $ perfwatch baseline delete main")
@click.argument("name")
@click.pass_context
def delete(ctx: click.Context, /, name: str) -> None:
    """Forget the baseline NAME; its run stays stored."""
    from perfwatch.cli.frame import store_of

    with store_of(ctx) as store:
        run_id = store.delete_baseline(name)
    click.echo(f"Forgot baseline {name}; run {run_id} stays.")


@baseline.command("export", epilog="Example:\n\n    $ perfwatch baseline export main benchmarks/main.json")
@click.argument("name")
@click.argument("file", type=_FILE)
@click.pass_context
def export_file(ctx: click.Context, /, name: str, file: Path) -> None:
    """Write the baseline NAME to FILE: JSON with timings and metrics, for the project to commit."""
    from perfwatch.cli.frame import store_of

    with store_of(ctx) as store:
        store.export_baseline(name, file)
    click.echo(f"Wrote baseline {name} to {file}.")


@baseline.command("import", epilog="Example:\n\n    $ perfwatch baseline import benchmarks/main.json")
@click.argument("file", type=_FILE)
@click.option("--name", help="Call it so, instead of by the name in the file.")
@click.option("--replace", is_flag=True, help="Take a name that is in use.")
@click.pass_context
def import_file(ctx: click.Context, /, file: Path, name: str | None, *, replace: bool) -> None:
    """Read a baseline from FILE, which was exported before."""
    from perfwatch.cli.frame import store_of

    with store_of(ctx) as store:
        row = store.import_baseline(file, name=name, replace=replace)
    click.echo(f"Baseline {row.name} is run {row.run_id}.")


def _cells(row: BaselineRow, now: datetime) -> tuple[str, ...]:
    from perfwatch.store import ago, commit_in_words

    targets = ", ".join(row.target_keys)
    commit = commit_in_words(row.revision, dirty=row.dirty)
    return (row.name, row.run_id, ago(row.started_at, now), targets, commit, row.note)


def _figures(benchmark: Benchmark) -> tuple[str, ...]:
    from perfwatch import units

    timing = benchmark.timing
    return (
        benchmark.name,
        units.time(timing.median_ns if timing else None),
        units.interval(timing.interval_ns if timing else None),
        units.size(benchmark.metrics.get("peak_memory_bytes")),
    )
