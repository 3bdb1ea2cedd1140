"""One record of the I/O pass as a profile with its sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.collect.io import read_io
from perfwatch.collect.io_processes import SeenChild, child_use
from perfwatch.collect.ownership import Ownership
from perfwatch.records.profile import IoMoment

OWN = Ownership(root=Path("/project"), libraries=("/lib",))


def record(**changes):
    """A worker's record of one execution that took a second."""
    return {
        "calls": 1,
        "wall_ns": 1_000_000_000,
        "started_ns": 0,
        "ended_ns": 1_000_000_000,
        "counters": {},
        "peak_resident_bytes": None,
        **changes,
    }


def seen(**changes):
    plain = {"files": [], "rest_opened": 0, "paths": 0, "full": False, "modules": 0, "mapped": 0, "missed": 0}
    return {**plain, "commands": [], **changes}


STATES = [
    {"frames": [["/project/s.py", 3, "f"]], "call": "read", "format": ""},
    {"frames": [["/project/s.py", 4, "f"]], "call": "loads", "format": "JSON"},
    {"frames": [["/lib/j.py", 4, "g"], ["/project/s.py", 5, "f"]], "call": "", "format": "CSV"},
]


def sampling(**changes):
    plain = {"reason": "", "samples": 100, "missed": 2, "pairs": [], "time_ns": [], "ended": []}
    return {**plain, **changes}


def test_counters_alone_make_a_profile():
    reading = read_io(record(counters={"read_bytes": 10}), [], OWN)
    assert reading.profile.read_bytes == 10
    assert (reading.lines, reading.profile.findings, reading.warnings) == ((), (), ())
    assert (reading.profile.serialisation_ratio, reading.samples_count) == (None, None)


def test_bytes_that_did_not_come_from_the_disk_came_from_the_cache():
    def ratio(**counters):
        return read_io(record(counters=counters), [], OWN).profile.cache_ratio

    assert ratio(read_bytes=1_000, disk_read_bytes=250) == 0.75
    assert ratio(read_bytes=1_000, disk_read_bytes=4_000) == 0.0  # read ahead
    assert ratio(read_bytes=0, disk_read_bytes=0) is None
    assert ratio(read_bytes=5) is None


def test_moments_outside_the_stretch_do_not_count():
    def moment(threads):
        return IoMoment(at_ns=0, cpu_percent=0, resident_bytes=1, threads_count=threads, processes_count=1)

    moments = [(-1, moment(50)), (500, moment(3)), (2_000_000_000, moment(70))]
    assert read_io(record(), moments, OWN).profile.threads_count == 3


def test_a_storm_has_its_line_its_count_and_its_mean():
    pairs = [[0, 0, 5, 6_400_000, 0, 100_000, 0, 0]]
    reading = read_io(record(calls=10, states=STATES, sampling=sampling(pairs=pairs)), [], OWN)
    assert reading.profile.findings == (
        (
            "s.py:3 reads 640 kB in about 10.0 k calls of 64 B on average: "
            "with a buffer of 64 KiB 10 read calls would do."
        ),
    )


def test_a_storm_without_a_line_is_told_of_the_whole():
    counters = {
        "written_bytes": 50_000,
        "write_calls_count": 5_000,
        "read_bytes": 10**9,
        "read_calls_count": 5_000,
    }
    reading = read_io(record(counters=counters), [], OWN)
    assert reading.profile.findings == ("50.0 kB were written in 5000 calls, 10 B on average.",)


@pytest.mark.parametrize(
    ("calls", "opened", "again", "told"),
    [(1, 4, 3, 3), (1, 1, 0, 0), (10, 10, 9, 0), (10, 30, 29, 2)],
)
def test_a_file_is_read_again_only_within_one_execution(calls, opened, again, told):
    files = seen(files=[["/project/data.csv", opened, opened, 0, again, [0], 1_000_000]])
    reading = read_io(record(calls=calls, files=files, states=STATES), [], OWN)
    (file,) = reading.profile.files
    assert file.read_again is (told > 0)
    assert file.lines == ("s.py:3",)
    sentences = [one for one in reading.profile.findings if "data.csv" in one]
    assert len(sentences) == (told > 0)
    if told:
        assert f"data.csv (1.00 MB) was opened for reading {told + 1} times" in sentences[0]
        assert "(by s.py:3)" in sentences[0]


def test_small_or_special_files_read_again_are_no_finding():
    rows = [["/proc/stat", 99, 99, 0, 98, [], 0], ["/project/tiny", 3, 3, 0, 2, [], 10]]
    assert read_io(record(files=seen(files=rows)), [], OWN).profile.findings == ()


def test_serialisation_is_a_share_of_the_time_with_its_error():
    times = [[0, 500_000_000, 9], [1, 300_000_000, 30_000_000], [2, 100_000_000, 0]]
    profile = read_io(record(states=STATES, sampling=sampling(time_ns=times)), [], OWN).profile
    assert profile.serialisation_ratio == pytest.approx(0.4)
    assert profile.findings == (
        "Serialisation took 40.0% of the time, give or take 5.7% (JSON 30.0%, CSV 10.0%; 100 samples).",
    )


def test_a_throttled_stretch_is_void_and_says_so():
    groups = {"throttled_count": 3, "throttled_ns": 250_000_000, "cores_limit": 1.5}
    reading = read_io(record(groups=groups), [], OWN)
    assert reading.throttled
    (finding,) = reading.profile.findings
    assert finding == (
        "The control group's quota of 1.50 cores held the processes back 3 times for 250 ms "
        "in 1.00 s: samples of this stretch are void."
    )
    assert reading.warnings == (finding,)
    profile = reading.profile
    assert (profile.throttled_count, profile.throttled_ns, profile.cores_limit) == (3, 250_000_000, 1.5)


def test_a_quota_that_held_nothing_back_is_no_finding():
    groups = {"throttled_count": 0, "throttled_ns": 0, "cores_limit": 2.0}
    reading = read_io(record(groups=groups), [], OWN)
    assert (reading.throttled, reading.profile.findings, reading.profile.cores_limit) == (False, (), 2.0)


POOL = {"library": "libopenblas.so", "kind": "openblas", "version": "0.3", "threads": 8, "layer": "pthreads"}


def test_more_threads_than_the_quota_has_cores_is_a_finding():
    counters = {"user_cpu_ns": 1_500_000_000, "system_cpu_ns": 500_000_000}
    reading = read_io(record(pools=[POOL], cores=16, groups={"cores_limit": 2.0}, counters=counters), [], OWN)
    (pool,) = reading.profile.pools
    assert (pool.kind, pool.threads_count, pool.cpu_over_wall) == ("openblas", 8, 2.0)
    assert reading.profile.findings == (
        "8 threads of openblas (libopenblas.so) for 2 cores: they wait for each other.",
    )
    assert read_io(record(pools=[POOL], cores=8), [], OWN).profile.findings == ()


def child(command="python", **changes):
    plain = {
        "first_ns": 10,
        "last_ns": 1_000,
        "user_cpu_ns": 100,
        "system_cpu_ns": 0,
        "peak_resident_bytes": 5,
    }
    return SeenChild(command=command, **{**plain, **changes})


def test_pools_in_several_workers_add_up():
    children = {(number, 0.0): child() for number in range(4)}
    moments = [(5, IoMoment(at_ns=5, cpu_percent=0, resident_bytes=1, threads_count=1, processes_count=5))]
    reading = read_io(record(pools=[POOL], cores=16), moments, OWN, children)
    assert reading.profile.findings == (
        (
            "8 threads of openblas (libopenblas.so) in each of 4 processes make 32 "
            "for 16 cores: they wait for each other."
        ),
    )


def test_children_s_time_beyond_what_was_seen_is_shared_out_by_their_number():
    told = record(
        counters={"children_user_ns": 1_000, "children_system_ns": 0, "children_peak_bytes": 7},
        files=seen(commands=[["sh", 3], ["python", 1]]),
    )
    uses = {one.command: one for one in child_use(told, [child()])}
    assert (uses["python"].count, uses["python"].user_cpu_ns) == (1, 100 + 225)
    assert (uses["sh"].count, uses["sh"].user_cpu_ns) == (3, 675)
    assert uses["sh"].peak_resident_bytes is None
    assert uses["python"].peak_resident_bytes == 5


def test_a_child_that_was_seen_before_its_exec_alone_is_not_counted_as_its_parent_too():
    told = record(files=seen(commands=[["sh", 1], ["python", 2]]))
    uses = {one.command: one for one in child_use(told, [child(looks=9), child(looks=9), child(looks=1)])}
    assert {command: use.count for command, use in uses.items()} == {"python": 2, "sh": 1}


def test_a_child_that_was_seen_once_counts_where_nothing_else_tells_of_it():
    (use,) = child_use(record(), [child(looks=1), child(looks=1)])
    assert use.count == 2


def test_the_only_command_s_peak_is_the_system_s_own_figure():
    told = record(counters={"children_peak_bytes": 70})
    (use,) = child_use(told, [child(), child()])
    assert (use.count, use.peak_resident_bytes, use.wall_ns) == (2, 70, 1_980)


def test_children_of_another_stretch_are_not_this_one_s():
    assert child_use(record(), [child(first_ns=2_000_000_000)]) == ()


def test_what_belongs_to_no_line_is_said_with_its_reasons():
    pairs = [[0, 0, 5, 500_000, 0, 5, 0, 0]]
    made = record(counters={"read_bytes": 1_000_000}, states=STATES, sampling=sampling(pairs=pairs))
    (warning,) = read_io(made, [], OWN).warnings
    assert warning == (
        "50.0% of the 1.00 MB read belong to no line: 0 B by threads that stood on none of the user's lines, "
        "500 kB by children or by threads too short to be seen."
    )


def test_what_could_not_be_looked_at_is_said():
    made = record(
        sampling=sampling(reason="this system counts no bytes by thread"),
        pools_missing="threadpoolctl is missing in the target's environment",
        files=seen(rest_opened=900, paths=1_000, full=True, missed=2, mapped=1),
        counters={"read_bytes": 1_000_000},
    )
    reading = read_io(made, [], OWN)
    assert reading.warnings == (
        "no bytes by line: this system counts no bytes by thread",
        "thread pools are not known: threadpoolctl is missing in the target's environment",
        "at least 1000 files were opened; those opened most often are shown, and 900 opens are not",
        "2 opened files were missed",
    )
    assert reading.profile.findings == (
        "1 file was mapped into memory: what is read through a map is in no byte count here.",
    )
    assert (reading.samples_count, reading.lost_count) == (100, 2)
