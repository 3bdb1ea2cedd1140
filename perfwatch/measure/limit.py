"""One execution in which one statement is watched, and what the machine can do at most, tried in the same process.

It must not judge the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.measure.watched import described, watched
from perfwatch.records.experiment import ExperimentOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment

#: What the worker's task is called.
TASK = "limits"


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Execute the target once and return what came of the statement that was asked about."""
    place = experiment.statement
    if place is None:
        return (_outcome(experiment, {}, "", "no statement was asked about"),)
    options = {
        "function": described(target_run, place.function),
        "first": place.line_start,
        "last": place.line_end,
        "statement": place.text,
    }
    absent, records = watched(target_run, TASK, options, clean_ns)
    found: Mapping[str, Any] = next((one["limits"] for one in records if "limits" in one), {})
    if not absent and found.get("unknown"):
        absent = f"what the statement amounts to is not known: {found['unknown']}"
    elif not absent and not found.get("arithmetic_s", 0.0) + found.get("memory_s", 0.0):
        absent = found.get("stopped") or "it was not seen to work on arrays in this process"
    if absent:
        return (_outcome(experiment, {}, "", absent),)
    count = units.count(found["count"])
    note = f"only its first {count} executions were watched: {found['stopped']}" if found["stopped"] else ""
    return (_outcome(experiment, _figures(found), note, ""),)


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
