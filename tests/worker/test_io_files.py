"""Opened files, as the interpreter's audit events tell of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfwatch.worker.io_files import FILES_AT_MOST, FileWatch, _File
from perfwatch.worker.io_sampler import LineSampler
from perfwatch.worker.io_states import States


@pytest.fixture
def watch():
    """A watch without a hook of its own in this process: it is handed the events."""
    made = FileWatch(LineSampler(States()))
    made.start()
    yield made
    made.active = False


def opened(watch, path, flags=os.O_RDONLY):
    # As deep below the opener as the interpreter's call of the hook.
    watch._hook("open", (path, None, flags))


def rows(watch):
    return {row[0]: row[1:5] for row in watch.stop()["files"]}


def test_reading_and_writing_are_counted_apart(watch, tmp_path):
    path = str(tmp_path / "a")
    opened(watch, path, os.O_WRONLY | os.O_CREAT)
    opened(watch, path)
    opened(watch, path, os.O_RDWR)
    assert rows(watch) == {path: [3, 2, 2, 1]}


def test_reading_after_writing_is_no_reading_again():
    file = _File()
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDONLY):
        file.note(flags, 0)
    assert file.again == 0
    file.note(os.O_RDONLY, 0)
    assert file.again == 1


def test_a_relative_path_is_of_the_folder_at_that_moment(watch, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        opened(watch, "data")
    assert set(rows(watch)) == {str(tmp_path / "one" / "data"), str(tmp_path / "two" / "data")}


def test_a_folder_that_is_gone_leaves_the_path_as_it_was(watch, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    opened(watch, "data")
    monkeypatch.chdir(tmp_path)
    assert set(rows(watch)) == {"data"}


class Hostile(str):
    """A name whose every method is an error."""

    __slots__ = ()

    def __getitem__(self, key):
        raise AssertionError

    def __len__(self):
        raise AssertionError

    def __eq__(self, other):
        raise AssertionError

    __hash__ = str.__hash__


def test_no_name_makes_the_hook_raise_or_miss(watch):
    for name in (3, None, b"/bytes", Hostile("/hostile"), "/" + "x" * 100_000, "/\udcff", "/a\0b"):
        opened(watch, name)
    told = watch.stop()
    assert told["missed"] == 0
    assert len(told["files"]) == 5
    assert all(len(row[0]) <= 1_000 for row in told["files"])


def test_the_table_is_bounded_and_the_rest_is_counted(watch):
    for number in range(3 * FILES_AT_MOST):
        opened(watch, f"/nowhere/{number}")
    told = watch.stop()
    assert len(watch.files) == FILES_AT_MOST
    assert told["full"]
    assert told["rest_opened"] + sum(row[1] for row in told["files"]) == 3 * FILES_AT_MOST


def test_an_open_inside_an_open_is_given_up_and_waits_for_nothing_long(watch):
    # As from a signal's handler that cuts into the hook.
    with watch._sampler.lock:
        opened(watch, "/a")
    assert watch.stop()["missed"] == 1


def test_after_the_stretch_nothing_is_noted(watch):
    watch.stop()
    opened(watch, "/a")
    assert watch.files == {}


HOOKED = """
import sys
sys.path.insert(0, sys.argv[1])
import subprocess
from perfwatch.worker.io_files import FileWatch
from perfwatch.worker.io_sampler import LineSampler
from perfwatch.worker.io_states import States
sampler = LineSampler(States())
watch = FileWatch(sampler)
watch.install()
watch.start()
open(sys.argv[2]).close()
import wave
subprocess.run([sys.executable, "-c", ""])
told = watch.stop()
open(sys.argv[2]).close()
(row,) = [row for row in told["files"] if row[0] == sys.argv[2]]
frames = sampler.states.described()[row[5][0]]["frames"]
print(row[1:5], frames[0][1], told["modules"] > 0, dict(told["commands"]), told["missed"])
"""


def test_the_hook_sees_the_line_that_opens_and_the_programs_that_are_started(tmp_path):
    import perfwatch

    data = tmp_path / "data"
    data.write_text("x")
    root = str(Path(perfwatch.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", HOOKED, root, str(data)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.strip() == f"[1, 1, 0, 0] 12 True {{'{Path(sys.executable).name}': 1}} 0"
