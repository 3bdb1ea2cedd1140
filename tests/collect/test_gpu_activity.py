"""Kernels, copies, busy and idle time out of hand-built activity records."""

from __future__ import annotations

import itertools

from gpu_records import BEGIN, COPY, KERNEL, MEMSET, make_activity, make_launch, make_trace, stored
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.gpu_activity import (
    HOST_BOUND,
    KERNELS_AT_MOST,
    LAUNCH_BOUND,
    LAUNCH_SCALE_NS,
    TRANSFER_BOUND,
    busy,
    copies,
    course_of,
    kernels,
)
from perfwatch.records.gpu import GpuCopy, GpuKernel

MICRO = 1_000


def at(*activities, **changes):
    return course_of(make_trace(*activities, **changes))


def idle(*activities):
    return {one.kind: (one.total_ns, one.gaps_count) for one in busy(at(*activities)).idle}


# Kernels and copies


def test_a_kernels_calls_time_and_gaps_are_added_up():
    course = at(make_activity(2_000, 3_000), make_activity(3_400, 5_400), make_activity(5_600, 6_600))
    assert kernels(course) == (
        GpuKernel(name="add", calls_count=3, total_ns=4_000, mean_ns=4_000 / 3, gap_ns=300.0),
    )


def test_the_gap_before_a_kernel_is_counted_on_its_own_stream():
    course = at(
        make_activity(2_000, 3_000, stream=1),
        make_activity(2_500, 9_000, stream=2, label=1),
        make_activity(3_100, 4_000, stream=1),
    )
    by_name = {one.name: one for one in kernels(course)}
    assert by_name["add"].gap_ns == 100
    assert by_name["multiply"].gap_ns is None


def test_kernels_that_overlap_have_no_gap_rather_than_a_negative_one():
    course = at(make_activity(2_000, 5_000), make_activity(3_000, 4_000))
    assert kernels(course)[0].gap_ns == 0


def test_kernels_come_by_cost_and_the_tail_is_one_row():
    count = KERNELS_AT_MOST + 5
    labels = [f"kernel{number}" for number in range(count)]
    rows = [make_activity(2_000, 3_000 + number, label=number) for number in range(count)]
    found = kernels(at(*rows, labels=labels))
    assert found[0].name == labels[-1]
    assert found[-1].name == "(5 further kernels)"
    assert found[-1].calls_count == 5
    assert sum(one.calls_count for one in found) == count


def test_a_mangled_name_is_readable():
    assert kernels(at(make_activity(2_000, 3_000), labels=["_Z3addPfi"]))[0].name in (
        "add(float*, int)",
        "_Z3addPfi",  # where there is no C++ runtime
    )


def test_copies_are_told_by_direction_with_bytes_and_time():
    course = at(
        make_activity(2_000, 3_000, kind=COPY, label=2, size=4096),
        make_activity(3_000, 3_500, kind=COPY, label=2, size=1024),
        make_activity(4_000, 4_100, kind=COPY, label=3, size=8),
    )
    assert copies(course) == (
        GpuCopy(direction="host to device", calls_count=2, total_ns=1_500, bytes_count=5_120),
        GpuCopy(direction="device to host", calls_count=1, total_ns=100, bytes_count=8),
    )


def test_a_copy_of_a_kind_that_is_not_known_is_shown_all_the_same():
    assert copies(at(make_activity(2_000, 3_000, kind=COPY), labels=["copy 99"]))[0].direction == "unknown"


def test_what_began_before_the_stretch_is_left_out():
    assert at(make_activity(BEGIN - 10, 3_000)).activities == ()


def test_a_record_without_times_counts_as_a_call_and_takes_no_time():
    course = at(make_activity(0, 0), make_activity(2_000, 3_000))
    (kernel,) = kernels(course)
    assert (kernel.calls_count, kernel.total_ns) == (2, 1_000)
    assert course.untimed_count == 1
    assert busy(course).span_ns == 1_000


def test_what_is_beyond_the_records_kept_is_in_the_totals():
    course = at(make_activity(2_000, 3_000), beyond=[[0, KERNEL, 10, 5_000, 0], [2, COPY, 3, 900, 64]])
    assert kernels(course)[0].calls_count == 11
    assert kernels(course)[0].total_ns == 6_000
    assert copies(course)[0].bytes_count == 64


# Busy and idle


def test_nothing_ran_nothing_is_known():
    assert busy(at()) is None
    assert kernels(at()) == ()
    assert copies(at()) == ()
    assert busy(course_of({})) is None


def test_a_single_kernel_is_busy_all_its_span():
    found = busy(at(make_activity(2_000, 3_000)))
    assert (found.busy_ns, found.span_ns, found.idle) == (1_000, 1_000, ())


def test_kernels_side_by_side_are_busy_once():
    found = busy(at(make_activity(2_000, 5_000, stream=1), make_activity(3_000, 6_000, stream=2)))
    assert (found.busy_ns, found.span_ns) == (4_000, 4_000)


def test_devices_are_added_up_each_with_its_own_span():
    found = busy(at(make_activity(2_000, 3_000), make_activity(9_000, 9_500, device=1)))
    assert (found.busy_ns, found.span_ns) == (1_500, 1_500)


def test_a_memset_is_work():
    found = busy(at(make_activity(2_000, 3_000, kind=MEMSET, label=4)))
    assert found.busy_ns == 1_000


def test_time_in_which_only_a_copy_runs_is_transfer_bound():
    rows = [make_activity(2_000, 3_000), make_activity(3_000, 8_000, kind=COPY, label=2)]
    rows.append(make_activity(8_000, 9_000))
    assert idle(*rows) == {TRANSFER_BOUND: (5_000, 1)}


def test_a_copy_beside_a_kernel_costs_nothing():
    rows = [make_activity(2_000, 9_000), make_activity(3_000, 8_000, kind=COPY, label=2, stream=9)]
    assert idle(*rows) == {}


def test_a_long_gap_is_host_bound():
    rows = [make_activity(2_000, 3_000), make_activity(900_000, 901_000)]
    assert idle(*rows) == {HOST_BOUND: (897_000, 1)}


def test_short_gaps_between_launches_back_to_back_are_launch_bound():
    first = BEGIN + 100 * MICRO
    rows = []
    for number in range(4):
        start = first + number * 10 * MICRO
        rows += [
            make_launch(start - 5 * MICRO, start - MICRO, number + 1),
            make_activity(start, start + 2 * MICRO, correlation=number + 1),
        ]
    assert idle(*rows) == {LAUNCH_BOUND: (24 * MICRO, 3)}


def test_a_short_gap_after_the_host_did_something_else_is_host_bound():
    first = BEGIN + 100 * MICRO
    rows = [
        make_launch(first - 60 * MICRO, first - 55 * MICRO, 1),
        make_activity(first, first + 40 * MICRO, correlation=1),
        make_launch(first + 45 * MICRO, first + 50 * MICRO, 2),
        make_activity(first + 52 * MICRO, first + 60 * MICRO, correlation=2),
    ]
    assert idle(*rows) == {HOST_BOUND: (12 * MICRO, 1)}


def test_a_short_gap_before_what_was_queued_already_is_launch_bound():
    first = BEGIN + 100 * MICRO
    rows = [
        make_launch(first - 60 * MICRO, first - 55 * MICRO, 1),
        make_activity(first, first + 90 * MICRO, correlation=1),
        make_launch(first + 45 * MICRO, first + 50 * MICRO, 2),
        make_activity(first + 93 * MICRO, first + 99 * MICRO, correlation=2),
    ]
    assert idle(*rows) == {LAUNCH_BOUND: (3 * MICRO, 1)}


def test_without_records_of_launches_a_gap_is_told_by_its_length_alone():
    short = BEGIN + LAUNCH_SCALE_NS
    rows = [make_activity(BEGIN, BEGIN + 1), make_activity(short, short + 1)]
    rows.append(make_activity(short + 1 + LAUNCH_SCALE_NS + 1, short + 2 + LAUNCH_SCALE_NS + 1))
    found = idle(*rows)
    assert found == {LAUNCH_BOUND: (LAUNCH_SCALE_NS - 1, 1), HOST_BOUND: (LAUNCH_SCALE_NS + 1, 1)}


def test_of_the_runtimes_call_and_the_drivers_inside_it_the_outer_counts():
    course = at(make_launch(2_000, 3_000, 1), make_launch(2_200, 2_800, 1))
    assert course.launches == {1: (2_000, 3_000)}


times = st.integers(BEGIN, BEGIN + 200_000)
rows = st.lists(
    st.builds(
        lambda kind, start, lasting, place, correlation: make_activity(
            start,
            start + lasting,
            kind=kind,
            label={KERNEL: 0, COPY: 2, MEMSET: 4}.get(kind, -1),
            device=place[0],
            stream=place[1],
            correlation=correlation,
        ),
        st.integers(0, 3),
        times,
        st.integers(0, 60_000),
        st.tuples(st.integers(0, 1), st.integers(1, 2)),
        st.integers(0, 8),
    ),
    max_size=25,
)


@given(rows)
def test_idle_classes_add_up_to_span_minus_busy_and_nothing_is_negative(some):
    course = at(*some)
    found = busy(course)
    devices = {one.device for one in course.activities if one.timed}
    if found is None:
        assert not devices
        return
    assert sum(one.total_ns for one in found.idle) == found.span_ns - found.busy_ns
    assert all(one.total_ns > 0 and one.gaps_count > 0 for one in found.idle)
    assert found.busy_ns == sum(_moments(course, device) for device in devices)
    assert all(one.gap_ns is None or one.gap_ns >= 0 for one in kernels(course))
    assert sum(one.calls_count for one in kernels(course)) == sum(1 for one in some if one[0] == KERNEL)


def _moments(course, device):
    """Busy time counted another way: by walking over the starts and ends."""
    edges = sorted(
        (when, step)
        for one in course.activities
        if one.kind != COPY and one.device == device and one.timed
        for when, step in ((one.start, 1), (one.end, -1))
    )
    running = total = 0
    for (when, step), (then, _) in itertools.pairwise(edges):
        running += step
        total += then - when if running else 0
    return total


def test_a_training_loop_is_read_as_it_was_built():
    course = course_of(stored("training_loop.json")["trace"])
    by_name = {one.name: one for one in kernels(course)}
    assert by_name["sgemm_128x64"].calls_count == 3
    assert by_name["sgemm_128x64"].total_ns == 3 * 400_000
    found = busy(course)
    assert {one.kind: one.total_ns for one in found.idle} == {
        HOST_BOUND: 1_200_000,
        TRANSFER_BOUND: 600_000,
        LAUNCH_BOUND: 24_000,
    }
    assert found.busy_ns + 1_824_000 == found.span_ns
