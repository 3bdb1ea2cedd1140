"""The memory pass against programmes whose truth is built in, and against really deleting a line."""

from __future__ import annotations

import shutil
import sys

import pytest
from running import perfwatch, report_of
from tracing import PROGRAMMES, marked, read_function, read_script

if sys.platform == "win32":
    pytest.skip("memray does not exist for Windows", allow_module_level=True)

pytestmark = [pytest.mark.truth, pytest.mark.smoke]

DECOY = (PROGRAMMES / "decoy.py").read_text(encoding="utf-8")
LEAK = (PROGRAMMES / "leak.py").read_text(encoding="utf-8")
#: The shares of the peak that ``decoy.py`` is built to have, by line.
SHARES = {"table": 0.5, "index": 0.3, "result": 0.2, "decoy": 0.0}
POINTS = 0.04


def by_mark(source, stats):
    """Line statistics by the comment that marks the line in the source."""
    marks = {
        at: line.rpartition("# line: ")[2]
        for at, line in enumerate(source.splitlines(), 1)
        if "# line: " in line
    }
    return {marks[one.line]: one for one in stats if one.line in marks}


# A peak with a decoy allocator


@pytest.fixture(scope="module")
def decoy(tmp_path_factory):
    return read_script(tmp_path_factory.mktemp("decoy") / "it", DECOY)


def test_lines_have_their_known_shares_of_the_peak(decoy):
    lines = by_mark(DECOY, decoy.lines)
    shares = {name: one.peak_bytes / decoy.profile.peak_bytes for name, one in lines.items()}
    assert shares.keys() == SHARES.keys()
    assert all(abs(shares[name] - share) < POINTS for name, share in SHARES.items()), shares


def test_the_biggest_allocator_is_seen_and_would_not_lower_the_peak(decoy):
    lines = by_mark(DECOY, decoy.lines)
    biggest = max(lines.values(), key=lambda one: one.allocated_bytes)
    assert biggest is lines["decoy"]
    assert biggest.allocated_bytes > 9 * decoy.profile.peak_bytes
    assert biggest.without_bytes == decoy.profile.peak_bytes


def test_blocks_freed_at_once_are_temporary(decoy):
    line = by_mark(DECOY, decoy.lines)["decoy"]
    assert line.temporary_count >= 30
    assert line.temporary_bytes >= 0.99 * line.allocated_bytes
    assert decoy.profile.temporary_bytes >= line.temporary_bytes


def test_what_was_deleted_did_not_leak(decoy):
    assert decoy.profile.leaked_bytes < 0.02 * decoy.profile.peak_bytes
    assert not [one for one in decoy.profile.leaks if one.growing]


@pytest.mark.slow
def test_the_whole_command_tells_the_same_shares(tmp_path):
    shutil.copy(PROGRAMMES / "decoy.py", tmp_path / "decoy.py")
    done = perfwatch("run", "--passes", "timing,memory", "decoy.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    peak = benchmark["profiles"]["memory"]["peak_bytes"]
    held = {one["line"]: one["peak_bytes"] for one in benchmark["profiles"]["lines"]}
    for name, share in SHARES.items():
        assert abs(held[marked(DECOY, f"line: {name}")] / peak - share) < POINTS, name


# Leaks


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """``step`` of ``leak.py`` as a callable: called again a few times."""
    return read_function(tmp_path_factory.mktemp("calls") / "it", LEAK, "step")


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """``leak.py`` as a script: its body runs once."""
    return read_script(tmp_path_factory.mktemp("body") / "it", LEAK)


def test_a_line_that_leaks_with_each_call_grows_by_its_known_bytes(calls):
    leaks = by_mark(LEAK, calls.profile.leaks)
    assert leaks["leak"].growing
    assert leaks["leak"].calls_count >= 3
    assert leaks["leak"].leaked_bytes == pytest.approx(300_000, rel=0.04)


def test_a_leak_of_small_objects_is_seen_with_each_call(calls):
    leak = by_mark(LEAK, calls.profile.leaks)["small leak"]
    assert leak.growing
    # A tuple of one is 48 bytes, its head for the garbage collector 16 more, and the list has 8 for each.
    assert 1_000 * (48 + 8) * 0.9 < leak.leaked_bytes < 1_000 * (64 + 40 + 8) * 1.2


def test_a_block_that_takes_the_last_ones_place_does_not_grow(calls):
    leaks = by_mark(LEAK, calls.profile.leaks)
    assert not leaks["replaced"].growing


def test_what_is_made_once_or_returned_is_no_leak(calls):
    assert not {"once", "returned"} & by_mark(LEAK, calls.profile.leaks).keys()


def test_the_peak_is_that_of_one_call(calls):
    assert calls.profile.peak_bytes < 3_500_000


def test_a_scripts_leak_grows_over_its_course(body):
    leaks = by_mark(LEAK, body.profile.leaks)
    assert leaks["leak"].growing
    assert leaks["leak"].leaked_bytes == pytest.approx(200 * 300_000, rel=0.04)
    assert leaks["leak"].leaked_count == pytest.approx(200, abs=2)


def test_what_a_script_holds_from_one_moment_does_not_grow(body):
    leaks = by_mark(LEAK, body.profile.leaks)
    assert not leaks["once"].growing
    assert not leaks["replaced"].growing


def test_the_heap_grows_with_a_leak(body):
    heaps = [moment.heap_bytes for moment in body.profile.moments]
    assert heaps[-1] > 0.8 * body.profile.peak_bytes
    assert heaps[len(heaps) // 2] < 0.75 * heaps[-1]


# The peak without a line, checked by deleting the line


@pytest.mark.parametrize("name", ["moved_peak", "decoy", "overlap", "arrays", "library"])
def test_the_peak_without_a_line_is_what_deleting_it_brings(tmp_path, name):
    source = (PROGRAMMES / f"without_{name}.py").read_text(encoding="utf-8")
    number = marked(source, "without")
    rows = source.splitlines()
    indent = rows[number - 1][: len(rows[number - 1]) - len(rows[number - 1].lstrip())]
    rows[number - 1] = f"{indent}pass"
    reading = read_script(tmp_path / "with", source)
    deleted = read_script(tmp_path / "without", "\n".join(rows) + "\n")
    (line,) = [one for one in reading.lines if one.line == number]
    assert line.without_bytes == pytest.approx(deleted.profile.peak_bytes, rel=0.05)
    assert line.without_bytes <= reading.profile.peak_bytes
