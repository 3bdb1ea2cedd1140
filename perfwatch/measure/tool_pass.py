"""One profiling pass: the target once more, in a fresh process, under one collector.

Each pass has a file or a row here; this module must not read what they bring.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect import TOOLS
from perfwatch.measure import cpu_pass, gpu_pass, inside, io_pass, line_pass, passes
from perfwatch.records.run import Benchmark, PassName, PassResult, PassState

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun

#: Passes that look from outside, too: without their tool inside they still bring something.
_ALSO_OUTSIDE = frozenset({PassName.CPU, PassName.LINES})


def run(target_run: TargetRun, pass_name: PassName) -> PassResult:
    """Run one pass over the target and return what it brought."""
    reason = _unavailable(target_run, pass_name)
    if reason and pass_name not in _ALSO_OUTSIDE:
        return inside.without(target_run, pass_name, PassState.UNAVAILABLE, reason)
    failure = target_run.prepare(pass_name)
    if failure is not None:
        failed = inside.without(target_run, pass_name, PassState.FAILED, failure.message)
        return replace(failed, failures=(failure,))
    if pass_name is PassName.CPU:
        return cpu_pass.run(target_run, reason)
    if pass_name is PassName.LINES:
        return line_pass.run(target_run, reason)
    if pass_name is PassName.IO:
        return io_pass.run(target_run)
    if pass_name is PassName.GPU:
        return gpu_pass.run(target_run)
    options: dict[str, Any] = {"folder": str(target_run.setting.folder)}
    if target_run.plan.quick:
        options["leak_seconds"] = 0.0
    return inside.run(target_run, pass_name, options, _memory)


def _unavailable(target_run: TargetRun, pass_name: PassName) -> str:
    tool = TOOLS.get(pass_name)
    if tool is not None and tool in target_run.setting.missing:
        return target_run.setting.missing[tool]
    return gpu_pass.unavailable(target_run) if pass_name is PassName.GPU else ""


def _memory(target_run: TargetRun, record: dict[str, Any], seen: inside.Seen) -> Benchmark:
    name, ownership = record["name"], target_run.setting.ownership
    clean = target_run.body_ns(name) if name in target_run.clean_ns else None
    return passes.memory_benchmark(record, seen.tool, clean, ownership, target_run.target.key)
