"""What was measured stays: two processes at once, a kill, a full disk."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from builders import make_pass_result
from shelves import header_on, opened, put

from perfwatch.errors import StoreError
from perfwatch.records.profile import CallNode, Profiles
from perfwatch.records.run import Benchmark, RunState
from perfwatch.store import open_store
from perfwatch.store.connection import Database
from perfwatch.store.filesystem import JournalMode

#: Waits until it is let go, opens the store, and stores a run of its own.
WRITER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from builders import make_pass_result
from shelves import header_on
from perfwatch.records.run import RunState
from perfwatch.store import Store
from perfwatch.store.connection import Database
from perfwatch.store.filesystem import JournalMode
path, journal, token = Path(sys.argv[1]), JournalMode(sys.argv[2]), sys.argv[3]
print("ready", flush=True)
sys.stdin.readline()
header = header_on(1, id=f"20260101T120000-{token}")
with Store(Database(path, journal=journal, patience_s=60.0), clock=None) as store:
    store.begin(header)
    for number in range(50):
        store.save_pass(header.id, make_pass_result(notes=(f"{token} {number}",)))
    if token == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    store.finish(header.id, RunState.COMPLETE, 1)
"""

TESTS = [str(Path(__file__).parent), str(Path(__file__).parents[1])]


def start(path, journal, token):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), journal.value, token, *TESTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def let_go(processes):
    """Start all at one moment, and wait for all; returns their exit codes."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    codes = []
    for process in processes:
        process.communicate(timeout=120)
        codes.append(process.returncode)
    return codes


@pytest.mark.parametrize("journal", list(JournalMode))
def test_two_processes_that_make_the_store_together_lose_nothing(tmp_path, journal):
    path = tmp_path / "perfwatch.db"
    assert let_go([start(path, journal, token) for token in ("one", "two")]) == [0, 0]
    with open_store(path) as store:
        for token in ("one", "two"):
            run = store.load(f"20260101T120000-{token}")
            assert run.state is RunState.COMPLETE
            assert run.notes == tuple(f"{token} {number}" for number in range(50))


def test_many_first_openings_at_once_make_one_store(tmp_path):
    path = tmp_path / "perfwatch.db"
    tokens = ("a", "b", "c", "d")
    assert let_go([start(path, JournalMode.WAL, token) for token in tokens]) == [0] * 4
    with open_store(path) as store:
        assert {row.passes_count for row in store.runs()} == {50}
        assert len(store.runs()) == 4


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_killed_process_leaves_every_pass_that_had_ended(tmp_path):
    path = tmp_path / "perfwatch.db"
    assert let_go([start(path, JournalMode.WAL, "dies")]) == [-signal.SIGKILL]
    with open_store(path) as store:
        run = store.load("20260101T120000-dies")
    assert run.state is RunState.RUNNING
    assert len(run.notes) == 50


def incompressible(size_bytes):
    return make_pass_result(notes=(secrets.token_hex(size_bytes),))


def test_a_database_that_may_not_grow_refuses_the_pass_and_keeps_the_others(tmp_path):
    with opened(tmp_path) as store:
        put(store, header_on(1), results=(make_pass_result(notes=("kept",)),))
        with store._database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        with pytest.raises(StoreError, match="no room left") as caught:
            store.save_pass(header_on(1).id, incompressible(100_000))
        assert caught.value.exit_code == 7
        assert store.load(header_on(1).id).notes == ("kept",)
        store.save_pass(header_on(1).id, make_pass_result(notes=("small",)))
    with opened(tmp_path) as store:
        assert store.load(header_on(1).id).notes == ("kept", "small")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("this place does not let root mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill_up(store, run_id):
    """Store passes until the disk is full; returns how many were stored, and the complaint."""
    for stored in range(100):
        try:
            store.save_pass(run_id, incompressible(20_000))
        except StoreError as error:
            return stored, error.happened
    raise AssertionError("the disk never filled")


def test_a_full_disk_keeps_the_passes_that_had_ended(small_disk):
    filler = small_disk / "filler"
    filler.write_bytes(bytes(300_000))
    with opened(small_disk) as store:
        store.begin(header_on(1))
        stored, complaint = fill_up(store, header_on(1).id)
        assert stored > 0
        assert "no room left" in complaint
        assert len(store.load(header_on(1).id).notes) == stored
    filler.unlink()
    with opened(small_disk) as store:
        assert len(store.load(header_on(1).id).notes) == stored
        store.finish(header_on(1).id, RunState.INTERRUPTED, 1)


def test_a_disk_that_is_full_from_the_start_says_so(small_disk):
    (small_disk / ".perfwatch").mkdir()
    free_bytes = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(free_bytes))
    with pytest.raises(StoreError, match=r"no room left|No space left"):
        opened(small_disk)


def test_a_tree_too_deep_to_store_costs_its_pass_alone(tmp_path):
    node = CallNode(function="f", file="f.py", line=1, time_ns=1.0, total_ns=1.0)
    for _ in range(20_000):
        node = CallNode(function="f", file="f.py", line=1, time_ns=1.0, total_ns=1.0, children=(node,))
    deep = Benchmark(name="script.py", target="script:script.py", profiles=Profiles(cpu=node))
    with opened(tmp_path) as store:
        put(store, header_on(1), results=(make_pass_result(notes=("kept",)),))
        with pytest.raises(StoreError, match="nested too deeply"):
            store.save_pass(header_on(1).id, make_pass_result(benchmarks=(deep,)))
        assert store.load(header_on(1).id).notes == ("kept",)


def test_a_reader_sees_a_run_as_it_was_when_it_began_to_read(tmp_path):
    with opened(tmp_path) as writer:
        put(writer, header_on(1), results=())
        reader = Database(writer.path, journal=JournalMode.WAL, patience_s=1.0)
        with reader.reading() as connection:
            count = "SELECT count(*) FROM pass_results"
            assert connection.exec_driver_sql(count).scalar_one() == 0
            writer.save_pass(header_on(1).id, make_pass_result())
            assert connection.exec_driver_sql(count).scalar_one() == 0
        reader.close()
