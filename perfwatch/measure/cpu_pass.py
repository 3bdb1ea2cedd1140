"""The CPU pass: the sampler outside, and pyinstrument where it must or knows more.

The choice is made from what was seen and is told in one sentence. This module
must not make figures: ``collect`` does.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect.sampled import ClockFacts, SampledFigures, figures
from perfwatch.collect.stacks import Mode
from perfwatch.measure import inside, passes, sampling
from perfwatch.records.profile import CpuUse, Profiles
from perfwatch.records.run import Benchmark, Pass, PassName, PassResult, PassState

if TYPE_CHECKING:
    from perfwatch.collect.samples import Samples
    from perfwatch.measure.sampling import Sampled
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated under pyinstrument; a script's body runs once.
SECONDS = 1.0
#: With fewer samples, shares cannot be told.
SAMPLES_AT_LEAST = 20
#: Of the samples, this share inside an event loop makes a program asynchronous.
ASYNC_RATIO = 0.05
_LOOP = ("_run_once", "asyncio/base_events.py")


def run(target_run: TargetRun, lacking: str) -> PassResult:
    """Tree, threads and line times; ``lacking`` says why pyinstrument cannot run, where it cannot."""
    started = time.perf_counter_ns()
    sampled = sampling.sampled(target_run)
    if not any(samples.main(Mode.ALL) for samples in sampled.samples.values()):
        if sampled.lost_sight:
            return inside.without(target_run, PassName.CPU, PassState.FAILED, sampled.trouble)
        return _inside_alone(target_run, sampled.trouble or "no sample from outside fell into it", lacking)
    benchmarks = [
        _from_outside(target_run, sampled, name, time.perf_counter_ns() - started)
        for name in target_run.whole()
    ]
    told = tuple(inside.without_guesses(target_run, target_run.sources.with_text(one)) for one in benchmarks)
    result = PassResult(
        target=target_run.target.key,
        pass_name=PassName.CPU,
        benchmarks=told,
        sources=target_run.sources.named_in(told),
    )
    awaiting = any(_async_ratio(samples) >= ASYNC_RATIO for samples in sampled.samples.values())
    return _with_awaits(target_run, result) if awaiting and not lacking else result


def of_samples(target_run: TargetRun, sampled: Sampled, name: str) -> SampledFigures | None:
    """The figures of one benchmark's samples; ``None`` where it was not seen."""
    samples = sampled.samples.get(name)
    if samples is None or not samples.main(Mode.ALL):
        return None
    clock = ClockFacts(wall_ns=target_run.body_ns(name), cpu_ns=target_run.clean_cpu_ns.get(name))
    return figures(samples, clock, target_run.setting.ownership, choice=_choice(target_run, sampled, name))


def _choice(target_run: TargetRun, sampled: Sampled, name: str) -> str:
    samples = sampled.samples[name]
    others = samples.others_count
    why = "nothing hooks the target's calls, and native code is seen"
    if others:
        word = "thread or process" if others == 1 else "threads and processes"
        why = f"{others} more {word} ran, which a profiler inside does not see"
    dilation = sampled.dilation.get(name)
    cost = (
        ""
        if dilation is None or target_run.too_short(name)
        else f"; executions took {dilation:.2f}x the clean time"
    )
    return f"py-spy from outside: {why}{cost}"


def _from_outside(target_run: TargetRun, sampled: Sampled, name: str, duration_ns: int) -> Benchmark:
    found = of_samples(target_run, sampled, name)
    if found is None:
        reason = sampled.trouble or "too short to tell: no sample fell into it"
        state = PassState.FAILED if sampled.lost_sight else PassState.PARTIAL
        made = Pass(name=PassName.CPU, state=state, tool="py-spy", reason=reason)
        return Benchmark(name=name, target=target_run.target.key, passes=(made,))
    target_run.cpu_records[name] = found.record
    samples = sampled.samples[name]
    warnings = [*sampled.notes]
    seen = sum(samples.main(Mode.ALL).values())
    if seen < SAMPLES_AT_LEAST:
        warnings.append(
            f"too short to tell: only {seen} samples, shares below {100 / seen:.0f}% cannot be told"
        )
    if name not in sampled.dilation:
        warnings.append("the sampler's own start was too much of what it took: no overhead can be told")
    made = Pass(
        name=PassName.CPU,
        state=PassState.DONE,
        tool="py-spy",
        duration_ns=duration_ns,
        overhead_ratio=sampled.dilation.get(name),
        samples_count=found.use.samples_count,
        lost_count=samples.lost_count,
        warnings=tuple(warnings),
    )
    profiles = Profiles(cpu=found.tree, cpu_use=found.use, lines=found.lines)
    return Benchmark(name=name, target=target_run.target.key, passes=(made,), profiles=profiles)


def _async_ratio(samples: Samples) -> float:
    main = samples.main(Mode.ALL)
    inside_loop = sum(
        count
        for stack, count in main.items()
        if any(name.endswith(_LOOP[0]) and file.endswith(_LOOP[1]) for name, file, _ in stack)
    )
    return inside_loop / max(1, sum(main.values()))


def _options(target_run: TargetRun, *, awaits: bool) -> dict[str, Any]:
    return {
        "seconds": 0.0 if target_run.plan.quick else SECONDS,
        "expected_seconds": max(target_run.clean_ns.values(), default=0.0) / 1e9,
        "awaits": awaits,
    }


def _read(target_run: TargetRun, record: dict[str, Any], seen: inside.Seen) -> Benchmark:
    name = record["name"]
    target_run.cpu_records.setdefault(name, record)
    clean = target_run.body_ns(name) if name in target_run.clean_ns else None
    return passes.cpu_benchmark(record, seen.tool, clean, target_run.setting.ownership, target_run.target.key)


def trees_within(target_run: TargetRun) -> PassResult:
    """Call trees by pyinstrument inside the target, whatever could be seen from outside."""
    return inside.run(target_run, PassName.CPU, _options(target_run, awaits=True), _read)


def _inside_alone(target_run: TargetRun, trouble: str, lacking: str) -> PassResult:
    """Pyinstrument where nobody could look from outside."""
    if lacking:
        reason = f"{trouble}; and {lacking}"
        return inside.without(target_run, PassName.CPU, PassState.UNAVAILABLE, reason)
    result = trees_within(target_run)
    return replace(
        result,
        benchmarks=tuple(
            _chosen(one, f"pyinstrument inside the target, because {trouble}") for one in result.benchmarks
        ),
    )


def _chosen(benchmark: Benchmark, choice: str) -> Benchmark:
    (made,) = benchmark.passes
    if benchmark.profiles.cpu is None:
        reason = "; ".join(part for part in (made.reason, choice) if part)
        return replace(benchmark, passes=(replace(made, reason=reason),))
    dilation = "" if made.overhead_ratio is None else f"; it took {made.overhead_ratio:.2f}x the clean time"
    use = CpuUse(choice=choice + dilation, tool="pyinstrument", samples_count=made.samples_count or 0)
    return replace(benchmark, profiles=replace(benchmark.profiles, cpu_use=use))


def _with_awaits(target_run: TargetRun, outside: PassResult) -> PassResult:
    """The tree of an asynchronous program: pyinstrument knows who awaited, the sampler only who ran."""
    result = trees_within(target_run)
    trees = {one.name: one for one in result.benchmarks if one.profiles.cpu is not None}
    benchmarks = []
    for one in outside.benchmarks:
        other = trees.get(one.name)
        if other is None or one.profiles.cpu_use is None:
            benchmarks.append(one)
            continue
        (made,), (within,) = one.passes, other.passes
        dilation = "" if within.overhead_ratio is None else f" at {within.overhead_ratio:.2f}x the clean time"
        choice = f"{one.profiles.cpu_use.choice}; the tree is pyinstrument's{dilation}, because the program is asynchronous and only it knows who awaits"
        profiles = replace(
            one.profiles,
            cpu=other.profiles.cpu,
            cpu_use=replace(one.profiles.cpu_use, choice=choice, tool="py-spy, pyinstrument"),
        )
        told = replace(made, tool=f"py-spy (lines, threads), {within.tool} {within.version} (tree)")
        benchmarks.append(replace(one, passes=(told,), profiles=profiles))
    return replace(outside, benchmarks=tuple(benchmarks), failures=result.failures)
