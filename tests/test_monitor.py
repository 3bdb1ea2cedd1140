import asyncio
import sys
import threading
import time

import pytest
from monitored import counts, fresh

import perfwatch
from perfwatch.monitor import clear, collected, dropped_count
from perfwatch.monitor.ledger import MAX_DEPTH, MAX_PATHS

linux = pytest.mark.skipif(sys.platform != "linux", reason="the figures come from Linux's /proc")


__all__ = ["fresh"]  # a fixture that holds for the whole module


# Nesting


@pytest.mark.smoke
def test_spans_nest_and_parents_come_first():
    with perfwatch.monitor("outer"):
        with perfwatch.monitor("b"), perfwatch.monitor("inner"):
            pass
        with perfwatch.monitor("a"):
            pass
    assert [span.path for span in collected()] == [
        ("outer",),
        ("outer", "b"),
        ("outer", "b", "inner"),
        ("outer", "a"),
    ]


def test_repeated_spans_of_one_path_are_counted_and_added_up():
    inside = []
    before = time.perf_counter_ns()
    for _ in range(3):
        with perfwatch.monitor("step"):
            started = time.perf_counter_ns()
            sum(range(10_000))
            inside.append(time.perf_counter_ns() - started)
    outside = time.perf_counter_ns() - before
    (span,) = collected()
    assert span.count == 3
    assert sum(inside) <= span.wall_ns <= outside
    assert span.level == "basic"
    assert span.peak_resident_bytes is None


def test_waiting_costs_wall_time_and_little_processor_time():
    with perfwatch.monitor("wait"):
        time.sleep(0.05)
    (span,) = collected()
    assert span.cpu_ns < span.wall_ns


def test_an_exception_passes_and_its_span_is_recorded():
    with pytest.raises(KeyError), perfwatch.monitor("fails"):
        raise KeyError("mine")
    with perfwatch.monitor("after"):
        pass
    assert counts() == {("fails",): 1, ("after",): 1}


def test_one_monitor_may_be_used_again_within_itself():
    again = perfwatch.monitor("again")
    with again:
        with again, again:
            pass
        with again:
            pass
    assert counts() == {("again",): 1, ("again", "again"): 2, ("again", "again", "again"): 1}


def test_leaving_without_entering_is_an_error_that_names_the_span():
    with pytest.raises(RuntimeError, match="'odd'"):
        perfwatch.monitor("odd").__exit__(None, None, None)


def test_threads_nest_for_themselves_and_lose_nothing():
    shared = perfwatch.monitor("task")

    def work():
        for _ in range(500):
            with shared, perfwatch.monitor("part"):
                pass

    with perfwatch.monitor("main"):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counts() == {("main",): 1, ("task",): 4000, ("task", "part"): 4000}


def test_tasks_that_take_turns_nest_under_what_started_them():
    async def work(name):
        with perfwatch.monitor(name):
            await asyncio.sleep(0)
            with perfwatch.monitor("inner"):
                await asyncio.sleep(0)

    async def main():
        with perfwatch.monitor("all"):
            await asyncio.gather(*(work(f"task {number}") for number in range(3)))

    asyncio.run(main())
    expected = {("all",): 1}
    for number in range(3):
        expected |= {("all", f"task {number}"): 1, ("all", f"task {number}", "inner"): 1}
    assert counts() == expected


def test_a_generator_that_closes_its_span_late_does_not_take_anothers():
    def values():
        with perfwatch.monitor("held"):
            yield 1

    generator = values()
    next(generator)
    with perfwatch.monitor("consumer"):
        assert list(generator) == []
        with perfwatch.monitor("inside"):
            pass
    with perfwatch.monitor("after"):
        pass
    assert counts() == {
        ("held",): 1,
        ("held", "consumer"): 1,
        ("held", "consumer", "inside"): 1,
        ("after",): 1,
    }


def test_a_task_that_outlives_its_parent_opens_outermost_spans():
    async def late(released):
        await released.wait()
        with perfwatch.monitor("late"):
            pass

    async def main():
        released = asyncio.Event()
        with perfwatch.monitor("parent"):
            task = asyncio.create_task(late(released))
            await asyncio.sleep(0)
        released.set()
        await task

    asyncio.run(main())
    assert counts() == {("parent",): 1, ("late",): 1}


# Decorating


def test_a_decorated_function_keeps_its_name_and_counts_its_calls():
    @perfwatch.monitor("halve")
    def half(value):
        """Half."""
        return value / 2

    assert [half(2), half(value=4)] == [1, 2]
    assert (half.__name__, half.__doc__) == ("half", "Half.")
    assert counts() == {("halve",): 2}


def test_a_decorated_recursion_nests():
    @perfwatch.monitor("down")
    def down(depth):
        return 0 if depth == 0 else 1 + down(depth - 1)

    assert down(3) == 3
    assert [len(span.path) for span in collected()] == [1, 2, 3, 4]


def test_a_decorated_coroutine_is_measured_until_it_ends():
    inside = []

    @perfwatch.monitor("fetch")
    async def fetch(value):
        started = time.perf_counter_ns()
        await asyncio.sleep(0.01)
        inside.append(time.perf_counter_ns() - started)
        return value

    async def main():
        return await asyncio.gather(fetch(1), fetch(2))

    assert asyncio.run(main()) == [1, 2]
    (span,) = collected()
    assert span.count == 2
    assert span.wall_ns >= sum(inside)


def test_a_generator_function_is_refused_because_its_time_passes_elsewhere():
    def values():
        yield 1

    async def later():
        yield 1

    for function in (values, later):
        with pytest.raises(TypeError, match="generator"):
            perfwatch.monitor("values")(function)


# Levels


@pytest.mark.parametrize("level", ["", "verbose", "Basic", None])
def test_an_unknown_level_is_an_error_that_names_the_levels(level):
    with pytest.raises(ValueError, match="'basic', 'detailed', 'full'"):
        perfwatch.monitor("x", level=level)


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_is_a_text_that_is_not_empty(name):
    with pytest.raises(ValueError, match="takes a name"):
        perfwatch.monitor(name)


@linux
@pytest.mark.smoke
def test_detailed_sees_the_memory_that_a_span_keeps():
    with perfwatch.monitor("allocate", level="detailed"):
        kept = bytearray(b"x") * 50_000_000
    (span,) = collected()
    assert span.level == "detailed"
    assert span.resident_change_bytes > 0.9 * len(kept)
    assert span.peak_resident_bytes >= span.resident_change_bytes
    assert span.read_bytes is None


@linux
def test_full_counts_the_programs_bytes_and_not_our_own_reading(tmp_path):
    file = tmp_path / "data"
    with perfwatch.monitor("write", level="full"):
        file.write_bytes(b"x" * 100_000)
    with perfwatch.monitor("read", level="full"):
        for _ in range(5):
            with perfwatch.monitor("inner", level="full"):
                pass
        file.read_bytes()
    spans = {span.path: span for span in collected()}
    assert spans["write",].written_bytes == 100_000
    assert spans["read",].read_bytes == 100_000
    assert spans["read", "inner"].read_bytes == 0


def test_the_most_detailed_level_of_a_path_stands():
    for level in ("basic", "detailed", "basic"):
        with perfwatch.monitor("mixed", level=level):
            pass
    (span,) = collected()
    assert (span.count, span.level) == (3, "detailed")


# Collecting


def test_clear_parts_the_spans_of_one_benchmark_from_the_next():
    with perfwatch.monitor("first"):
        pass
    clear()
    with perfwatch.monitor("second"):
        pass
    assert counts() == {("second",): 1}


def test_a_span_that_is_open_at_clear_is_recorded_when_it_closes():
    with perfwatch.monitor("around"):
        clear()
    assert counts() == {("around",): 1}


def test_paths_are_bounded_and_what_is_dropped_is_counted():
    for number in range(MAX_PATHS + 5):
        with perfwatch.monitor(f"step {number}"):
            pass
    with perfwatch.monitor("step 0"):
        pass
    assert len(collected()) == MAX_PATHS
    assert counts()["step 0",] == 2
    assert dropped_count() == 5


def test_depth_is_bounded():
    @perfwatch.monitor("deep")
    def deep(left):
        if left:
            deep(left - 1)

    deep(MAX_DEPTH + 9)
    assert len(collected()) == MAX_DEPTH
    assert dropped_count() == 10
