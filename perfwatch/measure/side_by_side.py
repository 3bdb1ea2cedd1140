"""Measure two sides in turns, pair by pair, until nobody wants more or the time is up.

What is wanted is asked of a function that is handed in: no verdict is known here.
One pair of processes hosts all benchmarks that want a pair of the same kind, in
shuffled order; who is started first is a coin's choice, and so is where both lie in memory.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from perfwatch.environment.machine import free_bytes
from perfwatch.measure.abba import Once, Programs
from perfwatch.measure.alternating import play_alternating
from perfwatch.measure.answers import provenance_of, read_answer
from perfwatch.measure.chair import Played, Rules, Seat
from perfwatch.measure.failures import execution_failure, record_failure
from perfwatch.measure.layout import drawn
from perfwatch.measure.player import pipes_in
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.measure.runner import Execution, Outcome
from perfwatch.measure.target_run import WHOLE_PROGRAMS
from perfwatch.measure.turns import play, rehearse
from perfwatch.records.pairing import PairTiming, Side, Stage, Want
from perfwatch.records.plan import StepEnded, StepStarted
from perfwatch.records.run import Failure, FailureKind, PassName, Provenance, TargetKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from perfwatch.measure.setting import Setting
    from perfwatch.records.plan import Plan, Progress
    from perfwatch.records.run import Target

#: How long the quads of one benchmark last in one pair: more pairs tell more than longer ones.
QUADS_NS = 300_000_000
#: Of a benchmark's own time: what is left when screening ends is for measuring a red afresh, which is
#: not cut short where it is a little more.
SCREEN_SHARE, CONFIRM_SHARE = 0.8, 1.6
#: Two processes live side by side where this share of the memory that is free has room for both.
ROOM_SHARE = 0.5
#: Said where it has not, or where they would share a device.
ONE_ALIVE = (
    "One process was alive at a time, since two would not fit into half of the free memory or would share an "
    "accelerator: pairs then differ by more, and less of a change is seen"
)
#: Without a limit of the user's, an import or a call that takes longer is a hang.
PATIENCE_NS = 600_000_000_000
#: Whoever has not come to its benchmark and called it by then needs no rehearsal.
REHEARSAL_NS = 30_000_000_000
#: A whole program that takes more than this of the budget is not rehearsed further.
REHEARSAL_SHARE = 0.1
#: So many pairs in a row that bring nothing, and the machine or the target is to blame.
FRUITLESS_AT_MOST = 3
TASK = "turns"

#: Says which pairs are wanted, from those that there are, and from the names of benchmarks that get no more
#: for their screening: they failed, or their time is up.
Wanted = Callable[[Sequence[PairTiming], frozenset[str]], tuple[Want, ...]]


@dataclass
class SideBySide:
    """What the pairs brought so far.

    ``failures`` are by side; a benchmark that failed on a side plays no more.
    ``provenance`` says where each side's code was imported from, ``one_alive`` that
    the two sides' processes did not live at the same time, ``own_layouts`` that each
    had another layout in memory.
    """

    timings: list[PairTiming] = field(default_factory=list)
    failures: list[tuple[Side, Failure]] = field(default_factory=list)
    provenance: dict[Side, tuple[Provenance, ...]] = field(default_factory=dict)
    spent_ns: Counter[str] = field(default_factory=Counter)
    suspended_count: int = 0
    one_alive: bool = False
    own_layouts: bool = False

    def failed(self) -> set[str]:
        """Benchmarks that failed on some side."""
        return {failure.benchmark for _, failure in self.failures if failure.benchmark}

    def started_processes(self, name: str) -> bool:
        """Whether some turn of a benchmark waited for processes that it had started."""
        return any(
            turn.children_ns
            for timing in self.timings
            if timing.benchmark == name
            for quad in timing.quads
            for turn in (*quad.base, *quad.head)
        )


class Table:
    """Where the sides sit: one setting each, all for the same target."""

    #: How much memory can still be had, in bytes.
    free_bytes: Callable[[], int] = staticmethod(free_bytes)
    #: What sides execute in place of the target, where that is not one and the same.
    stand_ins: Mapping[Side, Target] = MappingProxyType({})

    def __init__(
        self,
        target: Target,
        settings: Mapping[Side, Setting],
        plan: Plan,
        progress: Progress,
        coin: Random,
    ) -> None:
        self._target = target
        self._settings = settings
        self._plan = plan
        self._progress = progress
        self._coin = coin
        self._pairs_count = 0
        self._layout = drawn(coin)
        self._loops: dict[str, int] = {}
        self._fruitless = 0
        self._slowed: Mapping[str, int] = {}
        self.programs = Programs(one_folder=len({one.cwd for one in settings.values()}) < len(settings))

    def measure(
        self, names: Sequence[str], wanted: Wanted, found: SideBySide, slowed: Mapping[str, int] | None = None
    ) -> None:
        """Play pairs as long as any is wanted, within the plan's budgets; each is among the found when it ends.

        Of benchmarks that are ``slowed`` head makes so many percent of extra work.
        """
        self._slowed = slowed or {}
        started = time.perf_counter_ns()
        self._rehearse(names, found)
        while True:
            wants = [
                want
                for want in wanted(found.timings, self._screened_out(names, found))
                if want.against in self._settings and self._open(want, found)
            ]
            if not wants or self._fruitless >= FRUITLESS_AT_MOST:
                return
            if time.perf_counter_ns() - started > self._plan.budget_ns:
                return
            kind = (wants[0].stage, wants[0].against)
            chosen = [want.benchmark for want in wants if (want.stage, want.against) == kind]
            self._pair([name for name in names if name in chosen], kind, found)

    def _rehearse(self, names: Sequence[str], found: SideBySide) -> None:
        """Start every side once before anything counts."""
        if self._target.kind in WHOLE_PROGRAMS:
            self._rehearse_programs(names[0], found)
            return
        rules, answers = self._rules((Stage.SCREEN, Side.HEAD)), dict[Side, Path]()
        rules = replace(rules, timeout_ns=min(rules.timeout_ns, REHEARSAL_NS))
        with self._step("rehearsal"), contextlib.ExitStack() as inputs:
            seats = {
                side: self._seat(side, (names[0],), rules.pair, answers, inputs) for side in self._settings
            }
            rehearse(seats, names[0], rules)

    def _rehearse_programs(self, name: str, found: SideBySide) -> None:
        """Execute base and head once, as long as that takes no great part of the time, to see if they may run together."""
        outcomes = {}
        for side in (Side.BASE, Side.HEAD):
            with self._step("rehearsal"), contextlib.ExitStack() as inputs:
                outcomes[side] = self.programs.rehearse(self._program(side, inputs)())
            if self._failed(outcomes, name, found):
                return
            if outcomes[side].wall_ns > REHEARSAL_SHARE * self._plan.budget_ns:
                return
        self.programs.saw(outcomes.values(), self._room_bytes())

    def _failed(self, outcomes: Mapping[Side, Outcome], name: str, found: SideBySide) -> bool:
        """Whether executions of a whole program failed; why is among the found."""
        failures = [
            (side, replace(failure, benchmark=name))
            for side, outcome in outcomes.items()
            if (failure := execution_failure(outcome, self._target, PassName.TIMING)) is not None
        ]
        found.failures += failures
        return bool(failures)

    @contextlib.contextmanager
    def _step(self, step: str) -> Iterator[None]:
        """Say that a step begins, and how long it took."""
        self._progress(StepStarted(target=self._target.name, pass_name=PassName.TIMING, step=step))
        began = time.perf_counter_ns()
        yield
        took = time.perf_counter_ns() - began
        self._progress(
            StepEnded(target=self._target.name, pass_name=PassName.TIMING, step=step, duration_ns=took)
        )

    def _screened_out(self, names: Sequence[str], found: SideBySide) -> frozenset[str]:
        late = {name for name in names if not self._in_time(name, SCREEN_SHARE, found)}
        return frozenset(late | found.failed())

    def _in_time(self, name: str, share: float, found: SideBySide) -> bool:
        return found.spent_ns[name] < share * self._plan.per_benchmark_ns

    def _open(self, want: Want, found: SideBySide) -> bool:
        share = SCREEN_SHARE if want.stage is Stage.SCREEN else CONFIRM_SHARE
        return self._in_time(want.benchmark, share, found) and want.benchmark not in found.failed()

    def _pair(self, names: list[str], kind: tuple[Stage, Side], found: SideBySide) -> None:
        """Play one pair; what it brought is among the found when this returns."""
        stage, against = kind
        if self._target.kind is not TargetKind.PYTEST:  # its fixtures may rely on the suite's order
            self._coin.shuffle(names)
        self._layout = drawn(self._coin)
        rules = self._rules(kind)
        step = f"pair {rules.pair} ({stage.value}{'' if against is Side.HEAD else ', ' + against.value})"
        began = time.perf_counter_ns()
        with self._step(step), contextlib.ExitStack() as inputs:
            answers: dict[Side, Path] = {}
            played = self._played(names, rules, answers, found, inputs)
        took = time.perf_counter_ns() - began
        self._taken(played, names, answers, took, found)

    def _rules(self, kind: tuple[Stage, Side]) -> Rules:
        """What the next pair plays for."""
        stage, against = kind
        number = self._pairs_count
        self._pairs_count += 1
        return Rules(
            pair=number,
            stage=stage,
            against=against,
            first=self._coin.choice((Side.BASE, against)),
            quads_ns=QUADS_NS,
            timeout_ns=self._plan.timeout_ns or PATIENCE_NS,
            loops=self._loops,
            processor=self._processor(),
            room_bytes=self._room_bytes(),
            slowed=self._slowed,
        )

    def _played(
        self,
        names: list[str],
        rules: Rules,
        answers: dict[Side, Path],
        found: SideBySide,
        inputs: contextlib.ExitStack,
    ) -> Played:
        """Play in the way that the target allows; where it turns out that two may not live at once, one after the other."""
        if self._target.kind in WHOLE_PROGRAMS:
            programs = {side: self._program(side, inputs) for side in (Side.BASE, rules.against)}
            return self.programs.play(programs, names[0], rules)

        def seat_of(side: Side) -> Seat:
            return self._seat(side, tuple(names), rules.pair, answers, inputs)

        if not found.one_alive:
            played = play(seat_of(Side.BASE), seat_of(rules.against), tuple(names), rules)
            if not played.too_much:
                return played
            found.one_alive = True
        return play_alternating(seat_of, tuple(names), rules)

    def _room_bytes(self) -> int:
        return round(ROOM_SHARE * self.free_bytes())

    def _processor(self) -> int | None:
        """One of those that this process may run on, by the coin; ``None`` where the system does not tell."""
        if not hasattr(os, "sched_getaffinity"):
            return None
        return self._coin.choice(sorted(os.sched_getaffinity(0)))

    def _program(self, side: Side, inputs: contextlib.ExitStack) -> Once:
        """How a whole program of one side is executed: the bare command, as ``run`` has it."""
        setting = self._settings[side]
        target = target_in(self.stand_ins.get(side, self._target), self._settings[Side.HEAD], setting)
        command = bare_command(target, setting)
        limit = self._plan.timeout_ns or self._plan.budget_ns
        return lambda: self._execution(setting, command, inputs, limit)

    def _seat(
        self,
        side: Side,
        names: tuple[str, ...],
        number: int,
        answers: dict[Side, Path],
        inputs: contextlib.ExitStack,
    ) -> Seat:
        """How a worker of one side is started; where it answers in the end is among the answers."""
        setting = replace(self._settings[side], folder=self._settings[side].folder / f"pair{number}")
        paths = pipes_in(setting.folder)
        target = target_in(self.stand_ins.get(side, self._target), self._settings[Side.HEAD], setting)
        command, answers[side] = worker_command(target, setting, TASK, names, paths)
        return Seat(execution=self._execution(setting, command, inputs, self._plan.budget_ns), paths=paths)

    def _execution(
        self, setting: Setting, command: tuple[str, ...], inputs: contextlib.ExitStack, timeout_ns: int
    ) -> Execution:
        stdin = os.open(os.devnull, os.O_RDONLY)
        inputs.callback(os.close, stdin)
        return Execution(
            command=command,
            cwd=setting.cwd,
            environment=self._layout.environment(setting.environment),
            folder=setting.folder,
            stdin=stdin,
            timeout_ns=timeout_ns,
            stack_bytes=self._layout.stack_bytes,
        )

    def _taken(
        self,
        played: Played,
        names: list[str],
        answers: Mapping[Side, Path],
        took_ns: int,
        found: SideBySide,
    ) -> None:
        found.own_layouts |= not all(outcome.placed for outcome in played.outcomes.values())
        for side, path in answers.items():
            self._learn(side, read_answer(path), played, found)
        if self._target.kind in WHOLE_PROGRAMS:
            self._failed(played.outcomes, names[0], found)
        if played.suspended:
            found.suspended_count += 1
            return
        failed = found.failed()
        timings = tuple(
            replace(timing, spent_ns=took_ns // len(names))
            for timing in played.timings
            if timing.benchmark not in failed
        )
        for timing in timings:
            found.spent_ns[timing.benchmark] += measured_ns(timing)
            self._loops.setdefault(timing.benchmark, timing.loops_count)
        found.timings += timings
        self._fruitless = 0 if timings else self._fruitless + 1

    def _learn(self, side: Side, answer: dict[str, Any], played: Played, found: SideBySide) -> None:
        """Failures of one side, and where its code came from."""
        setting = self._settings[side]
        if "modules" in answer:
            found.provenance.setdefault(side, provenance_of(answer, setting.ownership))
        told = {name: error for (where, name), error in played.troubles.items() if where is side}
        records = [
            {"name": name, "error": error} for name, error in told.items() if error["kind"] != "timeout"
        ]
        records += [
            record
            for record in answer.get("records", ())
            if "error" in record and record.get("name") not in told
        ]
        found.failures += [
            (side, record_failure(record, self._target, PassName.TIMING)) for record in records
        ]
        found.failures += [
            (
                side,
                Failure(
                    target=self._target.key,
                    benchmark=name,
                    pass_name=PassName.TIMING,
                    kind=FailureKind.TIMEOUT,
                    message=f"{name} did not answer within its time limit on the side of {side.value}.",
                ),
            )
            for name, error in told.items()
            if error["kind"] == "timeout"
        ]
        outcome = played.outcomes.get(side)
        failure = None if outcome is None else execution_failure(outcome, self._target, PassName.TIMING)
        if failure is not None and not records:
            found.failures.append((side, failure))


def measured_ns(timing: PairTiming) -> int:
    """How long a pair's turns took: what counts against a benchmark's own time, starts and set-ups apart."""
    turns = [turn for quad in timing.quads for turn in (*quad.base, *quad.head)]
    return sum(timing.cold_ns) + sum(turn.wall_ns for turn in turns)


def target_in(target: Target, named_in: Setting, setting: Setting) -> Target:
    """The target as it lies in another side's tree: the same path below its root."""
    if target.path is None:
        return target
    path = Path(target.path)
    if not path.is_relative_to(named_in.root):
        return target
    return replace(target, path=str(setting.root / path.relative_to(named_in.root)))
