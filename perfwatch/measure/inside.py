"""One execution of the target with a collector inside its process.

It must not let two collectors into one process, and it reports a collector that
does not work as a pass without figures, never as a failure of the target.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfwatch.measure import passes
from perfwatch.measure.answers import provenance_of, read_answer
from perfwatch.measure.failures import ended_by_memray, execution_failure, no_answer, record_failure
from perfwatch.measure.request import worker_command
from perfwatch.measure.runner import Outcome
from perfwatch.records.run import Benchmark, Failure, PassName, PassResult, PassState
from perfwatch.worker.session import BECAME_ANOTHER

if TYPE_CHECKING:
    from perfwatch.measure.runner import Observer
    from perfwatch.measure.target_run import TargetRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one record is read with: the tool, the worker's whole answer, how the execution went."""

    tool: passes.Tool
    answer: dict[str, Any]
    outcome: Outcome

    @property
    def process(self) -> dict[str, Any]:
        """What the collector said of the whole process."""
        return dict(self.answer.get("process", {}))


#: From one worker record to a partial benchmark; ``None`` where the record has no figures.
Reader = Callable[["TargetRun", dict[str, Any], Seen], Benchmark | None]


def without(target_run: TargetRun, pass_name: PassName, state: PassState, reason: str) -> PassResult:
    """A pass that brought nothing but the reason."""
    return PassResult(
        target=target_run.target.key,
        pass_name=pass_name,
        benchmarks=target_run.without_figures(pass_name, state, reason),
    )


def run(
    target_run: TargetRun,
    pass_name: PassName,
    options: dict[str, Any],
    read: Reader,
    *,
    observers: tuple[Observer, ...] = (),
) -> PassResult:
    """Execute the target once under the collector of a pass, and read its records."""
    names = target_run.whole()
    command, answer_path = worker_command(target_run.target, target_run.setting, pass_name, names, options)
    started = time.perf_counter_ns()
    outcome = target_run.execute(
        command,
        pass_name,
        f"{pass_name} pass",
        timeout_ns=target_run.patience_ns() if pass_name is PassName.CPU else target_run.pass_timeout(),
        observers=observers,
    )
    duration_ns = time.perf_counter_ns() - started
    answer = read_answer(answer_path)
    if "collector_error" in answer:
        return without(target_run, pass_name, PassState.FAILED, answer["collector_error"]["message"])
    if (reason := ended_by_memray(outcome)) and pass_name is PassName.MEMORY:
        return without(target_run, pass_name, PassState.FAILED, reason)
    failures = _failures(outcome, answer, target_run, pass_name)
    reason = failures[0].message if failures else _unseen(answer)
    process = answer.get("process", {})
    tool = passes.Tool(
        name=pass_name,
        tool=process.get("tool", ""),
        version=process.get("version", ""),
        duration_ns=duration_ns,
        state=PassState.PARTIAL if reason else PassState.DONE,
        reason=reason,
    )
    seen = Seen(tool=tool, answer=answer, outcome=outcome)
    benchmarks = tuple(
        without_guesses(target_run, target_run.sources.with_text(benchmark))
        for record in answer.get("records", ())
        if "error" not in record
        and "wall_ns" in record
        and (benchmark := read(target_run, record, seen)) is not None
    )
    if outcome.timed_out and not benchmarks:
        return without(target_run, pass_name, PassState.FAILED, failures[0].message)
    return PassResult(
        target=target_run.target.key,
        pass_name=pass_name,
        benchmarks=benchmarks + _missed(target_run, pass_name, benchmarks, failures),
        sources=target_run.sources.named_in(benchmarks),
        provenance=provenance_of(answer, target_run.setting.ownership) if target_run.whole_program else (),
        failures=() if outcome.timed_out else failures,
    )


def _unseen(answer: dict[str, Any]) -> str:
    """What the target did where no collector of ours could follow; empty where nothing is known of that."""
    if answer.get("left_by") != BECAME_ANOTHER:
        return ""
    return "the target became another program (os.exec...): what that one did is not seen"


def without_guesses(target_run: TargetRun, benchmark: Benchmark) -> Benchmark:
    """No overhead where the interpreter's start is most of the time: a difference of noise is no figure."""
    if benchmark.name not in target_run.clean_ns or not target_run.too_short(benchmark.name):
        return benchmark
    told = tuple(
        replace(one, overhead_ratio=None, warnings=(*one.warnings, "too short for an overhead to be told"))
        for one in benchmark.passes
    )
    return replace(benchmark, passes=told)


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
