"""Measure whole programs in turns: a turn is one execution, from its start to its end.

It must not judge what comes of it. One pair is one quad: four fresh processes. Where a
program computes in one thread and waits for nothing, the two sides run at the same time
on one processor, twice: the system lets them take turns of some milliseconds, so that
whatever befalls the machine meanwhile befalls both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.measure.chair import Played, Rules
from perfwatch.measure.device_watch import DeviceWatch
from perfwatch.measure.extra import lengthened, percent_of
from perfwatch.measure.runner import Running, execute
from perfwatch.measure.written import FILES_AT_MOST, snapshot
from perfwatch.records.pairing import PairTiming, Quad, Side, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.measure.runner import Execution, Outcome

#: Says how one side is executed once more.
Once = Callable[[], "Execution"]
#: One thread computed where the others, and child processes, took no more than this share or time.
OTHERS_RATIO, OTHERS_NS = 0.01, 2_000_000
#: Every program waits a little for its start and its files, and we learn of its end a little late.
WAITING_RATIO, WAITING_NS = 0.005, 1_500_000
#: Beyond this, two at the same time would wait for each other, or for the same thing.
WAITING_MUCH_RATIO, WAITING_MUCH_NS = 0.05, 20_000_000


class Programs:
    """Plays pairs of whole programs, in the way that what was seen of them allows.

    ``apart`` keeps the two from running at the same time: both write into one
    folder, or use one accelerator, or it went wrong. Where both are in one folder,
    each is rehearsed first, and neither may write there.
    """

    def __init__(self, *, one_folder: bool) -> None:
        self.apart = False
        self._to_rehearse = 2 if one_folder else 0
        self._together = False

    def rehearse(self, execution: Execution) -> Outcome:
        """Execute one side by itself, and see what it opens and writes."""
        devices = DeviceWatch()
        before = snapshot(execution.cwd) if self._to_rehearse else {}
        outcome = execute(replace(execution, observers=(devices,)))
        if self._to_rehearse:
            after = snapshot(execution.cwd)
            self.apart |= after != before or len(after) >= FILES_AT_MOST
            self._to_rehearse -= 1
        self.apart |= devices.seen
        return outcome

    def saw(self, outcomes: Iterable[Outcome], room_bytes: int | None) -> None:
        """Learn of executions one after the other; the first ones may have waited for what is in memory now."""
        allowed = not self.apart and not self._to_rehearse
        self._together = allowed and may_run_together(outcomes, room_bytes)

    def play(self, sides: Mapping[Side, Once], name: str, rules: Rules) -> Played:
        """Play one pair."""
        if self._together and rules.processor is not None:
            played = play_together(sides, name, rules)
            if not played.too_much:
                return played
            self.apart = True
        played = play_programs(sides, name, rules)
        self.saw(played.outcomes.values(), rules.room_bytes)
        return played


def play_programs(sides: Mapping[Side, Once], name: str, rules: Rules) -> Played:
    """Execute the two sides in the order A B B A; an execution that fails ends the pair."""
    played = Played()
    other = next(side for side in sides if side is not rules.first)
    taken: list[tuple[Side, Outcome]] = []
    for side in (rules.first, other, other, rules.first):
        outcome = execute(sides[side]())
        played.outcomes[side] = outcome
        if outcome.exit_code != 0 or outcome.timed_out:
            return played
        taken.append((side, outcome))
    _take(played, taken, name, rules)
    return played


def play_together(sides: Mapping[Side, Once], name: str, rules: Rules) -> Played:
    """Execute both sides at the same time on one processor, twice; who is asked first to start changes.

    What fails so, or waits for the other one (for a file, a port), is to be played one
    after the other: then the played pair says that it was too much, and nothing else.
    """
    played = Played()
    other = next(side for side in sides if side is not rules.first)
    taken: list[tuple[Side, Outcome]] = []
    for order in ((rules.first, other), (other, rules.first)):
        with Running(_kept(sides[order[0]](), rules)) as one, Running(_kept(sides[order[1]](), rules)) as two:
            outcomes = [one.finish(), two.finish()]
        taken += zip(order, outcomes, strict=True)
        if not may_run_together(outcomes):
            return Played(too_much=True)
    played.outcomes.update(taken)
    _take(played, taken, name, rules, together=True)
    return played


def may_run_together(outcomes: Iterable[Outcome], room_bytes: int | None = None) -> bool:
    """Whether each of these executions succeeded, computed in one thread, hardly waited, and has room beside another one."""
    outcomes = tuple(outcomes)
    peak_bytes = max((one.usage.get("peak_resident_bytes", 0) for one in outcomes), default=0)
    return (
        bool(outcomes)
        and all(one.exit_code == 0 and not one.timed_out for one in outcomes)
        and all(in_one_thread(one) for one in outcomes)
        and all(_waiting(one) <= max(WAITING_MUCH_RATIO * one.wall_ns, WAITING_MUCH_NS) for one in outcomes)
        and (room_bytes is None or 2 * peak_bytes <= room_bytes)
    )


def in_one_thread(outcome: Outcome) -> bool:
    """Whether one thread of the program did all the work; false where the system does not tell."""
    if outcome.thread_ns is None:
        return False
    cpu_ns = _cpu_ns(outcome)
    return cpu_ns - outcome.thread_ns <= max(OTHERS_RATIO * cpu_ns, OTHERS_NS)


def _cpu_ns(outcome: Outcome) -> int:
    """Processor time of the program itself, without what starting it took."""
    return outcome.cpu_ns - outcome.launch_cpu_ns


def _waiting(outcome: Outcome) -> int:
    """Nanoseconds that it neither computed nor was queued for a processor."""
    return outcome.wall_ns - (outcome.thread_ns or 0) - (outcome.queued_ns or 0)


def waited(outcome: Outcome) -> bool:
    """Whether a program waited for something for longer than each does for its start and its files."""
    return outcome.waits_count != 0 and _waiting(outcome) > max(WAITING_RATIO * outcome.wall_ns, WAITING_NS)


def _kept(execution: Execution, rules: Rules) -> Execution:
    """On the pair's processor, and with time for two."""
    limit_ns = execution.timeout_ns
    return replace(
        execution, processor=rules.processor, timeout_ns=None if limit_ns is None else 2 * limit_ns
    )


def _take(
    played: Played, taken: Iterable[tuple[Side, Outcome]], name: str, rules: Rules, *, together: bool = False
) -> None:
    """Add the timing of four executions."""
    taken = tuple(taken)
    # Who waits for something does so each time; a hiccup of the machine comes once.
    waiting = {side: all(waited(outcome) for one, outcome in taken if one is side) for side, _ in taken}
    turns: dict[Side, list[Turn]] = {}
    percent, extra = percent_of(name, rules), None
    for side, outcome in taken:
        turn = _turn(outcome, waits=waiting[side], together=together)
        if percent and side is Side.HEAD:
            turn, extra = lengthened(turn, percent)
        turns.setdefault(side, []).append(turn)
    base, head = ((turns[side][0], turns[side][1]) for side in (Side.BASE, rules.against))
    played.timings.append(
        PairTiming(
            benchmark=name,
            pair=rules.pair,
            stage=rules.stage,
            against=rules.against,
            first=rules.first,
            loops_count=1,
            quads=(Quad(base=base, head=head),),
            cold_ns=(base[0].wall_ns, head[0].wall_ns),
            processor=rules.processor if together else None,
            extra=extra,
        )
    )


def _turn(outcome: Outcome, *, waits: bool, together: bool) -> Turn:
    """An execution as a turn; beside the other side, its wall time is without what it was queued for the processor."""
    return Turn(
        wall_ns=outcome.wall_ns - ((outcome.queued_ns or 0) if together else 0),
        cpu_ns=_cpu_ns(outcome),
        thread_ns=outcome.thread_ns,
        started_ns=outcome.started_ns,
        waits_count=(outcome.waits_count or 1) if waits else 0,
    )
