"""The I/O pass: the system's counters, files and bytes by line from inside, the process tree from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch.collect.io import ProcessSampler, read_io
from perfwatch.measure import inside, passes
from perfwatch.records.run import Benchmark, PassName, PassResult

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated; a script's body runs once.
SECONDS = 0.3


def run(target_run: TargetRun) -> PassResult:
    """Count what one execution asked of the system."""
    sampler = ProcessSampler()

    def read(target_run: TargetRun, record: dict[str, Any], seen: inside.Seen) -> Benchmark:
        name, ownership = record["name"], target_run.setting.ownership
        clean = target_run.body_ns(name) if name in target_run.clean_ns else None
        reading = read_io(record, sampler.moments, ownership, sampler.children)
        return passes.io_benchmark(record, seen.tool, clean, reading, target_run.target.key)

    options = {"seconds": 0.0 if target_run.plan.quick else SECONDS}
    return inside.run(target_run, PassName.IO, options, read, observers=(sampler,))
