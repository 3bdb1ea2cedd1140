"""Of calls that are too dear to trace all, some are traced whole, and the errors allow for the others."""

from __future__ import annotations

import random
import time

import pytest

from perfwatch.worker.lines_calls import BATCH_NS, Calls
from perfwatch.worker.lines_duty import Limits
from perfwatch.worker.lines_windows import Cost
from perfwatch.worker.subject import Subject

KEY = ("a.py", 1, "f")


class FakeTracer:
    """Counts what a fake function says it did, as line_profiler would."""

    def __init__(self):
        self.running = False
        self.switches = 0
        self.hits = {}

    def on(self):
        assert not self.running
        self.running = True
        self.switches += 1

    def off(self):
        self.running = False

    def hit(self, line, count=1):
        if self.running:
            self.hits[line] = self.hits.get(line, 0) + count

    def timings(self):
        return {KEY: [(line, hits, 10 * hits) for line, hits in self.hits.items()]}


def spin(nanoseconds):
    """Use so much processor time."""
    end = time.process_time_ns() + nanoseconds
    while time.process_time_ns() < end:
        pass


def repeated(call, seconds=0.0, before=None, dilation_at_most=3.0, tracer=None):
    calls = Calls(tracer, Cost(hit_ns=100.0), Limits(dilation_at_most=dilation_at_most, grace_ns=0))
    calls._random = random.Random(1)
    calls.repeat(Subject(name="f", call=call, before=before), seconds)
    return calls.finish()


def lines(record):
    return {entry[0]: entry[1:] for function in record["functions"] for entry in function["lines"]}


def test_calls_that_tracing_hardly_dilates_have_exact_hits():
    tracer = FakeTracer()

    def call():
        spin(BATCH_NS)
        tracer.hit(2, 7)

    record = repeated(call, tracer=tracer, dilation_at_most=1000.0)
    assert lines(record) == {2: [7, 70]}
    assert (record["sampled"], record["traced_calls"], record["timed"], record["reason"]) == (
        False,
        1,
        True,
        "",
    )


def test_calls_that_tracing_dilates_are_sampled_between_free_ones():
    tracer = FakeTracer()

    def call():
        spin(BATCH_NS * (5 if tracer.running else 1))
        tracer.hit(2, 7)

    record = repeated(call, seconds=0.15, tracer=tracer)
    assert record["sampled"]
    assert record["dilation"] > 3
    traced = record["traced_calls"]
    assert record["calls"] > traced >= 2
    # Each call is the same, so hits of the traced ones are certain.
    assert lines(record) == {2: [7 * traced, 70 * traced, 0.0]}
    assert f"{traced} of {record['calls']} calls were traced" in record["reason"]


def test_calls_that_differ_have_an_error_as_large_as_sampling_makes_it():
    tracer = FakeTracer()
    calls = Calls(tracer, Cost(hit_ns=100.0), Limits(dilation_at_most=1.0))
    # Two traced batches of eight: 10 and 20 hits, so s is 7.07 and the mean's error s / sqrt(2) * sqrt(1 - 2 / 8).
    calls.free_batches, calls.free_ns, calls.traced_ns = 6, 6, 20
    for hits in (10, 20):
        calls._before = calls._now()
        calls.open = True
        tracer.on()
        tracer.hit(2, hits)
        calls._end_batch()
    record = calls.finish()
    ((hits, _, error),) = lines(record).values()
    assert hits == 30
    assert error == pytest.approx(2 * 5 * (1 - 2 / 8) ** 0.5)


def test_one_traced_batch_alone_has_no_error_and_that_is_said():
    tracer = FakeTracer()
    calls = Calls(tracer, Cost(hit_ns=100.0), Limits(dilation_at_most=1.0))
    calls.free_batches, calls.free_ns, calls.traced_ns = 1, 1, 20
    calls.open = True
    tracer.on()
    tracer.hit(2, 3)
    record = calls.finish()
    assert lines(record) == {2: [3, 30, None]}
    assert record["reason"].endswith("too few for an error")


def test_what_prepares_each_call_is_not_traced():
    tracer = FakeTracer()
    record = repeated(
        lambda: (spin(BATCH_NS), tracer.hit(2)),
        before=lambda: tracer.hit(9),
        tracer=tracer,
        dilation_at_most=1000.0,
    )
    assert set(lines(record)) == {2}


def test_a_batch_is_traced_as_a_whole():
    tracer = FakeTracer()
    calls = Calls(tracer, Cost(hit_ns=100.0), Limits(dilation_at_most=1e9))
    calls.size = 50
    calls._traced(Subject(name="f", call=lambda: tracer.hit(2)))
    record = calls.finish()
    assert (tracer.switches, record["traced_calls"], lines(record)) == (1, 50, {2: [50, 500]})
