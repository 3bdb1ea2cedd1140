"""Caches: exact answers from memory and from disk, whatever else happens to the folder."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from stages import drawn, verdict

from perfwatch.workloads.intent import cache, caches
from perfwatch.workloads.intent.caches import DiskCache, MemoryCache, TwoLevelCache, answered, key_of
from perfwatch.workloads.intent.table_two import CACHE

ROOM = 1_000_000
FORMS = (cache.memory, cache.disk, cache.two_level)
GIVEN = np.arange(60.0).reshape(30, 2) ** 1.5
ANSWER = cache.features_of(GIVEN)


@pytest.fixture
def disk(tmp_path):
    return DiskCache(tmp_path / "cache", ROOM)


def entry_of(disk, argument=GIVEN):
    return disk._path(key_of(argument))


def recomputed(kept):
    """Ask for the features of one movement; how often they were computed, and whether they are right."""
    computed = []
    found = answered(kept, GIVEN, lambda argument: computed.append(1) or cache.features_of(argument))
    return len(computed), bool(np.array_equal(found, ANSWER))


# Keys


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=5), elements=st.floats(-1, 1)))
def test_equal_arrays_have_equal_keys_wherever_their_numbers_lie(values):
    strided = np.repeat(values, 2, axis=0)[::2]
    assert key_of(values) == key_of(strided) == key_of(values.copy())
    assert key_of(values) != key_of(values.ravel()[:, np.newaxis, np.newaxis])
    assert key_of(values) != key_of(values.astype(np.float32))


def test_one_number_changes_a_key():
    other = GIVEN.copy()
    other[3, 1] = np.nextafter(other[3, 1], 10)
    assert key_of(other) != key_of(GIVEN)


def test_a_key_is_the_same_in_every_process():
    code = "import numpy as np; from perfwatch.workloads.intent.caches import key_of; print(key_of(np.arange(9.)).hex())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == key_of(np.arange(9.0)).hex()


# Memory


def test_the_answer_asked_for_longest_ago_makes_room():
    kept = MemoryCache(2, 60.0)
    for name in (b"a", b"b"):
        kept.put(name, ANSWER)
    assert kept.get(b"a") is ANSWER
    kept.put(b"c", ANSWER)
    assert kept.get(b"b") is None
    assert kept.get(b"a") is ANSWER


def test_an_answer_lives_as_long_as_it_may_and_no_longer():
    now = [0.0]
    kept = MemoryCache(2, 10.0, clock=lambda: now[0])
    kept.put(b"a", ANSWER)
    now[0] = 10.0
    assert kept.get(b"a") is ANSWER
    now[0] = 10.1
    assert kept.get(b"a") is None
    kept.put(b"a", ANSWER)
    assert kept.get(b"a") is ANSWER


# The stage


@pytest.mark.parametrize("form", FORMS)
def test_caches_compute_less_often(form):
    (asked,) = drawn(CACHE, seeds_count=1)
    found = form(asked)
    distinct = len(set(asked.requests.tolist()))
    assert cache.reference(asked).computed_count == len(asked.requests)
    assert distinct <= found.computed_count < len(asked.requests) / 2
    if form is not cache.memory:
        assert found.computed_count == distinct


def test_keys_that_are_rounded_are_a_different_answer(monkeypatch):
    monkeypatch.setattr(caches, "key_of", lambda argument: bytes([round(abs(argument[-1, 0]) * 10)]))
    assert "features" in verdict(CACHE, cache.memory)


def test_an_answer_from_another_type_of_number_is_a_different_answer():
    def single(asked):
        found = cache.reference(asked)
        return dataclasses.replace(found, features=found.features.astype(np.float32))

    assert "float32" in verdict(CACHE, single)


# A folder that others write


def test_what_one_process_keeps_another_finds(disk):
    assert recomputed(disk) == (1, True)
    assert recomputed(DiskCache(disk._folder, ROOM)) == (0, True)
    assert [path.suffix for path in disk._folder.iterdir()] == [".entry"]


WHOLE = caches._packed(key_of(GIVEN), ANSWER)
OTHER = caches._packed(key_of(GIVEN + 1), ANSWER + 1)
PICKLED = b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR."


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="torn"),
        pytest.param(WHOLE[:-1], id="short of one byte"),
        pytest.param(WHOLE + b"\0", id="longer"),
        pytest.param(WHOLE[:-9] + bytes([WHOLE[-9] ^ 1]) + WHOLE[-8:], id="one bit turned"),
        pytest.param(OTHER, id="another key's"),
        pytest.param(PICKLED, id="a pickle"),
        pytest.param(b"\0" * (ROOM + 1), id="larger than the cache"),
    ],
)
def test_an_entry_that_is_torn_or_foreign_is_computed_again_and_replaced(disk, content):
    disk._folder.mkdir()
    entry_of(disk).write_bytes(content)
    assert recomputed(disk) == (1, True)
    assert entry_of(disk).read_bytes() == WHOLE
    assert recomputed(disk) == (0, True)


def test_an_object_array_is_never_unpickled(disk):
    disk._folder.mkdir()
    hidden = np.array([{"a": 1}], dtype=object)
    payload = hidden.dumps()
    forged = caches._MAGIC + key_of(GIVEN) + caches._seal(payload) + payload
    entry_of(disk).write_bytes(forged)
    assert recomputed(disk) == (1, True)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are POSIX's")
def test_a_pipe_or_a_folder_in_an_entry_s_place_blocks_nobody(disk):
    disk._folder.mkdir()
    os.mkfifo(entry_of(disk))
    assert recomputed(disk) == (1, True)
    entry_of(disk).unlink()
    entry_of(disk).mkdir()
    assert recomputed(disk) == (1, True)
    assert "irectory" in disk.why_not_kept
    assert not list(disk._folder.glob(".writing-*"))


def test_a_folder_that_cannot_be_one_costs_the_cache_and_not_the_answer(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    disk = DiskCache(tmp_path / "cache", ROOM)
    assert recomputed(disk) == (1, True)
    assert recomputed(disk) == (1, True)
    assert str(tmp_path / "cache") in disk.why_not_kept
    assert (tmp_path / "cache").read_text() == "in the way"


def test_entries_used_longest_ago_make_room_on_disk(tmp_path):
    disk = DiskCache(tmp_path, 3 * len(WHOLE))
    for number in range(5):
        disk.put(key_of(GIVEN + number), ANSWER)
        os.utime(entry_of(disk, GIVEN + number), ns=(number, number))
    assert len(list(tmp_path.glob("*.entry"))) == 3
    assert disk.get(key_of(GIVEN)) is None
    assert disk.get(key_of(GIVEN + 4)) is not None


def test_the_far_cache_fills_the_near_one(disk):
    near = MemoryCache(5, 60.0)
    disk.put(key_of(GIVEN), ANSWER)
    assert recomputed(TwoLevelCache(near, disk)) == (0, True)
    assert near.get(key_of(GIVEN)) is not None


MEDDLER = """
import os, sys
from pathlib import Path
entry, whole = Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline())
print("ready", flush=True)
number = 0
while True:
    number += 1
    if number % 3 == 0:
        entry.unlink(missing_ok=True)
    else:
        entry.write_bytes(whole[: number * 7 % len(whole)])
"""


def test_a_process_that_keeps_writing_into_the_folder_changes_no_answer(disk):
    disk._folder.mkdir()
    command = [sys.executable, "-c", MEDDLER, str(entry_of(disk))]
    meddler = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        meddler.stdin.write(WHOLE.hex() + "\n")
        meddler.stdin.flush()
        assert meddler.stdout.readline() == "ready\n"
        found = [recomputed(disk) for _ in range(400)]
        assert meddler.poll() is None
    finally:
        meddler.kill()
        meddler.wait()
        meddler.stdin.close()
        meddler.stdout.close()
    assert all(right for _, right in found)
    assert any(computed for computed, _ in found)


def test_many_threads_may_write_one_entry(disk):
    results = []
    users = [threading.Thread(target=lambda: results.append(recomputed(disk)[1])) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert results == [True] * 8
    assert entry_of(disk).read_bytes() == WHOLE
    assert len(list(disk._folder.iterdir())) == 1
