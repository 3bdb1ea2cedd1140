"""One execution in which some functions' arguments are digested at each entry, and what it brought.

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
    from perfwatch.records.experiment import Experiment, FunctionPlace

#: An execution may take so many times the clean time, and so much more for a start under a watch.
SLOWED_AT_MOST, START_NS = 5, 30_000_000_000


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Execute the target once and return an outcome for each function that was asked about."""
    functions = [_asked(target_run, one) for one in experiment.functions]
    lost, records = _executed(target_run, functions, clean_ns)
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
    asked = _asked(target_run, place)
    lost, records = _executed(target_run, [asked], clean_ns)
    found = [one for record in records for one in record.get("functions", ())]
    if lost or not found or found[0]["stopped"]:
        return None
    return float(found[0]["calls"])


def _asked(target_run: TargetRun, place: FunctionPlace) -> dict[str, Any]:
    file = target_run.setting.ownership.locate(place.file)
    return {"file": str(file), "line": place.line, "name": place.name}


def _executed(
    target_run: TargetRun, functions: list[dict[str, Any]], clean_ns: float
) -> tuple[str, list[dict[str, Any]]]:
    """Why nothing came of it, or an empty text; and the worker's records."""
    failure = target_run.prepare(PassName.LINES)
    if failure is not None:
        return failure.message, []
    options = {
        "functions": functions,
        "clean_seconds": dict.fromkeys(target_run.names, clean_ns / 1000000000.0),
    }
    command, answer_path = worker_command(
        target_run.target, target_run.setting, "arguments", target_run.names, options
    )
    outcome = target_run.execute(
        command,
        PassName.LINES,
        f"{EXPERIMENT}, arguments",
        timeout_ns=min(target_run.pass_timeout(), round(SLOWED_AT_MOST * clean_ns) + START_NS),
    )
    answer = read_answer(answer_path)
    if "collector_error" in answer:
        return str(answer["collector_error"]["message"]), []
    failure = execution_failure(outcome, target_run.target, PassName.LINES)
    if failure is not None:
        return failure.message, []
    records = list(answer.get("records", ()))
    errors = [one["error"]["message"] for one in records if "error" in one]
    return (str(errors[0]) if errors else ""), records


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
