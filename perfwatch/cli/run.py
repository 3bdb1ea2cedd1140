"""The verb ``run``: measure, profile, report.

It parses, calls the pipeline and prints. Standard output is the target's, so all
that is ours goes to standard error.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.frame import report_options, store_option
from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows

if TYPE_CHECKING:
    from collections.abc import Sequence


EXAMPLES = """Examples:

\b
    $ perfwatch run script.py --its --own options
    $ perfwatch run -m package.module
    $ perfwatch run package.module:function --setup package.module:make_inputs
    $ perfwatch run tests/test_speed.py
    $ perfwatch run workload:digital-twin/physics
"""
#: Written with a leading digit ("10m", "15s"); read by ``perfwatch.config``.
DURATION = "DURATION"


#: A file of one of these names holds tests or benchmarks, so its name does not end our options.
_SUITES = ("test_*.py", "*_test.py", "bench_*.py")


class _EndsAtTarget(click.Command):
    """A command whose own options end at a script or ``-m``: what follows is the script's.

    Behind any other target our options are still ours, and are moved in front of
    it; the words that remain there are the target's.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say with ``--`` where our options end, before click reads them."""
        position = self._target_at(args)
        if position is not None:
            ours, theirs = args[:position], args[position:]
            if not _ends_options(theirs[0], ours):
                moved, theirs = self._ours_among(theirs)
                ours += moved
            args = [*ours, "--", *theirs]
        return super().parse_args(ctx, args)

    def _names(self) -> dict[str, bool]:
        """Our options' names, and whether each takes a value."""
        options = [option for option in self.params if isinstance(option, click.Option)]
        names = {name: not option.is_flag for option in options for name in option.opts}
        return names | {"-h": False, "--help": False}

    def _target_at(self, args: Sequence[str]) -> int | None:
        """Where the target begins; ``None`` where there is none, or ``--`` says so itself."""
        names = self._names()
        position = 0
        while position < len(args):
            word = args[position]
            if word == "--":
                return None
            if word.startswith("-m") or not word.startswith("-") or word == "-":
                return position
            position += 2 if names.get(word, False) else 1
        return None

    def _ours_among(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """Part our options, with their values, from the target's own words."""
        names = self._names()
        ours: list[str] = []
        theirs: list[str] = []
        position = 0
        while position < len(words):
            name = words[position].partition("=")[0]
            length = 1 + (name in names and names[name] and "=" not in words[position])
            (ours if name in names else theirs).extend(words[position : position + length])
            position += length
        return ours, theirs


def _ends_options(word: str, before: Sequence[str]) -> bool:
    """Whether a target is a script or ``-m``, by its looks: it is not read yet."""
    if word.startswith("-m"):
        return True
    readings = [value for option, value in itertools.pairwise(before) if option == "--as"]
    readings += [option.removeprefix("--as=") for option in before if option.startswith("--as=")]
    if readings:
        return readings[-1] == "script"
    path = Path(word)
    return path.is_file() and not any(path.match(pattern) for pattern in _SUITES)


@click.command(
    cls=_EndsAtTarget,
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
    epilog=EXAMPLES,
)
@click.argument("target", nargs=-1, type=click.UNPROCESSED, metavar="[TARGET] [ARGS]...")
@click.option("--setup", metavar="MODULE:FUNCTION", help="Makes the arguments of a callable target.")
@click.option(
    "--as",
    "as_kind",
    type=click.Choice(["script", "pytest", "asv", "callable"]),
    help="How to read the target.",
)
@click.option(
    "--passes", metavar="NAMES", help="Comma-separated: timing,cpu,lines,memory,io,gpu [default: all]."
)
@click.option(
    "--budget", metavar=DURATION, help="How long the measuring of the whole command may take [default: 10m]."
)
@click.option(
    "--per-benchmark", metavar=DURATION, help="How long the timing of one benchmark may take [default: 15s]."
)
@click.option("--timeout", metavar=DURATION, help="End one execution of the target after this time.")
@click.option(
    "-k", "keyword", metavar="EXPR", help="Only benchmarks whose name matches: words with and, or, not."
)
@click.option("--list", "only_list", is_flag=True, help="Show the benchmarks and end.")
@click.option("--quick", is_flag=True, help="Each benchmark once: does it run at all? No verdicts.")
@click.option("--once", is_flag=True, help="Execute the target once, and sample it from outside as it runs.")
@click.option(
    "--python",
    metavar="PATH",
    help="The interpreter that runs the target [default: the active environment's].",
)
@click.option(
    "--no-experiments",
    is_flag=True,
    help="Execute the target no more than its passes need, whatever the diagnosis would like to try.",
)
@click.option("--prepare", metavar="COMMAND", help="Run this before each execution, unmeasured.")
@click.option(
    "--try",
    "trying",
    is_flag=True,
    help="Try the changes of the three best findings in a copy: same answer? how much faster?",
)
@click.option(
    "--try-budget", metavar=DURATION, default="2m", show_default=True, help="How long --try may take."
)
@report_options
@store_option
@click.option(
    "--exit-code",
    type=click.Choice(["perfwatch", "target"]),
    default="perfwatch",
    help="Whose exit code to end with when the target fails.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--verbose", "-v", is_flag=True, help="Print the last lines of what failed in full.")
@click.option("--no-progress", is_flag=True, help="Print no progress.")
@click.pass_context
def run(ctx: click.Context, /, **options: Any) -> int:
    """Measure and profile TARGET: clean timings first, then one pass each for CPU, lines, memory, I/O and GPU.

    Without TARGET, the targets of [tool.perfwatch] are measured, else what is
    found: asv benchmarks, bench_*.py, tests that use the benchmark fixture. The
    first script or -m ends perfwatch's own options.
    """
    refuse_windows("run")
    from perfwatch.cli.measuring import Asked, config_for, listing, measured

    end_in_order_on_sigterm()
    asked = Asked(**{**options, "target": tuple(options["target"])})
    config = config_for(ctx, asked)
    return int(listing(asked, config) if asked.only_list else measured(asked, config))
