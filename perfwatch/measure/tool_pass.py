"""One profiling pass: the target once more, in a fresh process, under one collector.

It must not let two collectors into one process, and it reports a collector that
does not work as a pass without figures, never as a failure of the target.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect import TOOLS
from perfwatch.collect.cpu import hot_functions
from perfwatch.collect.gpu import GpuSampler, load_nvml
from perfwatch.collect.io import ProcessSampler
from perfwatch.collect.lines import TracerCost
from perfwatch.measure import line_pass, passes
from perfwatch.measure.answers import provenance_of, read_answer
from perfwatch.measure.failures import execution_failure, no_answer, record_failure
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.records.profile import Profiles
from perfwatch.records.run import Benchmark, Failure, Pass, PassName, PassResult, PassState

if TYPE_CHECKING:
    from perfwatch.measure.runner import Observer, Outcome
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated under each collector; a script's body runs once.
SECONDS = {PassName.CPU: 1.0, PassName.LINES: 0.5, PassName.IO: 0.3, PassName.GPU: 1.0}


def run(target_run: TargetRun, pass_name: PassName) -> PassResult:
    """Run one pass over the target and return what it brought."""
    reason = _unavailable(target_run, pass_name)
    if reason and pass_name is not PassName.LINES:
        return _without(target_run, pass_name, PassState.UNAVAILABLE, reason)
    failure = target_run.prepare(pass_name)
    if failure is not None:
        return replace(
            _without(target_run, pass_name, PassState.FAILED, failure.message), failures=(failure,)
        )
    if pass_name is PassName.GPU:
        return _gpu(target_run)
    if pass_name is PassName.IO and target_run.whole_program:
        return _program_io(target_run)
    if pass_name is not PassName.LINES:
        return _under_collector(target_run, pass_name)
    traced = (
        _without(target_run, pass_name, PassState.UNAVAILABLE, reason)
        if reason
        else _under_collector(target_run, pass_name)
    )
    return line_pass.with_times(target_run, traced)


def _unavailable(target_run: TargetRun, pass_name: PassName) -> str:
    tool = TOOLS.get(pass_name)
    if tool is not None and tool in target_run.setting.missing:
        return target_run.setting.missing[tool]
    if pass_name is PassName.LINES:
        if not target_run.cpu_records:
            return "the CPU pass brought nothing to choose functions by"
        if not _functions(target_run):
            return "no function of the user's own took a share of the time worth tracing"
    return load_nvml()[1] if pass_name is PassName.GPU else ""


def _without(target_run: TargetRun, pass_name: PassName, state: PassState, reason: str) -> PassResult:
    return PassResult(
        target=target_run.target.key,
        pass_name=pass_name,
        benchmarks=target_run.without_figures(pass_name, state, reason),
    )


def _functions(target_run: TargetRun) -> list[dict[str, Any]]:
    chosen = {
        (function.file, function.name, function.line)
        for record in target_run.cpu_records.values()
        for function in hot_functions(record, target_run.setting.ownership)
    }
    return [{"file": file, "name": name, "line": line} for file, name, line in sorted(chosen)]


def _options(target_run: TargetRun, pass_name: PassName) -> dict[str, Any]:
    if pass_name is PassName.MEMORY:
        return {"folder": str(target_run.setting.folder)}
    options: dict[str, Any] = {"seconds": 0.0 if target_run.plan.quick else SECONDS[pass_name]}
    if pass_name is PassName.CPU:
        options["expected_seconds"] = max(target_run.clean_ns.values(), default=0.0) / 1e9
    if pass_name is PassName.LINES:
        options["functions"] = _functions(target_run)
    return options


def _under_collector(target_run: TargetRun, pass_name: PassName) -> PassResult:
    names = target_run.whole()
    options = _options(target_run, pass_name)
    command, answer_path = worker_command(target_run.target, target_run.setting, pass_name, names, options)
    sampler = ProcessSampler() if pass_name is PassName.IO else None
    observers: tuple[Observer, ...] = () if sampler is None else (sampler,)
    timeout_ns = target_run.pass_timeout()
    started = time.perf_counter_ns()
    outcome = target_run.execute(
        command, pass_name, f"{pass_name} pass", timeout_ns=timeout_ns, observers=observers
    )
    duration_ns = time.perf_counter_ns() - started
    answer = read_answer(answer_path)
    failures = _failures(outcome, answer, target_run, pass_name)
    if "collector_error" in answer:
        return _without(target_run, pass_name, PassState.FAILED, answer["collector_error"]["message"])
    process = answer.get("process", {})
    tool = passes.Tool(
        name=pass_name,
        tool=process.get("tool", ""),
        version=process.get("version", ""),
        duration_ns=duration_ns,
        state=PassState.PARTIAL if failures else PassState.DONE,
        reason=failures[0].message if failures else "",
    )
    benchmarks = tuple(
        _without_guesses(target_run, target_run.sources.with_text(benchmark))
        for record in answer.get("records", ())
        if (benchmark := _benchmark(target_run, tool, record, process, sampler)) is not None
    )
    if pass_name is PassName.LINES:
        benchmarks = tuple(_naming_unseen(one, options["functions"], answer) for one in benchmarks)
    if outcome.timed_out and not benchmarks:
        return replace(_without(target_run, pass_name, PassState.FAILED, failures[0].message), failures=())
    return PassResult(
        target=target_run.target.key,
        pass_name=pass_name,
        benchmarks=benchmarks + _missed(target_run, pass_name, benchmarks, failures),
        sources=target_run.sources.named_in(benchmarks),
        provenance=provenance_of(answer, target_run.setting.ownership) if target_run.whole_program else (),
        failures=() if outcome.timed_out else failures,
    )


def _without_guesses(target_run: TargetRun, benchmark: Benchmark) -> Benchmark:
    """No overhead where the interpreter's start is most of the time: a difference of noise is no figure."""
    if benchmark.name not in target_run.clean_ns or not target_run.too_short(benchmark.name):
        return benchmark
    told = tuple(
        replace(one, overhead_ratio=None, warnings=(*one.warnings, "too short for an overhead to be told"))
        for one in benchmark.passes
    )
    return replace(benchmark, passes=told)


def _naming_unseen(
    benchmark: Benchmark, functions: list[dict[str, Any]], answer: dict[str, Any]
) -> Benchmark:
    """Say which functions were to be traced and had no line: compiled code has none."""
    seen = {
        (function["file"], function["line"])
        for record in answer.get("records", ())
        for function in record.get("functions", ())
    }
    unseen = [one["name"] for one in functions if (one["file"], one["line"]) not in seen]
    if not unseen or not benchmark.passes:
        return benchmark
    why = (
        "numba compiles it"
        if "numba" in answer.get("libraries", {})
        else "it is not Python by the time it runs"
    )
    warning = f"no line of {', '.join(unseen[:5])} was seen, likely because {why}; its time stands at the line that calls it"
    made = benchmark.passes[0]
    return replace(
        benchmark, passes=(replace(made, warnings=(*made.warnings, warning)), *benchmark.passes[1:])
    )


def _failures(
    outcome: Outcome, answer: dict[str, Any], target_run: TargetRun, pass_name: PassName
) -> tuple[Failure, ...]:
    failure = execution_failure(outcome, target_run.target, pass_name)
    if failure is None and "records" not in answer and "collector_error" not in answer:
        failure = no_answer(outcome, target_run.target, pass_name)
    inner = tuple(
        record_failure(record, target_run.target, pass_name)
        for record in answer.get("records", ())
        if "error" in record
    )
    return ((failure,) if failure is not None else ()) + inner


def _missed(
    target_run: TargetRun, pass_name: PassName, seen: tuple[Benchmark, ...], failures: tuple[Failure, ...]
) -> tuple[Benchmark, ...]:
    """Benchmarks that were timed and that this pass brought nothing of."""
    reason = failures[0].message if failures else "the pass did not reach it"
    missed = target_run.without_figures(pass_name, PassState.FAILED, reason)
    known = {benchmark.name for benchmark in seen}
    return tuple(one for one in missed if one.name not in known)


def _benchmark(
    target_run: TargetRun,
    tool: passes.Tool,
    record: dict[str, Any],
    process: dict[str, Any],
    sampler: ProcessSampler | None,
) -> Benchmark | None:
    """One worker record as a partial benchmark; ``None`` for a record that says only that it failed."""
    if "error" in record or "wall_ns" not in record:
        return None
    name, key, ownership = record["name"], target_run.target.key, target_run.setting.ownership
    clean = target_run.body_ns(name) if name in target_run.clean_ns else None
    if tool.name is PassName.CPU:
        target_run.cpu_records[name] = record
        return passes.cpu_benchmark(record, tool, clean, ownership, key)
    if tool.name is PassName.LINES:
        cpu = target_run.cpu_records.get(name)
        if cpu is None or clean is None:
            return None
        costs = TracerCost(
            recorded_ns=process["recorded_ns_per_hit"], unrecorded_ns=process["unrecorded_ns_per_hit"]
        )
        return passes.lines_benchmark(record, tool, clean, ownership, (key, costs, cpu))
    if tool.name is PassName.MEMORY:
        return passes.memory_benchmark(record, tool, clean, ownership, key)
    return passes.io_benchmark(record, tool, clean, [] if sampler is None else sampler.moments, key)


def _program_io(target_run: TargetRun) -> PassResult:
    """A script's counters are its supervisor's; the sampler watches the bare command."""
    sampler = ProcessSampler()
    outcome = target_run.execute(
        bare_command(target_run.target, target_run.setting),
        PassName.IO,
        "io pass",
        timeout_ns=target_run.pass_timeout(),
        observers=(sampler,),
    )
    failure = execution_failure(outcome, target_run.target, PassName.IO)
    record = {
        "name": target_run.names[0],
        "calls": 1,
        "wall_ns": outcome.wall_ns,
        "started_ns": outcome.started_ns,
        "ended_ns": outcome.started_ns + outcome.wall_ns,
        "counters": {**outcome.io, **outcome.usage},
        "peak_resident_bytes": outcome.usage.get("peak_resident_bytes"),
    }
    tool = passes.Tool(
        name=PassName.IO,
        tool="operating system counters, psutil",
        version="",
        duration_ns=outcome.wall_ns,
        state=PassState.DONE if failure is None else PassState.PARTIAL,
        reason="" if failure is None else failure.message,
    )
    clean = target_run.clean_ns.get(target_run.names[0])
    benchmark = passes.io_benchmark(record, tool, clean, sampler.moments, target_run.target.key)
    return PassResult(
        target=target_run.target.key,
        pass_name=PassName.IO,
        benchmarks=(benchmark,),
        failures=() if failure is None else (failure,),
    )


def _gpu(target_run: TargetRun) -> PassResult:
    """Watch the devices while the target runs once more, with nothing of ours in its process."""
    nvml, _ = load_nvml()
    sampler = GpuSampler(nvml)
    if target_run.whole_program:
        command = bare_command(target_run.target, target_run.setting)
    else:
        options = {"seconds": SECONDS[PassName.GPU]}
        command, _ = worker_command(
            target_run.target, target_run.setting, PassName.IO, target_run.whole(), options
        )
    started = time.perf_counter_ns()
    outcome = target_run.execute(
        command, PassName.GPU, "gpu pass", timeout_ns=target_run.pass_timeout(), observers=(sampler,)
    )
    failure = execution_failure(outcome, target_run.target, PassName.GPU)
    profile = sampler.profile()
    made = Pass(
        name=PassName.GPU,
        state=PassState.DONE if failure is None else PassState.PARTIAL,
        tool="NVML",
        version=nvml.nvmlSystemGetDriverVersion() if failure is None else "",
        duration_ns=time.perf_counter_ns() - started,
        samples_count=len(profile.moments),
        reason="device-wide, all benchmarks of the target together",
    )
    metrics = (
        {} if profile.peak_used_bytes is None else {"gpu_peak_used_bytes": float(profile.peak_used_bytes)}
    )
    benchmark = Benchmark(
        name=target_run.names[0],
        target=target_run.target.key,
        metrics=metrics,
        passes=(made,),
        profiles=Profiles(gpu=profile),
    )
    return PassResult(target=target_run.target.key, pass_name=PassName.GPU, benchmarks=(benchmark,))
