"""Counting and timing calls: what is counted, what is logged, what is refused."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time

import pytest

import perfwatch
from perfwatch.monitor.watching import _KEPT, Watched


class Clock:
    """Hands out the times it was given, in order."""

    def __init__(self, *times_ns):
        self.times = list(times_ns)

    def __call__(self):
        return self.times.pop(0)


@pytest.fixture
def clock(monkeypatch):
    def use(*times_ns):
        monkeypatch.setattr("perfwatch.monitor.watching.perf_counter_ns", Clock(*times_ns))

    return use


@pytest.mark.smoke
def test_calls_are_counted_and_their_times_added_up(clock):
    clock(0, 10, 100, 130, 200, 220)
    watched = perfwatch.watch(lambda x: x + 1)
    assert [watched(x) for x in range(3)] == [1, 2, 3]
    found = watched.watch.watched
    assert (found.count, found.total_ns, found.mean_ns, found.longest_ns) == (3, 60, 20, 30)
    assert found.slower_than_ns is None


@pytest.mark.smoke
def test_slow_calls_are_logged_and_counted_and_others_are_not(clock, caplog):
    clock(0, 5_000_000, 0, 20_000_000, 0, 10_000_000)

    @perfwatch.watch(slower_than=0.010)
    def infer(x):
        return x

    with caplog.at_level(logging.WARNING, logger="perfwatch.watch"):
        for x in range(3):
            infer(x)
    (record,) = caplog.records
    assert record.getMessage().endswith("infer took 20.0 ms, longer than 10.0 ms (call 2)")
    assert infer.watch.watched.slow_count == 1


def test_another_logger_may_be_given(clock, caplog):
    clock(0, 20_000_000)
    watched = perfwatch.watch("mine", slower_than=0.01, logger=logging.getLogger("of.mine"))(int)
    with caplog.at_level(logging.WARNING):
        watched("3")
    assert [record.name for record in caplog.records] == ["of.mine"]


def test_a_call_that_raises_is_counted_and_its_exception_passes(clock):
    clock(0, 7)
    fails = perfwatch.watch(int)
    with pytest.raises(ValueError, match="invalid literal"):
        fails("x")
    found = fails.watch.watched
    assert (found.count, found.failed_count, found.total_ns) == (1, 1, 7)


def test_a_with_block_is_an_execution_and_may_be_within_itself(clock):
    clock(0, 10, 30, 100)
    block = perfwatch.watch("block")
    with block, block:
        pass
    found = block.watched
    assert (found.count, found.total_ns, found.longest_ns) == (2, 120, 100)


def test_blocks_that_a_generator_holds_open_end_as_their_own(clock):
    clock(0, 10, 50, 90)
    outer, inner = perfwatch.watch("outer"), perfwatch.watch("inner")

    def values():
        with inner:
            yield 1

    with outer:
        held = values()
        next(held)
    held.close()
    assert (outer.watched.total_ns, inner.watched.total_ns) == (50, 80)


def test_leaving_without_entering_is_an_error():
    with pytest.raises(RuntimeError, match="without having been entered"):
        perfwatch.watch("x").__exit__(None, None, None)


def test_a_coroutine_is_timed_until_it_has_ended():
    @perfwatch.watch
    async def fetch():
        await asyncio.sleep(0.02)
        return 3

    async def both():
        return await asyncio.gather(fetch(), fetch())

    assert asyncio.run(both()) == [3, 3]
    found = fetch.watch.watched
    assert found.count == 2
    assert found.total_ns > 30_000_000


def test_a_coroutine_that_raises_is_counted():
    @perfwatch.watch
    async def fails():
        raise KeyError("mine")

    with pytest.raises(KeyError):
        asyncio.run(fails())
    assert fails.watch.watched.failed_count == 1


def test_no_call_is_lost_among_threads():
    watched = perfwatch.watch(abs)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: [watched(-1) for _ in range(5 * _KEPT)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert watched.watch.watched.count <= 20 * _KEPT
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert watched.watch.watched.count == 20 * _KEPT


def test_times_are_added_up_before_they_fill_the_memory():
    watched = perfwatch.watch(abs)
    for _ in range(3 * _KEPT):
        watched(-1)
    assert len(watched.watch._times) <= _KEPT + 1


def test_the_total_is_what_a_stop_watch_around_the_calls_says_less_what_lies_between():
    watched = perfwatch.watch(lambda: sum(range(50_000)))
    inside = []
    started = time.perf_counter_ns()
    for _ in range(20):
        before = time.perf_counter_ns()
        sum(range(50_000))
        inside.append(time.perf_counter_ns() - before)
        watched()
    whole = time.perf_counter_ns() - started
    assert 0 < watched.watch.watched.total_ns <= whole - sum(inside)


def test_the_decorated_function_keeps_its_name_and_can_be_cleared():
    @perfwatch.watch
    def infer(x):
        """Infer."""
        return x

    assert (infer.__name__, infer.__doc__) == ("infer", "Infer.")
    infer(1)
    infer.watch.clear()
    assert infer.watch.watched.count == 0
    assert infer.watch.watched.mean_ns is None


def test_it_reads_as_a_sentence():
    told = Watched(
        name="infer", count=3, total_ns=60, longest_ns=30, failed_count=1, slow_count=2, slower_than_ns=15
    )
    assert str(told) == "infer: 3 calls, mean 20.0 ns, longest 30.0 ns, 2 slower than 15.0 ns, 1 raised"
    assert str(Watched(name="a\x1b[2Jb", count=0, total_ns=0, longest_ns=0)) == "a\ufffd[2Jb: not called yet"
    assert repr(perfwatch.watch("x")) == "<perfwatch.watch x: not called yet>"


def test_a_generator_is_refused_because_its_time_passes_elsewhere():
    def generates():
        yield 1

    with pytest.raises(TypeError, match="cannot decorate the generator generates"):
        perfwatch.watch(generates)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "10ms", True])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(ValueError, match="number of seconds above 0"):
        perfwatch.watch(slower_than=limit)


def test_an_empty_name_and_what_cannot_be_called_are_refused():
    with pytest.raises(ValueError, match="a text that is not empty"):
        perfwatch.watch("")
    with pytest.raises(TypeError, match="decorates a function, not int"):
        perfwatch.watch(3)
