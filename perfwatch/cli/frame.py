"""What every verb needs: the project's settings, its store, and where to write."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfwatch.places import reports_folder as reports_folder  # noqa: PLC0414 - the verbs find both here
from perfwatch.places import store_in as store_in  # noqa: PLC0414

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from perfwatch.config import Config
    from perfwatch.pipeline import Place
    from perfwatch.store import Store


class InOrder(click.Group):
    """Lists the verbs in the order in which a user meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs as they were added."""
        del ctx
        return list(self.commands)


def _keep_store(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_root().ensure_object(dict)["store"] = value


#: ``--store``, the same on every verb that reads or writes runs.
store_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--store",
    metavar="PATH",
    expose_value=False,
    callback=_keep_store,
    help="The database file of stored runs [default: .perfwatch/perfwatch.db].",
)


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--out`` and ``--json``, the same on every verb that writes a report of what it measured."""
    out = click.option(
        "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the report into this folder."
    )
    json_file = click.option(
        "--json",
        "json_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write report.json here, too.",
    )
    return out(json_file(command))


def config_of(ctx: click.Context) -> Config:
    """The project's settings, with the store that ``--store`` names."""
    from perfwatch.config import load_config

    return load_config(Path.cwd(), os.environ).with_flags(store=_store_option(ctx))


def _store_option(ctx: click.Context) -> str | None:
    found = ctx.find_root().obj or {}
    store = found.get("store")
    # A server's address is no path; whether it can be used is said where it is opened.
    return store if store is None or "://" in store else str(Path(store).absolute())


def store_of(ctx: click.Context) -> Store:
    """Open the project's store."""
    return store_in(config_of(ctx))


def out() -> Console:
    """A console on standard output: for the verbs whose result is their text."""
    from rich.console import Console

    return Console(highlight=False)


def err() -> Console:
    """A console on standard error: for the verbs that leave standard output to the target."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def place() -> Place:
    """Where we are, in what environment, and what was typed."""
    from perfwatch.pipeline import Place

    return Place(cwd=Path.cwd(), environ=dict(os.environ), command=shlex.join(["perfwatch", *sys.argv[1:]]))


def shown_path(path: Path) -> Path:
    """Return a written file's path as it is shown: short below the folder where the command was typed."""
    return Path(os.path.relpath(path)) if path.is_relative_to(Path.cwd()) else path
