"""The verb ``compare``: two runs of before held against each other, stored ones or ones in result files.

It parses, calls the pipeline and prints; it must not judge.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.formats import also_option, write_also
from perfwatch.cli.frame import report_options, store_option
from perfwatch.cli.markdown import markdown_option, written_as_markdown

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.config import Config
    from perfwatch.records.report import Report
    from perfwatch.store import ResolvedRun, Store


@click.command(
    epilog="Examples:\n\n\b\n    $ perfwatch compare previous latest\n    $ perfwatch compare main latest --gate\n    $ perfwatch compare old.json new.json"
)
@click.argument("base", metavar="BASE")
@click.argument("head", default="latest", required=False, metavar="[HEAD]")
@click.option("--gate", "as_gate", is_flag=True, help="End with 1 where a regression is found.")
@click.option(
    "--fail-above",
    type=float,
    metavar="PERCENT",
    help="With --gate: a regression fails beyond it [default: the project's, else 5].",
)
@click.option(
    "--fail-on",
    type=click.Choice(["undecided", "nothing"]),
    help="With --gate and undecided: end with 3 where something stays undecided.",
)
@click.option(
    "--across-machines", is_flag=True, help="Show ratios of runs from different machines, without verdicts."
)
@report_options
@markdown_option
@also_option
@store_option
@click.pass_context
def compare(ctx: click.Context, /, **options: Any) -> int:
    """Hold the run HEAD against BASE: ids or their prefixes, latest, previous, baselines' names, revisions, files.

    A file is a result file of pytest-benchmark, pyperf or asv, a baseline that
    was exported, or a report.json. The two were not measured side by side, so a
    verdict on time needs several stored sessions of base's code; perfwatch gate
    measures both now.
    """
    from perfwatch import pipeline
    from perfwatch.cli.frame import config_of, out
    from perfwatch.cli.gating import policy_of
    from perfwatch.report.gate_text import render_compared

    config = config_of(ctx)
    policy = policy_of(options, config) if options["as_gate"] else None
    with contextlib.ExitStack() as stack:
        sides = pipeline.hold((options["base"], options["head"]), _Shelves(config, stack))
    for name, side in ((options["base"], sides.base), (options["head"], sides.head)):
        _say_how_read(name, side.resolved)
    report, code = pipeline.compared(sides, (config, policy), across_machines=options["across_machines"])
    page = _written(report, options)
    write_also(report, options["also"])
    if not written_as_markdown(report, options["markdown"]):
        render_compared(report, sides.chosen, sides.notes, out(), page)
    return int(code)


class _Shelves:
    """The project's store, opened when it is first asked for and closed with the rest."""

    def __init__(self, config: Config, stack: contextlib.ExitStack) -> None:
        self._config = config
        self._stack = stack
        self._store: Store | None = None

    def store(self) -> Store:
        """Open the store, once; it is made where there is none."""
        from perfwatch.cli.frame import store_in

        if self._store is None:
            self._store = self._stack.enter_context(store_in(self._config))
        return self._store

    def store_if_there(self) -> Store | None:
        """Open the store, or return ``None`` where none was made yet."""
        from perfwatch.places import store_path

        return self.store() if store_path(self._config).exists() else None


def _say_how_read(name: str, resolved: ResolvedRun | None) -> None:
    """Say so where a name could mean another run."""
    if resolved is not None and resolved.tried:
        tried = ", ".join(resolved.tried)
        click.echo(f"{name} is read as {resolved.reading}; tried in this order: {tried}", err=True)


def _written(report: Report, options: dict[str, Any]) -> Path | None:
    """Write what was asked for; the page's path, where there is one."""
    from perfwatch.report.files import write_report, write_text
    from perfwatch.report.json_file import render_json

    if options["json_file"] is not None:
        write_text(options["json_file"], render_json(report))
    return None if options["out"] is None else write_report(report, options["out"]).html
