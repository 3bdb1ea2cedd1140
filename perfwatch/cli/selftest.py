"""``perfwatch gate --selftest``: what it takes of the gate's options, and what it prints.

It must not measure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    import click

    from perfwatch.pipeline.selftest import Trying

#: Options of a gate that say nothing to a selftest: both sides are one work tree, and no policy is applied.
_NOT_ASKED = (
    "base",
    "head",
    "base_dir",
    "head_dir",
    "base_python",
    "head_python",
    "fail_above",
    "fail_on",
    "same_output",
    "passes",
    "witness",
    "out",
    "markdown",
    "also",
)
_PERCENT_AT_MOST = 100


def refuse_without_selftest(options: dict[str, Any]) -> None:
    """Raise ``UsageError`` for an option that only a selftest has."""
    for name in ("trials", "level"):
        if options[name] not in (None, ()):
            raise UsageError(
                f"--{name} belongs to --selftest.",
                means="Nothing was measured: a gate takes as many pairs as it needs.",
                do="perfwatch gate --selftest tries the gate on slowdowns that are known.",
            )


def run_selftest(ctx: click.Context, options: dict[str, Any]) -> int:
    """Try the gate on the targets; the exit status."""
    from perfwatch.cli.frame import config_of, err, place
    from perfwatch.cli.gating import settings_of, targets_of
    from perfwatch.cli.progress import Quiet, Spoken
    from perfwatch.pipeline.selftest import selftest

    _refuse(options)
    asked, config = settings_of(ctx, options)
    targets, cwd = targets_of(asked, config)
    trying = _trying(options, config_of(ctx).budget_ns)
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    try:
        found, code = selftest(targets, trying, config, replace(place(), cwd=cwd), progress)
    finally:
        if isinstance(progress, Spoken):
            progress.close()
    _shown(found, options)
    return int(code)


def _refuse(options: dict[str, Any]) -> None:
    given = [name for name in _NOT_ASKED if options[name] not in (None, ())]
    if given:
        raise UsageError(
            f"--selftest and --{given[0].replace('_', '-')} do not go together.",
            means="A selftest holds the work tree against itself, and touches neither policy nor reports.",
            do="perfwatch gate --selftest [TARGET]...; --json FILE writes its figures.",
        )


def _trying(options: dict[str, Any], gate_budget_ns: int) -> Trying:
    from perfwatch.pipeline.selftest import Trying
    from perfwatch.selftest import LEVELS

    if options["trials"] is not None and options["trials"] < 1:
        raise UsageError(
            f"--trials {options['trials']} makes no sense.",
            means="It is how often each benchmark is judged at each slowdown.",
            do="Write --trials 20",
        )
    wrong = [level for level in options["level"] if not 0 <= level <= _PERCENT_AT_MOST]
    if wrong:
        raise UsageError(
            f"--level {wrong[0]} makes no sense.",
            means="It is how much more work head does, in whole percent from 0 (none) to 100.",
            do="Write --level 5",
        )
    return Trying(
        levels=tuple(sorted(set(options["level"]))) or LEVELS,
        gate_budget_ns=gate_budget_ns,
        trials_count=options["trials"],
        environments=options["env"],
    )


def _shown(found: Any, options: dict[str, Any]) -> None:
    """Write the document where it was asked for, and print the rates; one does not fail the other."""
    from perfwatch.cli.frame import out
    from perfwatch.report.files import write_text
    from perfwatch.report.json_file import render_record
    from perfwatch.report.selftest_text import render_selftest

    try:
        if options["json_file"] is not None:
            write_text(options["json_file"], render_record("selftest", found))
    finally:
        if not options["quiet"]:
            render_selftest(found, out())
