"""One execution in which one statement is watched, and what the machine can do at most, tried in the same process.

It must not judge the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.measure.answers import read_answer
from perfwatch.measure.course import EXPERIMENT
from perfwatch.measure.failures import execution_failure
from perfwatch.measure.request import worker_command
from perfwatch.records.experiment import ExperimentOutcome
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment, StatementPlace

#: An execution may take so many times the clean time, and so much more for a start and for trying the machine.
SLOWED_AT_MOST, START_NS = 5, 60_000_000_000


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Execute the target once and return what came of the statement that was asked about."""
    place = experiment.statement
    if place is None:
        return (_outcome(experiment, {}, "", "no statement was asked about"),)
    absent, found = _executed(target_run, place, clean_ns)
    if not absent and found.get("unknown"):
        absent = f"what the statement amounts to is not known: {found['unknown']}"
    elif not absent and not found.get("arithmetic_s", 0.0) + found.get("memory_s", 0.0):
        absent = found.get("stopped") or "it was not seen to work on arrays in this process"
    if absent:
        return (_outcome(experiment, {}, "", absent),)
    count = units.count(found["count"])
    note = f"only its first {count} executions were watched: {found['stopped']}" if found["stopped"] else ""
    return (_outcome(experiment, _figures(found), note, ""),)


def _executed(target_run: TargetRun, place: StatementPlace, clean_ns: float) -> tuple[str, Mapping[str, Any]]:
    """Why nothing came of it, or an empty text; and what the worker saw."""
    failure = target_run.prepare(PassName.LINES)
    if failure is not None:
        return failure.message, {}
    file = target_run.setting.ownership.locate(place.function.file)
    options = {
        "function": {"file": str(file), "line": place.function.line, "name": place.function.name},
        "first": place.line_start,
        "last": place.line_end,
        "statement": place.text,
        "clean_seconds": dict.fromkeys(target_run.names, clean_ns / 1e9),
    }
    command, answer_path = worker_command(
        target_run.target, target_run.setting, "limits", target_run.names, options
    )
    outcome = target_run.execute(
        command,
        PassName.LINES,
        f"{EXPERIMENT}, limit",
        timeout_ns=min(target_run.pass_timeout(), round(SLOWED_AT_MOST * clean_ns) + START_NS),
    )
    answer = read_answer(answer_path)
    if "collector_error" in answer:
        return str(answer["collector_error"]["message"]), {}
    failure = execution_failure(outcome, target_run.target, PassName.LINES)
    if failure is not None:
        return failure.message, {}
    records = list(answer.get("records", ()))
    errors = [str(one["error"]["message"]) for one in records if "error" in one]
    seen = [one["limits"] for one in records if "limits" in one]
    return (errors[0] if errors else ""), seen[0] if seen else {}


def _figures(found: Mapping[str, Any]) -> dict[str, float]:
    """The worker's sums as means over the executions that it watched."""
    count = float(found["count"])
    wall_ns = found["spent_ns"] / count
    arithmetic_ns, memory_ns = (1e9 * found[name] / count for name in ("arithmetic_s", "memory_s"))
    figures = {
        "executions_count": count,
        "wall_ns": wall_ns,
        "flops_count": found["flops"] / count,
        "moved_bytes": found["bytes"] / count,
        "arithmetic_ns": arithmetic_ns,
        "memory_ns": memory_ns,
        "reached_ratio": (arithmetic_ns + memory_ns) / wall_ns,
        "product_flops_per_s": float(found["products_per_s"]),
        "memory_bytes_per_s": float(found["memory_per_s"]),
        "tried_bytes": float(found["tried_bytes"]),
    }
    names = ("rows_count", "inner_count", "columns_count")
    return {**figures, **dict(zip(names, map(float, found["sides"]), strict=False))}


def _outcome(experiment: Experiment, figures: dict[str, float], note: str, absent: str) -> ExperimentOutcome:
    return ExperimentOutcome(
        kind=experiment.kind,
        target=experiment.target,
        benchmark=experiment.benchmark,
        statement=experiment.statement,
        figures=figures,
        note=note,
        absent=absent,
    )
