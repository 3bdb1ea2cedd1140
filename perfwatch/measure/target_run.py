"""Measure one target: its timing executions first, then one pass each.

What runs next is ``schedule``'s decision, how it runs ``runner``'s; this module
keeps what is known of the target meanwhile and hands each finished pass on.
"""

from __future__ import annotations

import os
import shlex
import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.collect.clock import process_timing, summarise
from perfwatch.errors import NothingMeasured
from perfwatch.measure import timing_pass, tool_pass
from perfwatch.measure.answers import read_answer
from perfwatch.measure.failures import execution_failure, record_failure, refuse_cut_short
from perfwatch.measure.request import worker_command
from perfwatch.measure.runner import Execution, Observer, Outcome, execute
from perfwatch.measure.sampling import Sampled
from perfwatch.measure.schedule import Progressed, Step, estimate, next_step
from perfwatch.measure.select import selected
from perfwatch.measure.setting import Setting
from perfwatch.measure.sources import Sources
from perfwatch.records.plan import Plan, Progress, StepEnded, StepStarted
from perfwatch.records.run import (
    Benchmark,
    Failure,
    FailureKind,
    Pass,
    PassName,
    PassResult,
    PassState,
    Target,
    TargetKind,
)
from perfwatch.records.timing import ProcessTiming

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Finding what there is to measure imports the target's modules; that has an end.
DISCOVERY_TIMEOUT_NS = 300_000_000_000
#: With less than this share of its time, and less than this, after the interpreter's start,
#: a whole program is too short for ratios.
BODY_SHARE = 0.2
BODY_NS = 30_000_000
STARTS_COUNT = 5
QUICK_NOTE = "called once (--quick)"
WHOLE_PROGRAMS = frozenset({TargetKind.SCRIPT, TargetKind.MODULE})


#: An execution under a profiler of stacks may take so many times the clean time, and so much more.
SLOWED_AT_MOST, SLOWED_AT_LEAST_NS = 20, 10_000_000_000


@dataclass
class TargetRun:
    """One target on its way through the passes.

    ``gone`` says which file of the target's is no longer there, if one is.

    ``clean_ns`` is the time of one clean execution of each benchmark;
    ``cpu_records`` what the CPU pass brought, for the line pass to build on.
    """

    target: Target
    plan: Plan
    setting: Setting
    progress: Progress
    budget_ns: int
    names: tuple[str, ...] = ()
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    processes: dict[str, list[ProcessTiming]] = field(default_factory=dict)
    clean_ns: dict[str, float] = field(default_factory=dict)
    clean_cpu_ns: dict[str, float] = field(default_factory=dict)
    cpu_records: dict[str, dict[str, Any]] = field(default_factory=dict)
    sampled: Sampled | None = None
    unimported: tuple[Failure, ...] = ()
    broken: set[str] = field(default_factory=set)
    outputs: list[str] = field(default_factory=list)
    timings_count: int = 0
    timing_ns: int = 0
    execution_ns: int | None = None
    starts_ns: tuple[int, ...] = ()
    stopped: bool = False
    gone: str = ""
    ended: set[PassName] = field(default_factory=set)
    spent_ns: int = 0

    def __post_init__(self) -> None:
        self.sources = Sources(self.setting.ownership)

    @property
    def whole_program(self) -> bool:
        """Whether an execution is a process of the target's own, without a worker."""
        return self.target.kind in WHOLE_PROGRAMS

    def run(self, keep: Callable[[PassResult], None]) -> None:
        """Run everything that the plan and the budget allow; each finished pass goes to ``keep``."""
        self.unimported = self.discover()
        if not self.names:
            if self.unimported:
                keep(PassResult(target=self.target.key, pass_name=PassName.TIMING, failures=self.unimported))
            return
        keep(timing_pass.run(self, keep))
        self.ended.add(PassName.TIMING)
        while (
            not self.stopped
            and (step := self.next_step()) is not None
            and step.pass_name is not PassName.TIMING
        ):
            keep(self._skipped(step) if step.skip else tool_pass.run(self, step.pass_name))
            self.ended.add(step.pass_name)
        for pass_name in self.plan.passes if self.gone else ():
            if pass_name not in self.ended:
                keep(self._skipped(Step(pass_name=pass_name, skip=self.gone)))

    def next_step(self) -> Step | None:
        """What the schedule wants next."""
        return next_step(
            Progressed(
                plan=self.plan,
                benchmarks_count=len(self.names),
                budget_ns=self.budget_ns,
                timings_count=self.timings_count,
                timing_ns=self.timing_ns,
                spent_ns=self.spent_ns,
                execution_ns=self.execution_ns,
                ended=frozenset(self.ended),
            )
        )

    def discover(self) -> tuple[Failure, ...]:
        """Find the benchmarks and choose among them; return what could not be imported."""
        failures: tuple[Failure, ...] = ()
        if self.whole_program:
            found: list[dict[str, Any]] = [{"name": self.target.name}]
        elif self.target.kind in (TargetKind.PYTEST, TargetKind.ASV):
            found, failures = self._asked()
        else:
            wanted_fields = ("name", "group", "parameters")
            found = [{name: case.get(name) for name in wanted_fields} for case in self._cases()]
        wanted = selected(self.plan)
        self.found = {one["name"]: one for one in found if wanted(one["name"])}
        self.names = tuple(self.found)
        if found and not self.names and self.plan.keyword:
            raise NothingMeasured(
                f"No benchmark of {self.target.name} matches -k {self.plan.keyword!r}.",
                means=f"It has {len(found)}, and none was chosen.",
                do="perfwatch run --list shows their names.",
            )
        return failures

    def alone(self) -> tuple[str, ...]:
        """Benchmarks that need a process of their own."""
        return tuple(name for name in self.names if self.found[name].get("kind") == "peak-memory")

    def whole(self) -> tuple[str, ...]:
        """Benchmarks that were timed and did not fail: those that passes run on."""
        return tuple(name for name in self.names if name in self.clean_ns and name not in self.broken)

    def sharing(self) -> tuple[str, ...]:
        """Benchmarks that share a process."""
        alone = self.alone()
        return tuple(name for name in self.names if name not in alone)

    def _cases(self) -> list[dict[str, Any]]:
        from perfwatch.measure.request import described_cases

        return described_cases(self.target)

    def _asked(self) -> tuple[list[dict[str, Any]], tuple[Failure, ...]]:
        """Ask a worker, whose output nobody needs to see unless it fails."""
        command, answer_path = worker_command(self.target, self.setting, "discover", None, {})
        outcome = self.execute(
            command, PassName.TIMING, "looking for benchmarks", timeout_ns=DISCOVERY_TIMEOUT_NS
        )
        answer = read_answer(answer_path)
        errors = tuple(record_failure(one, self.target, PassName.TIMING) for one in answer.get("errors", ()))
        if "found" in answer:
            return answer["found"], errors
        failure = execution_failure(outcome, self.target, PassName.TIMING)
        return [], (failure,) if failure is not None else errors

    def execute(  # noqa: PLR0913 - each is a fact of one execution
        self,
        command: tuple[str, ...],
        pass_name: PassName,
        step: str,
        *,
        first: bool = False,
        judged: bool = True,
        timeout_ns: int | None = None,
        observers: Sequence[Observer] = (),
        environment: dict[str, str] | None = None,
    ) -> Outcome:
        """Run one execution, tell of it, and count its time.

        An execution that is not ``judged`` ends with somebody else's exit code.
        """
        self.progress(
            StepStarted(target=self.target.name, pass_name=pass_name, step=step, left_ns=self.left_ns())
        )
        stdin = self.setting.stdin.first() if first else self.setting.stdin.again()
        started = time.perf_counter_ns()
        try:
            outcome = execute(
                Execution(
                    command=command,
                    cwd=self.setting.cwd,
                    environment={**self.setting.environment, **(environment or {})},
                    folder=self.setting.folder,
                    stdin=stdin,
                    own_streams=first and not self.setting.aside,
                    timeout_ns=timeout_ns,
                    observers=observers,
                )
            )
        finally:
            os.close(stdin)
            if first:
                self.setting.stdin.first_ended()
        took = time.perf_counter_ns() - started
        self.spent_ns += took
        failed = outcome.timed_out or (judged and outcome.exit_code != 0)
        self.progress(
            StepEnded(
                target=self.target.name, pass_name=pass_name, step=step, duration_ns=took, failed=failed
            )
        )
        refuse_cut_short(outcome, self.setting.folder)
        return outcome

    def left_ns(self) -> int | None:
        """About how long this target will still take; unknown before its first execution."""
        if self.execution_ns is None:
            return None
        timings = 0
        if PassName.TIMING not in self.ended:
            room = max(0, self.plan.per_benchmark_ns * max(1, len(self.names)) - self.timing_ns)
            timings = min(self.plan.processes_count - self.timings_count, room // max(1, self.execution_ns))
        coming = [name for name in self.plan.passes if name is not PassName.TIMING and name not in self.ended]
        return timings * self.execution_ns + sum(estimate(name, self.execution_ns) for name in coming)

    def body_ns(self, name: str) -> float:
        """The clean time of what a collector sees: a whole program's without the interpreter's start."""
        clean = self.clean_ns[name]
        if not self.whole_program:
            return clean
        return max(clean - statistics.median(self._starts()), clean / 100)

    def too_short(self, name: str) -> bool:
        """Whether the interpreter's start, or its noise, is too much of a whole program's time for ratios."""
        if not self.whole_program:
            return False
        quickest = min(
            wall_ns / timing.loops_count for timing in self.processes[name] for wall_ns in timing.wall_ns
        )
        # One of the starts may have met with a hiccup of the machine.
        start_ns = sorted(self._starts())[-2:][0]
        return quickest - start_ns < max(BODY_SHARE * quickest, BODY_NS)

    def _starts(self) -> tuple[int, ...]:
        """Times of an interpreter that does nothing, taken when first asked for."""
        if not self.starts_ns:
            command = (self.setting.interpreter, "-c", "pass")
            self.starts_ns = tuple(
                self.execute(command, PassName.TIMING, "the interpreter's start").wall_ns
                for _ in range(STARTS_COUNT)
            )
        return self.starts_ns

    def prepare(self, pass_name: PassName) -> Failure | None:
        """Make ready for an execution: run ``--prepare``, where it is given, and see that there is a script.

        A failure of either stops the target.
        """
        failure = self._prepared(pass_name) or self._lost(pass_name)
        self.stopped = self.stopped or failure is not None
        return failure

    def _lost(self, pass_name: PassName) -> Failure | None:
        """A script that is no longer there; what is there is kept as it is now, before it can go."""
        path = Path(self.target.path or "")
        if self.target.kind is not TargetKind.SCRIPT or self.gone:
            return None
        if path.exists():
            self.sources.of(self.setting.ownership.shorten(str(path)))
            return None
        self.gone = f"{path.name} is gone"
        return Failure(
            target=self.target.key,
            pass_name=pass_name,
            kind=FailureKind.PREPARE,
            message=f"{self.gone} since its last execution. Measuring ended there; what was complete is kept.",
            advice="Put it back before each execution: --prepare 'cp COPY SCRIPT'.",
        )

    def _prepared(self, pass_name: PassName) -> Failure | None:
        if self.plan.prepare is None:
            return None
        command = ("/bin/sh", "-c", self.plan.prepare)
        outcome = self.execute(command, pass_name, f"preparing: {self.plan.prepare}")
        if outcome.exit_code == 0:
            return None
        tail = "" if outcome.stderr is None else outcome.stderr.tail[-2000:]
        return Failure(
            target=self.target.key,
            pass_name=pass_name,
            kind=FailureKind.PREPARE,
            message=f"The command of --prepare ended with {outcome.exit_code}: {self.plan.prepare}",
            exit_code=outcome.exit_code,
            stderr_tail=tail,
            advice=f"Run it alone: sh -c {shlex.quote(self.plan.prepare)}",
        )

    def pass_timeout(self) -> int:
        """How long one execution of a pass may take: its own limit, else what is left of the budget."""
        left = max(1_000_000_000, self.budget_ns - self.spent_ns)
        return left if self.plan.timeout_ns is None else min(left, self.plan.timeout_ns)

    def patience_ns(self) -> int:
        """How long an execution under a profiler of stacks may take: each look at a very deep one stops it for long."""
        if not self.whole_program:
            return self.pass_timeout()
        longest_ns = sum(self.clean_ns[name] for name in self.whole())
        return min(self.pass_timeout(), round(SLOWED_AT_MOST * longest_ns + SLOWED_AT_LEAST_NS))

    def timed_benchmarks(self, *, for_verdicts: bool = True, note: str = "") -> tuple[Benchmark, ...]:
        """The benchmarks with the timing of the processes so far; their clean time is learned here."""
        benchmarks = []
        for name in self.names:
            processes = tuple(self.processes.get(name, ()))
            if not processes:
                continue
            note = note or (QUICK_NOTE if self.plan.quick else "")
            timing = summarise(processes, for_verdicts=for_verdicts and not self.plan.quick, note=note)
            if timing.median_ns is not None:
                self.clean_ns[name] = timing.median_ns
            if timing.cpu_median_ns is not None:
                self.clean_cpu_ns[name] = timing.cpu_median_ns
            benchmarks.append(self.named(Benchmark(name=name, target=self.target.key, timing=timing)))
        return tuple(benchmarks)

    def add_records(self, records: Sequence[dict[str, Any]]) -> None:
        """Take in the timing records of one worker process."""
        for record in records:
            if "wall" in record and record["name"] in self.found:
                timings = self.processes.setdefault(record["name"], [])
                timings.append(process_timing(record, self.timings_count))

    def named(self, benchmark: Benchmark) -> Benchmark:
        """The benchmark with its group and parameters, as discovery found them."""
        found = self.found.get(benchmark.name, {})
        return replace(benchmark, group=found.get("group"), parameters=found.get("parameters") or {})

    def without_figures(self, pass_name: PassName, state: PassState, reason: str) -> tuple[Benchmark, ...]:
        """Each benchmark with nothing but the statement that a pass has no figures for it."""
        record = Pass(name=pass_name, state=state, reason=reason)
        timed = self.whole() or self.names
        return tuple(Benchmark(name=name, target=self.target.key, passes=(record,)) for name in timed)

    def _skipped(self, step: Step) -> PassResult:
        return PassResult(
            target=self.target.key,
            pass_name=step.pass_name,
            benchmarks=self.without_figures(step.pass_name, PassState.SKIPPED, step.skip),
            notes=(f"The {step.pass_name} pass of {self.target.name} was not run: {step.skip}.",),
        )
