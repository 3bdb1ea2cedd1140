"""One side of a pair at the table: started, asked, put to sleep; what goes wrong is noted.

It must not know whose turn it is, nor what comes of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.measure.player import Player, PlayerLost
from perfwatch.measure.runner import Execution, Outcome
from perfwatch.records.pairing import ExtraWork, PairTiming, Side, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    ``processor`` where both play, if they may be told so. ``room_bytes`` is what
    both together may need; ``None`` where nobody asks. ``slowed`` says of which
    benchmarks head makes so many percent of extra work.
    """

    pair: int
    stage: Stage
    against: Side
    first: Side
    quads_ns: int
    timeout_ns: int
    loops: Mapping[str, int]
    processor: int | None = None
    room_bytes: int | None = None
    slowed: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Played:
    """What one pair brought.

    ``troubles`` says by side and benchmark what went wrong, ``outcomes`` how the
    processes ended; one that did not answer in time was ended by us and has none.
    ``suspended`` says that the machine slept meanwhile: then nothing of the pair
    counts. ``too_much`` says that the two may not live at once: then nothing was
    measured, and they are to be played one after the other.
    """

    timings: list[PairTiming] = field(default_factory=list)
    troubles: dict[tuple[Side, str], dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[Side, Outcome] = field(default_factory=dict)
    suspended: bool = False
    too_much: bool = False


class TurnLost(Exception):
    """A side cannot go on with this benchmark; why is among the troubles, or will be."""


class Chair:
    """One side at the table: its player, and what it announced last.

    ``extra`` is what each of its turns holds beyond the calls, where it is to be slower.
    """

    def __init__(
        self, stack: contextlib.ExitStack, side: Side, seat: Seat, rules: Rules, played: Played
    ) -> None:
        self.side = side
        self.extra: ExtraWork | None = None
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

        Raises ``TurnLost`` where the call raised, or where the player is lost.
        """
        try:
            player = self._awake()
            answer = player.ask(self._rules.timeout_ns, **message)
        except PlayerLost as lost:
            self._lose(lost)
            raise TurnLost from lost
        player.sleep()
        if "error" in answer:
            # The worker goes on to its next benchmark by itself.
            self._heard = answer
            raise TurnLost
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
