"""One layout in memory for both sides of a pair, another one for the next, and nothing of it left for the target."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("turns need named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

import resource

from hypothesis import given
from hypothesis import strategies as st
from side_tables import WORK, CrampedTable, asking_for, may_choose_addresses, played, table_of

from perfwatch.measure import layout
from perfwatch.measure.layout import PADDING_BYTES, PAGE_BYTES, Layout, drawn
from perfwatch.records.plan import Plan, Recorded

#: Writes where its libraries lie, how it hashes, and how much stack it and threads of any kind have.
TELL = """
import ctypes, json, os, resource, threading
from pathlib import Path

def mapped(name):
    for line in Path("/proc/self/maps").read_text().splitlines():
        if name in line:
            return line.split("-")[0]

def of_a_thread():
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "pthread_getattr_default_np"):
        return None
    attributes, size = ctypes.create_string_buffer(256), ctypes.c_size_t()
    libc.pthread_getattr_default_np(attributes)
    libc.pthread_attr_getstacksize(attributes, ctypes.byref(size))
    return size.value

told = {
    "libc": mapped("libc.so") or mapped("libc-") or mapped("ld-"),
    "interpreter": mapped("python"),
    "hash": hash("perfwatch"),
    "seed": os.environ.get("PYTHONHASHSEED"),
    "stack": resource.getrlimit(resource.RLIMIT_STACK),
    "threads": [threading.stack_size(), of_a_thread()],
}
with Path("told").open("a") as file:
    file.write(json.dumps(told) + "\\n")
"""
TELLING = WORK.format(rounds=2_000) + TELL


def told(folder, side):
    return [json.loads(line) for line in (folder / side / "told").read_text().splitlines()]


def alone(folder):
    """What a process tells that nobody of ours started."""
    (folder / "alone").mkdir()
    subprocess.run([sys.executable, "-c", TELL], cwd=folder / "alone", check=True, timeout=60)
    (found,) = told(folder, "alone")
    assert found["stack"] == list(resource.getrlimit(resource.RLIMIT_STACK))
    return found


def stacks(*tellings):
    """The limits of the stack, and the sizes of threads' ones, that were told."""
    return {(*one["stack"], *one["threads"]) for one in tellings}


def shared():
    if not may_choose_addresses():
        pytest.skip(
            "this system lets nobody choose addresses: allow the calls personality and ptrace to see it tried"
        )


def test_both_sides_of_a_pair_lie_at_the_same_addresses_and_each_pair_at_others(tmp_path):
    shared()
    found = played(table_of(tmp_path, TELLING, TELLING), asking_for(4))
    assert not found.own_layouts
    # The first of each is the rehearsal.
    base, head = (told(tmp_path, side)[1:] for side in ("base", "head"))
    assert [one["libc"] for one in base] == [one["libc"] for one in head]
    assert [one["interpreter"] for one in base] == [one["interpreter"] for one in head]
    assert [one["hash"] for one in base] == [one["hash"] for one in head]
    assert len({one["libc"] for one in base}) == len({one["hash"] for one in base}) == 4


def test_a_target_has_the_stack_that_its_user_allows(tmp_path):
    shared()
    played(table_of(tmp_path, TELLING, TELLING), asking_for(1))
    assert stacks(*told(tmp_path, "base"), *told(tmp_path, "head")) == stacks(alone(tmp_path))


def test_four_processes_of_a_pair_share_a_layout_where_one_is_alive_at_a_time(tmp_path):
    shared()
    roomy = table_of(tmp_path, TELLING, TELLING)
    found = played(CrampedTable(roomy._target, roomy._settings, Plan(), Recorded(), Random(1)), asking_for(1))
    assert found.one_alive
    everyone = [*told(tmp_path, "base"), *told(tmp_path, "head")]
    # Rehearsals, and those that were ended when there was no room, had another draw.
    last = everyone[-1]
    assert len([one for one in everyone if (one["hash"], one["libc"]) == (last["hash"], last["libc"])]) >= 4


def test_the_four_executions_of_a_pair_of_programs_lie_at_the_same_addresses_with_their_users_stack(tmp_path):
    shared()
    found = played(table_of(tmp_path, TELL, TELL, whole=True), asking_for(3, name="bench.py"), "bench.py")
    assert (found.failures, found.own_layouts, len(found.timings)) == ([], False, 3)
    # The first of each is the rehearsal, and then each comes twice in a pair.
    base, head = (told(tmp_path, side)[1:] for side in ("base", "head"))
    assert [one["libc"] for one in base] == [one["libc"] for one in head]
    assert [one["hash"] for one in base] == [one["hash"] for one in head]
    assert [one["libc"] for one in base[::2]] == [one["libc"] for one in base[1::2]]
    assert len({one["libc"] for one in base}) == len({one["hash"] for one in base}) == 3
    assert stacks(*base, *head) == stacks(alone(tmp_path))


def test_a_seed_of_hashes_that_the_user_set_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    played(table_of(tmp_path, TELLING, TELLING), asking_for(2))
    assert {one["seed"] for side in ("base", "head") for one in told(tmp_path, side)} == {"7"}


def test_where_nobody_may_choose_each_process_has_its_own_layout_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "may_be_shared", lambda: False)
    found = played(table_of(tmp_path, TELLING, TELLING), asking_for(2))
    assert found.own_layouts
    assert len(found.timings) == 2
    base, head = (told(tmp_path, side)[1:] for side in ("base", "head"))
    assert [one["hash"] for one in base] == [one["hash"] for one in head]


#: A pool that was just made: its thread looks for work for a while, and finds none.
LOOKING = (
    WORK.format(rounds=2_000)
    + """
import threading, time

def look():
    end = time.perf_counter() + 0.03
    while time.perf_counter() < end:
        pass

plain = work

def work():
    return turn[0]()

def once():
    threading.Thread(target=look, daemon=True).start()
    turn[0] = plain
    return plain()

turn = [once]
"""
)


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system does not keep a thread on a processor"
)
def test_a_thread_that_looks_for_work_after_the_first_call_keeps_nobody_from_one_processor(tmp_path):
    found = played(table_of(tmp_path, LOOKING, LOOKING), asking_for(4))
    assert len(found.timings) == 4
    assert None not in {timing.processor for timing in found.timings}


@given(seed=st.integers())
def test_any_draw_lies_on_a_page_within_its_bounds(seed):
    one = drawn(Random(seed))
    assert PADDING_BYTES <= one.padding_bytes < PADDING_BYTES + PAGE_BYTES
    assert 1 <= one.hash_seed < 1 << 32
    if one.stack_bytes is not None:
        least = max(layout.STACK_BYTES, resource.getrlimit(resource.RLIMIT_STACK)[0])
        assert least <= one.stack_bytes < least + layout.PLACES_COUNT * PAGE_BYTES
        assert (one.stack_bytes - least) % PAGE_BYTES == 0


@given(given_=st.dictionaries(st.text(max_size=5), st.text(max_size=5)), seed=st.integers(1, 99))
def test_a_layout_adds_to_an_environment_and_takes_nothing_away(given_, seed):
    found = Layout(padding_bytes=7, hash_seed=seed, stack_bytes=None).environment(given_)
    assert given_.items() <= found.items()
    assert found["PERFWATCH_PADDING"] == "." * 7
    assert found["PYTHONHASHSEED"] == given_.get("PYTHONHASHSEED", str(seed))
