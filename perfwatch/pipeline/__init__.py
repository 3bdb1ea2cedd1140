"""The sentence that perfwatch's nouns form: one function a command.

Nothing here prints, and nothing here computes: it says who does what, in order.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from perfwatch.compare import compare, module_totals, summarise
from perfwatch.courses import courses
from perfwatch.diagnose import ceilings
from perfwatch.environment import capture_environment, choose_interpreter, probe_interpreter
from perfwatch.errors import ExitCode, StoreError, Terminated, strongest
from perfwatch.honesty import ledger
from perfwatch.measure.course import Course, room_in
from perfwatch.measure.engine import Found, found_in, measure
from perfwatch.measure.experiments import Laboratory
from perfwatch.measure.failures import ScratchFull
from perfwatch.pipeline.finding import experimented, findings_of
from perfwatch.pipeline.held import hold
from perfwatch.pipeline.surroundings import Place, scratch_folder, setting_for
from perfwatch.pipeline.two_sides import compared, gate
from perfwatch.records.report import Report
from perfwatch.records.run import FailureKind, Run, RunHeader, RunState, Target
from perfwatch.store import new_run_id
from perfwatch.target.bundled import left_out_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.config import Config
    from perfwatch.environment.checks.patient import Row
    from perfwatch.measure.attach_target import Wanted
    from perfwatch.records.doctor import Diagnosis
    from perfwatch.records.noise import Noise
    from perfwatch.records.plan import Policy, Progress
    from perfwatch.store import Store

__all__ = [
    "Place",
    "attach",
    "compared",
    "doctor",
    "gate",
    "hold",
    "listed",
    "named",
    "noise",
    "noted",
    "report",
    "report_on",
    "run",
]


def run(
    targets: Sequence[Target], config: Config, place: Place, store: Store, progress: Progress
) -> tuple[Report, ExitCode]:
    """Measure, profile, store and compare; the report, and how the command should end.

    A run that is interrupted keeps its finished passes, and is reported with them.
    """
    with setting_for(targets, config, place) as (header, setting):
        store.begin(header)
        course = Course(progress)
        stop: BaseException | None = None
        try:
            with room_in(setting.folder):
                measured = measure(
                    header,
                    config.plan(),
                    setting,
                    course,
                    keep=lambda result: store.replace_pass(header.id, result),
                )
                measured = experimented(
                    measured,
                    Laboratory(plan=config.plan(), setting=setting, progress=course),
                    keep=lambda outcomes: store.save_experiments(header.id, outcomes),
                )
            notes = left_out_of(targets)
            store.finish(header.id, measured.state, measured.duration_ns, notes)
            measured = replace(measured, notes=(*notes, *measured.notes))
        except (KeyboardInterrupt, Terminated, ScratchFull) as reason:
            stop = reason
            measured = _cut_short(header, course, reason, store)
        except Exception:
            # What is wrong is said by whoever handles it; a store that cannot be written cannot say it, too.
            with contextlib.suppress(StoreError):
                store.finish(header.id, RunState.FAILED, course.spent_ns())
            raise
    return noted(report_on(measured, config.policy(), store), store), _end_of(measured, stop)


def _cut_short(header: RunHeader, course: Course, reason: BaseException, store: Store) -> Run:
    """End the stored run where it stands; what was complete comes back from the store."""
    notes: tuple[str, ...] = ()
    if isinstance(reason, ScratchFull):
        store.save_pass(header.id, course.unwritten(header.targets, reason))
    else:
        notes = (course.stopped_by(reason),)
    store.finish(header.id, RunState.INTERRUPTED, course.spent_ns(), notes)
    return store.load(header.id)


def listed(targets: Sequence[Target], config: Config, place: Place, progress: Progress) -> tuple[Found, ...]:
    """The benchmarks of the targets, without measuring any."""
    with setting_for(targets, config, place) as (header, setting):
        return found_in(header, config.plan(), setting, progress)


def report(run_id: str, config: Config, store: Store) -> Report:
    """A stored run's report, made again and held against what is stored now."""
    return report_on(store.load(run_id), config.policy(), store)


def report_on(measured: Run, policy: Policy, store: Store) -> Report:
    """A run held against its baseline, or against the last comparable run."""
    chosen = store.baseline_for(measured.header)
    found = findings_of(measured)
    summary = summarise((), measured, len(found.ranked))
    alone = Report(
        run=measured,
        summary=summary,
        honesty=ledger(measured),
        findings=found,
        ceilings=ceilings(measured),
        modules=module_totals(measured.benchmarks, ()),
        histories=courses(measured, store.earlier_runs(measured.header)),
    )
    if chosen is None:
        return alone
    base = _chosen_alike(chosen.run, measured)
    sessions = store.sessions_of(chosen.run.header)
    comparisons = compare(base, measured, policy, sessions)
    summary = summarise(comparisons, measured, len(found.ranked))
    return replace(
        alone,
        baseline=chosen.record,
        comparisons=comparisons,
        summary=summary,
        modules=module_totals(measured.benchmarks, comparisons),
        policy=policy,
    )


def noted(report: Report, store: Store) -> Report:
    """Note a stored run's verdicts and findings beside it, for lists; the report itself comes back."""
    # The run is kept and its report made: a full disk must not take it away for the sake of a list.
    with contextlib.suppress(StoreError):
        store.save_summary(report.run.header.id, report.summary)
    return report


def attach(
    wanted: Wanted, config: Config, place: Place, store: Store, progress: Progress
) -> tuple[Report, ExitCode]:
    """Watch a live process from outside; the report, and how the command should end.

    A watch that is cut short, by a signal or by the process's own end, is
    reported with what it saw. Nothing is stored of one that saw nothing.
    """
    from perfwatch.measure.attach import Watch
    from perfwatch.measure.attach_target import (
        commit_of,
        environment_of,
        process_to_watch,
        surroundings_of,
        target_of,
    )

    live, rules = process_to_watch(wanted.pid)
    folder = scratch_folder()
    try:
        surroundings = surroundings_of(live, rules, folder)
        started = datetime.now(UTC)
        target = target_of(live, started.strftime("%Y-%m-%dT%H:%M:%SZ"))
        watch = Watch(live, target, wanted, surroundings, progress)
        header = RunHeader(
            id=new_run_id(started, secrets.token_hex(2)),
            started_at=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            command=place.command,
            targets=(target,),
            environment=capture_environment(surroundings.assumed, config.root, environment_of(live)),
            commit=commit_of(live, rules),
            project_root=str(surroundings.ownership.root),
        )
        with watch:
            watch.begin()
            store.begin(header)
            try:
                watch.run(keep=lambda result: store.replace_pass(header.id, result))
            except BaseException:
                store.finish(header.id, RunState.FAILED, watch.spent_ns)
                raise
            store.finish(header.id, watch.state, watch.spent_ns, tuple(watch.notes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return noted(report_on(store.load(header.id), config.policy(), store), store), watch.exit_code


def doctor(config: Config, place: Place) -> Diagnosis:
    """What can be measured with the configured interpreter on this machine, each tool tried.

    Raises ``InterpreterError`` where there is no interpreter to try them in.
    """
    from perfwatch.environment.checks import CHECKS

    return diagnosed(config, place, CHECKS)


def diagnosed(config: Config, place: Place, rows: Sequence[Row]) -> Diagnosis:
    """What these checks see of the configured interpreter and this machine."""
    from perfwatch.collect.stacks import py_spy_program
    from perfwatch.environment.doctor import diagnose, patient_of
    from perfwatch.measure.runner import Execution, Outcome, execute

    interpreter = probe_interpreter(choose_interpreter(config.python, place.environ))
    folder = scratch_folder()
    stdin = os.open(os.devnull, os.O_RDONLY)

    def supervised(command: tuple[str, ...], timeout_ns: int) -> Outcome:
        return execute(
            Execution(
                command=command,
                cwd=folder,
                environment=place.environ,
                folder=folder,
                stdin=stdin,
                timeout_ns=timeout_ns,
            )
        )

    try:
        return diagnose(patient_of(interpreter, place.environ, folder, supervised, py_spy_program()), rows)
    finally:
        os.close(stdin)
        shutil.rmtree(folder, ignore_errors=True)


def noise(config: Config, place: Place, progress: Progress) -> Noise:
    """What this machine can tell apart now, and what lies behind its noise.

    Raises ``NothingMeasured`` where too few pairs of processes came to their end.
    """
    from perfwatch.environment.checks import NOISE_CHECKS
    from perfwatch.measure.alone import NOT_ALONE, measuring_alone
    from perfwatch.noise import Asked, measure_noise

    config = config.with_flags(python=choose_interpreter(config.python, place.environ))
    causes = diagnosed(config, place, NOISE_CHECKS)
    with setting_for((), config, place) as (_, setting), measuring_alone() as alone:
        interpreter = probe_interpreter(setting.interpreter)
        asked = Asked(setting=setting, installed=tuple(interpreter.installed), title=interpreter.title)
        measured = measure_noise(asked, progress)
    notes = measured.notes if alone else (NOT_ALONE, *measured.notes)
    return replace(
        measured, causes=causes.checks, notes=notes, duration_ns=measured.duration_ns + causes.duration_ns
    )


def _chosen_alike(base: Run, head: Run) -> Run:
    """The base without what -k left out of head: what nobody asked for has not been removed."""
    if head.header.keyword is None:
        return base
    names = {(benchmark.target, benchmark.name) for benchmark in head.benchmarks}
    return replace(base, benchmarks=tuple(one for one in base.benchmarks if (one.target, one.name) in names))


def _end_of(measured: Run, stop: BaseException | None) -> ExitCode:
    """How the command should end, by what happened in it."""
    codes = [
        ExitCode.STORE if failure.kind is FailureKind.COLLECTOR else ExitCode.TARGET_FAILED
        for failure in measured.failures
    ]
    if isinstance(stop, Terminated):
        codes.append(ExitCode.TERMINATED)
    elif isinstance(stop, KeyboardInterrupt):
        codes.append(ExitCode.INTERRUPTED)
    if not any(benchmark.timing for benchmark in measured.benchmarks):
        codes.append(ExitCode.NOTHING_MEASURED)
    return strongest(codes)


def named(targets: Sequence[Target], name: str | None) -> tuple[Target, ...]:
    """The targets under the name that the configuration gives them; several get a number each."""
    if name is None:
        return tuple(targets)
    if len(targets) == 1:
        return (replace(targets[0], name=name),)
    return tuple(replace(target, name=f"{name} {number}") for number, target in enumerate(targets, 1))
