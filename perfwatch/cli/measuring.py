"""What ``run`` does between parsing and the pipeline: targets, settings, printing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch import pipeline
from perfwatch.cli.frame import config_of, err, place, reports_folder, shown_path, store_in
from perfwatch.cli.progress import Quiet, Spoken
from perfwatch.config import Config, parse_duration
from perfwatch.errors import ExitCode, NothingMeasured, UsageError
from perfwatch.records.run import PassName, Target, TargetKind
from perfwatch.records.witness import WitnessName
from perfwatch.target.choice import TargetChoice
from perfwatch.target.discover import survey
from perfwatch.target.parse import parse_targets
from perfwatch.target.suggest import suggestions

if TYPE_CHECKING:
    import click
    from rich.console import Console

    from perfwatch.records.plan import Plan
    from perfwatch.records.report import Report


#: Whoever names passes wants them, however long the target takes: it is not cut short by the watch.
NEVER_NS = 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The words and options of a verb that measures, as they were typed; those that it lacks stay as they are."""

    target: tuple[str, ...]
    setup: str | None = None
    as_kind: str | None = None
    passes: str | None = None
    budget: str | None = None
    per_benchmark: str | None = None
    timeout: str | None = None
    keyword: str | None = None
    only_list: bool = False
    quick: bool = False
    once: bool = False
    python: str | None = None
    prepare: str | None = None
    out: Path | None = None
    json_file: Path | None = None
    exit_code: str = "perfwatch"
    quiet: bool = False
    verbose: bool = False
    no_progress: bool = False
    no_experiments: bool = False
    trying: bool = False
    try_budget: str = "2m"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuringConfig(Config):
    """The project's settings with what only a command can ask for."""

    keyword: str | None = None
    quick: bool = False
    once: bool = False
    passes_named: bool = False
    witnesses: tuple[WitnessName, ...] = ()

    def plan(self) -> Plan:
        """Return how to measure."""
        # Not super(): a slotted dataclass is another class than the one this body was written in.
        plan = Config.plan(self)
        watch_after_ns = plan.watch_after_ns
        if self.once:
            watch_after_ns = 0
        elif self.passes_named:
            watch_after_ns = NEVER_NS
        return replace(
            plan,
            keyword=self.keyword,
            quick=self.quick,
            once=self.once,
            watch_after_ns=watch_after_ns,
            witnesses=self.witnesses,
        )


def config_for(ctx: click.Context, asked: Asked) -> MeasuringConfig:
    """The settings: file, then environment, then flags."""
    config = config_of(ctx)
    flags = {
        "passes": _passes(asked.passes),
        "budget_ns": _duration("--budget", asked.budget),
        "per_benchmark_ns": _duration("--per-benchmark", asked.per_benchmark),
        "timeout_ns": _duration("--timeout", asked.timeout),
        "python": asked.python,
        "prepare": asked.prepare,
        "diagnosis_experiments": False if asked.no_experiments else None,
    }
    fields = {name: getattr(config, name) for name in Config.__dataclass_fields__}
    given = {name: value for name, value in flags.items() if value is not None}
    return MeasuringConfig(
        **{**fields, **given},
        keyword=asked.keyword,
        quick=asked.quick,
        once=asked.once,
        passes_named=asked.passes is not None,
    )


def _duration(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is no duration: {error}.",
            means="Nothing was measured.",
            do=f"Write {option} 90s",
        ) from None


def _passes(text: str | None) -> tuple[PassName, ...] | None:
    if text is None:
        return None
    known = [name.value for name in PassName]
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise UsageError(
            f"There is no pass {unknown[0]!r}." if unknown else "--passes names no pass.",
            means="Nothing was measured.",
            do=f"Choose from: {', '.join(known)}.",
        )
    return tuple(PassName(word) for word in words)


def targets_for(asked: Asked, config: Config) -> tuple[tuple[Target, ...], Path, str]:
    """What to measure, the folder to run it in, and a sentence about how it was found."""
    kind = None if asked.as_kind is None else TargetKind(asked.as_kind)
    cwd = Path.cwd()
    if asked.target:
        choice = TargetChoice(root=config.root, cwd=cwd, as_kind=kind, setup=asked.setup)
        return parse_targets(asked.target, choice), cwd, ""
    if config.targets:
        found: list[Target] = []
        for entry in config.targets:
            choice = TargetChoice(root=config.root, cwd=config.root, setup=entry.setup)
            found += pipeline.named(parse_targets(entry.words, choice), entry.name)
        return tuple(found), config.root, f"Targets of {config.source}:"
    return _found(config), config.root, ""


def _found(config: Config) -> tuple[Target, ...]:
    """What a project without settings offers; it is shown before it is measured."""
    looked = survey(config.root)
    console = err()
    for note in looked.notes:
        console.print(note, markup=False, soft_wrap=True)
    if not looked.found:
        raise NothingMeasured(
            f"No target was named, and no benchmark was found in {config.root}.",
            means="Looked for: asv.conf.json, bench_*.py, tests that use the benchmark fixture.",
            do="Any of these would work here:\n"
            + "\n".join(f"  {line}" for line in suggestions(config.root)),
        )
    each = config.per_benchmark_ns / 1e9
    for found in looked.found:
        seconds = min(each, 2.0 * config.processes_count) * found.benchmarks_count
        console.print(
            f"Found {found.target.name}: {found.benchmarks_count} benchmark(s), {found.reason}; "
            f"timing takes about {seconds:.0f} s at most",
            markup=False,
            soft_wrap=True,
        )
    return tuple(found.target for found in looked.found)


def listing(asked: Asked, config: Config) -> ExitCode:
    """Print the benchmarks' names."""
    import click

    targets, cwd, _ = targets_for(asked, config)
    failed = False
    for found in pipeline.listed(targets, config, replace(place(), cwd=cwd), Quiet()):
        click.echo(f"{found.target.name} ({found.target.kind})")
        for name in found.names:
            click.echo(f"  {name}")
        for failure in found.failures:
            failed = True
            click.echo(f"  could not be read: {failure}", err=True)
    return ExitCode.TARGET_FAILED if failed else ExitCode.DONE


def measured(asked: Asked, config: Config) -> int:
    """Measure, write the report, print the table; the exit status."""
    try_budget_ns = _duration("--try-budget", asked.try_budget) or 0
    targets, cwd, how = targets_for(asked, config)
    console = err()
    if how and not asked.quiet:
        console.print(how, markup=False, soft_wrap=True)
    progress = Quiet() if asked.quiet or asked.no_progress else Spoken(console, live=True)
    with store_in(config) as store:
        try:
            here = replace(place(), cwd=cwd)
            report, code = pipeline.run(targets, config, here, store, progress)
            if asked.trying:
                from perfwatch.pipeline.trying import try_best

                report = try_best(report, config, here, progress, try_budget_ns)
        finally:
            if isinstance(progress, Spoken):
                progress.close()
    shown: Path | None = None
    try:
        shown = _written(report, asked, config)
    finally:
        # A folder that takes no report is no reason to show nothing.
        _printed(report, asked, console, shown)
    if asked.exit_code == "target" and code is ExitCode.TARGET_FAILED:
        return next((_status(one.exit_code) for one in report.run.failures if one.exit_code), int(code))
    return int(code)


def _printed(report: Report, asked: Asked, console: Console, shown: Path | None) -> None:
    if asked.quiet:
        return
    from perfwatch.report.terminal import render_terminal

    render_terminal(report, console, shown)
    for failure in report.run.failures if asked.verbose else ():
        console.print(failure.stderr_tail, markup=False, soft_wrap=True)


def _status(exit_code: int) -> int:
    """The status that a shell would give: 128 and the number for a signal."""
    return exit_code if exit_code > 0 else 128 - exit_code


def _written(report: Report, asked: Asked, config: Config) -> Path:
    """Write index.html and report.json; return the page's path."""
    from perfwatch.report.files import write_report, write_text

    folder = asked.out if asked.out is not None else reports_folder(config) / report.run.header.id
    files = write_report(report, folder)
    if asked.json_file is not None:
        write_text(asked.json_file, files.json.read_text(encoding="utf-8"))
    return shown_path(files.html)
