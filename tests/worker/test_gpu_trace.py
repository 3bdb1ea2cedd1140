"""CUPTI's records and callbacks, with cupti-python's own classes and no device."""

from __future__ import annotations

import threading

import fake_cupti
import pytest
from fake_cupti import FakeCupti

from perfwatch.worker import gpu_trace
from perfwatch.worker.gpu_trace import COPY, KERNEL, LAUNCH, MEMSET, Trace
from perfwatch.worker.gpu_watch import NATIVE, Stacks

STREAM = {"device_id": 1, "stream_id": 7}


def opened(**changes):
    fake = FakeCupti(**changes)
    trace = Trace(Stacks(), lambda: fake)
    trace.open()
    return fake, trace


def traced(*activities):
    fake, trace = opened()
    trace.begin()
    fake.buffered += activities
    return trace.end()


# Opening


def test_the_records_that_are_needed_are_asked_for_and_no_others():
    fake, trace = opened()
    assert trace.ready
    assert fake.enabled == {"CONCURRENT_KERNEL", "MEMCPY", "MEMCPY2", "MEMSET"}
    assert "cudaLaunchKernel_v7000" in fake.calls_enabled["RUNTIME_API"]
    assert {"cuLaunchKernel", "cuLaunchKernelEx", "cuGraphLaunch"} <= fake.calls_enabled["DRIVER_API"]
    assert not any("Synchronize" in name or "Memcpy" in name for name in fake.calls_enabled["RUNTIME_API"])


def test_calls_that_may_wait_are_told_as_they_happen():
    fake, _ = opened()
    assert {
        "cudaDeviceSynchronize_v3020",
        "cudaStreamSynchronize_v3020",
        "cudaStreamSynchronize_ptsz_v7000",
        "cudaEventSynchronize_v3020",
        "cudaMemcpy_v3020",
        "cudaMemcpyAsync_v3020",
        "cuStreamSynchronize",
        "cuCtxSynchronize",
        "cuEventSynchronize",
        "cuMemcpyDtoH_v2",
        "cuMemcpyDtoHAsync_v2",
        "cudaFree_v3020",
    } <= fake.callbacks_enabled
    assert not any("Launch" in name or "Malloc" in name for name in fake.callbacks_enabled)


def test_a_missing_library_is_a_trouble_with_its_name():
    def nothing():
        raise ImportError("No module named 'cupti'")

    trace = Trace(Stacks(), nothing)
    trace.open()
    assert trace.trouble.startswith("cupti-python does not import")
    assert not trace.ready


def test_without_a_driver_the_trouble_is_what_cupti_says():
    trace = Trace(Stacks(), lambda: fake_cupti.cupti)
    trace.open()
    if trace.ready:
        trace.close()
        pytest.skip("a driver is here: tests/gpu looks at it")
    assert trace.trouble.startswith("CUPTI refuses: ")


def test_a_second_subscriber_is_named_as_one():
    refused = {"subscribe_v2": fake_cupti.error("ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED")}
    _, trace = opened(refused=refused)
    assert "is subscribed already" in trace.trouble


def test_a_tool_that_is_injected_is_left_alone(monkeypatch):
    monkeypatch.setenv("CUDA_INJECTION64_PATH", "/opt/tool.so")
    fake, trace = opened()
    assert "/opt/tool.so" in trace.trouble
    assert fake.subscriber is None


def test_kernels_refused_is_no_trace_and_leaves_nothing_behind():
    fake, trace = opened(kinds_refused={"CONCURRENT_KERNEL"})
    assert "ERROR_INVALID_KIND" in trace.trouble
    assert fake.subscriber is None
    assert fake.enabled == set()


def test_another_kind_refused_is_said_and_the_rest_is_traced():
    _, trace = opened(kinds_refused={"MEMCPY2"})
    assert trace.ready
    assert any("MEMCPY2" in one for one in trace.missing)


def test_calls_that_cannot_be_told_are_said_once():
    refused = {"enable_callback": fake_cupti.error("ERROR_INVALID_PARAMETER")}
    _, trace = opened(refused=refused)
    assert trace.ready
    assert len(trace.missing) == 2


def test_with_jax_in_the_process_no_call_takes_the_interpreter_lock():
    fake, trace = opened()
    trace.without_calls()
    trace.without_calls()
    assert fake.callbacks_enabled == set()
    assert fake.enabled
    assert sum("waits are sampled" in one for one in trace.missing) == 1


def test_without_a_subscription_there_is_nothing_to_leave_alone():
    trace = Trace(Stacks())
    trace.without_calls()
    assert trace.missing == []


def test_closing_gives_everything_back_and_may_be_done_twice():
    fake, trace = opened()
    trace.close()
    trace.close()
    assert (fake.enabled, fake.subscriber, trace.ready) == (set(), None, False)
    assert trace.missing == []


# Activity records


def test_a_kernel_is_a_row_with_all_of_its_fields():
    record = traced(fake_cupti.kernel("add", start=10, end=30, correlation_id=5, **STREAM))
    assert record["labels"] == ["add"]
    assert record["activities"] == [[KERNEL, 0, 10, 30, 1, 7, 0, 5]]


def test_copies_memsets_and_launches_are_rows():
    record = traced(
        fake_cupti.copy(start=1, end=2, correlation_id=3, bytes=64, copy_kind=1, **STREAM),
        fake_cupti.peer_copy(start=2, end=3, correlation_id=4, bytes=32, copy_kind=10, **STREAM),
        fake_cupti.memset(start=3, end=4, correlation_id=5, bytes=16, **STREAM),
        fake_cupti.call("RUNTIME", start=5, end=6, correlation_id=6),
        fake_cupti.call("DRIVER", start=7, end=8, correlation_id=7),
    )
    assert record["labels"] == ["copy 1", "copy 10", "memset"]
    assert record["activities"] == [
        [COPY, 0, 1, 2, 1, 7, 64, 3],
        [COPY, 1, 2, 3, 1, 7, 32, 4],
        [MEMSET, 2, 3, 4, 1, 7, 16, 5],
        [LAUNCH, -1, 5, 6, -1, -1, 0, 6],
        [LAUNCH, -1, 7, 8, -1, -1, 0, 7],
    ]


def test_what_was_before_the_stretch_is_forgotten():
    fake, trace = opened()
    fake.buffered.append(fake_cupti.kernel("warming", start=1, end=2))
    trace.begin()
    assert trace.end()["activities"] == []


def test_each_stretch_has_its_own_records_and_both_clocks():
    fake, trace = opened()
    trace.begin()
    fake.buffered.append(fake_cupti.kernel("one", start=1, end=2))
    first = trace.end()
    trace.begin()
    second = trace.end()
    assert (len(first["activities"]), second["activities"], second["labels"]) == (1, [], [])
    (begin, host), (end, host_end) = first["clock"]
    assert (begin < end, host < host_end) == (True, True)


def test_a_name_is_bounded():
    record = traced(fake_cupti.kernel("k" * 100_000, start=1, end=2))
    assert len(record["labels"][0]) == gpu_trace.LABEL_CHARACTERS


def test_past_the_most_rows_only_totals_are_kept():
    _, trace = opened()
    trace.begin()
    one = fake_cupti.kernel("add", start=10, end=30)
    trace._completed([one] * gpu_trace.ROWS_AT_MOST)
    trace._completed([one] * 3)
    trace._completed([fake_cupti.call(start=1, end=2)])
    record = trace.end()
    assert len(record["activities"]) == gpu_trace.ROWS_AT_MOST
    assert record["beyond"] == [[0, KERNEL, 3, 60, 0]]


def test_a_record_that_cannot_be_read_is_said_and_the_next_is_read():
    fake, trace = opened()
    trace.begin()
    broken = fake_cupti.call("RUNTIME")
    broken.kind = int(fake_cupti.cupti.ActivityKind.MEMCPY)
    fake.buffered += [broken, fake_cupti.kernel("add", start=1, end=2)]
    assert len(trace.end()["activities"]) == 1
    assert any("could not be read" in one for one in trace.missing)


def test_without_a_subscription_a_stretch_is_empty():
    trace = Trace(Stacks())
    trace.begin()
    assert trace.end() == {}


# Waiting calls


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1_000

    def __call__(self):
        return self.now


def waits(*steps, each_ns=1_000_000):
    """The waits of calls ``(name, domain, correlation, site)``, the clock moving on before each."""
    fake, clock = FakeCupti(), Clock()
    trace = Trace(Stacks(), lambda: fake, clock)
    trace.open()
    trace.begin()
    for name, domain, correlation, site in steps:
        clock.now += each_ns
        fake.calls(name, domain, correlation, site=site)
    record = trace.end()
    return record["waits"], trace


def test_a_synchronising_call_has_the_python_line_that_made_it():
    fake, trace = opened()
    trace.begin()
    fake.calls("cudaStreamSynchronize", "RUNTIME_API", 1, site="API_ENTER")
    fake.calls("cudaStreamSynchronize", "RUNTIME_API", 1, site="API_EXIT")
    ((stack, call, calls, total),) = trace.end()["waits"]
    assert (call, calls) == ("cudaStreamSynchronize", 1)
    assert total > 0
    plain = trace.stacks.plain()
    files = [plain["files"][file] for file, _ in plain["stacks"][stack]]
    assert __file__ in files
    assert gpu_trace.__file__ not in files


def test_the_drivers_call_inside_the_runtimes_is_not_counted_again():
    found, _ = waits(
        ("cudaStreamSynchronize", "RUNTIME_API", 1, "API_ENTER"),
        ("cuStreamSynchronize", "DRIVER_API", 1, "API_ENTER"),
        ("cuStreamSynchronize", "DRIVER_API", 1, "API_EXIT"),
        ("cudaStreamSynchronize", "RUNTIME_API", 1, "API_EXIT"),
    )
    assert [one[1:] for one in found] == [["cudaStreamSynchronize", 1, 3_000_000]]


def test_the_drivers_own_call_counts():
    found, _ = waits(
        ("cuCtxSynchronize", "DRIVER_API", 4, "API_ENTER"), ("cuCtxSynchronize", "DRIVER_API", 4, "API_EXIT")
    )
    assert found[0][1] == "cuCtxSynchronize"


def asynchronous_copy(each_ns):
    enter = ("cudaMemcpyAsync", "RUNTIME_API", 1, "API_ENTER")
    leave = ("cudaMemcpyAsync", "RUNTIME_API", 1, "API_EXIT")
    return waits(enter, leave, each_ns=each_ns)[0]


def test_an_asynchronous_copy_that_returned_at_once_did_not_wait():
    assert asynchronous_copy(gpu_trace.WAITED_NS - 1) == []


def test_an_asynchronous_copy_that_kept_its_caller_waited():
    ((_, call, calls, total),) = asynchronous_copy(gpu_trace.WAITED_NS)
    assert (call, calls, total) == ("cudaMemcpyAsync", 1, gpu_trace.WAITED_NS)


def test_a_synchronous_copy_waits_however_short():
    found, _ = waits(
        ("cudaMemcpy", "RUNTIME_API", 1, "API_ENTER"), ("cudaMemcpy", "RUNTIME_API", 1, "API_EXIT")
    )
    assert found[0][1] == "cudaMemcpy"


def test_a_call_whose_end_was_never_told_does_not_silence_the_thread():
    found, trace = waits(
        ("cudaMemcpy", "RUNTIME_API", 1, "API_ENTER"),
        ("cudaStreamSynchronize", "RUNTIME_API", 2, "API_ENTER"),
        ("cudaStreamSynchronize", "RUNTIME_API", 2, "API_EXIT"),
    )
    assert [one[1] for one in found] == ["cudaStreamSynchronize"]
    assert not trace.under_way(threading.get_ident())


def test_versions_are_no_part_of_a_calls_name():
    found, _ = waits(
        ("cuMemcpyDtoH_v2", "DRIVER_API", 1, "API_ENTER"), ("cuMemcpyDtoH_v2", "DRIVER_API", 1, "API_EXIT")
    )
    assert found[0][1] == "cuMemcpyDtoH"


def test_a_call_on_another_thread_has_that_threads_stack():
    fake, trace = opened()
    trace.begin()

    def elsewhere():
        fake.calls("cudaMemcpy", "RUNTIME_API", 1, site="API_ENTER")
        fake.calls("cudaMemcpy", "RUNTIME_API", 1, site="API_EXIT")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    ((stack, *_),) = trace.end()["waits"]
    assert stack != NATIVE
