"""Names of benchmarks lose what all of them share, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.report.names import Names, names_of


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (["tests/test_a.py::test_x", "tests/test_a.py::test_y[3]"], "tests/test_a.py::"),
        (["tests/test_a.py::test_x", "tests/test_b.py::test_x"], "tests/"),
        (["bench.Suite.time_x(1)", "bench.Suite.time_y(1)"], "bench.Suite."),
        (["bench.Suite.time_x('a.b', 1)", "bench.Suite.time_x('a.c', 1)"], "bench.Suite."),
        (["examples/gp/fit.py"], "examples/gp/"),
        (["package.module:function"], ""),
        (["physics@reference", "physics@vectorised"], ""),
        (["a/x", "a/y"], ""),
        ([], ""),
        (["same/name/x", "same/name/x"], "same/name/"),
        (["package.module", "package.module.function"], "package."),
        (["folder/file/", "folder/file/x"], ""),
    ],
)
def test_names_are_cut_where_a_folder_file_module_or_class_ends(names, prefix):
    assert names_of(names).prefix == prefix


@given(st.lists(st.text("ab/:.[(", min_size=1, max_size=20), min_size=1, max_size=6, unique=True))
def test_names_that_differ_still_differ_when_they_are_short(names):
    shown = names_of(names)
    short = [shown.short(name) for name in names]
    assert len(set(short)) == len(names)
    assert all(short)


def test_what_was_taken_off_is_said_unless_the_title_has_said_it():
    names = Names("tests/test_a.py::")
    assert names.said("tests/test_a.py") == "All names begin with tests/test_a.py::"
    assert names.said("tests/test_a.py::test_x") == ""
    assert Names().said("anything") == ""
