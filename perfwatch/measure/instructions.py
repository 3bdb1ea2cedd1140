"""Count the instructions of both sides under valgrind: the second witness beside the times.

It must not judge, and nothing that goes wrong here touches what was timed: it is
said in words, by benchmark where it concerns one alone.

How often a benchmark is called is found from base's times and is the same on both
sides. A process hosts all benchmarks of a target; where it dies, each gets one of
its own.
"""

from __future__ import annotations

import platform
import shutil
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.collect import instructions
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.environment.checks.mending import system_line
from perfwatch.environment.machine import processor_flags
from perfwatch.errors import PerfwatchError
from perfwatch.measure.answers import read_answer
from perfwatch.measure.failures import ScratchFull
from perfwatch.measure.request import worker_command
from perfwatch.records.pairing import Side
from perfwatch.records.run import PassName, PassState
from perfwatch.records.witness import Witness, WitnessName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.measure.runner import Outcome
    from perfwatch.measure.setting import Setting
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.pairing import PairTiming
    from perfwatch.records.plan import Plan

TASK = "instructions"
#: How long the lesser stretch of a benchmark's calls lasts without valgrind.
STRETCH_NS = 5_000_000
CALLS_AT_MOST = 1_000
#: How many times longer code takes under callgrind, at worst: 50 million instructions a second.
SLOWDOWN = 200
#: Counting one benchmark on one side may take so many times what timing it may.
PATIENCE_RATIO = 8
#: For the interpreter, the imports and the set-ups of one process under valgrind.
START_NS = 120_000_000_000
_ASKING_SECONDS = 20.0

#: Instructions of one call, by benchmark and metric.
Amounts = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the witness brought: one or two executions of each side, and how it was heard."""

    amounts: Mapping[Side, tuple[Amounts, ...]] = field(default_factory=dict)
    witness: Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counter:
    """What counts here: the words before a program, the variables around it, until when it may take."""

    before: Callable[[Path], tuple[str, ...]]
    environment: dict[str, str]
    ends_ns: int


@dataclass(slots=True)
class _Told:
    """What one side's execution brought, by benchmark: a count, or why there is none."""

    amounts: Amounts = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def count_sides(
    runs: Mapping[Side, TargetRun],
    timings: Sequence[PairTiming],
    names: Sequence[str],
    left_ns: int,
    differ: Callable[[Amounts, Amounts], bool],
) -> Counted:
    """Count one call of each of these benchmarks on both sides, once more where the sides differ.

    ``left_ns`` is what is left of the budget.
    """
    started = time.perf_counter_ns()
    setting, plan = runs[Side.HEAD].setting, runs[Side.HEAD].plan
    heard = _available(setting)
    if heard.state is not PassState.DONE:
        return Counted(witness=heard)
    calls, too_long = _calls(timings, names, plan, whole=runs[Side.HEAD].whole_program)
    counter = _counter(setting, heard, started + left_ns)
    amounts: dict[Side, tuple[Amounts, ...]] = {}
    left_out = dict(too_long)
    if calls:
        once = {side: _count(run, calls, counter) for side, run in runs.items()}
        twice = differ(once[Side.BASE].amounts, once[Side.HEAD].amounts)
        again = {side: _count(run, calls, counter) for side, run in runs.items()} if twice else {}
        amounts = {
            side: (told.amounts, *((again[side].amounts,) if twice else ())) for side, told in once.items()
        }
        for side, told in once.items():
            left_out |= {name: f"on the side of {side.value} {why}" for name, why in told.left_out.items()}
    counted = [name for name in calls if name not in left_out]
    state = PassState.DONE if counted and not left_out else PassState.PARTIAL
    witness = replace(
        heard,
        state=state if counted else PassState.FAILED,
        reason="" if counted or not left_out else "no benchmark could be counted",
        calls_count=calls,
        left_out=left_out,
        executions_count=max((len(executions) for executions in amounts.values()), default=0),
        duration_ns=time.perf_counter_ns() - started,
    )
    return Counted(amounts=amounts, witness=witness)


def _available(setting: Setting) -> Witness:
    """Whether valgrind is here and says its version, and whether addresses can be fixed."""
    valgrind = shutil.which("valgrind", path=setting.environment.get("PATH"))
    plain = Witness(name=WitnessName.INSTRUCTIONS, state=PassState.UNAVAILABLE, tool=instructions.TOOL)
    if valgrind is None:
        return replace(
            plain,
            reason="valgrind is not in PATH",
            advice=system_line("valgrind", setting.environment),
        )
    version = _answer((valgrind, "--version"), setting)
    if version is None:
        return replace(plain, reason=f"{valgrind} --version does not answer")
    return replace(
        plain,
        state=PassState.DONE,
        version=version.strip().removeprefix("valgrind-")[:40],
        addresses_fixed=bool(_fixing(setting)),
    )


def _fixing(setting: Setting) -> tuple[str, ...]:
    """The words that start a program without random addresses; none where the machine does not permit it."""
    setarch = shutil.which("setarch", path=setting.environment.get("PATH"))
    words = (setarch or "", platform.machine(), "-R")
    return words if setarch and _answer((*words, "true"), setting) is not None else ()


def _answer(command: tuple[str, ...], setting: Setting) -> str | None:
    """What a command prints; ``None`` where it fails."""
    try:
        answer = ask(command, Bounds(timeout_s=_ASKING_SECONDS), environ=setting.environment)
    except OSError:
        return None
    return answer.output.decode("utf-8", "replace") if answer.status == 0 else None


def _counter(setting: Setting, heard: Witness, ends_ns: int) -> _Counter:
    valgrind = shutil.which("valgrind", path=setting.environment.get("PATH")) or "valgrind"
    fixing = _fixing(setting) if heard.addresses_fixed else ()
    return _Counter(
        before=lambda folder: (*fixing, *instructions.command(valgrind, folder)),
        environment=instructions.fixed_environment(setting.environment, processor_flags()),
        ends_ns=ends_ns,
    )


def _calls(
    timings: Sequence[PairTiming], names: Sequence[str], plan: Plan, *, whole: bool
) -> tuple[dict[str, int], dict[str, str]]:
    """How often each benchmark is called in its lesser stretch, and which of them take too long."""
    calls: dict[str, int] = {}
    too_long: dict[str, str] = {}
    allowed_ns = PATIENCE_RATIO * plan.per_benchmark_ns
    for name in names:
        each_ns = _each_ns(timings, name)
        count = 1 if whole else max(1, min(CALLS_AT_MOST, round(STRETCH_NS / each_ns)))
        # To warm up, the lesser stretch and the greater one; of long calls one each of the first and last.
        expected_ns = each_ns * SLOWDOWN * (1 if whole else 2 if count == 1 else 4 * count)
        if expected_ns <= allowed_ns:
            calls[name] = count
        else:
            too_long[name] = (
                f"a call takes {units.time(each_ns)}, and counting it would take about "
                f"{units.time(expected_ns)} on each side: more than {PATIENCE_RATIO} times --per-benchmark"
            )
    return calls, too_long


def _each_ns(timings: Sequence[PairTiming], name: str) -> float:
    """The median time of a call of base, at least one nanosecond."""
    turns = [
        turn.wall_ns / timing.loops_count
        for timing in timings
        if timing.benchmark == name
        for quad in timing.warm
        for turn in quad.base
    ]
    return max(1.0, statistics.median(turns))


def _count(run: TargetRun, calls: Mapping[str, int], counter: _Counter) -> _Told:
    """Count all in one process; one by one where that process brought nothing to its end."""
    told, died = _once(run, calls, counter)
    if died and len(calls) > 1:
        told = _Told()
        for name, count in calls.items():
            alone, _ = _once(run, {name: count}, counter)
            told.amounts |= alone.amounts
            told.left_out |= alone.left_out
    return told


def _once(run: TargetRun, calls: Mapping[str, int], counter: _Counter) -> tuple[_Told, bool]:
    """One execution under callgrind, and whether it died before its worker could answer."""
    folder = run.setting.folder / "counting"
    shutil.rmtree(folder, ignore_errors=True)
    left_ns = counter.ends_ns - time.perf_counter_ns()
    expected_ns = START_NS + 2 * PATIENCE_RATIO * run.plan.per_benchmark_ns * len(calls)
    timeout_ns = min(left_ns, run.plan.timeout_ns or expected_ns)
    if timeout_ns <= 0:
        return _without(calls, "there was no time left in the budget"), False
    try:
        folder.mkdir()
        command, answer_path = worker_command(
            run.target, run.setting, TASK, tuple(calls), {"calls": dict(calls)}
        )
        outcome = run.execute(
            (*counter.before(folder), *command),
            PassName.TIMING,
            "counting instructions",
            timeout_ns=timeout_ns,
            environment=counter.environment,
        )
        answer = read_answer(answer_path)
        if "process" not in answer:
            return _without(calls, _death(outcome, folder)), not outcome.timed_out
        return _read(calls, answer, folder), False
    except (ScratchFull, OSError) as error:
        return _without(calls, f"there was no room for the counts: {error}"), False
    except PerfwatchError as error:
        return _without(calls, f"it could not be executed: {error}"), False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(calls: Mapping[str, int], answer: Mapping[str, Any], folder: Path) -> _Told:
    told = _Told()
    records = {record.get("name"): record for record in answer["records"]}
    for name in calls:
        record = records.get(name)
        if record is None:
            told.left_out[name] = instructions.complaint(folder) or "its process left before it was counted"
        elif "error" in record:
            told.left_out[name] = f"it failed under valgrind: {record['error']['message'][:200]}"
        else:
            try:
                told.amounts[name] = {
                    instructions.METRIC: instructions.counts(folder, answer["process"], record)
                }
            except instructions.CountLostError as error:
                told.left_out[name] = str(error)
    return told


def _without(calls: Mapping[str, int], why: str) -> _Told:
    return _Told(left_out=dict.fromkeys(calls, why))


def _death(outcome: Outcome, folder: Path) -> str:
    """Why there is no answer: the time limit, a signal, or what valgrind itself complained of."""
    if outcome.timed_out:
        return f"it was not counted within {units.time(outcome.wall_ns)}"
    how = outcome.signal_name or f"status {outcome.exit_code}"
    complaint = instructions.complaint(folder)
    return f"its process died under valgrind ({how})" + (f": {complaint}" if complaint else "")
