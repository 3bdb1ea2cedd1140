"""The command line: one file a verb; here the list of them, and errors turned into exit codes.

It must not measure, judge or render.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from perfwatch._version import __version__
from perfwatch.errors import ExitCode, PerfwatchError, Terminated, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = "What was complete is kept: perfwatch runs shows it."

#: Every verb in the order in which a user meets it, with the line that the overview says of it.
#: A verb lives in the module of its name, which is loaded when it is used: the overview is to be quick.
VERBS = {
    "run": "Measure, profile and report a script, module, callable, suite or workload.",
    "gate": "Measure base and head side by side, and judge the difference.",
    "prove": "Hold a candidate against its reference: the same answer, and how much faster?",
    "compare": "Hold a stored run, or a result file, against another.",
    "attach": "Watch a Python process that runs already.",
    "report": "Render a stored run again.",
    "browse": "Show all stored runs, and their histories, in a browser.",
    "runs": "List what is stored.",
    "clean": "Free what old runs take.",
    "baseline": "Name runs to hold others against.",
    "doctor": "Try what can be measured on this machine, and say what mends the rest.",
    "init": "Write a project's first settings and a workflow that gates pull requests.",
    "workloads": "List the bundled workloads, their stages and variants.",
}


class _Verbs(click.Group):
    """The verbs, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(importlib.import_module(f"perfwatch.cli.{cmd_name}"), cmd_name)
        command.short_help = VERBS[cmd_name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; of one that is not there, name the nearest."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise _unknown_verb(args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def _unknown_verb(name: str) -> UsageError:
    import difflib

    nearest = difflib.get_close_matches(name, VERBS, n=1)
    return UsageError(
        f"There is no command {name!r}.",
        means="Nothing was done.",
        do=f"Did you mean: perfwatch {nearest[0]}" if nearest else f"There are: {', '.join(VERBS)}.",
    )


def _width() -> int:
    """The width of help texts; asked here because click's own way loads half of shutil."""
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size().columns
    except (ValueError, OSError):
        columns = 80
    return max(50, min(columns, 80) - 2)


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": _width()},
    epilog="Begin with:\n\n    $ perfwatch run your_script.py",
)
@click.version_option(__version__, prog_name="perfwatch")
def cli() -> None:
    """Profile scientific Python, time it soundly, and say how sure the figures are."""


def main(arguments: list[str] | None = None, leaving: Callable[[], object] = lambda: None) -> int:
    """Run the command line and return the process status: the one place that turns errors into codes.

    ``leaving`` is called as soon as it is known that the command was stopped.
    """
    try:
        result = cli.main(args=arguments, prog_name="perfwatch", standalone_mode=False)
    except click.exceptions.Abort:
        leaving()
        return _ended(ExitCode.INTERRUPTED, f"Interrupted. {_KEPT}")
    except KeyboardInterrupt:
        leaving()
        return _ended(ExitCode.INTERRUPTED, f"Interrupted. {_KEPT}")
    except Terminated:
        leaving()
        return _ended(ExitCode.TERMINATED, f"Terminated. {_KEPT}")
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except PerfwatchError as error:
        return _ended(error.exit_code, f"perfwatch: {error}")
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except Exception:
        return _crashed()
    return int(result) if isinstance(result, int) else int(ExitCode.DONE)


def _ended(code: ExitCode, message: str) -> int:
    click.echo(message, err=True)
    return int(code)


def _crashed() -> int:
    """A fault of ours: the traceback, and where to send it."""
    import traceback

    traceback.print_exc()
    return _ended(
        ExitCode.CRASHED,
        f"perfwatch {__version__} itself failed; your code is not to blame. Finished passes are kept.\n"
        f"Please report the lines above, with: {' '.join(sys.argv)}",
    )
