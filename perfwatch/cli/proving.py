"""What ``perfwatch prove`` asks for, as the pipeline wants it.

It must not measure or print a result.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.cli.frame import reports_folder, shown_path
from perfwatch.cli.measuring import Asked, MeasuringConfig, config_for
from perfwatch.errors import ExitCode, NothingMeasured, UsageError, strongest
from perfwatch.measure.select import selector
from perfwatch.records.proof import AnswerRule, Experiment, Ignored, ProofVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from perfwatch.config import Config
    from perfwatch.records.proof import Proof
    from perfwatch.records.proofs import Proofs


def settings_of(ctx: click.Context, options: dict[str, Any]) -> MeasuringConfig:
    """The project's settings, with the flags."""
    asked = Asked(target=(), budget=options["budget"], per_benchmark=options["per_benchmark"])
    return config_for(ctx, asked)


def experiments_of(options: dict[str, Any], config: MeasuringConfig) -> tuple[tuple[Experiment, ...], Path]:
    """What is to be proved, and the folder where its words are read: the one named, else the project's own."""
    reference, candidate = options["reference"], options["candidate"]
    if reference is not None and candidate is None:
        raise UsageError(
            f"{reference} has nothing beside it.",
            means="A proof holds a candidate against a reference.",
            do=f"perfwatch prove {reference} CANDIDATE",
        )
    if reference is not None:
        return (_named(options),), Path.cwd()
    _refuse_flags(options)
    keyword = options["keyword"]
    fits = selector(keyword) if keyword else lambda _name: True
    chosen = tuple(one for one in config.experiments if fits(one.name))
    if not chosen:
        having = (
            f"none of its {len(config.experiments)} matches -k {keyword!r}"
            if config.experiments
            else "it has none"
        )
        raise NothingMeasured(
            f"The project has no experiment to prove: {having}.",
            means="Nothing was measured.",
            do="Name two callables: perfwatch prove package.module:old package.module:new. Or write "
            "[[tool.perfwatch.experiments]] tables with name, reference and candidate.",
        )
    return chosen, config.root


def _named(options: dict[str, Any]) -> Experiment:
    margin = options["margin"]
    if margin is not None and not 0 < margin < 100:
        raise UsageError(
            f"--margin {margin:g} makes no sense.",
            means="It is the change of time, in percent, that counts as none.",
            do="Write --margin 5",
        )
    experiment = Experiment(
        name=f"{options['reference']} → {options['candidate']}",
        reference=options["reference"],
        candidate=options["candidate"],
        inputs=options["inputs"],
        sizes=tuple(size.strip() for size in (options["sizes"] or "").split(",") if size.strip()),
        files=tuple(options["files"]),
        rule=_rule(options),
    )
    return experiment if margin is None else replace(experiment, margin_ratio=margin / 100)


def _rule(options: dict[str, Any]) -> AnswerRule:
    tolerance = options["rtol"] is not None or options["atol"] is not None
    ways = {
        "--exact": options["exact"],
        "--statistical": options["statistical"],
        "--rule": options["rule"] is not None,
        "--rtol or --atol": tolerance,
    }
    given = [name for name, is_given in ways.items() if is_given]
    if len(given) > 1:
        raise UsageError(
            f"{given[0]} and {given[1]} do not go together.",
            means="Each says in its own way when two answers are the same.",
            do="Keep one of them.",
        )
    for name in ("rtol", "atol"):
        value = options[name]
        if value is not None and not (value >= 0 and math.isfinite(value)):
            raise UsageError(
                f"--{name} {value:g} makes no sense.",
                means="It is the difference of two numbers that counts as none.",
                do=f"Write --{name} 1e-9",
            )
    return AnswerRule(
        rtol=options["rtol"],
        atol=options["atol"],
        exact=options["exact"],
        statistical=options["statistical"],
        function=options["rule"] or "",
        ignored=_ignored(options["ignore"]),
    )


def _ignored(text: str | None) -> tuple[Ignored, ...]:
    known = [one.value for one in Ignored]
    words = [word.strip() for word in (text or "").split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise UsageError(
                f"--ignore {word!r} is nothing that an answer has.",
                means="Nothing was measured.",
                do=f"Choose from: {', '.join(known)}.",
            )
    return tuple(Ignored(word) for word in words)


def _refuse_flags(options: dict[str, Any]) -> None:
    """The project's experiments say themselves what is theirs."""
    for name in (
        "inputs",
        "sizes",
        "rtol",
        "atol",
        "exact",
        "statistical",
        "rule",
        "ignore",
        "files",
        "margin",
    ):
        if options[name] not in (None, False, ()):
            flag = "--output" if name == "files" else f"--{name}"
            raise UsageError(
                f"{flag} belongs to an experiment that is named on the command line.",
                means="The project's experiments have theirs in their own tables.",
                do="Write it into [[tool.perfwatch.experiments]], or name REFERENCE and CANDIDATE.",
            )


def exit_code_of(proofs: Sequence[Proof], *, gating: bool) -> ExitCode:
    """How the command ends: with 4 where a reference failed, and with 1 where a gate asked for proofs."""
    codes = [ExitCode.DONE]
    if any(proof.reference_failed for proof in proofs):
        codes.append(ExitCode.TARGET_FAILED)
    if gating and any(proof.verdict is not ProofVerdict.PROVED for proof in proofs):
        codes.append(ExitCode.REGRESSION)
    return strongest(codes)


def told(proofs: Proofs, config: Config, options: dict[str, Any]) -> None:
    """Write what was proved so far, and print it; a folder that takes no report is no reason to show nothing."""
    from perfwatch.cli.frame import out
    from perfwatch.report.proof_text import render_proofs

    page = None
    try:
        page = _written(proofs, config, options)
    finally:
        if not options["quiet"]:
            render_proofs(proofs, out(), page)


def _written(proofs: Proofs, config: Config, options: dict[str, Any]) -> Path | None:
    """Write index.html and proofs.json; the page's path, or ``None`` where nothing was proved."""
    from perfwatch.report.files import write_proofs, write_text

    if not proofs.proofs:
        return None
    files = write_proofs(proofs, options["out"] or reports_folder(config) / proofs.header.id)
    if options["json_file"] is not None:
        write_text(options["json_file"], files.json.read_text(encoding="utf-8"))
    return shown_path(files.html)


def print_schema() -> None:
    """Print the JSON Schema of proofs.json, as UTF-8 whatever the terminal speaks."""
    import click

    from perfwatch.report.proofs_document import render_proofs_schema

    click.echo(render_proofs_schema().encode(), nl=False)
