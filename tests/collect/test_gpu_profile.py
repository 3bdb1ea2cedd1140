"""One benchmark's GPU profile, put together from hand-built records."""

from __future__ import annotations

import msgspec
from gpu_records import OWNERSHIP, looked, make_activity, make_record, make_trace, stored

from perfwatch.collect.gpu import read_record
from perfwatch.records.gpu import GpuAllocator, GpuProfile


def read(sampler=None, **changes):
    return read_record(make_record(**changes), sampler, OWNERSHIP)


def test_an_empty_record_is_an_empty_profile_and_says_nothing_false():
    found = read(trace={}).profile
    assert (found.kernels, found.waits, found.idle, found.busy_ns, found.span_ns) == ((), (), (), None, None)


def test_a_training_loop_has_every_part():
    found = read_record(stored("training_loop.json"), None, OWNERSHIP)
    profile = found.profile
    assert [one.name for one in profile.kernels] == ["sgemm_128x64", "relu"]
    assert profile.copies[0].bytes_count == 3 * 4_194_304
    assert profile.allocators == (
        GpuAllocator(framework="torch", device=0, peak_bytes=104_857_600, reserved_bytes=125_829_120),
    )
    assert found.activities_count == 9
    assert found.lost_count == 0
    assert {line.line for line in found.lines} == {33, 41}


def test_a_profile_is_stored_and_read_back_as_it_was():
    profile = read_record(stored("training_loop.json"), looked(2), OWNERSHIP).profile
    assert msgspec.json.decode(msgspec.json.encode(profile), type=GpuProfile) == profile


def test_readings_of_the_benchmarks_own_time_make_its_rows():
    sampler = looked(3)
    times = [one.at_ns for one in sampler.readings[0]]
    found = read(sampler, started_ns=times[1], ended_ns=times[1]).profile
    assert [one.at_ns for one in found.moments] == [0]
    assert found.devices[0].power_watt == 150.0


def test_a_benchmark_between_two_readings_has_the_process_figures_and_says_so():
    sampler = looked(2)
    found = read(sampler, started_ns=1, ended_ns=2).profile
    assert found.devices[0].power_watt == 150.0
    assert any("too short for NVML" in one for one in found.missing)
    assert all(one.at_ns >= 0 for one in found.moments)


def test_what_the_driver_does_not_tell_is_said():
    found = read(looked(1), started_ns=1, ended_ns=2).profile
    assert any("device-wide" in one for one in found.missing)


def test_what_was_lost_is_said():
    trace = make_trace(make_activity(2_000, 3_000), make_activity(0, 0), beyond=[[0, 0, 4, 10, 0]], dropped=7)
    missing = " ".join(read(trace=trace).profile.missing)
    assert "4 later activities" in missing
    assert "CUPTI lost 7 records" in missing
    assert "does not know when 1" in missing


def test_sentences_of_a_target_are_bounded():
    found = read(missing=["x" * 10_000, *(f"sentence {number}" for number in range(500))]).profile
    assert len(found.missing) <= 30
    assert all(len(one) <= 400 for one in found.missing)
