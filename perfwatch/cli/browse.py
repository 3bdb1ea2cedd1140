"""The verb ``browse``: pages over all stored runs, for a browser on this machine.

It parses, opens the store, prints where the pages are and waits; it must not make a page.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.frame import store_option
from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from perfwatch.config import Config


@click.command(epilog="Example:\n\n    $ perfwatch browse")
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Listen at this address."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="N",
    help="Listen at this port; 0 takes any free one [default: 8765, or a free one where it is taken].",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="Answer under this name, too, as a proxy or another machine asks for it; repeatable.",
)
@click.option(
    "--root-path", default="", metavar="PATH", help="The path under which a proxy serves the pages."
)
@click.option(
    "--open/--no-open",
    "opening",
    default=None,
    help="Open the first page in a browser [default: where a terminal and a desktop are there].",
)
@store_option
@click.pass_context
def browse(ctx: click.Context, /, **options: Any) -> None:
    """Show all stored runs, their reports, histories and comparisons as pages.

    Nothing can be changed through them, and nobody else's machine can reach them
    unless --host says so. Ctrl-C ends it.
    """
    _need_web()
    from perfwatch.cli.frame import config_of
    from perfwatch.places import store_to_read
    from perfwatch.web.guard import allowed
    from perfwatch.web.server import application
    from perfwatch.web.serving import Spot, address_of, listen, serve

    config = config_of(ctx)
    summed_up(config)
    host, root_path = options["host"], options["root_path"]
    with store_to_read(config) as store, listen(Spot(host=host, port=options["port"])) as listening:
        app = application(config, store, allowed(host, options["allow_host"], root_path))
        address = address_of(listening, host, root_path)
        serve(app, listening, lambda: _ready(address, host, opening=_opens(options["opening"])))


def summed_up(config: Config) -> None:
    """Give the store its newest schema, and its lists what an older perfwatch left out of them."""
    from perfwatch.pipeline.browsing import sum_up
    from perfwatch.places import store_in

    with store_in(config) as store:
        done, left = sum_up(config, store)
    if left:
        click.echo(f"Summed up {done} older runs; {left} are left for the next time.", err=True)


def _need_web() -> None:
    """Say what is missing, and how it is installed."""
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"The pages need {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed here.",
            means="Nothing is served. The same pages can be written as files: perfwatch report --site DIR",
            do="pip install 'perfwatch[web]'",
        )


def _opens(wanted: bool | None) -> bool:  # noqa: FBT001 - click's own three states of a flag
    if wanted is not None:
        return wanted
    desktop = sys.platform in {"darwin", "win32"} or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
    return desktop and sys.stdout.isatty()


def _ready(address: str, host: str, *, opening: bool) -> None:
    import webbrowser

    from perfwatch.web.serving import is_loopback

    if not is_loopback(host):
        click.echo(f"Whoever reaches {host} can read every stored run: there is no log-in.", err=True)
    click.echo(f"The stored runs are at {address}  (Ctrl-C ends it)")
    sys.stdout.flush()
    if opening:
        webbrowser.open(address)
