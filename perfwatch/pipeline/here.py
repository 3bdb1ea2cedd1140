"""A call that is measured in the calling process, because no other process can make it.

One process, so no interval and no verdict; one collector, because two in one
process would measure each other. What another pass would leave behind in the
caller's process, its changed functions of ``os`` for one, forbids it here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect.clock import process_timing, summarise
from perfwatch.errors import UsageError
from perfwatch.measure.answers import custom_of, spans_of
from perfwatch.measure.passes import Tool, cpu_benchmark
from perfwatch.measure.sources import Sources
from perfwatch.monitor.ledger import set_aside
from perfwatch.pipeline.surroundings import setting_for
from perfwatch.records.profile import CpuUse
from perfwatch.records.run import Benchmark, Pass, PassName, PassResult, PassState, Run, RunState, Target
from perfwatch.worker.clock import Clock
from perfwatch.worker.cpu import Cpu
from perfwatch.worker.subject import Subject

if TYPE_CHECKING:
    from perfwatch.config import Config
    from perfwatch.measure.setting import Setting
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.run import RunHeader
    from perfwatch.store import Store

#: How far a time of one process can be believed; the reason that its timing gives.
ONE_PROCESS = "one process: no interval"
#: The calling process is somebody's: it is sampled for as long as one worker would be.
SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A call as it is known: ``reason`` says why no other process can make it."""

    target: Target
    call: Callable[[], Any]
    reason: str

    @property
    def note(self) -> str:
        """What a reader of the run should know."""
        return f"Measured in the calling process: {self.reason}. {ONE_PROCESS[0].upper()}{ONE_PROCESS[1:]}."


def time_here(here: Here, config: Config, place: Place, store: Store) -> Run:
    """Time the call again and again, and store the run; what the call raises goes on up."""
    with setting_for((here.target,), config, replace(place, aside=True)) as (header, _):
        clock = Clock(seconds=min(SECONDS, config.per_benchmark_ns / 1e9))
        started = time.perf_counter_ns()
        with set_aside():
            clock.measure(Subject(name=here.target.name, call=here.call))
        result = _timed(here, clock.records, time.perf_counter_ns() - started)
        return _stored(header, result, store)


def profile_here(here: Here, config: Config, place: Place, store: Store) -> tuple[Any, Run]:
    """Make the call once, under a sampler of this thread's calls; what it returned, and the stored run.

    What the call raises goes on up. Raises ``UsageError`` where this thread is
    profiled already.
    """
    with setting_for((here.target,), config, replace(place, aside=True)) as (header, setting):
        _refuse_second_profiler()
        cpu = Cpu(seconds=0.0)
        cpu.prepare()
        started = time.perf_counter_ns()
        value = cpu.measure(Subject(name=here.target.name, call=here.call, single=True))
        result = _profiled(here, cpu, setting, time.perf_counter_ns() - started)
        return value, _stored(header, result, store)


def _refuse_second_profiler() -> None:
    """The interpreter has one hook for profilers: ours would take it from whoever has it, and not give it back."""
    if sys.getprofile() is not None:
        raise UsageError(
            "A profiler runs in this thread already.",
            means="Two profilers in one process measure each other, so nothing was called.",
            do="End the other one first, or hand over a function that another process can import.",
        )


def _timed(here: Here, records: list[dict[str, Any]], took_ns: int) -> PassResult:
    (record,) = records
    timing = summarise((process_timing(record, 0),), for_verdicts=False, note=ONE_PROCESS)
    made = Pass(
        name=PassName.TIMING,
        state=PassState.DONE,
        tool="perf_counter_ns, process time",
        duration_ns=took_ns,
        overhead_ratio=1.0,
        samples_count=len(record["wall"]),
    )
    key = here.target.key
    return PassResult(
        target=key,
        pass_name=PassName.TIMING,
        benchmarks=(Benchmark(name=here.target.name, target=key, timing=timing, passes=(made,)),),
        spans=spans_of(records),
        custom=custom_of(records),
        notes=(here.note,),
    )


def _profiled(here: Here, cpu: Cpu, setting: Setting, took_ns: int) -> PassResult:
    (record,) = cpu.records
    told = cpu.finish()
    tool = Tool(name=PassName.CPU, tool=told["tool"], version=told["version"], duration_ns=took_ns)
    benchmark = cpu_benchmark(record, tool, None, setting.ownership, here.target.key)
    choice = f"pyinstrument in the calling process, because {here.reason}"
    use = CpuUse(choice=choice, tool=told["tool"], samples_count=record["samples"])
    sources = Sources(setting.ownership)
    benchmark = sources.with_text(
        replace(
            benchmark, profiles=replace(benchmark.profiles, cpu_use=use if benchmark.profiles.cpu else None)
        )
    )
    return PassResult(
        target=here.target.key,
        pass_name=PassName.CPU,
        benchmarks=(benchmark,),
        sources=sources.named_in((benchmark,)),
        notes=(here.note,),
    )


def _stored(header: RunHeader, result: PassResult, store: Store) -> Run:
    """Keep the one pass there is."""
    store.begin(header)
    store.save_pass(header.id, result)
    duration_ns = sum(one.duration_ns for benchmark in result.benchmarks for one in benchmark.passes)
    store.finish(header.id, RunState.COMPLETE, duration_ns)
    return store.load(header.id)
