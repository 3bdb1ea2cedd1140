"""Counters of several calls as those of one, and a process watched from outside."""

from __future__ import annotations

import subprocess
import sys

from perfwatch.collect.io import ProcessSampler, io_profile
from perfwatch.records.profile import IoMoment


def moment(**changes):
    plain = {"at_ns": 0, "cpu_percent": 50.0, "resident_bytes": 1, "threads_count": 2, "processes_count": 1}
    return IoMoment(**{**plain, **changes})


def test_counters_are_those_of_one_call():
    profile = io_profile({"read_bytes": 1_000, "voluntary_switches_count": 30}, 10, [], 5)
    assert (profile.read_bytes, profile.voluntary_switches_count) == (100, 3)
    assert profile.peak_resident_bytes == 5


def test_what_the_system_does_not_count_is_unknown_and_not_zero():
    profile = io_profile({}, 1, [], None)
    assert (profile.read_bytes, profile.user_cpu_ns, profile.threads_count) == (None, None, None)


def test_threads_and_processes_are_the_most_that_were_seen():
    moments = [moment(threads_count=1, processes_count=4), moment(threads_count=9, processes_count=1)]
    profile = io_profile({}, 1, moments, None)
    assert (profile.threads_count, profile.processes_count) == (9, 4)
    assert profile.moments == tuple(moments)


WAITING = "import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', 'input()'], stdin=sys.stdin)"


def test_a_process_and_its_child_are_seen():
    sampler = ProcessSampler(interval=0.002)
    command = [sys.executable, "-S", "-c", WAITING]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        sampler.start(process.pid)
        while not any(one.processes_count == 2 for _, one in sampler.moments):
            assert process.poll() is None
        process.stdin.write(b"\n")
        process.stdin.close()
    sampler.stop()
    assert all(one.resident_bytes > 0 for _, one in sampler.moments)
    assert all(one.cpu_percent >= 0 for _, one in sampler.moments)
    assert [at for at, _ in sampler.moments] == sorted(at for at, _ in sampler.moments)


def test_a_process_that_is_gone_already_is_no_trouble():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    sampler = ProcessSampler(interval=0.001)
    sampler.start(process.pid)
    sampler.stop()
    assert sampler.moments == []
