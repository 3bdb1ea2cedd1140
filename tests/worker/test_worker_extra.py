"""Extra work: exactly the calls that were asked for, and rounds that last as long as the rest of one."""

from __future__ import annotations

import statistics

import pytest

from perfwatch.worker.extra import AT_LEAST, weigh
from perfwatch.worker.subject import Subject
from perfwatch.worker.turns import turn

pytestmark = pytest.mark.smoke

CALL_NS, ROUND_NS, IDLE_NS = 400_000, 5, 700


class Played:
    """A clock that tells what calls and rounds cost, to the nanosecond, and what was played."""

    def __init__(self, *, waits=0, stolen_ns=0):
        self.waits, self.stolen_ns = waits, stolen_ns
        self.turns = []

    def __call__(self, calls, rounds):
        self.turns.append((calls, rounds))
        cpu = calls * CALL_NS + rounds * ROUND_NS + IDLE_NS
        # A neighbour takes the processor away in some turns of calls, and lengthens wall time alone.
        stolen = self.stolen_ns if calls and len(self.turns) % 4 else 0
        return {"wall": cpu + stolen, "cpu": cpu, "thread": cpu, "waits": self.waits, "children": 0}


class Calls:
    """Counts its calls, each of which does the same work."""

    def __init__(self, work=0):
        self.count, self.work = 0, work

    def __call__(self):
        self.count += 1
        for _ in range(self.work):
            pass


@pytest.mark.parametrize(
    ("loops", "percent", "calls"), [(50, 2, 1), (1_000, 2, 20), (1_000, 5, 50), (20, 10, 2), (3, 100, 3)]
)
def test_what_is_a_whole_number_of_calls_is_made_of_calls_alone(loops, percent, calls):
    play = Played()
    assert weigh(play, loops, percent) == {"calls": calls, "rounds": 0, "uncertainty": 0.0}
    assert play.turns == []


@pytest.mark.parametrize(
    ("loops", "percent", "calls", "rest"),
    [(1, 2, 0, 0.02), (10, 5, 0, 0.5), (14, 10, 1, 0.4), (333, 2, 6, 0.66)],
)
def test_what_is_less_than_a_call_is_made_of_rounds_that_last_as_long(loops, percent, calls, rest):
    told = weigh(Played(), loops, percent)
    assert told["calls"] == calls
    # The turn itself costs the clock a little, which belongs to neither.
    assert told["rounds"] * ROUND_NS == pytest.approx(rest * CALL_NS, rel=0.003)
    assert told["uncertainty"] == 0.0


def test_a_neighbour_that_takes_the_processor_away_does_not_bend_what_rounds_weigh():
    told = weigh(Played(stolen_ns=300_000), 1, 10)
    assert told["rounds"] * ROUND_NS == pytest.approx(0.1 * CALL_NS, rel=0.003)


def test_work_that_waits_is_weighed_by_the_wall_clock():
    told = weigh(Played(waits=1, stolen_ns=300_000), 1, 10)
    assert told["rounds"] * ROUND_NS > 1.5 * 0.1 * CALL_NS


def test_calls_that_must_not_be_added_are_not_added():
    play = Played()
    told = weigh(play, 1, 100, whole=False)
    assert told["calls"] == 0
    assert told["rounds"] * ROUND_NS == pytest.approx(CALL_NS, rel=0.003)
    assert max(calls for calls, _ in play.turns) == 1


def test_a_call_that_cannot_be_made_again_is_not_made_again():
    play = Played()
    known = {"wall": 900_000, "cpu": 900_000, "thread": 900_000, "waits": 0, "children": 0}
    told = weigh(play, 1, 5, whole=False, known=known)
    assert told["rounds"] * ROUND_NS == pytest.approx(0.05 * 900_000, rel=0.003)
    assert {calls for calls, _ in play.turns} == {0}
    assert len(play.turns) > AT_LEAST


@pytest.mark.parametrize(("loops", "percent"), [(50, 2), (200, 5), (1_000, 10)])
def test_over_many_turns_head_makes_exactly_so_many_calls_more_of_every_hundred(loops, percent):
    calls, turns = Calls(), 40
    subject = Subject(name="work", call=calls)
    told = weigh(lambda count, rounds: turn(subject, count, rounds), loops, percent)
    calls.count = 0
    for _ in range(turns):
        turn(subject, loops + told["calls"], told["rounds"])
    assert calls.count * 100 == turns * loops * (100 + percent)


def test_real_rounds_last_about_as_long_as_the_part_of_a_call_that_they_stand_for():
    subject = Subject(name="work", call=Calls(work=60_000))
    shares = []
    # Each weighing sees the machine in one mood: the median of several says what they stand for.
    for _ in range(7):
        told = weigh(lambda count, rounds: turn(subject, count, rounds), 1, 10)
        pairs = [(turn(subject, 1)["cpu"], turn(subject, 0, told["rounds"])["cpu"]) for _ in range(10)]
        shares.append(statistics.median(rounds / call for call, rounds in pairs))
    assert statistics.median(shares) == pytest.approx(0.1, rel=0.25)
    assert 0 <= told["uncertainty"] < 0.1


def test_rounds_are_inside_the_times_of_a_turn_and_call_nothing():
    calls = Calls()
    prepared = []
    subject = Subject(name="work", call=calls, before=lambda: prepared.append(1))
    with_rounds, without = turn(subject, 0, 2_000_000), turn(subject, 0)
    assert with_rounds["cpu"] > 10 * without["cpu"]
    assert (calls.count, prepared) == (0, [])


def test_a_call_that_takes_long_is_made_once_to_be_weighed():
    class Long(Played):
        def __call__(self, calls, rounds):
            told = super().__call__(calls, rounds)
            return told | {clock: told[clock] + calls * 2_000_000_000 for clock in ("wall", "cpu", "thread")}

    play = Long()
    told = weigh(play, 1, 2)
    assert sum(calls for calls, _ in play.turns) == 1
    assert told["rounds"] * ROUND_NS == pytest.approx(0.02 * 2_000_400_000, rel=0.003)
