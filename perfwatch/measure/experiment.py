"""Execute a reference and a candidate: once for their answers, then in turns for their times.

Both sides are of one project and one environment; what differs is the function or the
program. It must not compare anything.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from perfwatch.measure import tool_pass
from perfwatch.measure.answers import read_answer
from perfwatch.measure.failures import execution_failure, record_failure
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.measure.setting import Setting
from perfwatch.measure.side_by_side import SideBySide, Table
from perfwatch.measure.target_run import WHOLE_PROGRAMS, TargetRun
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Plan, Progress
from perfwatch.records.run import Failure, PassName

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.measure.side_by_side import Wanted
    from perfwatch.records.run import Target
    from perfwatch.records.timing import ProcessTiming

TASK = "answers"
BLOBS = "values"
#: A file of a programme's output beyond this is compared by nobody.
FILE_BYTES_AT_MOST = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one execution brought for its answers.

    ``records`` are the worker's, by benchmark, ``data`` the bytes that they point
    into. ``failure`` says why there are none, or not all.
    """

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    data: bytes = b""
    failure: Failure | None = None


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
class Bench:
    """Where an experiment takes place: a setting for each side, the plan, whom to tell."""

    settings: Mapping[Side, Setting]
    plan: Plan
    progress: Progress
    coin: Random = field(default_factory=Random)

    def run_of(self, side: Side, target: Target) -> TargetRun:
        """One target on one side."""
        return TargetRun(
            target=target,
            plan=self.plan,
            setting=self.settings[side],
            progress=self.progress,
            budget_ns=self.plan.budget_ns,
        )


def seats_of(setting: Setting) -> dict[Side, Setting]:
    """Return a setting for each side of one and the same tree, at paths of equal length."""
    seats = {}
    for side in Side:
        folder = setting.folder / f"seat-{side.value}"
        folder.mkdir(exist_ok=True)
        seats[side] = replace(setting, folder=folder)
    return seats


def answers_of(bench: Bench, side: Side, target: Target, names: Sequence[str]) -> Answered:
    """Call the target's function once for each case, in a fresh process, and return what its caller could see."""
    run = bench.run_of(side, target)
    blobs = run.setting.folder / BLOBS
    command, path = worker_command(target, run.setting, TASK, tuple(names), {"blobs": str(blobs)})
    outcome = run.execute(
        command, PassName.TIMING, f"the answer of {side.value}", timeout_ns=run.pass_timeout()
    )
    answer = read_answer(path)
    records = {record["name"]: record for record in answer.get("records", ()) if "value" in record}
    failed = [record for record in answer.get("records", ()) if "error" in record]
    failure = execution_failure(outcome, target, PassName.TIMING)
    if failed:
        failure = record_failure(failed[0], target, PassName.TIMING)
    data = blobs.read_bytes() if blobs.exists() else b""
    with contextlib.suppress(FileNotFoundError):
        blobs.unlink()
    return Answered(records=records, data=data, failure=failure)


def programme_of(bench: Bench, side: Side, target: Target, files: Sequence[str]) -> Programme:
    """Execute a whole programme once and return what it left: status, output, and the files named."""
    run = bench.run_of(side, target)
    places = [run.setting.cwd / name for name in files]
    before = [_stamp(place) for place in places]
    outcome = run.execute(
        bare_command(target, run.setting),
        PassName.TIMING,
        f"the output of {side.value}",
        judged=False,
        timeout_ns=run.pass_timeout(),
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
        failure=execution_failure(outcome, target, PassName.TIMING) if failed else None,
    )


def time_sides(
    bench: Bench, targets: Mapping[Side, Target], names: Sequence[str], wanted: Wanted, found: SideBySide
) -> None:
    """Measure reference (base) and candidate (head) in turns; base's own twin guards them."""
    sides = {**targets, Side.TWIN: targets[Side.BASE]}
    table = Table(targets[Side.HEAD], bench.settings, bench.plan, bench.progress, bench.coin)
    table.stand_ins = sides
    table.measure(names, wanted, found)


def peaks_of(
    bench: Bench,
    side: Side,
    target: Target,
    clean_ns: Mapping[str, float],
    processes: Callable[[str], list[ProcessTiming]],
) -> dict[str, float]:
    """Return the peak memory of each benchmark in bytes, from one execution under the memory pass."""
    run = bench.run_of(side, target)
    run.discover()
    if target.kind in WHOLE_PROGRAMS:
        run.names = tuple(clean_ns)
    run.clean_ns.update(clean_ns)
    run.processes.update({name: processes(name) for name in clean_ns})
    result = tool_pass.run(run, PassName.MEMORY)
    return {
        one.name: one.metrics["peak_memory_bytes"]
        for one in result.benchmarks
        if "peak_memory_bytes" in one.metrics
    }


def left_ns(plan: Plan, started_ns: int) -> int:
    """What is left of the plan's budget, in nanoseconds."""
    return plan.budget_ns - (time.perf_counter_ns() - started_ns)


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
