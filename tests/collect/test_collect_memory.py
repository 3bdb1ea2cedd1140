"""What a real capture of memray tells: the peak, the totals, and whose line it was."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from perfwatch.collect.memory import MOMENTS_AT_MOST, _thinned, read_capture
from perfwatch.collect.ownership import Ownership

if sys.platform == "win32":
    pytest.skip("memray does not exist for Windows", allow_module_level=True)

SCRIPT = """\
import memray, sys
def keep():
    return bytearray(50_000_000)
def churn():
    for _ in range(5):
        block = bytearray(20_000_000)
        del block
def library():
    import json
    return json.dumps([0] * 500_000)
def comprehended():
    return [bytearray(1_000_000) for _ in range(3)]
with memray.Tracker("capture.bin"):
    churn()
    kept = keep()
    text = library()
    parts = comprehended()
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    """The reading of one capture, made by a process of its own."""
    folder = tmp_path_factory.mktemp("capture")
    (folder / "a.py").write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    subprocess.run([sys.executable, str(folder / "a.py")], cwd=folder, check=True, timeout=120)
    stdlib = str(Path(os.__file__).parent)
    return read_capture(folder / "capture.bin", Ownership(root=folder, libraries=(stdlib,)))


@pytest.fixture(scope="module")
def lines(reading):
    return {one.line: one for one in reading.lines}


def test_the_peak_is_what_was_held_at_once(reading):
    assert 53_000_000 <= reading.profile.peak_bytes < 75_000_000


def test_all_allocations_add_up_also_those_that_were_freed(reading):
    assert reading.profile.allocated_bytes >= 5 * 20_000_000 + 53_000_000
    assert reading.profile.allocations_count >= 9


def test_a_line_is_charged_with_what_it_holds_at_the_peak(lines):
    assert 50_000_000 <= lines[3].peak_bytes < 50_100_000
    assert lines[3].function == "keep"


def test_a_line_whose_blocks_were_freed_allocated_and_holds_nothing(lines):
    assert lines[6].allocated_bytes >= 100_000_000
    assert lines[6].allocations_count >= 5
    assert lines[6].peak_bytes < 1_000_000


def test_what_a_library_allocates_is_charged_to_the_line_that_called_it(lines):
    assert lines[10].allocated_bytes >= 1_500_000
    assert lines[10].function == "library"


def test_a_comprehension_is_named_by_the_function_around_it(lines):
    assert lines[12].function == "comprehended"
    assert lines[12].allocated_bytes >= 3_000_000


def test_only_the_users_files_have_lines(reading):
    assert {one.file for one in reading.lines} == {"a.py"}


def test_nothing_was_lost(reading):
    assert (reading.lost_count, reading.warnings) == (0, ())


def test_memory_over_time_never_passes_the_peak(reading):
    assert all(one.heap_bytes <= reading.profile.peak_bytes for one in reading.profile.moments)
    assert all(one.at_ns >= 0 for one in reading.profile.moments)


def test_a_file_that_is_no_capture_is_an_error(tmp_path):
    (tmp_path / "capture.bin").write_bytes(b"nothing of the kind")
    with pytest.raises(OSError):
        read_capture(tmp_path / "capture.bin", Ownership(root=tmp_path))


def test_a_long_course_is_thinned_and_keeps_its_peak():
    moments = [(float(at), 1_000, at % 997) for at in range(5_000)]
    thinned = _thinned(moments)
    assert len(thinned) <= MOMENTS_AT_MOST
    assert max(one.heap_bytes for one in thinned) == 996
    assert [one.at_ns for one in thinned] == sorted(one.at_ns for one in thinned)


def test_a_short_course_is_kept_whole():
    assert len(_thinned([(0.0, 1, 2), (1.5, 3, 4)])) == 2
    assert _thinned([]) == ()
