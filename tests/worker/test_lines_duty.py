"""A stretch is traced while that is cheap, and counted in windows where it is not; the counts agree with the truth."""

from __future__ import annotations

import sys
import textwrap
import threading

import pytest
from tools import need_module

from perfwatch.worker.lines_code import MONITORING, Tracer, Wanted
from perfwatch.worker.lines_cost import counter_cost, tracer_cost
from perfwatch.worker.lines_count import counter_for
from perfwatch.worker.lines_duty import Duty, Limits, Phase
from perfwatch.worker.lines_windows import Cost

CALLS = """\
def leaf(n):
    return n + 1
def branch(n):
    return leaf(n) + leaf(n)
def main(rounds):
    total = 0
    for _ in range(rounds):
        for n in range(50):
            total += branch(n)
    return total
"""
FUNCTIONS = (("leaf", 1), ("branch", 3), ("main", 5))


@pytest.fixture(autouse=True)
def _tracer():
    need_module("line_profiler", "line_profiler")


class Stretch:
    """A module's functions made ready, with a tracer and a counter for them."""

    def __init__(self, tmp_path, text=CALLS, functions=FUNCTIONS):
        file = tmp_path / "stretch.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        self.file = str(file)
        self.wanted = Wanted([{"file": self.file, "name": name, "line": line} for name, line in functions])
        # Before: where the interpreter has one place for callbacks, the last counter installed has it.
        self.costs = tracer_cost(), counter_cost()
        self.counter = counter_for(self.wanted)
        self.counter.install()
        self.tracer = Tracer(self.wanted)
        self.space = {}
        code = compile(file.read_text(encoding="utf-8"), self.file, "exec")
        exec(self.tracer.instrumented(code, self.file), self.space)

    def hits(self):
        return {line: hits for (_, line), hits in self.counter.hits().items()}

    def duty(self, limits, *, traced=True):
        (recorded, unrecorded, call), counted = self.costs
        cost = Cost(hit_ns=recorded + unrecorded, call_ns=call)
        return Duty(self.counter, counted, limits, (self.tracer, cost) if traced else None)

    def total(self, duty):
        """Hits and errors by line: what the tracer saw and what the windows say."""
        found = {line: (hits, 0.0) for lines in self.tracer.timings().values() for line, hits, _ in lines}
        for (_, line), (hits, error) in duty.windows.estimate(owners=self.counter.owners).hits.items():
            found[line] = (found.get(line, (0, 0.0))[0] + hits, error)
        return found


def test_what_runs_while_counting_is_off_is_not_counted(tmp_path):
    stretch = Stretch(tmp_path)
    stretch.space["main"](1)
    stretch.counter.on()
    stretch.space["branch"](1)
    stretch.counter.off()
    stretch.space["branch"](1)
    assert stretch.hits() == {4: 1, 2: 2}
    stretch.counter.on()
    stretch.space["leaf"](1)
    stretch.counter.off()
    assert stretch.hits() == {4: 1, 2: 3}


def test_starts_are_counted_whether_lines_are_or_not(tmp_path):
    stretch = Stretch(tmp_path)
    stretch.space["branch"](1)
    stretch.counter.on()
    stretch.space["leaf"](1)
    stretch.counter.off()
    stretch.space["branch"](1)
    assert {key[2]: starts for key, starts in stretch.counter.starts().items() if starts} == {
        "leaf": 5,
        "branch": 2,
    }
    # As it was when counting was turned off last, whatever came after.
    at_switch = {key[2]: starts for key, starts in stretch.counter.starts_at_switch.items() if starts}
    assert at_switch == {"leaf": 3, "branch": 1}


def test_counting_begins_and_ends_in_the_middle_of_a_function(tmp_path):
    stretch = Stretch(
        tmp_path,
        """\
        def f(on, off):
            for i in range(10):
                if i == 3:
                    on()
                if i == 7:
                    off()
            return i
        """,
        (("f", 1),),
    )
    assert stretch.space["f"](stretch.counter.on, stretch.counter.off) == 9
    assert stretch.hits() == {2: 4, 3: 4, 5: 5, 6: 1}


def test_lines_under_way_are_counted_when_the_tracer_hands_over(tmp_path):
    stretch = Stretch(tmp_path, "def f(change):\n    change()\n    return 1\n", (("f", 1),))

    def change():
        stretch.counter.take_over(stretch.tracer)
        stretch.counter.on()

    stretch.tracer.on()
    stretch.space["f"](change)
    stretch.counter.off()
    traced = {line: hits for lines in stretch.tracer.timings().values() for line, hits, _ in lines}
    counted = stretch.hits()
    assert {line: traced.get(line, 0) + counted.get(line, 0) for line in (2, 3)} == {2: 1, 3: 1}


def test_a_short_stretch_is_traced_to_its_end(tmp_path):
    stretch = Stretch(tmp_path)
    duty = stretch.duty(Limits())
    duty.start()
    stretch.space["main"](2)
    duty.stop()
    assert duty.phase is Phase.TRACED
    assert stretch.total(duty) == {
        line: (hits, 0.0) for line, hits in {2: 200, 4: 100, 6: 1, 7: 3, 8: 102, 9: 100, 10: 1}.items()
    }


@pytest.mark.parametrize("traced", [True, False])
def test_a_stretch_too_dear_goes_over_to_windows_and_its_hits_agree_with_the_truth(tmp_path, traced):
    stretch = Stretch(tmp_path)
    limits = Limits(probe_seconds=0.02, dilation_at_most=1.2, grace_ns=0)
    duty = stretch.duty(limits, traced=traced)
    duty.start()
    rounds = 0
    # For as long as it takes: how fast the machine is makes no difference.
    while duty.windows.count < 25 and rounds < 5_000_000:
        stretch.space["main"](20)
        rounds += 20
    duty.stop()
    assert (duty.phase, duty.trouble) == (Phase.SAMPLED, "")
    found = stretch.total(duty)
    truth = {2: 100 * rounds, 4: 50 * rounds, 8: 51 * rounds, 9: 50 * rounds}
    for line, known in truth.items():
        hits, error = found[line]
        # With counted starts the errors are as small as the edges of windows; one in hundreds may be off by more.
        assert abs(hits - known) <= max(4 * error, 0.01 * known), (line, hits, error, known)
        assert error < 0.15 * known


def test_a_pause_for_a_fork_loses_no_hits_and_the_stretch_goes_on(tmp_path):
    stretch = Stretch(tmp_path)
    duty = stretch.duty(Limits(probe_seconds=60))
    duty.start()
    stretch.space["main"](1)
    duty.pause()
    stretch.space["main"](1)
    duty.resume()
    stretch.space["main"](1)
    duty.stop()
    assert {line: hits for line, (hits, _) in stretch.total(duty).items()} == {
        line: 3 * hits for line, hits in {2: 100, 4: 50, 6: 1, 7: 2, 8: 51, 9: 50, 10: 1}.items()
    }


def test_nothing_of_ours_stays_behind(tmp_path):
    stretch = Stretch(tmp_path)
    threads, trace = threading.active_count(), sys.gettrace()
    duty = stretch.duty(Limits(probe_seconds=0.0, dilation_at_most=1.5, grace_ns=0))
    duty.start()
    while duty.windows.count < 3:
        stretch.space["main"](5)
    duty.stop()
    assert (threading.active_count(), sys.gettrace(), threading.gettrace()) == (threads, trace, None)
    before = stretch.hits()
    stretch.space["main"](1)
    assert stretch.hits() == before


@pytest.mark.skipif(MONITORING, reason="from 3.12 on a trace function of the target's disturbs nothing")
def test_a_trace_function_of_the_targets_is_let_alone(tmp_path):
    stretch = Stretch(tmp_path)

    def theirs(_frame, _event, _argument):
        return None

    before = sys.gettrace()
    sys.settrace(theirs)
    try:
        stretch.counter.on()
        assert (stretch.counter.running, stretch.counter.blocked) == (False, True)
        stretch.space["leaf"](1)
        stretch.counter.off()
        assert sys.gettrace() is theirs
    finally:
        sys.settrace(before)
    assert stretch.hits() == {}


BURNING = """\
import time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(100_000))
"""


@pytest.mark.parametrize(("times", "phase"), [(1.5, Phase.TRACED), (3.0, Phase.SAMPLED)])
def test_what_lasts_longer_than_foretold_is_traced_on_as_long_as_it_may_be_dilated(tmp_path, times, phase):
    """Of 3 times as long, a little less than 2; what makes it longer is not the lines that are counted."""
    stretch = Stretch(tmp_path, BURNING, (("burn", 2),))
    duty = stretch.duty(Limits(probe_seconds=0.05, dilation_at_most=3.0, grace_ns=0, clean_ns=0.4e9))
    duty.start()
    stretch.space["burn"](times * 0.4)
    duty.stop()
    assert duty.phase is phase
