"""What cannot go to workers is measured in the calling process, once, and marked so."""

from __future__ import annotations

import os
import sys

import pytest
from stored_runs import stored

import perfwatch
from perfwatch.api.results import Where
from perfwatch.errors import TargetFailed, UsageError
from perfwatch.records.run import PassName

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs fork and wait4")

QUICK = {"budget": 8, "processes": 2}


@pytest.mark.smoke
def test_a_closure_is_timed_here_and_marked(project):
    calls = []
    timing = perfwatch.benchmark(lambda: calls.append(os.getpid()), budget=1)
    assert timing.where is Where.HERE
    assert set(calls) == {os.getpid()}
    assert timing.marks[0] == "one process: no interval"
    assert "a lambda has no name" in timing.marks[1]
    assert timing.interval_ns is None
    assert not timing.timing.for_verdicts
    assert "one process: no interval" in repr(timing)
    assert "Measured in the calling process" in str(timing)


def test_a_closure_is_profiled_in_the_one_call_that_it_gets(project):
    calls = []

    def work():
        calls.append(1)
        return inner()

    def inner():
        return sum(pow(i, 3, 1009) for i in range(200_000))

    value, profile = perfwatch.profile(work)
    assert (calls, value) == ([1], inner())
    assert {"inner", "work"} <= {one.function.rpartition(".")[2] for one in profile.functions}
    assert not any("perfwatch" in one.file for one in profile.functions)
    assert [one.name for one in profile.passes] == [PassName.CPU]
    assert "with callees" in str(profile)


def test_what_cannot_be_pickled_is_measured_here_with_the_reason(model):
    timing = perfwatch.benchmark(model.uses, model.Unpicklable(), budget=1)
    assert timing.where is Where.HERE
    assert "it holds a connection" in timing.marks[1]


def test_a_closure_that_raises_is_a_failure_with_its_cause(project):
    def fails():
        raise ValueError("no such point")

    with pytest.raises(TargetFailed, match="raised ValueError: no such point") as caught:
        perfwatch.benchmark(fails)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ValueError, match="no such point"):
        perfwatch.profile(fails)
    assert stored(project) == []


def test_measuring_here_leaves_the_programs_own_spans_alone(project):
    perfwatch.monitor.clear()
    with perfwatch.monitor("mine"):
        pass

    def work():
        with perfwatch.monitor("inside"):
            perfwatch.record("loss", 1.0)

    timing = perfwatch.benchmark(work, budget=1)
    assert [span.path for span in timing.spans] == [("inside",)]
    assert [one.name for one in timing.custom] == ["loss"]
    assert [span.path for span in perfwatch.monitor.collected()] == [("mine",)]
    perfwatch.monitor.clear()


def test_another_pass_than_cpu_is_refused_here_before_the_call(project):
    calls = []
    with pytest.raises(UsageError, match="can only be profiled in this process") as caught:
        perfwatch.profile(lambda: calls.append(1), passes="memory")
    assert 'passes="cpu"' in caught.value.do
    assert calls == []


def test_a_profiler_that_runs_already_is_not_pushed_aside(project):
    calls = []
    before = sys.getprofile()
    sys.setprofile(lambda *_: None)
    try:
        with pytest.raises(UsageError, match="A profiler runs in this thread already"):
            perfwatch.profile(lambda: calls.append(1))
    finally:
        sys.setprofile(before)
    assert calls == []
