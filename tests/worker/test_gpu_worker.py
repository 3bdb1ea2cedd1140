"""The GPU pass inside a process, served as perfwatch serves it; no device is needed."""

from __future__ import annotations

import time

import pytest
from serving import script, serve

from perfwatch.worker.gpu import Gpu
from perfwatch.worker.subject import Subject


def measured(call, seconds=0.0, **changes):
    collector = Gpu(seconds, untraced="no device here")
    value = collector.measure(Subject(name="f", call=call, **changes))
    (record,) = collector.records
    return value, record, collector


def test_a_script_runs_once_and_its_record_has_every_part():
    calls = []
    value, record, _ = measured(lambda: calls.append(1) or 7, single=True)
    assert (value, calls) == (7, [1])
    assert record["trace"] == {}
    assert record["allocators"] == []
    assert record["jax"]["events"] == []
    assert record["calls"] == 1
    assert record["started_ns"] + record["wall_ns"] <= record["ended_ns"]


def test_a_callable_is_traced_in_one_call_after_one_outside():
    calls = []
    _, record, _ = measured(lambda: calls.append(1))
    assert (len(calls), record["calls"]) == (2, 1)


def test_the_repetition_is_for_the_outside_and_not_in_the_time():
    _, record, _ = measured(lambda: time.sleep(0.001), seconds=0.05)
    assert record["ended_ns"] - record["started_ns"] > record["wall_ns"] + 40_000_000


def test_why_nothing_is_traced_is_said():
    *_, collector = measured(lambda: None)
    assert collector.finish() == {"tool": "", "version": "", "trouble": "no device here"}


def test_a_subject_that_raises_leaves_its_record_and_its_error():
    def broken():
        raise ValueError("wrong")

    collector = Gpu(0.0, untraced="no device here")
    with pytest.raises(ValueError, match="wrong"):
        collector.measure(Subject(name="f", call=broken, single=True))
    assert len(collector.records) == 1
    assert collector.close_open is None


@pytest.mark.parametrize("leaving", ["", "import os; os._exit(0)", "raise SystemExit(0)"])
def test_a_served_script_is_answered_for_whatever_way_it_leaves(tmp_path, leaving):
    target = script(tmp_path, f"print('hello', flush=True)\n{leaving}\n")
    options = {"seconds": 0.0, "untraced": "no device here"}
    done, answer = serve(tmp_path, "gpu", target, names=["script.py"], options=options)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")
    assert answer["process"]["trouble"] == "no device here"
    (record,) = answer["records"]
    assert record["wall_ns"] > 0


def test_without_a_driver_the_target_runs_all_the_same(tmp_path):
    target = script(tmp_path, "print('hello')\n")
    done, answer = serve(
        tmp_path, "gpu", target, names=["script.py"], options={"seconds": 0.0, "untraced": ""}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")
    assert isinstance(answer["process"]["trouble"], str)
