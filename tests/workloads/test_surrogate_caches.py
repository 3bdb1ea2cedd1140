"""Caches of predictions and of surrogates: what they keep, what they forget, what they refuse to believe."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwatch.workloads.surrogate import disk_cache, predict, process
from perfwatch.workloads.surrogate.caches import Favourites, Latest
from perfwatch.workloads.surrogate.disk_cache import SurrogateCache, content_key, seed_key
from perfwatch.workloads.surrogate.witnesses import surrogates_found_again

REQUESTS = st.lists(st.integers(0, 9), max_size=60)
DESIGNS = np.random.default_rng(0).random((12, 2))
VALUES = DESIGNS.sum(axis=1)


# In memory


class Simple:
    """Either cache, as one would explain it: every count and every time of use written down."""

    def __init__(self, most_count, score):
        self.most_count, self.score = most_count, score
        self.kept, self.uses, self.times, self.now = {}, Counter(), {}, 0

    def use(self, key):
        self.now += 1
        found = key in self.kept
        if not found:
            if len(self.kept) >= self.most_count:
                out = min(self.kept, key=lambda each: self.score(self.uses[each], self.times[each]))
                del self.kept[out], self.uses[out]
            self.kept[key] = float(key)
        self.uses[key] += 1
        self.times[key] = self.now
        return found


@pytest.mark.parametrize(
    ("kind", "score"),
    [(Latest, lambda uses, time: time), (Favourites, lambda uses, time: (uses, time))],
)
@given(requests=REQUESTS, most_count=st.integers(1, 5))
def test_a_cache_forgets_what_its_rule_says(kind, score, requests, most_count):
    cache, simple = kind(most_count), Simple(most_count, score)
    for request in requests:
        key = bytes([request])
        found = cache.get(key)
        assert (found is not None) == simple.use(request)
        if found is None:
            cache.put(key, float(request))
        else:
            assert found == request


# On disk


def obtain(folder, key=content_key, values=VALUES):
    cache = SurrogateCache(folder, key)
    found = cache.obtain(DESIGNS, values, "settings", lambda: process.fit(DESIGNS, values))
    return found, cache.fits_count


def same(one, other):
    scalars = (one.length, one.level, one.spread) == (other.length, other.level, other.spread)
    return (
        scalars and np.array_equal(one.weights, other.weights) and np.array_equal(one.designs, other.designs)
    )


@pytest.mark.parametrize("key", [content_key, seed_key])
def test_a_surrogate_is_fitted_once_and_loaded_to_the_last_bit(tmp_path, key):
    first, fits_count = obtain(tmp_path, key)
    again, more_fits_count = obtain(tmp_path, key)
    assert (fits_count, more_fits_count) == (1, 0)
    assert same(first, again)


def test_other_data_or_other_settings_are_another_surrogate(tmp_path):
    obtain(tmp_path)
    assert obtain(tmp_path, values=VALUES + 1e-15)[1] == 1
    keys = {
        content_key(DESIGNS, VALUES, "a"),
        content_key(DESIGNS, VALUES, "b"),
        content_key(DESIGNS.reshape(2, 12), VALUES, "a"),
        content_key(DESIGNS.astype(np.float32), VALUES, "a"),
    }
    assert len(keys) == 4


def entry_of(folder):
    (path,) = Path(folder).glob("*.surrogate")
    return path


@settings(max_examples=60)
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_torn_entry_is_fitted_again_and_mended(tmp_path_factory, part):
    folder = tmp_path_factory.mktemp("torn")
    expected, _ = obtain(folder)
    whole = entry_of(folder).read_bytes()
    entry_of(folder).write_bytes(whole[: int(part * len(whole))])
    mended, fits_count = obtain(folder)
    assert fits_count == 1
    assert same(mended, expected)
    assert entry_of(folder).read_bytes() == whole


@settings(max_examples=60)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_an_entry_with_one_bit_turned_is_not_believed(tmp_path_factory, place, bit):
    folder = tmp_path_factory.mktemp("turned")
    expected, _ = obtain(folder)
    entry = bytearray(entry_of(folder).read_bytes())
    entry[place % len(entry)] ^= 1 << bit
    entry_of(folder).write_bytes(entry)
    found, fits_count = obtain(folder)
    assert fits_count == 1
    assert same(found, expected)


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        b"PK\x03\x04 another program's archive",
        b"\x80\x04\x95\x00.",
        b"\0" * (32 + 8 * 15),
        b"x" * 10_000_000,
    ],
    ids=["empty", "archive", "pickle", "zeros", "large"],
)
def test_what_another_program_left_there_is_written_over(tmp_path, foreign):
    obtain(tmp_path)
    entry_of(tmp_path).write_bytes(foreign)
    assert obtain(tmp_path)[1] == 1
    assert obtain(tmp_path)[1] == 0


def test_an_entry_of_another_key_is_not_believed(tmp_path):
    obtain(tmp_path)
    mine = entry_of(tmp_path)
    obtain(tmp_path, values=VALUES + 1)
    (other,) = set(tmp_path.glob("*.surrogate")) - {mine}
    other.replace(mine)
    found, fits_count = obtain(tmp_path)
    assert fits_count == 1
    assert same(found, process.fit(DESIGNS, VALUES))


def test_a_folder_that_somebody_removed_is_made_again(tmp_path):
    assert obtain(tmp_path / "deep" / "below")[1] == 1
    assert obtain(tmp_path / "deep" / "below")[1] == 0


def test_a_write_that_fails_says_so_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        obtain(tmp_path)
    assert list(tmp_path.iterdir()) == []


MEDDLER = """
import random, sys
from pathlib import Path
path = Path(sys.argv[1])
whole = path.read_bytes()
print("ready", flush=True)
while True:
    path.write_bytes(whole[: random.randrange(len(whole) + 1)])
    if random.random() < 0.3:
        path.unlink(missing_ok=True)
"""


def test_a_process_that_keeps_writing_into_the_folder_never_changes_an_answer(tmp_path):
    expected, _ = obtain(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", MEDDLER, str(entry_of(tmp_path))], stdout=subprocess.PIPE, text=True
    ) as meddler:
        try:
            assert meddler.stdout.readline() == "ready\n"
            fits = asked = 0
            # On a machine that is busy it gets a turn only now and then.
            patience = time.monotonic() + 60
            while asked < 300 or (fits == 0 and time.monotonic() < patience):
                found, fits_count = obtain(tmp_path)
                fits += fits_count
                asked += 1
                assert same(found, expected)
        finally:
            meddler.kill()
    assert fits > 0, "the other process never got in the way"
    assert list(tmp_path.glob("*.part")) == []


def test_readers_beside_a_writer_find_all_of_an_entry_or_nothing(tmp_path):
    expected, _ = obtain(tmp_path)
    done = threading.Event()

    def write():
        while not done.is_set():
            SurrogateCache(tmp_path, content_key)._write(content_key(DESIGNS, VALUES, "settings"), expected)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert sum(obtain(tmp_path)[1] for _ in range(200)) == 0
    finally:
        done.set()
        writer.join()


def test_a_stage_removes_its_folder_again(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    asked = predict.inputs("small", 0)
    for form in (predict.disk_cache, predict.seed_disk_cache):
        form(asked)
        assert list(tmp_path.iterdir()) == []


def test_sessions_of_one_call_share_one_fit(monkeypatch):
    fitted = []
    fit = process.fit
    monkeypatch.setattr(process, "fit", lambda *data: fitted.append(1) or fit(*data))
    asked = predict.inputs("small", 0)
    counts = {}
    for form in (predict.reference, predict.disk_cache, predict.seed_disk_cache, predict.vectorised):
        fitted.clear()
        form(asked)
        counts[form.__name__] = len(fitted)
    assert counts == {"reference": 3, "disk_cache": 1, "seed_disk_cache": 1, "vectorised": 1}


# Across processes


def test_later_programs_find_the_surrogate_by_its_content_and_never_by_hash():
    found = surrogates_found_again(24, 0)
    assert found == {"hit_rate": 0.0, "content_hit_rate": 1.0, "keys_count": 3.0, "programs_count": 3.0}


def test_the_document_s_key_is_another_in_each_process_and_a_digest_is_not():
    code = (
        "import numpy as np\n"
        "from perfwatch.workloads.surrogate.disk_cache import content_key, seed_key\n"
        "data = np.arange(6.0).reshape(3, 2), np.arange(3.0), 'settings'\n"
        "print(seed_key(*data), content_key(*data))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(3)
    ]
    salted, digests = zip(*said, strict=True)
    assert len(set(salted)) == 3
    assert set(digests) == {disk_cache.content_key(np.arange(6.0).reshape(3, 2), np.arange(3.0), "settings")}
