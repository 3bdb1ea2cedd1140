"""What ``perfwatch prove --finding`` does between parsing and the pipeline.

It must not measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch import pipeline
from perfwatch.cli.frame import err, out, place, reports_folder, shown_path, store_in
from perfwatch.cli.progress import Quiet, Spoken
from perfwatch.cli.proving import settings_of
from perfwatch.errors import ExitCode, UsageError, strongest
from perfwatch.pipeline.trying import try_one
from perfwatch.records.finding import TrialVerdict

if TYPE_CHECKING:
    from pathlib import Path

    import click

    from perfwatch.config import Config
    from perfwatch.records.finding import Finding
    from perfwatch.records.report import Report

#: Options that say how two sides are compared that somebody named.
_OF_OTHERS = (
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
    "keyword",
)
_FLAGS = {"files": "--output", "keyword": "-k"}


def finding_tried(ctx: click.Context, options: dict[str, Any]) -> ExitCode:
    """Try one finding of a stored run, render the run's report with what came of it, and say how to end."""
    _refuse(options)
    config = settings_of(ctx, options)
    report = _report(config, options["reference"] or "latest")
    finding = _chosen(report, options["finding"])
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    try:
        report = try_one(report, finding.rank, config, place(), progress)
    finally:
        if isinstance(progress, Spoken):
            progress.close()
    page = _written(report, config, options)
    finding = _chosen(report, finding.rank)
    if not options["quiet"]:
        _print(report, finding, page)
    return _end_of(finding, gating=options["gating"])


def _refuse(options: dict[str, Any]) -> None:
    given = [name for name in _OF_OTHERS if options[name] not in (None, False, ())]
    if given:
        raise UsageError(
            f"{_FLAGS.get(given[0], f'--{given[0]}')} and --finding do not go together.",
            means="A finding is tried on the run's own inputs, and its answers are compared as they are.",
            do=f"perfwatch prove --finding {options['finding']}",
        )
    if options["candidate"] is not None:
        raise UsageError(
            f"{options['candidate']} is one word too many.",
            means="Beside --finding stands one run at most.",
            do=f"perfwatch prove --finding {options['finding']} {options['reference']}",
        )


def _report(config: Config, name: str) -> Report:
    with store_in(config) as store:
        return pipeline.report(store.resolve(name).run_id, config, store)


def _chosen(report: Report, rank: int) -> Finding:
    for one in report.findings.ranked:
        if one.rank == rank:
            return one
    count, run = len(report.findings.ranked), report.run.header.id
    raise UsageError(
        f"Run {run} has no finding {rank}.",
        means=f"It has {count}." if count else report.findings.absent or "It has none.",
        do=f"perfwatch report {run} shows what it has.",
    )


def _written(report: Report, config: Config, options: dict[str, Any]) -> Path:
    from perfwatch.report.files import write_report, write_text

    files = write_report(report, options["out"] or reports_folder(config) / report.run.header.id)
    if options["json_file"] is not None:
        write_text(options["json_file"], files.json.read_text(encoding="utf-8"))
    return shown_path(files.html)


def _print(report: Report, finding: Finding, page: Path) -> None:
    from perfwatch.report.trial_text import render_trial

    patch = None
    if finding.proof is not None and finding.proof.patch_file:
        patch = page.parent / finding.proof.patch_file
    render_trial(report, finding.rank, out(), (page, patch))


def _end_of(finding: Finding, *, gating: bool) -> ExitCode:
    """As ``prove`` ends: with 4 where the original fails, 5 where nothing was measured, 1 where a gate asked for a proof."""
    trial = finding.proof
    codes = [ExitCode.DONE]
    if trial is not None and trial.verdict is TrialVerdict.UNMEASURED:
        codes.append(ExitCode.TARGET_FAILED if trial.reference_failed else ExitCode.NOTHING_MEASURED)
    if gating and (trial is None or trial.verdict is not TrialVerdict.PROVED):
        codes.append(ExitCode.REGRESSION)
    return strongest(codes)
