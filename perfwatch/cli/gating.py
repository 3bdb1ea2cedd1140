"""What ``perfwatch gate`` asks for, as the pipeline wants it.

It must not measure or print a result.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.builds.sides import Wish
from perfwatch.cli.frame import err, reports_folder, shown_path
from perfwatch.cli.measuring import Asked, MeasuringConfig, config_for, targets_for
from perfwatch.errors import UsageError
from perfwatch.records.witness import WitnessName

if TYPE_CHECKING:
    import click

    from perfwatch.config import Config
    from perfwatch.records.gate import GatePolicy
    from perfwatch.records.report import Report
    from perfwatch.records.run import Target


def settings_of(ctx: click.Context, options: dict[str, Any]) -> tuple[Asked, MeasuringConfig]:
    """The settings of the project, or of the tree that ``--head-dir`` names, with the flags."""
    margin = options["margin"]
    if margin is not None and not 0 < margin < 100:
        raise UsageError(
            f"--margin {margin:g} makes no sense.",
            means="It is the change, in percent, that counts as none.",
            do="Write --margin 1",
        )
    shared = Asked.__dataclass_fields__.keys() & options.keys()
    asked = Asked(**{name: options[name] for name in shared - {"target"}}, target=tuple(options["target"]))
    config = config_for(ctx, asked)
    if margin is not None:
        config = replace(config, margin_ratio=margin / 100)
    config = replace(config, witnesses=tuple(WitnessName(name) for name in options["witness"]))
    if options["head_dir"] is not None:
        config = replace(config, root=options["head_dir"].absolute())
    return asked, config


def targets_of(asked: Asked, config: MeasuringConfig) -> tuple[tuple[Target, ...], Path]:
    """What to measure, each named target on its own, and where it runs."""
    if not asked.target:
        found, cwd, how = targets_for(asked, config)
        if how:
            err().print(how, markup=False, soft_wrap=True)
        return found, cwd
    cwd = config.root if not Path.cwd().is_relative_to(config.root) else Path.cwd()
    with _standing_in(cwd):
        each = [targets_for(replace(asked, target=(word,)), config)[0] for word in asked.target]
    return tuple(target for found in each for target in found), cwd


class _standing_in:  # noqa: N801 - reads as a phrase
    """Stand in a folder for a moment: names of targets are read from where one stands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = Path.cwd()

    def __enter__(self) -> None:
        os.chdir(self._folder)

    def __exit__(self, *_: object) -> None:
        os.chdir(self._before)


def wish_of(options: dict[str, Any]) -> Wish:
    """What is to be compared; raises ``UsageError`` for revisions beside folders."""
    folders = [name for name in ("base_dir", "head_dir") if options[name] is not None]
    revisions = [name for name in ("base", "head") if options[name] is not None]
    if folders and revisions:
        raise UsageError(
            f"--{revisions[0]} and --{folders[0].replace('_', '-')} do not go together.",
            means="A side is a revision or a folder, and both sides are of one kind.",
            do="Name two revisions, or two folders.",
        )
    return Wish(
        base=options["base"],
        head=options["head"],
        base_folder=None if options["base_dir"] is None else options["base_dir"].absolute(),
        head_folder=None if options["head_dir"] is None else options["head_dir"].absolute(),
        base_python=options["base_python"],
        head_python=options["head_python"],
        environments=options["env"],
    )


def policy_of(options: dict[str, Any], config: Config) -> GatePolicy:
    """What decides the exit code: the project's policy, with the flags.

    Raises ``UsageError`` for a limit below 0.
    """
    policy = config.gate_policy()
    fail_above = options["fail_above"]
    if fail_above is not None:
        if fail_above < 0:
            raise UsageError(
                f"--fail-above {fail_above:g} makes no sense.",
                means="It is how much slower, in percent, a benchmark may become.",
                do="Write --fail-above 5",
            )
        policy = replace(policy, fail_above_ratio=fail_above / 100)
    if options["fail_on"] is not None:
        policy = replace(policy, fail_on_undecided=options["fail_on"] == "undecided")
    if options.get("same_output") is not None:  # stored runs have no answers
        policy = replace(policy, same_output=options["same_output"])
    return policy


def written(report: Report, config: MeasuringConfig, options: dict[str, Any]) -> Path:
    """Write index.html and report.json; the page's path."""
    from perfwatch.report.files import write_report, write_text

    files = write_report(report, options["out"] or reports_folder(config) / report.run.header.id)
    if options["json_file"] is not None:
        write_text(options["json_file"], files.json.read_text(encoding="utf-8"))
    return shown_path(files.html)
