"""The clock in the worker: cold apart, loops calibrated, two clocks for each sample."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from serving import script, serve

import perfwatch
from perfwatch.worker import processor
from perfwatch.worker.clock import SAMPLE_NS, Clock, batch, calibrate
from perfwatch.worker.subject import Subject

MS = 1_000_000


def spin(nanoseconds):
    """Work for at least this long."""
    end = time.perf_counter_ns() + nanoseconds
    while time.perf_counter_ns() < end:
        pass


class Calls:
    """Counts its calls; the first one is slower."""

    def __init__(self, first_ns=0):
        self.count = 0
        self.first_ns = first_ns

    def __call__(self):
        self.count += 1
        if self.count == 1:
            spin(self.first_ns)
        return self.count


def measured(subject, seconds=0.05, **options):
    made = Clock(seconds, **options)
    value = made.measure(subject)
    (record,) = made.records
    return value, record


def later(seconds):
    return time.perf_counter_ns() + round(seconds * 1e9)


def test_a_batch_calls_as_often_as_it_says():
    calls = Calls()
    wall, cpu = batch(calls, 1_000)
    assert calls.count == 1_000
    assert wall > 0
    assert cpu >= 0


def test_loops_grow_until_a_sample_is_long_against_the_clock():
    calls = Calls()
    loops = calibrate(calls, later(60))
    # A call that counts takes well below 5 µs anywhere, and a sample is 5 ms.
    assert loops > 1_000
    assert calls.count < 20 * loops


def test_a_call_longer_than_a_sample_is_not_looped():
    assert calibrate(lambda: spin(SAMPLE_NS + MS), later(60)) == 1


def test_without_time_left_there_is_one_call_a_sample():
    calls = Calls()
    assert calibrate(calls, time.perf_counter_ns() - 1) == 1
    assert calls.count == 1


def test_the_first_call_is_kept_apart_as_cold_time():
    _, record = measured(Subject(name="f", call=Calls(first_ns=20 * MS)), seconds=0.06)
    assert record["cold_ns"] >= 20 * MS
    assert not record["first_call_only"]
    assert min(record["wall"]) / record["loops"] < record["cold_ns"] / 100


def test_the_value_of_the_first_call_is_returned():
    calls = Calls()
    value, _ = measured(Subject(name="f", call=calls))
    assert value == 1
    assert calls.count > 1


def test_each_sample_has_both_clocks_and_its_start():
    _, record = measured(Subject(name="f", call=lambda: spin(MS)), seconds=0.06)
    assert len(record["wall"]) == len(record["cpu"]) == len(record["started"]) >= 1
    assert all(isinstance(value, int) for value in record["wall"] + record["cpu"] + record["started"])
    assert record["started"] == sorted(record["started"])


def work():
    return sum(range(20_000))


def beside():
    """Work in another thread than the one that waits for it."""
    other = threading.Thread(target=lambda: [work() for _ in range(20)])
    other.start()
    other.join()


def in_a_child():
    subprocess.run([sys.executable, "-S", "-c", "sum(range(1_000_000))"], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="nobody counts there how often a process waits")
@pytest.mark.parametrize(
    ("call", "waits", "shares"),
    [(work, False, False), (lambda: time.sleep(0.002), True, None), (beside, True, True)],
    ids=["computes", "sleeps", "another-thread-works"],
)
def test_samples_in_which_it_waited_or_another_thread_computed_are_told(call, waits, shares):
    _, record = measured(Subject(name="f", call=call), seconds=0.2)
    assert len(record["waited"]) == len(record["shared"]) == len(record["wall"]) > 3
    # A page that comes from the disk makes anybody wait, once.
    assert statistics.median(record["waited"]) == waits
    assert shares is None or statistics.median(record["shared"]) == shares


def test_where_a_child_worked_nothing_is_told_of_waiting():
    _, record = measured(Subject(name="f", call=in_a_child), seconds=0.2)
    assert "waited" not in record
    assert "shared" not in record


def test_where_an_accelerator_is_open_nothing_is_told_of_waiting(monkeypatch):
    monkeypatch.setattr(processor, "_ACCELERATORS", (os.devnull,))
    with Path(os.devnull).open(encoding="utf-8"):
        _, record = measured(Subject(name="f", call=work))
    assert "waited" not in record
    assert "wall" in record


@pytest.mark.parametrize(
    ("subject", "options"),
    [
        (Subject(name="quick", call=Calls()), {"quick": True}),
        (Subject(name="single", call=Calls(), single=True), {}),
        (Subject(name="long", call=Calls(first_ns=20 * MS)), {"seconds": 0.01}),
    ],
    ids=lambda part: part.name if isinstance(part, Subject) else "",
)
def test_where_one_call_is_all_there_is_it_is_the_only_sample(subject, options):
    _, record = measured(subject, **options)
    assert subject.call.count == 1
    assert record["first_call_only"]
    assert record["loops"] == 1
    assert record["wall"] == [record["cold_ns"]]


def test_what_runs_before_each_call_forbids_loops():
    order = []
    subject = Subject(name="f", call=lambda: order.append("call"), before=lambda: order.append("before"))
    _, record = measured(subject, seconds=0.02)
    assert record["loops"] == 1
    assert len(record["wall"]) > 1
    assert order == ["before", "call"] * (1 + len(record["wall"]))


@pytest.mark.parametrize("kind", ["track", "memory"])
def test_a_figure_is_the_value_itself_and_is_asked_for_once(kind):
    calls = Calls()
    _, record = measured(Subject(name="f", call=calls, kind=kind))
    assert record["value"] == calls.count == 1
    assert "wall" not in record


def test_peak_memory_is_the_process_high_water_mark():
    resource = pytest.importorskip("resource")
    _, record = measured(Subject(name="f", call=Calls(), kind="peak-memory"))
    assert record["value"] >= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_the_spans_are_those_of_one_call():
    def call():
        with perfwatch.monitor("outer"), perfwatch.monitor("inner"):
            perfwatch.record("error", 0.5)

    _, record = measured(Subject(name="f", call=call))
    spans = {tuple(span["path"]): span["count"] for span in record["spans"]}
    assert spans == {("outer",): 1, ("outer", "inner"): 1}
    assert record["custom"] == [{"name": "error", "values": [0.5], "at_ns": [0], "direction": "lower"}]


def test_an_exception_goes_on_up():
    def call():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Clock(0.01).measure(Subject(name="f", call=call))


def test_only_the_first_call_is_heard(capfd):
    measured(Subject(name="f", call=lambda: os.write(1, b"said\n")), hush=True)
    assert capfd.readouterr().out == "said\n"


def test_hushing_ends_with_an_exception(capfd):
    calls = Calls()

    def call():
        if calls() > 3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        measured(Subject(name="f", call=call), hush=True)
    os.write(1, b"heard\n")
    assert capfd.readouterr().out == "heard\n"


def test_python_s_own_buffers_are_hushed_in_order(tmp_path):
    script(tmp_path, "def f():\n    print('said')\n", "mod.py")
    target = {"kind": "callable", "cases": [{"name": "mod:f", "function": "mod:f"}]}
    done, answer = serve(tmp_path, "timing", target, options={"seconds": 0.05, "hush": True})
    assert done.stdout == "said\n"
    assert len(answer["records"][0]["wall"]) > 1
