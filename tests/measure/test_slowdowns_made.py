"""A slowdown that is made on purpose: head does so much more, base and the twin do not."""

from __future__ import annotations

import sys
from random import Random
from statistics import median

import pytest
from builders import make_target
from side_tables import WAIT, WORK, CrampedTable, asking_for, table_of

from perfwatch.measure.side_by_side import SideBySide, Table
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Plan, Recorded
from perfwatch.records.run import TargetKind

if sys.platform == "win32":
    pytest.skip("turns need named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

pytestmark = pytest.mark.smoke


def shares(timing):
    """Head's processor time over base's, of all turns."""
    base = sum(turn.cpu_ns for quad in timing.quads for turn in quad.base)
    return sum(turn.cpu_ns for quad in timing.quads for turn in quad.head) / base


COUNTING = """
import atexit
from pathlib import Path

calls = []
atexit.register(lambda: Path("calls").write_text(str(len(calls))))

def work():
    calls.append(1)
    total = 0
    for number in range({rounds}):
        total += number
"""


def slowed(table, percent, wanted, name="bench:work"):
    found = SideBySide()
    table.measure((name,), wanted, found, {name: percent})
    return found


@pytest.mark.parametrize("rounds", [200, 60_000])
def test_a_head_that_is_slowed_does_so_much_more_and_base_does_not(tmp_path, rounds):
    found = slowed(table_of(tmp_path, *[WORK.format(rounds=rounds)] * 2), 100, asking_for(2))
    assert found.failures == []
    for timing in found.timings:
        assert timing.extra.percent == 100
        assert (timing.extra.calls_count, timing.extra.rounds_count) == (timing.loops_count, 0)
        assert 1.6 < shares(timing) < 2.5


def test_less_than_a_call_is_made_of_rounds(tmp_path):
    (timing,) = slowed(table_of(tmp_path, *[WORK.format(rounds=60_000)] * 2), 40, asking_for(1)).timings
    assert timing.loops_count == 1
    assert timing.extra.calls_count == 0
    assert timing.extra.rounds_count > 1_000
    assert timing.extra.spent_ns > 0
    assert 1.25 < shares(timing) < 1.6


def test_head_makes_as_many_calls_more_as_are_counted(tmp_path):
    (timing,) = slowed(table_of(tmp_path, *[COUNTING.format(rounds=500)] * 2), 50, asking_for(1)).timings
    base, head = (int((tmp_path / side.value / "calls").read_text()) for side in (Side.BASE, Side.HEAD))
    turns = 2 * len(timing.quads)
    # Both made as many calls before the first turn, but for what each needed to calibrate.
    assert head - base == pytest.approx(turns * timing.extra.calls_count, abs=timing.loops_count * 40)
    assert timing.extra.calls_count == pytest.approx(timing.loops_count / 2, abs=1)


def test_the_twin_is_never_slowed(tmp_path):
    table = table_of(tmp_path, *[WORK.format(rounds=60_000)] * 2)
    (timing,) = slowed(table, 100, asking_for(1, against=Side.TWIN)).timings
    assert timing.extra is None
    assert 0.7 < shares(timing) < 1.4


def test_head_is_slowed_where_one_process_is_alive_at_a_time_too(tmp_path):
    roomy = table_of(tmp_path, *[WAIT.format(seconds=0.002)] * 2)
    table = CrampedTable(roomy._target, roomy._settings, Plan(), Recorded(), Random(1))
    found = slowed(table, 100, asking_for(3))
    assert found.one_alive
    for timing in found.timings:
        assert timing.extra.percent == 100
        base, head = (
            min(turn.wall_ns for quad in timing.quads for turn in getattr(quad, side))
            for side in ("base", "head")
        )
        assert 1.5 < head / base < 2.7


PLAIN_TEST = """
def test_work():
    total = 0
    for number in range(3_000_000):
        total += number
"""


@pytest.mark.long
def test_what_is_called_only_once_is_slowed_by_rounds(tmp_path):
    """A plain test and a whole program have no second call: rounds of an empty loop follow the only one."""
    table = table_of(tmp_path, *[PLAIN_TEST] * 2)
    for kind, name in ((TargetKind.PYTEST, "bench.py::test_work"), (TargetKind.SCRIPT, "bench.py")):
        target = make_target(kind=kind, name="bench.py", path=str(tmp_path / "head" / "bench.py"))
        if kind is TargetKind.SCRIPT:
            for side in Side:
                (tmp_path / side.value / "bench.py").write_text(f"{PLAIN_TEST}\ntest_work()\n")
        one = Table(target, table._settings, Plan(), Recorded(), Random(1))
        found = slowed(one, 100, asking_for(5, name=name), name)
        assert found.failures == []
        assert {timing.extra.calls_count for timing in found.timings} == {0}
        assert min(timing.extra.rounds_count for timing in found.timings) > 10_000
        assert 1.5 < median(shares(timing) for timing in found.timings) < 2.7
