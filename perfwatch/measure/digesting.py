"""One execution in which some functions' arguments are digested at each entry, and what it brought.

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
    from perfwatch.records.experiment import Experiment, FunctionPlace

#: What the worker's task is called.
TASK = "arguments"


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Execute the target once and return an outcome for each function that was asked about."""
    functions = [described(target_run, one) for one in experiment.functions]
    lost, records = watched(target_run, TASK, {"functions": functions}, clean_ns)
    found = {
        (one["file"], one["line"], one["name"]): one
        for record in records
        for one in record.get("functions", ())
    }
    return tuple(
        _outcome(experiment, place, found.get((asked["file"], asked["line"], asked["name"])), lost)
        for place, asked in zip(experiment.functions, functions, strict=True)
    )


def calls_count(target_run: TargetRun, place: FunctionPlace, clean_ns: float) -> float | None:
    """Execute the target once and return how often a function was entered; ``None`` where not every entry was seen."""
    functions = [described(target_run, place)]
    lost, records = watched(target_run, TASK, {"functions": functions}, clean_ns)
    found = [one for record in records for one in record.get("functions", ())]
    if lost or not found or found[0]["stopped"]:
        return None
    return float(found[0]["calls"])


def _outcome(
    experiment: Experiment, place: FunctionPlace, found: Mapping[str, Any] | None, lost: str
) -> ExperimentOutcome:
    absent, note, figures = lost, "", {}
    if not lost and (found is None or not found["calls"]):
        absent = (found or {}).get("stopped") or "no entry of it was seen in this process"
    elif not lost and found is not None:
        figures = {
            "calls_count": float(found["calls"]),
            "distinct_count": float(found["distinct"]),
            "opaque_count": float(found["opaque"]),
            "unhashable_count": float(found["unhashable"]),
            "digest_ns": float(found["digest_ns"]),
        }
        if found["stopped"]:
            note = f"only its first {units.count(found['calls'])} entries were digested: {found['stopped']}"
    return ExperimentOutcome(
        kind=experiment.kind,
        target=experiment.target,
        benchmark=experiment.benchmark,
        function=place,
        figures=figures,
        note=note,
        absent=absent,
    )
