"""The timing pass: clean executions, the first of which owns the target's streams.

A script's execution is the bare command; of its executions the first is the
cold one, and is kept apart as soon as there is a second. A callable, a test or
an asv benchmark is sampled inside a worker, with the first call kept apart in
each process. An execution that grows long is watched from outside.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.collect.io import ProcessSampler, io_profile
from perfwatch.collect.sampled import ClockFacts, figures
from perfwatch.collect.watch import StackWatcher
from perfwatch.measure.abba import in_one_thread, waited
from perfwatch.measure.answers import custom_of, provenance_of, read_answer, spans_in, spans_of
from perfwatch.measure.device_watch import DeviceWatch
from perfwatch.measure.failures import execution_failure, no_answer, record_failure
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.measure.schedule import estimate
from perfwatch.measure.written import snapshot, written_between
from perfwatch.records.plan import Noted
from perfwatch.records.profile import Profiles
from perfwatch.records.run import (
    Benchmark,
    Custom,
    Failure,
    Pass,
    PassName,
    PassResult,
    PassState,
    Provenance,
    Span,
)
from perfwatch.records.timing import ProcessTiming

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.measure.runner import Outcome
    from perfwatch.measure.target_run import TargetRun

#: A process samples each benchmark for at most this long: more processes tell more than more samples.
SAMPLING_SECONDS = 1.0
FILES_NAMED = 8


class _Collected:
    """What the timing executions brought so far."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.notes: list[str] = []
        self.spans: tuple[Span, ...] = ()
        self.custom: tuple[Custom, ...] = ()
        self.provenance: tuple[Provenance, ...] = ()
        self.started_ns = time.perf_counter_ns()
        self.peaks: list[int] = []
        self.opens_devices = False


def run(target_run: TargetRun, keep: Callable[[PassResult], None]) -> PassResult:
    """Time the target; what was complete is kept even if the last execution is interrupted."""
    collected = _Collected()
    collected.failures += target_run.unimported
    watch = _Watch(target_run, keep)
    try:
        _first(target_run, collected, watch)
        _alone(target_run, collected)
        _say_how_long(target_run)
        while not target_run.stopped and _wants_more(target_run):
            _again(target_run, collected)
    except BaseException:
        if watch.watching:
            keep(watch.result(interrupted=True))
        elif target_run.timings_count:
            keep(_result(target_run, collected))
        raise
    if watch.watching:
        target_run.stopped = True
        return _with(watch.result(interrupted=False), collected)
    _note_differences(target_run, collected)
    return _result(target_run, collected)


def _say_how_long(target_run: TargetRun) -> None:
    """The plan had no times before the first execution; now it has."""
    left_ns = target_run.left_ns()
    if left_ns is not None and target_run.execution_ns is not None and not target_run.stopped:
        each, left = units.time(target_run.execution_ns), units.time(min(left_ns, target_run.budget_ns))
        target_run.progress(
            Noted(text=f"  {target_run.target.name}: an execution takes {each}, the rest about {left}")
        )


def _wants_more(target_run: TargetRun) -> bool:
    step = target_run.next_step()
    return step is not None and step.pass_name is PassName.TIMING


def _first(target_run: TargetRun, collected: _Collected, watch: _Watch) -> None:
    failure = target_run.prepare(PassName.TIMING)
    if failure is not None:
        collected.failures.append(failure)
        return
    before = snapshot(target_run.setting.cwd)
    spans = target_run.setting.folder / "spans"
    spans.mkdir(exist_ok=True)
    environment = {"PERFWATCH_SPANS": str(spans)} if target_run.whole_program else None
    outcome, answer = _executed(target_run, first=True, watch=watch, environment=environment)
    collected.opens_devices = watch.devices.seen
    written = written_between(before, snapshot(target_run.setting.cwd), target_run.setting.cwd)
    if written:
        more = f" and {len(written) - FILES_NAMED} more" if len(written) > FILES_NAMED else ""
        collected.notes.append(
            f"The target wrote {', '.join(written[:FILES_NAMED])}{more} in its first execution."
        )
    if outcome.survivors:
        collected.notes.append(
            f"The target left {len(outcome.survivors)} process(es) behind: {', '.join(outcome.survivors[:FILES_NAMED])}. "
            "They were ended."
        )
    if target_run.setting.stdin.lost:
        collected.notes.append(
            target_run.setting.stdin.lost[:1].upper() + target_run.setting.stdin.lost[1:] + "."
        )
    if target_run.whole_program:
        collected.spans, collected.custom = spans_in(spans, target_run.names[0])
    _take(target_run, collected, outcome, answer)


def _again(target_run: TargetRun, collected: _Collected) -> None:
    failure = target_run.prepare(PassName.TIMING)
    if failure is not None:
        collected.failures.append(failure)
        return
    outcome, answer = _executed(target_run, first=False, watch=None, environment=None)
    if outcome.stdout is not None:
        target_run.outputs.append(outcome.stdout.digest)
    _take(target_run, collected, outcome, answer)


def _alone(target_run: TargetRun, collected: _Collected) -> None:
    """Benchmarks of a process's peak memory: a process of its own for each, or they would see each other's."""
    for name in target_run.alone():
        if target_run.stopped:
            return
        options = {"seconds": 0.0, "quick": True}
        command, answer_path = worker_command(
            target_run.target, target_run.setting, "timing", (name,), options
        )
        outcome = target_run.execute(
            command, PassName.TIMING, f"peak memory of {name}", timeout_ns=target_run.pass_timeout()
        )
        failure = execution_failure(outcome, target_run.target, PassName.TIMING)
        records = read_answer(answer_path).get("records", [])
        errors = [
            record_failure(one, target_run.target, PassName.TIMING) for one in records if "error" in one
        ]
        collected.failures += errors or ([] if failure is None else [failure])
        collected.custom += custom_of(records)


def _executed(
    target_run: TargetRun, *, first: bool, watch: _Watch | None, environment: dict[str, str] | None
) -> tuple[Outcome, dict[str, Any]]:
    """One clean execution; a worker's answer comes with it."""
    plan = target_run.plan
    number = target_run.timings_count + 1
    step = f"execution {number} of {max(number, plan.processes_count)}"
    answer_path = None
    if target_run.whole_program:
        command = bare_command(target_run.target, target_run.setting)
    else:
        per_process = plan.per_benchmark_ns / 1e9 / max(1, plan.processes_count)
        options = {
            "seconds": min(SAMPLING_SECONDS, per_process),
            "quick": plan.quick or plan.once,
            "hush": first,
        }
        command, answer_path = worker_command(
            target_run.target, target_run.setting, "timing", target_run.sharing(), options
        )
    outcome = target_run.execute(
        command,
        PassName.TIMING,
        step,
        first=first,
        timeout_ns=plan.timeout_ns if first else target_run.pass_timeout(),
        observers=() if watch is None else watch.observers,
        environment=environment,
    )
    return outcome, {} if answer_path is None else read_answer(answer_path)


def _take(target_run: TargetRun, collected: _Collected, outcome: Outcome, answer: dict[str, Any]) -> None:
    """Learn from one execution; a failure ends the timing of this target."""
    first = target_run.timings_count == 0
    failure = execution_failure(outcome, target_run.target, PassName.TIMING)
    if failure is None and not target_run.whole_program and "records" not in answer:
        failure = no_answer(outcome, target_run.target, PassName.TIMING)
    if failure is not None:
        collected.failures.append(failure)
        target_run.stopped = True
        return
    target_run.execution_ns = outcome.wall_ns if target_run.execution_ns is None else target_run.execution_ns
    target_run.timing_ns += outcome.wall_ns
    if target_run.whole_program:
        _take_program(target_run, collected, outcome)
        collected.peaks.append(outcome.usage["peak_resident_bytes"])
    else:
        records = answer["records"]
        target_run.add_records(records)
        if first:
            broken = [one for one in records if "error" in one]
            target_run.broken |= {one["name"] for one in broken if "name" in one}
            collected.failures += [record_failure(one, target_run.target, PassName.TIMING) for one in broken]
            left_out = [one["name"] for one in records if one.get("left_out")]
            if left_out:
                collected.notes.append(
                    f"{len(left_out)} combinations were left out by their set-up: {', '.join(left_out[:FILES_NAMED])}."
                )
            collected.spans = spans_of(records)
            collected.custom += custom_of(records)
            collected.provenance = provenance_of(answer, target_run.setting.ownership)
            # Where nothing could be called at all, no pass would bring more.
            target_run.stopped = bool(records) and all("error" in one for one in records)
    target_run.timings_count += 1
    if not first:
        # Later executions have everything in the page cache: they tell better how long the next one takes.
        target_run.execution_ns = min(target_run.execution_ns or outcome.wall_ns, outcome.wall_ns)


def _take_program(target_run: TargetRun, collected: _Collected, outcome: Outcome) -> None:
    name = target_run.names[0]
    timings = target_run.processes.setdefault(name, [])
    if len(timings) == 1 and timings[0].cold_ns is not None and timings[0].wall_ns:
        # The first execution was the cold one, and there are others to time now.
        timings[0] = replace(timings[0], wall_ns=(), cpu_ns=(), started_ns=())
    waited_count, shared_count = _company(collected, outcome)
    timings.append(
        ProcessTiming(
            id=f"p{len(timings) + 1}",
            order=len(timings),
            loops_count=1,
            wall_ns=(outcome.wall_ns,),
            cpu_ns=(outcome.cpu_ns,),
            started_ns=(outcome.started_ns,),
            cold_ns=None if timings else outcome.wall_ns,
            waited_count=waited_count,
            shared_count=shared_count,
        )
    )


def _company(collected: _Collected, outcome: Outcome) -> tuple[int | None, int | None]:
    """Whether the program waited, and whether others than its first thread computed; ``None`` where nobody can tell."""
    if collected.opens_devices or outcome.thread_ns is None or outcome.queued_ns is None:
        return None, None
    return int(waited(outcome)), int(not in_one_thread(outcome))


def _note_differences(target_run: TargetRun, collected: _Collected) -> None:
    if target_run.whole_program and len(set(target_run.outputs)) > 1:
        collected.notes.append(
            f"The target's output differed between executions ({len(set(target_run.outputs))} versions in "
            f"{len(target_run.outputs)} later executions): they may not have done the same work."
        )


def _result(target_run: TargetRun, collected: _Collected) -> PassResult:
    benchmarks = target_run.timed_benchmarks()
    took = time.perf_counter_ns() - collected.started_ns
    made = Pass(
        name=PassName.TIMING,
        state=PassState.DONE if benchmarks or not collected.failures else PassState.FAILED,
        tool="perf_counter_ns, process time",
        duration_ns=took,
        overhead_ratio=1.0,
        reason=collected.failures[0].message if collected.failures and not benchmarks else "",
    )
    finished = tuple(
        replace(
            benchmark,
            passes=(replace(made, samples_count=_samples(benchmark)),),
            metrics={"peak_resident_bytes": float(max(collected.peaks))} if collected.peaks else {},
        )
        for benchmark in benchmarks
    )
    return PassResult(
        target=target_run.target.key,
        pass_name=PassName.TIMING,
        benchmarks=finished or target_run.without_figures(PassName.TIMING, made.state, made.reason),
        spans=collected.spans,
        custom=collected.custom,
        provenance=collected.provenance,
        failures=tuple(collected.failures),
        notes=tuple(collected.notes),
    )


def _samples(benchmark: Benchmark) -> int:
    return sum(len(process.wall_ns) for process in benchmark.timing.processes) if benchmark.timing else 0


def _with(result: PassResult, collected: _Collected) -> PassResult:
    return replace(
        result,
        spans=collected.spans,
        custom=collected.custom,
        provenance=collected.provenance,
        failures=tuple(collected.failures),
        notes=(*collected.notes, *result.notes),
    )


class _Watch:
    """The first execution seen from outside, from the moment it counts as long."""

    def __init__(self, target_run: TargetRun, keep: Callable[[PassResult], None]) -> None:
        self.target_run = target_run
        self.started_ns = time.perf_counter_ns()
        self.stacks = StackWatcher(
            folder=target_run.setting.folder,
            after_ns=target_run.plan.watch_after_ns,
            flush=lambda: keep(self.result(interrupted=True)),
        )
        self.sampler = ProcessSampler()
        self.devices = DeviceWatch()
        self.observers = (self.stacks, self.sampler, self.devices)

    @property
    def watching(self) -> bool:
        """Whether sampling began: then the times are not for verdicts."""
        return self.stacks.started_ns is not None

    def result(self, *, interrupted: bool) -> PassResult:
        """What was seen so far, as the one result of a long run."""
        target_run = self.target_run
        ownership = target_run.setting.ownership
        took = time.perf_counter_ns() - self.started_ns
        timed = target_run.timed_benchmarks(for_verdicts=False, note="sampled as it ran")
        benchmark = timed[0] if timed else Benchmark(name=target_run.names[0], target=target_run.target.key)
        choice = "py-spy from outside: the execution grew long"
        found = figures(self.stacks.samples, ClockFacts(wall_ns=float(took)), ownership, choice=choice)
        profiles = Profiles(
            cpu=found.tree,
            cpu_use=found.use,
            lines=found.lines,
            io=io_profile({}, 1, [moment for _, moment in self.sampler.moments], None),
        )
        state = PassState.INTERRUPTED if interrupted else PassState.PARTIAL
        made = Pass(
            name=PassName.TIMING,
            state=state,
            tool="py-spy from outside",
            duration_ns=took,
            samples_count=self.stacks.samples_count,
            reason=self.stacks.trouble or "one long execution, sampled as it ran",
        )
        benchmark = target_run.sources.with_text(replace(benchmark, passes=(made,), profiles=profiles))
        return PassResult(
            target=target_run.target.key,
            pass_name=PassName.TIMING,
            benchmarks=(benchmark, *timed[1:]),
            sources=target_run.sources.named_in((benchmark,)),
            notes=(_offer(target_run, took),),
        )


def _offer(target_run: TargetRun, took_ns: int) -> str:
    """Say what further passes would cost."""
    costs = ", ".join(
        f"{name} about {units.time(estimate(name, took_ns))}"
        for name in PassName
        if name is not PassName.TIMING
    )
    return (
        f"{target_run.target.name} ran once and was sampled as it ran: its times are not for verdicts. "
        f"Passes that are named with --passes run on a long target, too, where --budget allows; they would take: {costs}."
    )
