"""Stacks that are kept once, the main thread's sampled course, and profilers of the target's own."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import pytest

from perfwatch.worker import gpu_watch
from perfwatch.worker.gpu_watch import NATIVE, NOT_KEPT, Stacks, Watch, other_profilers


def test_a_stack_is_kept_once_with_its_innermost_line_first():
    stacks = Stacks()
    numbers = {stacks.number(sys._getframe()) for _ in range(3)}
    assert len(numbers) == 1
    plain = stacks.plain()
    file, line = plain["stacks"][0][0]
    assert plain["files"][file] == __file__
    assert line > 0


def test_a_thread_without_python_has_no_stack():
    assert Stacks().number(None) == NATIVE


def test_a_deep_stack_is_cut_at_its_outer_end():
    def deep(stacks, left):
        return deep(stacks, left - 1) if left else stacks.number(sys._getframe())

    stacks = Stacks()
    deep(stacks, 200)
    assert len(stacks.plain()["stacks"][0]) == gpu_watch.FRAMES_AT_MOST


def test_too_many_stacks_are_not_kept():
    stacks = Stacks()
    code = "\n".join(["found.append(stacks.number(here()))"] * (gpu_watch.CHAINS_AT_MOST + 5))
    found = []
    exec(compile(code, "many.py", "exec"), {"found": found, "stacks": stacks, "here": sys._getframe})
    assert found.count(NOT_KEPT) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="another thread's clock can be read on Linux only")
def test_samples_follow_each_other_and_hold_no_more_than_their_time(monkeypatch):
    # The watch samples only where JAX is imported; nothing of it is needed but its name.
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace())
    watch = Watch(Stacks(), lambda _thread: False)
    watch.start()
    time.sleep(0.2)
    taken = watch.stop()
    assert taken["samples"]
    for start, end, stack, off in taken["samples"]:
        assert start < end
        assert off > 0
        assert stack >= 0
    ends = [one[1] for one in taken["samples"]]
    assert ends == sorted(ends)


def test_without_jax_nothing_is_sampled(monkeypatch):
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    watch = Watch(Stacks(), lambda _thread: False)
    watch.start()
    time.sleep(0.03)
    assert watch.stop()["samples"] == []


def test_thinning_keeps_the_time_that_was_waited():
    watch = Watch(Stacks(), lambda _thread: False)
    for number in range(10):
        watch._samples.extend((number, number + 1, number, 3))
    interval = watch._interval
    watch._thin()
    rows = [watch._samples[at : at + 4].tolist() for at in range(0, len(watch._samples), 4)]
    assert rows[0] == [0, 2, 1, 6]
    assert len(rows) == 5
    assert sum(row[3] for row in rows) == 30
    assert watch._interval == 2 * interval


def test_a_watch_that_never_started_ends_empty():
    assert Watch(Stacks(), lambda _thread: False).stop()["samples"] == []


def test_profilers_that_run_are_named_and_those_that_rest_are_not():
    def modules(running, session):
        return {
            "torch": SimpleNamespace(autograd=SimpleNamespace(_profiler_enabled=lambda: running)),
            "jax._src.profiler": SimpleNamespace(_profile_state=SimpleNamespace(profile_session=session)),
        }

    assert other_profilers(modules(running=False, session=None)) == []
    assert other_profilers(modules(running=True, session=object())) == ["torch.profiler", "jax.profiler"]
    assert other_profilers({}) == []
    assert other_profilers({"torch": SimpleNamespace()}) == []
