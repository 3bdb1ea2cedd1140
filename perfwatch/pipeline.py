"""The sentence that perfwatch's nouns form: one function a command.

Nothing here prints, and nothing here computes: it says who does what, in order.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.collect.ownership import Ownership
from perfwatch.compare import compare, summarise
from perfwatch.environment import (
    Interpreter,
    capture_commit,
    capture_environment,
    choose_interpreter,
    digest_sources,
    lent_profilers,
    probe_interpreter,
)
from perfwatch.errors import ExitCode, StoreError, Terminated, strongest
from perfwatch.honesty import ledger
from perfwatch.measure.course import Course, room_in
from perfwatch.measure.engine import Found, found_in, measure
from perfwatch.measure.failures import ScratchFull
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import Input
from perfwatch.measure.written import SCRATCH_PREFIX
from perfwatch.records.report import Report
from perfwatch.records.run import FailureKind, Run, RunHeader, RunState, Target, TargetKind
from perfwatch.store import new_run_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.builds.sides import Wish
    from perfwatch.config import Config
    from perfwatch.measure.attach_target import Wanted
    from perfwatch.records.doctor import Diagnosis
    from perfwatch.records.gate import GatePolicy
    from perfwatch.records.plan import Policy, Progress
    from perfwatch.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command was typed, and how: ``command`` is what is shown of it."""

    cwd: Path
    environ: Mapping[str, str]
    command: str


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
            store.finish(header.id, measured.state, measured.duration_ns)
        except (KeyboardInterrupt, Terminated, ScratchFull) as reason:
            stop = reason
            measured = _cut_short(header, course, reason, store)
        except Exception:
            # What is wrong is said by whoever handles it; a store that cannot be written cannot say it, too.
            with contextlib.suppress(StoreError):
                store.finish(header.id, RunState.FAILED, course.spent_ns())
            raise
    return report_on(measured, config.policy(), store), _end_of(measured, stop)


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
    if chosen is None:
        return Report(run=measured, summary=summarise((), measured), honesty=ledger(measured))
    base = _chosen_alike(chosen.run, measured)
    sessions = store.sessions_of(chosen.run.header)
    comparisons = compare(base, measured, policy, sessions)
    return Report(
        run=measured,
        baseline=chosen.record,
        comparisons=comparisons,
        summary=summarise(comparisons, measured),
        honesty=ledger(measured),
    )


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
    folder = _scratch_folder()
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
    return report_on(store.load(header.id), config.policy(), store), watch.exit_code


def gate(
    targets: Sequence[Target],
    wish: Wish,
    settings: tuple[Config, GatePolicy],
    place: Place,
    progress: Progress,
) -> tuple[Report, ExitCode]:
    """Measure base and head in turns, judge, and say how the command should end.

    Raises ``UsageError`` and ``NotComparable`` where there is nothing to compare.
    """
    from perfwatch.builds.sides import sides_of
    from perfwatch.compare import presence, smallest_visible, verdicts, void_reason, wanted
    from perfwatch.gate import exit_code_of, judge
    from perfwatch.measure.two_sides import Terms, measure_sides, run_of, seats_in

    config, gate_policy = settings
    policy = config.policy()
    with (
        setting_for(targets, config, place) as (header, setting),
        sides_of(wish, config.root, targets, setting.folder / "sides") as sides,
    ):
        started = time.perf_counter_ns()
        terms = Terms(
            plan=config.plan(),
            progress=progress,
            wanted=lambda names: lambda timings: wanted(timings, names, policy),
        )
        places = {side: (tree.root, tree.import_root) for side, tree in sides.trees.items()}
        sided = measure_sides(header, seats_in(setting, places), terms)
        measured = run_of(header, sided, time.perf_counter_ns() - started)
    timings = [timing for one in sided for timing in one.found.timings]
    comparisons = [
        comparison
        for one in sided
        for comparison in (
            *verdicts(one.found.timings, one.head_names, policy),
            *presence(one.base_names, one.head_names, one.failures()),
        )
    ]
    result = judge(
        comparisons,
        gate_policy,
        datetime.now(UTC).date(),
        void_reason=next((one.crossed for one in sided if one.crossed), "") or void_reason(timings, policy),
    )
    result = replace(result, smallest_visible_ratio=smallest_visible(timings), chosen=sides.chosen)
    report = Report(
        run=measured,
        comparisons=result.comparisons,
        summary=summarise(result.comparisons, measured),
        honesty=ledger(measured),
        gate=result,
    )
    return report, exit_code_of(result, head_failed=bool(measured.failures), measured=bool(timings))


def doctor(config: Config, place: Place) -> Diagnosis:
    """What can be measured with the configured interpreter on this machine, each tool tried.

    Raises ``InterpreterError`` where there is no interpreter to try them in.
    """
    from perfwatch.collect.stacks import py_spy_program
    from perfwatch.environment.doctor import diagnose, patient_of
    from perfwatch.measure.runner import Execution, Outcome, execute

    interpreter = probe_interpreter(choose_interpreter(config.python, place.environ))
    folder = _scratch_folder()
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
        return diagnose(patient_of(interpreter, place.environ, folder, supervised, py_spy_program()))
    finally:
        os.close(stdin)
        shutil.rmtree(folder, ignore_errors=True)


def _chosen_alike(base: Run, head: Run) -> Run:
    """The base without what -k left out of head: what nobody asked for has not been removed."""
    if head.header.keyword is None:
        return base
    names = {(benchmark.target, benchmark.name) for benchmark in head.benchmarks}
    return replace(base, benchmarks=tuple(one for one in base.benchmarks if (one.target, one.name) in names))


@contextlib.contextmanager
def setting_for(
    targets: Sequence[Target], config: Config, place: Place
) -> Iterator[tuple[RunHeader, Setting]]:
    """What is known before the first execution, and a scratch folder that lasts until the last."""
    interpreter = probe_interpreter(_interpreter_for(targets, config, place))
    started = datetime.now(UTC)
    header = RunHeader(
        id=new_run_id(started, secrets.token_hex(2)),
        started_at=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=place.command,
        targets=tuple(targets),
        environment=capture_environment(interpreter, config.root, place.environ),
        commit=capture_commit(config.root),
        code_digest=digest_sources(config.root),
        project_root=str(config.root),
        keyword=config.plan().keyword,
    )
    folder = _scratch_folder()
    try:
        yield header, _setting(targets, config, place, (interpreter, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _scratch_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX))
    except OSError as error:
        raise StoreError(
            f"There is no folder for scratch files: {error.strerror or error}.",
            means="Nothing was measured.",
            do="Set TMPDIR to a folder that can be written.",
        ) from error


def _interpreter_for(targets: Sequence[Target], config: Config, place: Place) -> str:
    """The bundled workloads run in our own environment unless another is asked for: they are ours."""
    if config.python is None and all(target.kind is TargetKind.WORKLOAD for target in targets):
        return sys.executable
    return choose_interpreter(config.python, place.environ)


def _packages_of(targets: Sequence[Target], interpreter: Interpreter) -> tuple[str, ...]:
    """The installed packages that are themselves what is measured: their lines are the user's."""
    names = {target.module.partition(".")[0] for target in targets if target.module}
    places = [Path(folder) / name for name in names for folder in interpreter.site_folders]
    return tuple(str(place) for place in places if place.is_dir())


def _setting(
    targets: Sequence[Target], config: Config, place: Place, found: tuple[Interpreter, Path]
) -> Setting:
    interpreter, folder = found
    lending = lent_profilers(interpreter)
    package = Path(__file__).parent
    return Setting(
        root=config.root,
        cwd=place.cwd,
        interpreter=interpreter.executable,
        environment=dict(place.environ),
        folder=folder,
        ownership=Ownership(
            root=config.root,
            libraries=(interpreter.prefix, interpreter.stdlib, str(package), *interpreter.site_folders),
            own=(str(package / "workloads"), *_packages_of(targets, interpreter)),
            cwd=place.cwd,
        ),
        stdin=Input(0, folder),
        lent_names=tuple(dict.fromkeys(name for tool in lending.lent.values() for name in tool.names)),
        lent_folders=tuple(dict.fromkeys(path for tool in lending.lent.values() for path in tool.folders)),
        missing=lending.refused,
        append_path=str(package.parent),
    )


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
