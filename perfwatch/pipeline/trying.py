"""A finding's change, made in a copy of the project and held against the original on the run's own inputs.

Nothing here judges: ``prove`` does, as it does for any candidate.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.builds.copies import copy_project
from perfwatch.builds.layout import layout_of
from perfwatch.config import Config
from perfwatch.diagnose.rewrites import Changed, Refused, has_rewrite, rewrite
from perfwatch.diagnose.source import read
from perfwatch.environment import lent_profilers, probe_interpreter
from perfwatch.errors import PerfwatchError, TargetError
from perfwatch.measure.alone import measuring_alone
from perfwatch.measure.crossing import crossed_in
from perfwatch.measure.experiment import Bench, programme_of
from perfwatch.measure.setting import Served, SidePlace
from perfwatch.measure.two_sides import seats_in
from perfwatch.measure.written import snapshot, written_between
from perfwatch.pipeline.answering import PATIENCE_NS, PATIENCE_RATIO, Proving
from perfwatch.pipeline.finding import has_changed
from perfwatch.pipeline.patching import patch_of
from perfwatch.pipeline.proving import held
from perfwatch.pipeline.surroundings import Place, setting_for
from perfwatch.records.finding import Trial, TrialVerdict
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Progress
from perfwatch.records.proof import Aspect, Experiment
from perfwatch.records.run import Run, TargetKind
from perfwatch.target.experiment import PROGRAMMES, callable_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.environment import Interpreter
    from perfwatch.measure.setting import Setting
    from perfwatch.records.finding import Finding
    from perfwatch.records.proof import Proof
    from perfwatch.records.report import Report
    from perfwatch.records.run import Target

#: So many findings are tried at most where nobody says which.
TRIED_AT_MOST = 3
#: An experiment needs about so many executions: for the answers, and for a first few pairs.
_EXECUTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """The run whose findings are tried, and where and how that happens."""

    run: Run
    config: Config
    place: Place
    progress: Progress


def try_best(report: Report, config: Config, place: Place, progress: Progress, budget_ns: int) -> Report:
    """Try the best findings that have a rewrite, each with its part of what is left of the budget."""
    ends_ns = time.perf_counter_ns() + budget_ns
    found = report.findings
    chosen = [one for one in found.ranked if has_rewrite(one)][:TRIED_AT_MOST]
    tried: dict[int, Trial] = {}
    for place_in, one in enumerate(chosen):
        left_ns = max(0, ends_ns - time.perf_counter_ns()) // (len(chosen) - place_in)
        trying = Trying(
            run=report.run, config=replace(config, budget_ns=left_ns), place=place, progress=progress
        )
        tried[one.rank] = try_finding(one, trying)
    ranked = tuple(replace(one, proof=tried.get(one.rank)) for one in found.ranked)
    return replace(report, findings=replace(found, ranked=ranked))


def try_one(report: Report, rank: int, config: Config, place: Place, progress: Progress) -> Report:
    """Try one finding of a report."""
    trying = Trying(run=report.run, config=config, place=place, progress=progress)
    ranked = tuple(
        replace(one, proof=try_finding(one, trying)) if one.rank == rank else one
        for one in report.findings.ranked
    )
    return replace(report, findings=replace(report.findings, ranked=ranked))


def try_finding(finding: Finding, trying: Trying) -> Trial:
    """Change a copy as the finding advises, and say what came of it.

    What keeps a trial from being run at all is told by it, and is no error of the command's.
    """
    try:
        return _tried(finding, trying)
    except PerfwatchError as error:
        means = f" {error.means}" if error.means else ""
        return Trial(verdict=TrialVerdict.UNMEASURED, reason=f"{error.happened}{means}")


def _tried(finding: Finding, trying: Trying) -> Trial:
    target = _target_of(finding, trying.run)
    why = _why_not(finding, trying, target)
    if why:
        return Trial(verdict=TrialVerdict.REFUSED, reason=why)
    with setting_for((target,), trying.config, replace(trying.place, aside=True)) as (_, setting):
        interpreter = probe_interpreter(setting.interpreter)
        changed = rewrite(finding, read(trying.run.sources), frozenset(interpreter.installed))
        if isinstance(changed, Refused):
            return Trial(verdict=TrialVerdict.REFUSED, reason=changed.reason)
        patch = patch_of(finding.file, _text_of(finding, trying), changed.text) if changed.text else ""
        trial = Trial(
            verdict=TrialVerdict.UNMEASURED,
            reason="",
            change=changed.summary,
            patch=patch,
            environment=changed.environment,
        )
        long = _too_long(finding, trying)
        if long:
            return replace(trial, reason=long)
        with _sides(finding, changed, setting, interpreter) as seats:
            return _told(trial, finding, *_played(target, seats, trying))


def _target_of(finding: Finding, run: Run) -> Target:
    key = next((one.target for one in run.benchmarks if one.name == finding.benchmark), "")
    target = next((one for one in run.header.targets if one.key == key), None)
    if target is None:
        raise TargetError(
            f"The target of {finding.benchmark} is not among those of the run.",
            means="There is nothing to run the change in.",
            do="Run it again: perfwatch run --try TARGET",
        )
    return target


def _why_not(finding: Finding, trying: Trying, target: Target) -> str:
    """Why there can be no experiment, before anything is made for one; empty where there can."""
    root = trying.config.root
    if not has_rewrite(finding):
        return f"there is no mechanical rewrite for findings of {finding.rule}"
    if target.kind not in {*PROGRAMMES, TargetKind.CALLABLE}:
        return (
            f"a change is tried in scripts, modules and callables; this is a benchmark of {target.kind.value}"
        )
    path = Path(finding.file)
    if path.is_absolute() or ".." in path.parts or not (root / path).is_file():
        return f"{finding.file} is no file of the project in {root}"
    if target.path is not None and not Path(target.path).is_relative_to(root):
        return f"{target.path} lies outside of the project in {root}"
    source = next((one for one in trying.run.sources if one.file == finding.file), None)
    if source is None or has_changed(root, source):
        return f"{finding.file} has changed since the run; run it again"
    return ""


def _text_of(finding: Finding, trying: Trying) -> str:
    return next(one.text for one in trying.run.sources if one.file == finding.file)


def _too_long(finding: Finding, trying: Trying) -> str:
    """Why the budget does not do, where the run's own times say so."""
    clean_ns = _clean_ns(finding, trying)
    if clean_ns is None or _EXECUTIONS * clean_ns <= trying.config.budget_ns:
        return ""
    return (
        f"one execution takes {units.time(clean_ns)}, an experiment about {_EXECUTIONS} of them, and "
        f"{units.time(trying.config.budget_ns)} of the budget were left"
    )


def _clean_ns(finding: Finding, trying: Trying) -> float | None:
    timing = next((one.timing for one in trying.run.benchmarks if one.name == finding.benchmark), None)
    return None if timing is None else timing.median_ns


@contextlib.contextmanager
def _sides(
    finding: Finding, changed: Changed, setting: Setting, interpreter: Interpreter
) -> Iterator[dict[Side, Setting]]:
    """Copies of the project at paths of one length, one of them with the change, each as a side's setting."""
    roots = {Side.BASE: setting.folder / "tree-base", Side.HEAD: setting.folder / "tree-head"}
    for root in roots.values():
        copy_project(setting.root, root)
    if changed.text:
        file = roots[Side.HEAD] / finding.file
        file.unlink()
        file.write_bytes(changed.text.encode("utf-8"))
    own = layout_of(setting.root)
    lending = lent_profilers(interpreter)
    places = {
        side: SidePlace(
            root=root,
            import_roots=layout_of(root).import_roots,
            served=Served(
                names=own.names,
                folders=layout_of(root).import_roots,
                hidden=(setting.root, *own.import_roots),
            ),
            interpreter=interpreter,
            lending=lending,
            environment=changed.environment if side is Side.HEAD else {},
        )
        for side, root in ((side, roots[Side.HEAD if side is Side.HEAD else Side.BASE]) for side in Side)
    }
    yield seats_in(setting, places)


def _played(target: Target, seats: dict[Side, Setting], trying: Trying) -> tuple[Proof, str]:
    """The proof, and a sentence where a side ran what is not its own."""
    plan = trying.config.plan()
    # Of the budget nothing is kept back: there is one thing to time.
    plan = replace(plan, per_benchmark_ns=plan.budget_ns, timeout_ns=_patience(target, trying))
    started = time.perf_counter_ns()
    with measuring_alone():
        bench = Bench(settings=seats, plan=plan, progress=trying.progress)
        targets = {side: _inside(target, trying.config.root, seats[side]) for side in (Side.BASE, Side.HEAD)}
        files = _files(bench, targets[Side.BASE]) if target.kind in PROGRAMMES else ()
        proving = Proving(
            experiment=Experiment(
                name=target.name,
                reference=target.name,
                candidate=target.name,
                inputs=target.setup,
                files=files,
                aspects=(Aspect.TIME,),
            ),
            targets=targets,
            bench=bench,
            started_ns=started,
        )
        proof = held(proving)
    return proof, crossed_in(proving.found, seats)


def _patience(target: Target, trying: Trying) -> int | None:
    """How long one execution may take: a changed copy that hangs is ended."""
    if trying.config.plan().timeout_ns is not None:
        return trying.config.plan().timeout_ns
    times = [
        one.timing.median_ns
        for one in trying.run.benchmarks
        if one.target == target.key and one.timing is not None and one.timing.median_ns is not None
    ]
    return None if not times else round(PATIENCE_RATIO * max(times)) + PATIENCE_NS


def _inside(target: Target, root: Path, seat: Setting) -> Target:
    """The target as it lies in a copy."""
    if target.kind is TargetKind.CALLABLE:
        return callable_side(f"{target.module}:{target.function}", target.setup, ())
    if target.path is None:
        return target
    return replace(target, path=str(seat.root / Path(target.path).relative_to(root)))


def _files(bench: Bench, target: Target) -> tuple[str, ...]:
    """What the original writes below the folder that it runs in: part of its answer."""
    cwd = bench.settings[Side.BASE].cwd
    before = snapshot(cwd)
    programme_of(bench, Side.BASE, target, ())
    return written_between(before, snapshot(cwd), cwd)


def _told(trial: Trial, finding: Finding, proof: Proof, crossed: str) -> Trial:
    if crossed:
        return replace(trial, verdict=TrialVerdict.UNMEASURED, reason=crossed)
    if proof.reference_failed:
        return replace(trial, verdict=TrialVerdict.UNMEASURED, reason=proof.reason, reference_failed=True)
    measured = proof.greatest
    verdict = TrialVerdict(proof.verdict.value)
    proved = verdict is TrialVerdict.PROVED and bool(trial.patch)
    return replace(
        trial,
        verdict=verdict,
        reason=proof.reason,
        ratio=None if measured is None else measured.ratio,
        interval=None if measured is None else measured.interval,
        patch_file=f"finding-{finding.rank}.patch" if proved else "",
    )
