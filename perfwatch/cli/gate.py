"""The verb ``gate``: base and head, measured side by side; a verdict for each benchmark.

It parses, calls the pipeline and prints. Results go to standard output, progress
to standard error.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from perfwatch.cli.formats import also_option, write_also
from perfwatch.cli.frame import report_options, store_option
from perfwatch.cli.markdown import markdown_option, written_as_markdown
from perfwatch.cli.run import DURATION
from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows

EXAMPLES = """Examples:

\b
    $ perfwatch gate
    $ perfwatch gate tests/test_speed.py --base v1.2.0
    $ perfwatch gate --same-output tests/test_speed.py
    $ perfwatch gate package.module:function --setup package.module:make_inputs
    $ perfwatch gate --head-python ~/envs/numpy-2/bin/python tests/test_speed.py
    $ perfwatch gate --base-dir old --head-dir new benchmarks/bench_fit.py
    $ perfwatch gate --selftest tests/test_speed.py
"""


@click.command(epilog=EXAMPLES)
@click.argument("target", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--base", metavar="REV", help="The revision to hold against [default: where head left the main branch]."
)
@click.option("--head", metavar="REV", help="The revision to judge [default: the work tree as it is].")
@click.option(
    "--base-dir", type=click.Path(path_type=Path), metavar="DIR", help="A tree instead of a revision."
)
@click.option(
    "--head-dir", type=click.Path(path_type=Path), metavar="DIR", help="A tree instead of a revision."
)
@click.option(
    "--base-python", metavar="PATH", help="The interpreter or environment of base [default: the active one]."
)
@click.option(
    "--head-python", metavar="PATH", help="The interpreter or environment of head [default: the active one]."
)
@click.option(
    "--env",
    type=click.Choice(["auto", "shared", "isolated"]),
    help="One environment for both sides, or one built for each [default: auto].",
)
@click.option("--setup", metavar="MODULE:FUNCTION", help="Makes the arguments of a callable target.")
@click.option("--margin", type=float, metavar="PERCENT", help="The change that counts as none [default: 1].")
@click.option(
    "--fail-above",
    type=float,
    metavar="PERCENT",
    help="A regression fails beyond it [default: the project's, else 5].",
)
@click.option(
    "--fail-on",
    type=click.Choice(["undecided", "nothing"]),
    help="With undecided: end with 3 where something stays so.",
)
@click.option(
    "--same-output/--no-same-output",
    default=None,
    help="Whether a benchmark that answers differently in head fails [default: the project's, else no].",
)
@click.option("--passes", metavar="NAMES", help="Comma-separated: timing,memory,cpu [default: all].")
@click.option(
    "--witness",
    type=click.Choice(["instructions"]),
    multiple=True,
    help="Count instructions, too: a call on each side under valgrind.",
)
@click.option(
    "--selftest",
    is_flag=True,
    help="Measure instead how often this gate, here, finds slowdowns that are made on purpose.",
)
@click.option(
    "--trials",
    type=int,
    metavar="N",
    help="With --selftest: trials of each benchmark at each level [default: as many as fit into --budget].",
)
@click.option(
    "--level",
    type=int,
    multiple=True,
    metavar="PERCENT",
    help="With --selftest: how much more work head does, again and again [default: 0, 2, 5 and 10].",
)
@click.option("--budget", metavar=DURATION, help="How long all measuring may take [default: 10m].")
@click.option("--per-benchmark", metavar=DURATION, help="How long one benchmark may take [default: 15s].")
@click.option("-k", "keyword", metavar="EXPR", help="Only benchmarks whose name matches.")
@report_options
@markdown_option
@also_option
@store_option
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--no-progress", is_flag=True, help="Print no progress.")
@click.pass_context
def gate(ctx: click.Context, /, **options: Any) -> int:
    """Measure base and head in turns on this machine, and say of each benchmark: slower, faster, same or undecided.

    Ends with 1 where a regression beyond --fail-above is confirmed, or with
    --same-output where a benchmark answers differently, with 6 where the two sides
    cannot be compared. Without TARGET, the targets of
    [tool.perfwatch] are measured, else what is found.
    """
    refuse_windows("gate")
    from perfwatch import pipeline
    from perfwatch.cli.frame import err, out, place
    from perfwatch.cli.gating import policy_of, settings_of, targets_of, wish_of, written
    from perfwatch.cli.progress import Quiet, Spoken
    from perfwatch.cli.selftest import refuse_without_selftest, run_selftest
    from perfwatch.report.gate_text import render_gate

    end_in_order_on_sigterm()
    if options["selftest"]:
        return run_selftest(ctx, options)
    refuse_without_selftest(options)
    asked, config = settings_of(ctx, options)
    wish, policy = wish_of(options), policy_of(options, config)
    targets, cwd = targets_of(asked, config)
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    try:
        report, code = pipeline.gate(targets, wish, (config, policy), replace(place(), cwd=cwd), progress)
    finally:
        if isinstance(progress, Spoken):
            progress.close()
    page, printed = None, False
    try:
        page = written(report, config, options)
        write_also(report, options["also"])
        printed = written_as_markdown(report, options["markdown"])
    finally:
        # A folder that takes no report is no reason to show nothing.
        if not (options["quiet"] or printed):
            render_gate(report, out(), page)
    return int(code)
