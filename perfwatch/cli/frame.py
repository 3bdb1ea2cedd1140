"""What every verb needs: the project's settings, its store, and where to write."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from perfwatch.config import Config
    from perfwatch.pipeline import Place
    from perfwatch.store import Store

STORE_FOLDER = ".perfwatch"
STORE_FILE = "perfwatch.db"


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


def store_in(config: Config) -> Store:
    """Open the store that the settings name; it is made where there is none."""
    from perfwatch.errors import UsageError
    from perfwatch.store import open_store

    if config.store is not None and "://" in config.store:
        raise UsageError(
            f"The store {config.store} is not a file.",
            means="Runs are kept in an SQLite file; database servers are not supported yet.",
            do="Name a path: --store .perfwatch/perfwatch.db",
        )
    return open_store(store_path(config))


def store_path(config: Config) -> Path:
    """Where the store's file is, or will be."""
    return Path(config.store) if config.store else config.root / STORE_FOLDER / STORE_FILE


def store_of(ctx: click.Context) -> Store:
    """Open the project's store."""
    return store_in(config_of(ctx))


def reports_folder(config: Config) -> Path:
    """Where reports are written."""
    return config.report_dir or config.root / STORE_FOLDER / "reports"


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
