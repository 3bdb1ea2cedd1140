"""What children left is added up, and what does not fit is said to be lost."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.line_children import (
    BYTES_AT_MOST,
    ChildrenHits,
    children_hits,
    with_children,
)
from perfwatch.collect.ownership import Ownership
from perfwatch.records.profile import LineStat

FILE = "/project/a.py"
WITH_HITS = (
    '{"subject": 0, "complete": true, "sampled": false, "functions": '
    '[{"file": "a.py", "line": 1, "name": "f", "lines": [[2, HITS, 0]]}]}'
)
OWNERSHIP = Ownership(root=Path("/project"))


def left(folder, name, *lines, subject=0, complete=True, sampled=False):
    """One child's file: ``[line, hits, error]`` each."""
    functions = [{"file": FILE, "line": 1, "name": "work", "lines": [list(line) for line in lines]}]
    content = {"subject": subject, "complete": complete, "sampled": sampled, "functions": functions}
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_without_a_folder_or_a_child_there_is_nothing_to_say(tmp_path):
    assert children_hits("", 0, alone=True) == children_hits(str(tmp_path), 0, alone=True) == ChildrenHits()
    assert ChildrenHits().sentence() == ""


def test_hits_of_children_add_up_and_their_errors_by_squares(tmp_path):
    left(tmp_path, "1.json", (2, 10, 3.0), (3, 5, 0.0))
    left(tmp_path, "2.json", (2, 20, 4.0), sampled=True)
    found = children_hits(str(tmp_path), 0, alone=True)
    assert found.hits == {(FILE, 2): ("work", 30.0, 5.0), (FILE, 3): ("work", 5.0, 0.0)}
    assert found.sentence() == "hits of 2 child processes are counted with the others, 1 of them in windows"


def test_children_of_another_benchmark_are_left_to_it(tmp_path):
    left(tmp_path, "1.json", (2, 10, 0.0), subject=1)
    left(tmp_path, "2.json", (2, 7, 0.0), subject=-1)
    assert children_hits(str(tmp_path), 0, alone=False).processes_count == 0
    assert children_hits(str(tmp_path), 1, alone=False).hits == {(FILE, 2): ("work", 10.0, 0.0)}
    # Who started it before any benchmark can only be the one that is alone.
    assert children_hits(str(tmp_path), 0, alone=True).hits == {(FILE, 2): ("work", 7.0, 0.0)}


def test_a_child_that_ended_without_notice_is_counted_and_said(tmp_path):
    left(tmp_path, "1.json", (2, 10, 0.0), complete=False)
    found = children_hits(str(tmp_path), 0, alone=True)
    assert (found.processes_count, found.lost_count) == (1, 1)
    assert found.sentence() == (
        "hits of 1 child process are counted with the others; "
        "1 ended without notice, and what they last counted is missing"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"subject": 0',
        '{"subject": 0, "complete": true, "sampled": false}',
        '{"subject": "x", "complete": true, "sampled": false, "functions": []}',
        '{"subject": 0, "complete": true, "sampled": false, "functions": [1]}',
        "[" * 100_000,
        pytest.param(" " * (BYTES_AT_MOST + 1), id="too large"),
        *(WITH_HITS.replace("HITS", hits) for hits in ("-1", "NaN", "Infinity", "1e19", '"many"')),
    ],
    ids=lambda text: text[-20:].strip() or "empty",
)
def test_a_file_that_no_child_of_ours_wrote_is_lost_and_harms_nothing(tmp_path, text):
    (tmp_path / "1.json").write_text(text, encoding="utf-8")
    left(tmp_path, "2.json", (2, 10, 0.0))
    found = children_hits(str(tmp_path), 0, alone=True)
    assert found.hits == {(FILE, 2): ("work", 10.0, 0.0)}
    assert (found.processes_count, found.lost_count) == (1, 1)


def test_drafts_and_the_request_are_no_children(tmp_path):
    (tmp_path / "request.json").write_text("{}", encoding="utf-8")
    (tmp_path / "1.json.1.part").write_text("{", encoding="utf-8")
    assert children_hits(str(tmp_path), 0, alone=True) == ChildrenHits()


def stat(line, hits, error=None):
    return LineStat(file="a.py", line=line, function="work", hits_count=hits, hits_error_count=error)


def test_exact_hits_stay_exact_and_new_lines_come_in_order():
    children = ChildrenHits(hits={(FILE, 5): ("work", 6.0, 0.0), (FILE, 2): ("work", 8.0, 0.0)})
    found = with_children([stat(5, 10.0)], children, 2, OWNERSHIP)
    assert [(one.line, one.hits_count, one.hits_error_count) for one in found] == [
        (2, 4.0, None),
        (5, 13.0, None),
    ]


@given(
    st.floats(0, 1e9),
    st.none() | st.floats(0, 1e6),
    st.floats(0, 1e9),
    st.floats(0, 1e6),
    st.integers(0, 100),
)
def test_errors_of_parent_and_children_are_independent(hits, error, more, more_error, calls):
    children = ChildrenHits(hits={(FILE, 5): ("work", more, more_error)})
    (found,) = with_children([stat(5, hits, error)], children, calls, OWNERSHIP)
    assert found.hits_count == pytest.approx(hits + more / max(1, calls))
    expected = math.hypot(error or 0.0, more_error / max(1, calls))
    assert (found.hits_error_count or 0.0) == pytest.approx(expected)
    assert (found.hits_error_count is None) == (error is None and more_error == 0)
