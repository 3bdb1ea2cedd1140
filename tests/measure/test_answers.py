"""What a worker wrote, read as spans, figures and provenance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perfwatch.collect.ownership import Ownership
from perfwatch.measure.answers import custom_of, provenance_of, read_answer, spans_in, spans_of

SPAN = {
    "path": ["fit", "step"],
    "count": 3,
    "wall_ns": 30,
    "cpu_ns": 20,
    "level": "basic",
    "peak_resident_bytes": None,
    "resident_change_bytes": None,
    "read_bytes": None,
    "written_bytes": None,
}


def test_no_file_is_an_empty_answer(tmp_path):
    assert read_answer(tmp_path / "answer.json") == {}


def test_an_answer_is_a_document(tmp_path):
    (tmp_path / "answer.json").write_text('{"version": 1}')
    assert read_answer(tmp_path / "answer.json") == {"version": 1}
    (tmp_path / "answer.json").write_text("[1, 2]")
    assert read_answer(tmp_path / "answer.json") == {}


def test_spans_belong_to_their_benchmark():
    (span,) = spans_of([{"name": "a", "spans": [SPAN]}, {"name": "b"}])
    assert (span.path, span.count, span.benchmark) == (("fit", "step"), 3, "a")


def test_spans_of_several_processes_are_read_in_order(tmp_path):
    for name, wall in (("spans-2.json", 2), ("spans-1.json", 1)):
        (tmp_path / name).write_text(json.dumps({"spans": [{**SPAN, "wall_ns": wall}]}))
    (tmp_path / "other.json").write_text("nothing of ours")
    spans, custom = spans_in(tmp_path, "s.py")
    assert [span.wall_ns for span in spans] == [1, 2]
    assert {span.benchmark for span in spans} == {"s.py"}
    assert custom == ()


def test_figures_that_a_script_recorded_are_read(tmp_path):
    recorded = {"name": "error", "values": [1, 0.5], "direction": "lower"}
    (tmp_path / "spans-1.json").write_text(json.dumps({"custom": [recorded]}))
    _, (custom,) = spans_in(tmp_path, "s.py")
    assert (custom.name, custom.values, custom.direction) == ("error", (1.0, 0.5), "lower")


@pytest.mark.parametrize(
    ("record", "unit"),
    [
        ({"kind": "track", "value": 3, "unit": "points"}, "points"),
        ({"kind": "track", "value": 3, "unit": ""}, ""),
        ({"kind": "memory", "value": 3, "unit": ""}, "bytes"),
        ({"kind": "peak-memory", "value": 3}, "bytes"),
    ],
)
def test_a_benchmark_that_returns_its_figure_has_it_with_its_unit(record, unit):
    (custom,) = custom_of([{"name": "a", **record}])
    assert (custom.name, custom.values, custom.unit) == ("a", (3.0,), unit)


def test_the_value_of_a_timed_benchmark_is_no_figure():
    assert custom_of([{"name": "a", "kind": "time", "value": 3}]) == ()


def test_only_the_users_modules_are_provenance():
    ownership = Ownership(root=Path("/p"), libraries=("/lib",))
    answer = {"modules": [["mine", "/p/mine.py", "d1"], ["theirs", "/lib/theirs.py", "d2"]]}
    (found,) = provenance_of(answer, ownership)
    assert (found.module, found.file, found.digest) == ("mine", "mine.py", "d1")
    assert provenance_of({}, ownership) == ()
