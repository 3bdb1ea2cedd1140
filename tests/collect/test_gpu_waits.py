"""Waiting lines out of hand-built records."""

from __future__ import annotations

from gpu_records import BEGIN, OWNERSHIP, make_activity, make_record, make_trace, stored

from perfwatch.collect.gpu_activity import course_of
from perfwatch.collect.gpu_waits import SAMPLED, WAITS_AT_MOST, waits_of
from perfwatch.records.gpu import GpuWait


def waits(record):
    return waits_of(record, course_of(record["trace"]), OWNERSHIP)


def waiting(*rows, **changes):
    return waits(make_record(trace=make_trace(waits=[list(row) for row in rows]), **changes))


def test_a_wait_inside_a_library_is_charged_to_the_users_line_that_called_it():
    found = waiting((0, "cudaStreamSynchronize", 2, 3_000_000))
    assert found.waits == (
        GpuWait(file="train.py", line=12, call="cudaStreamSynchronize", calls_count=2, total_ns=3_000_000),
    )


def test_a_line_that_waits_in_two_calls_has_two_rows_and_one_sum():
    found = waiting((1, "cudaMemcpy", 1, 400), (1, "cudaStreamSynchronize", 1, 600))
    assert [one.call for one in found.waits] == ["cudaStreamSynchronize", "cudaMemcpy"]
    (line,) = found.lines
    assert (line.file, line.line, line.gpu_wait_ns) == ("train.py", 30, 1_000.0)


def test_a_call_that_was_timed_has_no_error():
    (line,) = waiting((1, "cudaMemcpy", 1, 400)).lines
    assert line.gpu_wait_error_ns is None


def test_a_wait_that_only_library_frames_lead_to_is_shown_at_the_library_and_in_no_line_of_the_users():
    found = waiting((0, "cudaFree", 1, 500), stacks=[[[1, 700]]])
    assert (found.waits[0].file, found.waits[0].line) == ("torch/cuda/__init__.py", 700)
    assert found.lines == ()


def test_a_wait_on_a_native_thread_is_said_and_has_no_line():
    found = waiting((-2, "cudaEventSynchronize", 3, 2_000_000))
    assert found.waits == ()
    assert any("2.00 ms of waiting passed on native threads" in one for one in found.missing)


def test_a_wait_whose_stack_was_not_kept_is_said():
    assert "more stacks than are kept" in waiting((-1, "cudaFree", 3, 2_000_000)).missing[0]
    assert "more stacks than are kept" in waiting((99, "cudaFree", 3, 2_000_000)).missing[0]


def test_the_tail_of_many_lines_is_counted():
    stacks = [[[0, number + 1]] for number in range(WAITS_AT_MOST + 3)]
    rows = [(number, "cudaMemcpy", 1, 100 + number) for number in range(len(stacks))]
    found = waiting(*rows, stacks=stacks)
    assert len(found.waits) == WAITS_AT_MOST
    assert "3 further waiting lines are not listed" in found.missing


def sampled(*samples, activities=()):
    record = make_record(
        trace=make_trace(*activities),
        watch={"samples": [list(one) for one in samples], "interval_ns": 1_000},
    )
    return waits(record)


def test_a_sample_is_charged_with_the_time_off_the_processor_while_the_device_worked():
    # CUPTI's clock runs 500 ns ahead: the device worked from 2,500 to 4,500 of ours.
    found = sampled((2_000, 3_000, 1, 900), activities=[make_activity(3_000, 5_000)])
    (wait,) = found.waits
    assert (wait.line, wait.call, wait.total_ns) == (30, SAMPLED, 500)
    (line,) = found.lines
    assert line.gpu_wait_error_ns == 1_000.0


def test_a_sample_is_not_charged_with_more_than_the_time_off_the_processor():
    found = sampled((2_600, 3_600, 1, 200), activities=[make_activity(3_000, 5_000)])
    assert found.waits[0].total_ns == 200


def test_waiting_while_no_device_works_is_no_wait_for_a_device():
    found = sampled((8_000, 9_000, 1, 900), activities=[make_activity(3_000, 5_000)])
    assert (found.waits, found.missing) == ((), ())


def test_samples_add_up_over_several_intervals_and_their_errors_in_squares():
    samples = [(start, start + 1_000, 1, 1_000) for start in range(3_000, 7_000, 1_000)]
    found = sampled(*samples, activities=[make_activity(BEGIN, 20_000)])
    assert found.waits[0].total_ns == 4_000
    assert found.waits[0].calls_count == 4
    assert found.lines[0].gpu_wait_error_ns == 2_000.0
    assert any("each sample may be wrong" in one for one in found.missing)


def test_a_record_without_a_trace_has_no_waits():
    assert waits(make_record(trace={})).waits == ()


def test_a_training_loop_waits_where_it_was_built_to_wait():
    found = waits(stored("training_loop.json"))
    assert [(one.line, one.total_ns) for one in found.waits] == [(41, 1_500_000), (33, 620_000)]
