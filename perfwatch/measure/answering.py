"""Ask for answers: what a caller of a benchmark could see, or what a whole programme left.

Each question is a fresh process. It must not compare: who does is handed in.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.errors import PerfwatchError
from perfwatch.measure.answers import read_answer
from perfwatch.measure.failures import execution_failure
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.pairing import Side
from perfwatch.records.run import Failure, PassName, TargetKind

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.measure.runner import Outcome
    from perfwatch.measure.target_run import TargetRun

TASK = "answers"
BLOBS = "values"
#: A file of a programme's output beyond this is compared by nobody.
FILE_BYTES_AT_MOST = 256_000_000
#: Of a gate's answers: data of one benchmark, and of one process, beyond these are kept as a digest.
BENCHMARK_BYTES, PROCESS_BYTES = 64_000_000, 256_000_000
#: Of the gate's budget, so much may go into asking for answers.
BUDGET_SHARE = 0.5
#: Head may take so many times base's time for its answers, and so much more; then it hangs.
PATIENCE_RATIO, PATIENCE_NS = 20, 30_000_000_000
#: The order of a set of texts hangs on this seed: all processes that are compared have the same one.
HASH_SEED = {"PYTHONHASHSEED": "0"}
#: What makes arguments is offered this seed by name, where it takes one.
SEED = "0"
NO_TIME = "there was no time left in the budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What one execution of a whole programme brought: how it ended, what it printed, the files that it wrote."""

    exit_code: int
    printed: str
    printed_bytes: int
    digest: str
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one process told of one benchmark.

    ``record`` is the worker's, ``data`` the bytes that it points into; of a whole
    programme it is ``programme``. ``why`` says why there is nothing.
    """

    record: Mapping[str, Any] = field(default_factory=dict)
    data: memoryview = field(default_factory=lambda: memoryview(b""))
    programme: Programme | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which benchmarks are asked for their answers, and who holds head's against base's.

    ``judge`` gets a name, what processes of base told, and what those of head did.
    """

    wanted: Callable[[Sequence[str]], Sequence[str]]
    judge: Callable[[str, Sequence[Told], Sequence[Told]], AnswerChange]


def ask_sides(
    runs: Mapping[Side, TargetRun], names: Sequence[str], asking: Asking, budget_ns: int
) -> tuple[AnswerChange, ...]:
    """Ask base twice and head once, each in a fresh process; both once more where head answers differently.

    All are asked for the same benchmarks in the same order: what they share inside
    a process is then in the same state.
    """
    wanted = tuple(asking.wanted(names))
    if not wanted:
        return ()
    ends_ns = time.perf_counter_ns() + round(BUDGET_SHARE * budget_ns)
    began = time.perf_counter_ns()
    base = [_asked(runs[Side.BASE], wanted, Side.BASE, ends_ns)]
    patience_ns = PATIENCE_RATIO * (time.perf_counter_ns() - began) + PATIENCE_NS
    base.append(_asked(runs[Side.BASE], wanted, Side.BASE, ends_ns))

    def of_head() -> dict[str, Told]:
        return _asked(runs[Side.HEAD], wanted, Side.HEAD, ends_ns, patience_ns)

    head = [of_head()]
    changes = _judged(wanted, asking, base, head)
    if any(one.verdict is AnswerVerdict.DIFFERENT for one in changes):
        base.append(_asked(runs[Side.BASE], wanted, Side.BASE, ends_ns))
        head.append(of_head())
        changes = _judged(wanted, asking, base, head)
    return changes


def _judged(
    names: Sequence[str], asking: Asking, base: Sequence[dict[str, Told]], head: Sequence[dict[str, Told]]
) -> tuple[AnswerChange, ...]:
    return tuple(
        asking.judge(name, [one[name] for one in base], [one[name] for one in head]) for name in names
    )


def _asked(
    run: TargetRun, names: tuple[str, ...], side: Side, ends_ns: int, patience_ns: int | None = None
) -> dict[str, Told]:
    """Ask for all in one process; what that one lost, each in a process of its own."""

    def limit_ns() -> int:
        left_ns = ends_ns - time.perf_counter_ns()
        return min(left_ns, run.plan.timeout_ns or patience_ns or left_ns)

    if run.whole_program:
        return {names[0]: _programme(run, side, limit_ns())}
    told, lost = _called(run, names, side, limit_ns())
    for name in names:
        if name not in told and len(names) > 1:
            alone, lost = _called(run, (name,), side, limit_ns())
            told |= alone
        told.setdefault(name, Told(why=lost))
    return told


def _called(run: TargetRun, names: tuple[str, ...], side: Side, limit_ns: int) -> tuple[dict[str, Told], str]:
    """What one worker told, by benchmark; and why it told nothing of the others."""
    if limit_ns <= 0:
        return {}, NO_TIME
    limits = {"benchmark_bytes": BENCHMARK_BYTES, "process_bytes": PROCESS_BYTES}
    try:
        answer, data, outcome = called(run, names, f"the answers of {side.value}", limits, limit_ns)
    except PerfwatchError as error:
        return {}, error.happened
    # A test that finds its answer wrong fails after it was written down: the answer counts.
    told = {
        record["name"]: Told(why=_short(record["error"]["message"]))
        for record in answer.get("records", ())
        if "error" in record
    }
    told |= {
        record["name"]: Told(record=record, data=memoryview(data))
        for record in answer.get("records", ())
        if "value" in record
    }
    return {name: one for name, one in told.items() if name in names}, _death(outcome)


def called(
    run: TargetRun, names: Sequence[str], step: str, limits: Mapping[str, int], limit_ns: int
) -> tuple[dict[str, Any], bytes, Outcome]:
    """Execute a worker that calls each benchmark once: its document, the data, how the process ended."""
    target, blobs = run.target, run.setting.folder / BLOBS
    environment: dict[str, str] = {}
    options: dict[str, Any] = {"blobs": str(blobs)}
    if limits:  # a gate's: tests need to see what their function raises
        options |= {**limits, "raising": True}
        environment = {} if "PYTHONHASHSEED" in run.setting.environment else HASH_SEED
        if target.kind is TargetKind.CALLABLE:
            target = replace(target, parameters={**target.parameters, "seed": SEED})
    command, path = worker_command(target, run.setting, TASK, tuple(names), options)
    outcome = run.execute(command, PassName.TIMING, step, timeout_ns=limit_ns, environment=environment)
    data = blobs.read_bytes() if blobs.exists() else b""
    with contextlib.suppress(FileNotFoundError):
        blobs.unlink()
    return read_answer(path), data, outcome


def _programme(run: TargetRun, side: Side, limit_ns: int) -> Told:
    if limit_ns <= 0:
        return Told(why=NO_TIME)
    environment = {} if "PYTHONHASHSEED" in run.setting.environment else HASH_SEED
    try:
        found = executed(run, (), f"the output of {side.value}", limit_ns, environment)
    except PerfwatchError as error:
        return Told(why=error.happened)
    return Told(programme=found) if found.failure is None else Told(why=_short(found.failure.message))


def executed(
    run: TargetRun,
    files: Sequence[str],
    step: str,
    limit_ns: int,
    environment: dict[str, str] | None = None,
) -> Programme:
    """Execute a whole programme once and return what it left: status, output, and the files named."""
    places = [run.setting.cwd / name for name in files]
    before = [_stamp(place) for place in places]
    outcome = run.execute(
        bare_command(run.target, run.setting),
        PassName.TIMING,
        step,
        judged=False,
        timeout_ns=limit_ns,
        environment=environment,
    )
    written = {
        name: _content(place) if _stamp(place) != known else None
        for name, place, known in zip(files, places, before, strict=True)
    }
    printed = outcome.stdout
    failed = outcome.timed_out or outcome.exit_code < 0
    return Programme(
        exit_code=outcome.exit_code,
        printed="" if printed is None else printed.tail,
        printed_bytes=0 if printed is None else printed.total_bytes,
        digest="" if printed is None else printed.digest,
        files=written,
        failure=execution_failure(outcome, run.target, PassName.TIMING) if failed else None,
    )


def _death(outcome: Outcome) -> str:
    """Why a worker told nothing."""
    if outcome.timed_out:
        return f"it did not come to its end within {units.time(outcome.wall_ns)}"
    if outcome.signal_name is not None:
        return f"its process was killed by {outcome.signal_name}"
    return f"its process ended with {outcome.exit_code}" if outcome.exit_code else "its process told nothing"


def _short(message: str) -> str:
    """The first line of a failure, as part of a sentence."""
    return next(iter(message.splitlines()), "it failed")[:300].rstrip(".")


def _stamp(place: Path) -> tuple[int, int] | None:
    """When a file was last written, and how long it is; ``None`` where there is none."""
    try:
        state = place.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def _content(place: Path) -> bytes | None:
    try:
        return place.read_bytes() if place.stat().st_size <= FILE_BYTES_AT_MOST else None
    except OSError:
        return None
