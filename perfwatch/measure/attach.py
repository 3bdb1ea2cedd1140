"""Watch a live process from outside for a while, and let it go as it was.

py-spy looks at its stacks, psutil and the driver at what it uses; only where it
is asked for does memray go in, after all the others have ended. It must not
change what the process does, and must not store.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from perfwatch import units
from perfwatch.collect.gpu import read_record
from perfwatch.collect.gpu_nvml import GpuSampler, load_nvml
from perfwatch.collect.io import ProcessSampler, read_io
from perfwatch.collect.live import Live, UseMeter, is_alive
from perfwatch.collect.memory import read_capture
from perfwatch.collect.sampled import ClockFacts, figures
from perfwatch.collect.samples import Samples
from perfwatch.collect.stacks import Mode, Row, py_spy_program
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.errors import ExitCode, Terminated
from perfwatch.measure import attach_refusals as refusals
from perfwatch.measure.attach_memory import MemoryTracker, Tracked, memory_obstacle
from perfwatch.measure.attach_signals import Signals
from perfwatch.measure.attach_stretch import RATE_HERTZ, Sampler, stretches, why_not
from perfwatch.measure.attach_target import Surroundings, Wanted
from perfwatch.measure.sources import Sources
from perfwatch.records.plan import Noted, Progress, StepEnded, StepStarted
from perfwatch.records.profile import Profiles
from perfwatch.records.run import Benchmark, Pass, PassName, PassResult, PassState, RunState, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHOICE = "py-spy from outside, because the process runs already"
_LINES_NOTE = "the CPU pass's samples by line; how often a line ran cannot be seen from outside"


@dataclass
class Watch:
    """One live process under watch, in a block that keeps Ctrl-C and termination until it looks for them."""

    live: Live
    target: Target
    wanted: Wanted
    place: Surroundings
    progress: Progress
    notes: list[str] = field(default_factory=list)
    _samples: Samples = field(default_factory=Samples)
    _trouble: str = ""
    _began_ns: int = 0
    _ended_ns: int = 0
    _died: bool = False

    def __post_init__(self) -> None:
        self._meter = UseMeter(self.live.pid)
        self._io = ProcessSampler()
        self._gpu, self._no_gpu = _gpu_sampler()
        self._plan = list(stretches(self.wanted.duration_ns, native=self.wanted.native))
        program = py_spy_program()
        if program is None:
            raise refusals.no_sampler()
        self._version = _version_of(program)
        self._signals = Signals()
        self._sampler = Sampler(
            program=program, pid=self.live.pid, folder=self.place.folder, stopped=self._signals.came
        )
        self._sources = Sources(self.place.ownership)

    def __enter__(self) -> Self:
        self._signals.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        self._signals.__exit__(*reason)

    @property
    def stop(self) -> BaseException | None:
        """What cut the watch short, if anything did."""
        return self._signals.reason

    @property
    def state(self) -> RunState:
        """How the run ended."""
        return RunState.COMPLETE if self.stop is None else RunState.INTERRUPTED

    @property
    def exit_code(self) -> ExitCode:
        """How the command should end: a process that ended meanwhile is nothing that failed."""
        if self.stop is not None:
            return ExitCode.TERMINATED if isinstance(self.stop, Terminated) else ExitCode.INTERRUPTED
        return ExitCode.DONE if self._samples.count(self._widest) else ExitCode.NOTHING_MEASURED

    @property
    def spent_ns(self) -> int:
        """How long it has taken so far, in nanoseconds."""
        return time.perf_counter_ns() - self._began_ns

    def begin(self) -> None:
        """Watch for the first stretch.

        Raises ``NothingMeasured`` with the reason where nothing can be seen of the
        process; Ctrl-C is raised where it came before anything was seen.
        """
        self._tell(StepStarted, "watching", left_ns=self._left_ns())
        self._began_ns = time.perf_counter_ns()
        self._meter.start()
        for observer in (self._io, self._gpu):
            if observer is not None:
                observer.start(self.live.pid)
        self._look()
        if self._samples.executions:
            return
        self._end_observers()
        if self.stop is not None:
            raise self.stop
        if not is_alive(self.live):
            raise refusals.gone(self.live.pid)
        said = why_not(self._sampler.program, self.live.pid) or self._trouble
        raise refusals.sampler_failed(self.live, self.place.rules, said)

    def run(self, keep: Callable[[PassResult], None]) -> None:
        """Watch for the rest, then let memray in where that was asked for; each pass goes to ``keep``."""
        while self._plan and self.stop is None and not self._over():
            if len(self._plan) % 3 == 0:
                keep(self._cpu_result(PassState.INTERRUPTED))
            self._look()
        self._end_observers()
        self._say_how_it_went()
        keep(self._cpu_result(self._state()))
        keep(self._io_result())
        keep(self._gpu_result())
        keep(self._memory_result() if self.wanted.memory else self._without_memory())

    # The stacks

    @property
    def _widest(self) -> Mode:
        return Mode.NATIVE if self.wanted.native else Mode.ALL

    def _look(self) -> None:
        """Watch for one stretch, and count what it brought even if a signal cut it short."""
        stretch = self._plan.pop(0)
        seen = self._sampler.watch(stretch)
        if seen.trouble and self._samples.executions and self.stop is None and is_alive(self.live):
            # It could before: py-spy now and then takes a living Python for none, and a moment later no more.
            seen = self._sampler.watch(stretch)
        self._ended_ns = time.perf_counter_ns()
        self._meter.read()
        self._trouble = seen.trouble or self._trouble
        if seen.watched_ns:
            rows = [_first_thread(self.live.pid), *seen.rows]
            self._samples.add(stretch.mode, rows, rate_hertz=RATE_HERTZ, watched_ns=seen.watched_ns)

    def _over(self) -> bool:
        self._died = not is_alive(self.live)
        return self._died or bool(self._trouble)

    def _end_observers(self) -> None:
        self._io.stop()
        if self._gpu is not None:
            self._gpu.stop()
        self._tell(StepEnded, "watching", duration_ns=self._watched_ns)

    @property
    def _watched_ns(self) -> int:
        return max(0, self._ended_ns - self._began_ns)

    def _left_ns(self) -> int:
        return self.wanted.duration_ns * (2 if self.wanted.memory else 1)

    def _state(self) -> PassState:
        if self.stop is not None:
            return PassState.INTERRUPTED
        return PassState.PARTIAL if self._died or self._trouble else PassState.DONE

    def _reason(self) -> str:
        took = units.time(self._watched_ns)
        if self.stop is not None:
            return f"interrupted after {took}: what was seen until then is shown"
        if self._died:
            return f"the process ended after {took}: what was seen until then is shown"
        return self._trouble

    def _say_how_it_went(self) -> None:
        self._died = self._died or not is_alive(self.live)
        self.notes.append(
            f"{self.live.name} was watched for {units.time(self._watched_ns)} while it ran: times are of that "
            "stretch, sampled, not for verdicts."
        )
        if self._died:
            self.notes.append("The process ended while it was watched; how, only whoever started it knows.")
        if not self.live.shares_files:
            self.notes.append("The process has a file system of its own: its sources are not shown.")

    def _cpu_result(self, state: PassState) -> PassResult:
        """Tree, threads and lines, of what was sampled so far."""
        clock = ClockFacts(wall_ns=float(self._watched_ns), cpu_ns=self._meter.cpu_ns)
        found = figures(self._samples, clock, self.place.ownership, choice=CHOICE)
        made = Pass(
            name=PassName.CPU,
            state=state,
            tool="py-spy",
            version=self._version,
            reason=self._reason(),
            duration_ns=self._watched_ns,
            samples_count=found.use.samples_count,
            lost_count=self._samples.lost_count,
        )
        lines = Pass(
            name=PassName.LINES,
            state=state,
            tool="py-spy",
            version=self._version,
            reason=_LINES_NOTE,
            duration_ns=self._watched_ns,
            samples_count=found.use.samples_count,
        )
        profiles = Profiles(cpu=found.tree, cpu_use=found.use, lines=found.lines)
        benchmark = self._with_text(self._benchmark(_untimed(), made, lines, profiles=profiles))
        sources = self._sources.named_in((benchmark,)) if self.live.shares_files else ()
        return self._result(PassName.CPU, benchmark, sources=sources)

    # What it used

    def _io_result(self) -> PassResult:
        seen = [moment.resident_bytes for _, moment in self._io.moments]
        record = {
            "calls": 1,
            "wall_ns": self._watched_ns,
            "counters": self._meter.amounts(),
            "peak_resident_bytes": max(seen, default=None),
            **self._stretch,
        }
        reading = read_io(record, self._io.moments, self.place.ownership, self._io.children)
        made = Pass(
            name=PassName.IO,
            state=self._state(),
            tool="psutil",
            reason=self._reason(),
            duration_ns=self._watched_ns,
            samples_count=len(seen),
            warnings=(*reading.warnings, "memory is the greatest that was seen in this stretch"),
        )
        return self._result(PassName.IO, self._benchmark(made, profiles=Profiles(io=reading.profile)))

    def _gpu_result(self) -> PassResult:
        if self._gpu is None:
            made = Pass(name=PassName.GPU, state=PassState.UNAVAILABLE, reason=self._no_gpu)
            return self._result(PassName.GPU, self._benchmark(made))
        profile = read_record(self._stretch, self._gpu, self.place.ownership).profile
        made = Pass(
            name=PassName.GPU,
            state=self._state(),
            tool="NVML",
            version=self._gpu.driver,
            reason=self._reason(),
            duration_ns=self._watched_ns,
            samples_count=len(profile.moments),
        )
        return self._result(PassName.GPU, self._benchmark(made, profiles=Profiles(gpu=profile)))

    @property
    def _stretch(self) -> dict[str, Any]:
        return {"started_ns": self._began_ns, "ended_ns": self._ended_ns}

    # Memory

    def _without_memory(self) -> PassResult:
        reason = "memray goes into the process: ask for it with --memory"
        return self._no_memory(PassState.SKIPPED, reason)

    def _no_memory(self, state: PassState, reason: str) -> PassResult:
        return self._result(
            PassName.MEMORY, self._benchmark(Pass(name=PassName.MEMORY, state=state, reason=reason))
        )

    def _memory_result(self) -> PassResult:
        if self.stop is not None:
            return self._no_memory(PassState.SKIPPED, "the watch was interrupted before it")
        if not is_alive(self.live):
            return self._no_memory(PassState.SKIPPED, "the process had ended before it")
        obstacle = memory_obstacle(self.live, self.place.interpreter, self.place.rules)
        if obstacle or self.place.interpreter is None:
            return self._no_memory(PassState.UNAVAILABLE, obstacle)
        capture = self.place.folder / "attached.bin"
        tracker = MemoryTracker(self.place.interpreter.executable, self.live.pid, capture)
        self._tell(StepStarted, "under memray", pass_name=PassName.MEMORY, left_ns=self.wanted.duration_ns)
        began = time.perf_counter_ns()
        try:
            tracker.start(self._signals.came)
            tracker.wait(self.wanted.duration_ns, self._signals.came)
            if self._signals.came():
                self.progress(Noted(text="  taking memray out of the process"))
        finally:
            tracker.stop()
        took = time.perf_counter_ns() - began
        self._tell(StepEnded, "under memray", pass_name=PassName.MEMORY, duration_ns=took)
        return self._captured(capture, tracker.tracked)

    def _captured(self, capture: Path, tracked: Tracked) -> PassResult:
        """What memray wrote, read; a file of another memray may not be to be read."""
        if tracked.trouble or not capture.exists():
            return self._no_memory(PassState.FAILED, tracked.trouble or "memray wrote nothing")
        try:
            reading = read_capture(capture, self.place.ownership)
        except OSError as error:
            return self._no_memory(PassState.FAILED, f"the capture cannot be read: {str(error)[:200]}")
        finally:
            capture.unlink(missing_ok=True)
        held = f"the process stood still for up to {units.time(tracked.held_ns)} while memray got in"
        alone = (
            "only what was allocated in this stretch is counted; what it held before is not, and what it "
            "held at the end need not be leaked"
        )
        died = not is_alive(self.live)
        made = Pass(
            name=PassName.MEMORY,
            state=PassState.INTERRUPTED
            if self.stop is not None
            else (PassState.PARTIAL if died else PassState.DONE),
            tool="memray",
            version=self.place.assumed.installed.get("memray", ""),
            reason="the process ended meanwhile" if died else "",
            duration_ns=tracked.watched_ns,
            samples_count=reading.profile.allocations_count,
            lost_count=reading.lost_count,
            warnings=(held, alone, *tracked.warnings, *reading.warnings),
        )
        # No metric: the peak of what came in this stretch is not the process's.
        profiles = Profiles(memory=reading.profile, lines=reading.lines)
        benchmark = self._with_text(self._benchmark(made, profiles=profiles))
        sources = self._sources.named_in((benchmark,)) if self.live.shares_files else ()
        return self._result(PassName.MEMORY, benchmark, sources=sources)

    # Records

    def _benchmark(self, *passes: Pass, profiles: Profiles | None = None, **more: Any) -> Benchmark:
        return Benchmark(
            name=self.target.name,
            target=self.target.key,
            passes=passes,
            profiles=profiles or Profiles(),
            **more,
        )

    def _with_text(self, benchmark: Benchmark) -> Benchmark:
        return self._sources.with_text(benchmark) if self.live.shares_files else benchmark

    def _result(self, name: PassName, benchmark: Benchmark, **more: Any) -> PassResult:
        return PassResult(target=self.target.key, pass_name=name, benchmarks=(benchmark,), **more)

    def _tell(self, event: type[StepStarted | StepEnded], step: str, **more: Any) -> None:
        fields: dict[str, Any] = {"pass_name": PassName.CPU, **more}
        self.progress(event(target=self.target.name, step=step, **fields))


def _untimed() -> Pass:
    return Pass(
        name=PassName.TIMING,
        state=PassState.SKIPPED,
        reason="a live process is not executed again: there is no clean time",
    )


def _first_thread(pid: int) -> Row:
    """A row without samples for the process's first thread: where it sleeps, a mode may never see it."""
    return Row(process=pid, command="", thread=pid, name="MainThread", stack=(), count=0)


def _gpu_sampler() -> tuple[GpuSampler | None, str]:
    """What watches the devices, or why there is nothing to watch."""
    nvml, reason = load_nvml()
    return (None, reason) if nvml is None else (GpuSampler(nvml), "")


def _version_of(program: str) -> str:
    try:
        answer = ask([program, "--version"], Bounds(timeout_s=10, limit_bytes=1_000))
    except OSError:
        return ""  # what is wrong with it shows when it is asked to look
    return answer.output.decode(errors="replace").strip().rpartition(" ")[2][:20]
