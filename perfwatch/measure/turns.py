"""Conduct one pair of processes: whose turn it is, how long each lasts, until when.

It must not judge what comes of it. Base and head are the two *sides*; either may
be started first. While one plays the other one's process group is stopped. Where
one thread does all the work, both play on the same processor: two processors of a
shared machine differ by more than a change is worth, and not always by as much.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.measure.player import Player, PlayerLost
from perfwatch.measure.runner import Execution, Outcome
from perfwatch.records.pairing import PairTiming, Quad, Side, Stage, Turn
from perfwatch.stats.warmup import warmup_length

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A turn's length. The speed of a shared processor changes at every scale of time, so the sides are the
#: more alike the sooner they follow each other; below this, changing places costs more than it brings.
TURN_NS = 1_000_000
QUADS_AT_MOST = 400
#: The median of fewer quads than this moves with each of them: long turns are given more time.
QUADS_WANTED = 12
STRETCH = 3
#: The calling thread did all the work where the whole process took no more time than this beyond it.
ALONE_RATIO, ALONE_NS = 0.02, 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """How one side of a pair is started: its execution, and the pipes that its worker was told of."""

    execution: Execution
    paths: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a pair plays for.

    ``quads_ns`` is how long the quads of one benchmark may take, ``timeout_ns``
    how long one message may be waited for. ``loops`` are the calls in a turn of
    those benchmarks that were calibrated before, ``first`` who starts,
    ``processor`` where both play, if they may be told so.
    """

    pair: int
    stage: Stage
    against: Side
    first: Side
    quads_ns: int
    timeout_ns: int
    loops: Mapping[str, int]
    processor: int | None = None


@dataclass
class Played:
    """What one pair brought.

    ``troubles`` says by side and benchmark what went wrong, ``outcomes`` how the
    processes ended; one that did not answer in time was ended by us and has none.
    ``suspended`` says that the machine slept meanwhile: then nothing of the pair
    counts.
    """

    timings: list[PairTiming] = field(default_factory=list)
    troubles: dict[tuple[Side, str], dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[Side, Outcome] = field(default_factory=dict)
    suspended: bool = False


def play(base: Seat, head: Seat, names: tuple[str, ...], rules: Rules) -> Played:
    """Measure the benchmarks in this order in one pair of fresh processes, as far as they get."""
    played = Played()
    slept = _slept_ns()
    seats = {Side.BASE: base, rules.against: head}
    order = (rules.first, *(side for side in seats if side is not rules.first))
    with contextlib.ExitStack() as stack:
        table = {side: _Chair(stack, side, seats[side], rules, played) for side in order}
        # Nobody is measured yet: both import at once.
        for chair in table.values():
            chair.start()
        for chair in table.values():
            chair.begin()
        for name in names:
            came = [chair.announced(name) for chair in table.values()]
            if all(came):
                _benchmark(table, name, rules, played)
            # Nobody is measured now: what one tears down and sets up does not wait for the other.
            for chair in table.values():
                chair.leave(name)
            for chair in table.values():
                chair.arrive()
        for side, chair in table.items():
            if (outcome := chair.end()) is not None:
                played.outcomes[side] = outcome
    played.suspended = abs(_slept_ns() - slept) > 50_000_000
    return played


class _TurnLost(Exception):
    """A side cannot go on with this benchmark; why is among the troubles, or will be."""


class _Chair:
    """One side at the table: its player, and what it announced last."""

    def __init__(
        self, stack: contextlib.ExitStack, side: Side, seat: Seat, rules: Rules, played: Played
    ) -> None:
        self.side = side
        self._rules = rules
        self._played = played
        self._seat = seat
        self._stack = stack
        self._player: Player | None = None
        self._heard: dict[str, Any] | None = None
        self._late = False
        self._on_its_way = False
        self._at = ""

    def start(self) -> None:
        """Start the process; it goes on to its first benchmark by itself."""
        self._player = self._stack.enter_context(Player(self._seat.execution, self._seat.paths))

    def begin(self) -> None:
        """Wait until the process has come to its first benchmark; then it sleeps."""
        with self._losing():
            if self._player is not None:
                self._player.hear(self._rules.timeout_ns)
            self._hear()

    def announced(self, name: str) -> bool:
        """Whether this side has come to a benchmark; where it cannot play it, the trouble is noted."""
        self._at = name
        while self._heard is not None and "error" in self._heard:
            self._played.troubles[self.side, self._heard["name"]] = self._heard["error"]
            self._heard = None
            with self._losing():
                self._hear()
        # A benchmark whose set-up failed is passed over, and the next one is announced.
        return self._heard is not None and self._heard["name"] == name

    def leave(self, name: str) -> None:
        """Let the player leave this benchmark, where it is still at it."""
        if self._heard is None or self._heard["name"] != name or "error" in self._heard:
            return
        self._heard, self._on_its_way = None, True
        with self._losing():
            self._awake().tell(next=True)

    def arrive(self) -> None:
        """Wait until a player that left has come to its next benchmark's announcement, or to its end."""
        if self._on_its_way:
            self._on_its_way = False
            with self._losing():
                self._hear()

    def end(self) -> Outcome | None:
        """Let the process come to its end; ``None`` where it was given up."""
        if self._player is None or self._late:
            return None
        return self._player.finish()

    def ask(self, **message: Any) -> dict[str, Any]:
        """Wake, ask, and put to sleep again.

        Raises ``_TurnLost`` where the call raised, or where the player is lost.
        """
        try:
            player = self._awake()
            answer = player.ask(self._rules.timeout_ns, **message)
        except PlayerLost as lost:
            self._lose(lost)
            raise _TurnLost from lost
        player.sleep()
        if "error" in answer:
            # The worker goes on to its next benchmark by itself.
            self._heard = answer
            raise _TurnLost
        return answer

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except PlayerLost as lost:
            self._lose(lost)

    def _lose(self, lost: PlayerLost) -> None:
        """Note that this side plays no more; why its process ended is told by its outcome."""
        self._heard, self._on_its_way = None, False
        self._late = self._late or lost.late
        if lost.late:
            self._played.troubles[self.side, self._at] = {"kind": "timeout", "message": str(lost)}

    def _awake(self) -> Player:
        if self._player is None or self._late:
            raise PlayerLost(late=False)
        self._player.wake()
        return self._player

    def _hear(self) -> None:
        player = self._awake()
        self._heard = player.hear(self._rules.timeout_ns)
        player.sleep()


def _benchmark(table: Mapping[Side, _Chair], name: str, rules: Rules, played: Played) -> None:
    """Let both sides make their first call, then play quads of the benchmark until its time is over."""
    base, head = table[Side.BASE], table[rules.against]
    processor = None
    try:
        told = {side: chair.ask(cold=True) for side, chair in table.items()}
        if any(one["single"] for one in told.values()):
            loops, quads = 1, [_only_calls(told[Side.BASE], told[rules.against])]
        else:
            loops = rules.loops.get(name) or base.ask(calibrate=TURN_NS)["loops"]
            if all(_alone(one) for one in told.values()) and _pinned((base, head), rules.processor):
                processor = rules.processor
            with _on(processor):
                quads = _quads(base, head, loops, rules.quads_ns)
    except _TurnLost:
        return  # what was measured of a benchmark that then failed is no measurement of it
    played.timings.append(
        PairTiming(
            benchmark=name,
            pair=rules.pair,
            stage=rules.stage,
            against=rules.against,
            first=rules.first,
            loops_count=loops,
            quads=tuple(quads),
            warmup_count=warmup_of(quads),
            cold_ns=(told[Side.BASE]["cold_ns"], told[rules.against]["cold_ns"]),
            accelerator=any(one["accelerator"] for one in told.values()),
            processor=processor,
        )
    )


def _alone(told: Mapping[str, Any]) -> bool:
    """Whether the calling thread did all the work of the first call: then it needs one processor only."""
    others_ns = told["cold_cpu_ns"] - told["thread_ns"]
    enough = others_ns <= max(ALONE_NS, ALONE_RATIO * told["cold_cpu_ns"])
    return enough and not told["children_ns"] and not told["accelerator"]


def _pinned(chairs: tuple[_Chair, _Chair], processor: int | None) -> bool:
    return processor is not None and all(chair.ask(pin=processor)["pinned"] for chair in chairs)


@contextlib.contextmanager
def _on(processor: int | None) -> Iterator[None]:
    """Conduct from the players' processor: to wake somebody on another one takes longer than a change of process."""
    if processor is None:
        yield
        return
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):  # the players could; if we may not, waking them takes longer
        os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _quads(base: _Chair, head: _Chair, loops: int, quads_ns: int) -> list[Quad]:
    """Play until the time is over; where that is too few, longer, yet not beyond ``STRETCH`` times as long."""
    quads: list[Quad] = []
    began = time.monotonic_ns()
    while len(quads) < QUADS_AT_MOST:
        quads.append(_quad(base, head, loops, head_first=len(quads) % 2 == 1))
        room_ns = quads_ns if len(quads) >= QUADS_WANTED else STRETCH * quads_ns
        if time.monotonic_ns() - began >= room_ns:
            break
    return quads


def _only_calls(base: Mapping[str, Any], head: Mapping[str, Any]) -> Quad:
    """What may be called once only (a test whose fixtures were made for one call) has its first call for both turns."""
    once = [
        Turn(wall_ns=one["cold_ns"], cpu_ns=one["cold_cpu_ns"], thread_ns=None, started_ns=0)
        for one in (base, head)
    ]
    return Quad(base=(once[0], once[0]), head=(once[1], once[1]))


def _quad(base: _Chair, head: _Chair, loops: int, *, head_first: bool) -> Quad:
    outer, inner = (head, base) if head_first else (base, head)
    first = _turn(outer, loops)
    middle = _turn(inner, loops), _turn(inner, loops)
    last = _turn(outer, loops)
    around = first, last
    return Quad(base=middle, head=around) if head_first else Quad(base=around, head=middle)


def _turn(chair: _Chair, loops: int) -> Turn:
    answer = chair.ask(batch=loops)
    return Turn(
        wall_ns=answer["wall"],
        cpu_ns=answer["cpu"],
        thread_ns=answer["thread"],
        started_ns=answer["started"],
        children_ns=answer["children"],
        waits_count=answer["waits"],
    )


def warmup_of(quads: list[Quad]) -> int:
    """How many leading quads differ in level from the rest, on either side; never so many that none is left."""
    sides = (
        [float(min(quad.base[0].cpu_ns, quad.base[1].cpu_ns) or 1) for quad in quads],
        [float(min(quad.head[0].cpu_ns, quad.head[1].cpu_ns) or 1) for quad in quads],
    )
    return min(len(quads) - 1, max(warmup_length(times) for times in sides))


def _slept_ns() -> int:
    """How long the machine has been suspended since it started; only differences mean anything."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return 0 if boot is None else time.clock_gettime_ns(boot) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
