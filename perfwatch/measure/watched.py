"""One execution of the target in which a worker watches something of it, as experiments want it.

It must not know what is watched, and must not judge what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch.measure.answers import read_answer
from perfwatch.measure.course import EXPERIMENT
from perfwatch.measure.failures import execution_failure
from perfwatch.measure.request import worker_command
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import FunctionPlace

#: An execution may take so many times the clean time, and so much more for a start under a watch.
SLOWED_AT_MOST, START_NS = 5, 30_000_000_000


def described(target_run: TargetRun, place: FunctionPlace) -> dict[str, Any]:
    """Return a function as the worker is asked for it: by the file where it lies now."""
    file = target_run.setting.ownership.locate(place.file)
    return {"file": str(file), "line": place.line, "name": place.name}


def watched(
    target_run: TargetRun, task: str, options: Mapping[str, Any], clean_ns: float
) -> tuple[str, list[dict[str, Any]]]:
    """Execute the target once under a worker's ``task``; return why nothing came of it, or an empty text, and its records."""
    failure = target_run.prepare(PassName.LINES)
    if failure is not None:
        return failure.message, []
    given = {**options, "clean_seconds": dict.fromkeys(target_run.names, clean_ns / 1e9)}
    command, answer_path = worker_command(
        target_run.target, target_run.setting, task, target_run.names, given
    )
    outcome = target_run.execute(
        command,
        PassName.LINES,
        f"{EXPERIMENT}, {task}",
        timeout_ns=min(target_run.pass_timeout(), round(SLOWED_AT_MOST * clean_ns) + START_NS),
    )
    answer = read_answer(answer_path)
    if "collector_error" in answer:
        return str(answer["collector_error"]["message"]), []
    failure = execution_failure(outcome, target_run.target, PassName.LINES)
    if failure is not None:
        return failure.message, []
    records = list(answer.get("records", ()))
    errors = [str(one["error"]["message"]) for one in records if "error" in one]
    return (errors[0] if errors else ""), records
