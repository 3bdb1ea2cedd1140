"""The line pass: hits by tracing chosen functions, times by sampling from outside, in two processes.

A tracer counts exactly and times badly: it keeps the interpreter off its fast
paths, by a different amount on each line. A sampler outside times well and does
not count. Where nobody could sample, the tracer's times stand, corrected for its
measured cost, and the pass says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect.cpu import hot_functions
from perfwatch.collect.joined import flagged, with_hits
from perfwatch.collect.lines import TracerShare, tracer_shares
from perfwatch.measure import cpu_pass, inside, passes, sampling
from perfwatch.records.run import Benchmark, Pass, PassName, PassResult, PassState

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated under the tracer; a script's body runs once.
SECONDS = 0.5
Shares = dict[tuple[str, int], TracerShare]


def run(target_run: TargetRun, lacking: str) -> PassResult:
    """Trace the functions that matter and join their hits to the sampled times."""
    if not target_run.cpu_records:
        _find_functions(target_run)
    functions = _functions(target_run)
    shares: dict[str, Shares] = {}

    def read(target_run: TargetRun, record: dict[str, Any], seen: inside.Seen) -> Benchmark | None:
        name = record["name"]
        cpu = target_run.cpu_records.get(name)
        if cpu is None or name not in target_run.clean_ns:
            return None
        costs, ownership = passes.tracer_cost(seen), target_run.setting.ownership
        shares[name] = tracer_shares(record, costs, cpu, ownership)
        context = (target_run.target.key, cpu)
        return passes.lines_benchmark(record, seen, target_run.body_ns(name), ownership, context)

    reason = lacking or ("" if functions else _no_functions(target_run))
    if reason:
        traced = inside.without(target_run, PassName.LINES, PassState.UNAVAILABLE, reason)
    else:
        options = {
            "seconds": 0.0 if target_run.plan.quick else SECONDS,
            "functions": functions,
            "folder": str(target_run.setting.folder),
            "clean_seconds": {name: ns / 1e9 for name, ns in target_run.clean_cpu_ns.items()},
        }
        traced = inside.run(target_run, PassName.LINES, options, read)
    benchmarks = tuple(
        _joined(target_run, _unchosen(target_run, one), shares.get(one.name, {})) for one in traced.benchmarks
    )
    return replace(traced, benchmarks=benchmarks, sources=target_run.sources.named_in(benchmarks))


def _unchosen(target_run: TargetRun, benchmark: Benchmark) -> Benchmark:
    """A benchmark in which no sample fell was not passed over by the tracer: nobody knew what to trace."""
    (made,) = benchmark.passes
    if made.state is not PassState.FAILED or benchmark.name in target_run.cpu_records:
        return benchmark
    reason = "too short to tell: no sample fell into it, so there was nothing to choose functions by"
    return replace(benchmark, passes=(replace(made, state=PassState.PARTIAL, reason=reason),))


def _find_functions(target_run: TargetRun) -> None:
    """Without a CPU pass before it, this one looks by itself where time is spent."""
    sampled = sampling.sampled(target_run)
    for name in sampled.samples:
        found = cpu_pass.of_samples(target_run, sampled, name)
        if found is not None:
            target_run.cpu_records[name] = found.record


def _no_functions(target_run: TargetRun) -> str:
    if not target_run.cpu_records:
        return "nothing was seen to choose functions by"
    return "no function of the user's own took a share of the time worth tracing"


def _functions(target_run: TargetRun) -> list[dict[str, Any]]:
    chosen = {
        (function.file, function.name, function.line)
        for record in target_run.cpu_records.values()
        for function in hot_functions(record, target_run.setting.ownership)
        if function.line > 0
    }
    return [{"file": file, "name": name, "line": line} for file, name, line in sorted(chosen)]


def _joined(target_run: TargetRun, benchmark: Benchmark, shares: Shares) -> Benchmark:
    """The traced lines with sampled times, where the sampler saw enough."""
    sampled = sampling.sampled(target_run)
    found = (
        cpu_pass.of_samples(target_run, sampled, benchmark.name)
        if benchmark.name in target_run.clean_ns
        else None
    )
    made = benchmark.passes[0]
    traced = made.state in {PassState.DONE, PassState.PARTIAL}
    if found is None or found.use.samples_count < cpu_pass.SAMPLES_AT_LEAST:
        if not traced:
            return benchmark
        why = sampled.trouble or "the sampler outside saw too little"
        warning = f"times are the tracer's own, corrected for its cost, because {why}"
        return replace(benchmark, passes=(replace(made, warnings=(*made.warnings, warning)),))
    told = (
        _told(made, found.use.samples_count)
        if traced
        else replace(
            made,
            state=PassState.PARTIAL,
            tool="py-spy (times)",
            samples_count=found.use.samples_count,
            reason=f"hits were not counted: {made.reason}",
        )
    )
    lines = flagged(found, with_hits(found, benchmark.profiles.lines), shares)
    joined = replace(benchmark, passes=(told,), profiles=replace(benchmark.profiles, lines=lines))
    return target_run.sources.with_text(joined)


def _told(made: Pass, samples_count: int) -> Pass:
    kept = tuple(warning for warning in made.warnings if not warning.endswith("the tracer's own"))
    return replace(
        made,
        tool=f"{made.tool} {made.version} (hits), py-spy (times)",
        version="",
        samples_count=samples_count,
        warnings=kept,
    )
