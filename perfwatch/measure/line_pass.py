"""The line pass: hits by tracing, then times by sampling from outside, in two processes.

A tracer counts exactly and times badly: it keeps the interpreter off its fast
paths, by a different amount on each line. A sampler outside times well and does
not count. Where py-spy cannot run, the tracer's times stand, corrected for its
measured cost, and the pass says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.collect.stacks import (
    Stack,
    of_subject,
    other_threads_count,
    parse_raw,
    py_spy_program,
    rate_for,
    record_options,
    with_sampled_times,
)
from perfwatch.measure.answers import read_answer
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.records.run import Benchmark, PassName, PassResult, PassState

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated under the sampler.
SECONDS = 1.5
#: With fewer samples, the tracer's corrected times are the better ones.
SAMPLES_AT_LEAST = 100
#: A program too short for these in one execution is executed again, within limits.
SAMPLES_WANTED = 300
EXECUTIONS_AT_MOST = 10
TIME_AT_MOST_NS = 3_000_000_000
TASK = "stacks"


def with_times(target_run: TargetRun, traced: PassResult) -> PassResult:
    """The traced lines with sampled times, where the sampler could run and saw enough.

    Where nothing could be traced, the sampled lines stand alone, without hits.
    """
    names = tuple(one.name for one in traced.benchmarks if one.name in target_run.clean_ns)
    if not names:
        return traced
    sampled = _Sampled()
    while not sampled.trouble and sampled.wants_more(target_run):
        _sample(target_run, names, sampled)
    return replace(
        traced,
        benchmarks=tuple(
            _timed(target_run, benchmark, sampled) if benchmark.name in names else benchmark
            for benchmark in traced.benchmarks
        ),
    )


class _Sampled:
    """Stacks by benchmark, over as many executions as it took."""

    def __init__(self) -> None:
        self.stacks: dict[str, Counter[Stack]] = {}
        self.trouble = ""
        self.executions_count = 0
        self.wall_ns = 0
        self.threads_count = 0

    def wants_more(self, target_run: TargetRun) -> bool:
        """A short program is executed again until there are samples enough; a callable repeats in its process."""
        if self.executions_count == 0:
            return True
        few = all(sum(stacks.values()) < SAMPLES_WANTED for stacks in self.stacks.values())
        return (
            few
            and target_run.whole_program
            and not target_run.plan.quick
            and self.executions_count < EXECUTIONS_AT_MOST
            and self.wall_ns + self.wall_ns // self.executions_count < TIME_AT_MOST_NS
        )


def _timed(target_run: TargetRun, benchmark: Benchmark, sampled: _Sampled) -> Benchmark:
    made = benchmark.passes[0]
    traced = made.state in {PassState.DONE, PassState.PARTIAL}
    stacks = sampled.stacks.get(benchmark.name)
    count = 0 if stacks is None else sum(stacks.values())
    if stacks is None or count < SAMPLES_AT_LEAST:
        if not traced:
            return benchmark
        why = sampled.trouble or f"the sampler outside saw only {count} samples"
        warning = f"times are the tracer's own, corrected for its cost, because {why}"
        longer = replace(
            made, duration_ns=made.duration_ns + sampled.wall_ns, warnings=(*made.warnings, warning)
        )
        return replace(benchmark, passes=(longer,))
    clean = target_run.body_ns(benchmark.name)
    lines = with_sampled_times(benchmark.profiles.lines, stacks, clean, target_run.setting.ownership)
    note = f"times from {count} samples by py-spy"
    if target_run.whole_program:
        dilation = sampled.wall_ns / sampled.executions_count / target_run.clean_ns[benchmark.name]
        often = "1 execution" if sampled.executions_count == 1 else f"{sampled.executions_count} executions"
        note += f" in {often} of {dilation:.2f}x the clean time"
    if sampled.threads_count:
        note += f"; {sampled.threads_count} more threads ran your code, and their lines are not counted"
    kept = tuple(warning for warning in made.warnings if not warning.endswith("the tracer's own"))
    told = replace(
        made,
        state=made.state if traced else PassState.PARTIAL,
        tool=f"{made.tool} {made.version} (hits), py-spy (times)" if traced else "py-spy (times)",
        version="",
        duration_ns=made.duration_ns + sampled.wall_ns,
        samples_count=count,
        reason=made.reason if traced else f"hits were not counted: {made.reason}",
        warnings=(f"{note}; hits from the tracer" if traced else note, *kept),
    )
    timed = replace(benchmark, passes=(told,), profiles=replace(benchmark.profiles, lines=lines))
    return target_run.sources.with_text(timed)


def _sample(target_run: TargetRun, names: tuple[str, ...], sampled: _Sampled) -> None:
    """Execute the target once under py-spy and add its stacks."""
    program = py_spy_program()
    if program is None:
        sampled.trouble = "py-spy is not installed (pip install py-spy)"
        return
    output = target_run.setting.folder / "stacks.raw"
    output.unlink(missing_ok=True)
    answer_path = None
    if target_run.whole_program:
        command = bare_command(target_run.target, target_run.setting)
        expected = target_run.clean_ns[names[0]] / 1e9
    else:
        options = {"seconds": 0.0 if target_run.plan.quick else SECONDS}
        command, answer_path = worker_command(target_run.target, target_run.setting, TASK, names, options)
        expected = SECONDS
    outcome = target_run.execute(
        (program, *record_options(rate_for(expected), output), "--", *command),
        PassName.LINES,
        "lines pass, sampled from outside",
        judged=False,
        timeout_ns=target_run.pass_timeout(),
    )
    sampled.executions_count += 1
    sampled.wall_ns += outcome.wall_ns
    if not output.exists():
        said = "" if outcome.stderr is None else outcome.stderr.tail.strip()
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        # Its last lines may be a backtrace of its own; the reason stands at "Error:".
        why = next(
            (line for line in lines if line.startswith("Error:")), lines[-1] if lines else "no reason given"
        )
        sampled.trouble = f"py-spy could not sample it: {why[:200]}"
        return
    text = output.read_text(encoding="utf-8", errors="replace")
    stacks = parse_raw(text)
    sampled.threads_count = max(
        sampled.threads_count, other_threads_count(text, target_run.setting.ownership)
    )
    if answer_path is None:
        sampled.stacks.setdefault(names[0], Counter()).update(stacks)
        return
    for record in read_answer(answer_path).get("records", []):
        if "position" in record:
            sampled.stacks[record["name"]] = of_subject(stacks, record["position"])
