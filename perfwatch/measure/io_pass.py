"""The I/O pass: the system's counters around the target's calls, and a sampler beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch.collect.io import ProcessSampler
from perfwatch.measure import inside, passes
from perfwatch.measure.failures import execution_failure
from perfwatch.measure.request import bare_command
from perfwatch.records.run import Benchmark, PassName, PassResult, PassState

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated; a script's body runs once.
SECONDS = 0.3


def run(target_run: TargetRun) -> PassResult:
    """Count what one execution asked of the system."""
    if target_run.whole_program:
        return _program(target_run)
    sampler = ProcessSampler()

    def read(target_run: TargetRun, record: dict[str, Any], seen: inside.Seen) -> Benchmark:
        clean = target_run.clean_ns.get(record["name"])
        return passes.io_benchmark(record, seen.tool, clean, sampler.moments, target_run.target.key)

    options = {"seconds": 0.0 if target_run.plan.quick else SECONDS}
    return inside.run(target_run, PassName.IO, options, read, observers=(sampler,))


def _program(target_run: TargetRun) -> PassResult:
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
