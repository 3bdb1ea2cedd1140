"""Conduct one pair of processes: whose turn it is, how long each lasts, until when.

It must not judge what comes of it. Base and head are the two *sides*; either may
be started first. While one plays the other one's process group is stopped.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.measure.player import Player, PlayerLost
from perfwatch.measure.runner import Execution
from perfwatch.records.pairing import PairTiming, Quad, Side, Stage, Turn
from perfwatch.stats.paired import quad_value
from perfwatch.stats.warmup import warmup_length

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A turn's length: a neighbour's burst of a tenth of a second then falls on both sides alike.
TURN_NS = 5_000_000
QUADS_AT_LEAST, QUADS_AT_MOST = 2, 400


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
    those benchmarks that were calibrated before, ``first`` who starts.
    """

    pair: int
    stage: Stage
    against: Side
    first: Side
    quads_ns: int
    timeout_ns: int
    loops: Mapping[str, int]


@dataclass
class Played:
    """What one pair brought.

    ``troubles`` says by side and benchmark what went wrong; the benchmark ``""``
    is the whole process. ``suspended`` says that the machine slept meanwhile:
    then nothing of the pair counts.
    """

    timings: list[PairTiming] = field(default_factory=list)
    troubles: dict[tuple[Side, str], dict[str, Any]] = field(default_factory=dict)
    suspended: bool = False


def play(base: Seat, head: Seat, names: tuple[str, ...], rules: Rules) -> Played:
    """Measure the benchmarks in this order in one pair of fresh processes, as far as they get."""
    played = Played()
    slept = _slept_ns()
    seats = {Side.BASE: base, rules.against: head}
    order = (rules.first, *(side for side in seats if side is not rules.first))
    with contextlib.ExitStack() as stack:
        table = {side: _Chair(stack, side, seats[side], rules, played) for side in order}
        for chair in table.values():
            chair.begin()
        for name in names:
            opened = {side: chair.announced(name) for side, chair in table.items()}
            if all(opened.values()):
                _benchmark(table, opened, name, rules, played)
            for chair in table.values():
                chair.leave(name)
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

    def begin(self) -> None:
        """Start the process and let it come to its first benchmark; then it sleeps."""
        self._player = self._stack.enter_context(Player(self._seat.execution, self._seat.paths))
        with self._losing():
            self._player.hear(self._rules.timeout_ns)
            self._hear()

    def announced(self, name: str) -> dict[str, Any] | None:
        """The announcement of a benchmark; ``None`` where this side cannot play it, and the trouble is noted."""
        while self._heard is not None and "error" in self._heard:
            self._played.troubles[self.side, self._heard["name"]] = self._heard["error"]
            self._heard = None
            with self._losing():
                self._hear()
        # A benchmark whose set-up failed is passed over, and the next one is announced.
        return self._heard if self._heard is not None and self._heard["name"] == name else None

    def leave(self, name: str) -> None:
        """Leave this benchmark, where the player is still at it, and come to the next one's announcement or to the end."""
        if self._heard is None or self._heard["name"] != name or "error" in self._heard:
            return
        self._heard = None
        with self._losing():
            self._awake().tell(next=True)
            self._hear()

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
        """Note that this side plays no more; an end behind the last benchmark is none of trouble."""
        self._heard = None
        if lost.late:
            self._played.troubles[self.side, ""] = {"kind": "timeout", "message": str(lost)}

    def _awake(self) -> Player:
        if self._player is None:
            raise PlayerLost(late=False)
        self._player.wake()
        return self._player

    def _hear(self) -> None:
        player = self._awake()
        self._heard = player.hear(self._rules.timeout_ns)
        player.sleep()


def _benchmark(
    table: Mapping[Side, _Chair],
    opened: Mapping[Side, dict[str, Any] | None],
    name: str,
    rules: Rules,
    played: Played,
) -> None:
    """Play quads of one benchmark until its time is over."""
    base, head = table[Side.BASE], table[rules.against]
    told = {side: one or {} for side, one in opened.items()}
    quads: list[Quad] = []
    loops = 1
    try:
        loops = rules.loops.get(name) or base.ask(calibrate=TURN_NS)["loops"]
        end = time.monotonic_ns() + rules.quads_ns
        while len(quads) < QUADS_AT_MOST and (time.monotonic_ns() < end or len(quads) < QUADS_AT_LEAST):
            quads.append(_quad(base, head, loops, head_first=len(quads) % 2 == 1))
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
        )
    )


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


def wall_value(quad: Quad) -> float | None:
    """The quad's logarithm of head over base on the wall clock."""
    (b1, b2), (h1, h2) = quad.base, quad.head
    return quad_value(b1.wall_ns, h1.wall_ns, h2.wall_ns, b2.wall_ns)


def cpu_value(quad: Quad) -> float | None:
    """The same on the processor clock of the processes."""
    (b1, b2), (h1, h2) = quad.base, quad.head
    return quad_value(b1.cpu_ns, h1.cpu_ns, h2.cpu_ns, b2.cpu_ns)


def _slept_ns() -> int:
    """How long the machine has been suspended since it started; only differences mean anything."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return 0 if boot is None else time.clock_gettime_ns(boot) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
