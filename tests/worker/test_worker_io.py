"""The system's counters around a subject's calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfwatch.worker.io import Io, counters, peak_resident_bytes
from perfwatch.worker.subject import Subject

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the counters are Linux's /proc/self/io")


def measured(call, **changes):
    collector = Io(0.0)
    value = collector.measure(Subject(name="f", call=call, **changes))
    (record,) = collector.records
    return value, record


@linux_only
def test_written_bytes_are_counted(tmp_path):
    file = tmp_path / "data"
    _, record = measured(lambda: file.write_bytes(b"x" * 1_000_000), single=True)
    assert 1_000_000 <= record["counters"]["written_bytes"] < 1_100_000
    assert record["counters"]["write_calls_count"] >= 1


@linux_only
def test_read_bytes_are_counted_though_the_cache_had_them(tmp_path):
    file = tmp_path / "data"
    file.write_bytes(b"x" * 1_000_000)
    _, record = measured(file.read_bytes, single=True)
    assert 1_000_000 <= record["counters"]["read_bytes"] < 1_100_000


@linux_only
def test_a_repeated_subject_has_the_sum_of_its_calls(tmp_path):
    file = tmp_path / "data"
    calls = []

    def call():
        calls.append(1)
        file.write_bytes(b"x" * 100_000)

    _, record = measured(call)
    # One call comes first, outside.
    assert record["calls"] == len(calls) - 1
    assert record["counters"]["written_bytes"] >= 100_000 * record["calls"]


def test_the_process_time_of_children_is_counted():
    spinning = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    command = [sys.executable, "-S", "-c", spinning]
    _, record = measured(lambda: subprocess.run(command, check=True), single=True)
    assert record["counters"]["user_cpu_ns"] + record["counters"]["system_cpu_ns"] >= 190_000_000


def test_the_value_is_that_of_the_first_call():
    values = iter(range(10))
    value, _ = measured(lambda: next(values))
    assert value == 0


def test_counters_never_fall():
    before = counters()
    Path(__file__).read_bytes()
    after = counters()
    assert all(after[name] >= value for name, value in before.items())


def test_the_high_water_mark_is_in_bytes():
    peak = peak_resident_bytes()
    # An interpreter holds between a few megabytes and a few gigabytes.
    assert peak is None or 5_000_000 < peak < 20_000_000_000
