"""Tables on terminals of any width: figures whole, names folded, the least needed left out."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from perfwatch.report.columns import Column, Gives, cut_left, cut_middle, folded, print_table

COLUMNS = [
    Column("name", gives=Gives.NAME),
    Column("state"),
    Column("took", right=True, spare=1),
    Column("tool", gives=Gives.WORDS, spare=2),
]
ROW = [("test_move[by_sums-2000]", ""), ("unavailable", ""), ("1.23 s", ""), ("a tool with a long name", "")]


def table(width, rows=(ROW,)):
    text = io.StringIO()
    print_table(Console(file=text, width=width), COLUMNS, list(rows))
    return text.getvalue().splitlines()


def test_a_wide_table_is_as_wide_as_it_needs_to_be():
    lines = table(200)
    assert lines[2] == "test_move[by_sums-2000]  unavailable  1.23 s  a tool with a long name"
    assert len(lines) == 3


def test_names_fold_before_their_parameters_and_words_wrap():
    assert table(66)[2:] == [
        "test_move              unavailable  1.23 s  a tool with a long",
        "  [by_sums-2000]                            name",
    ]


def test_what_is_least_needed_is_left_out_first():
    assert table(44)[0].split() == ["name", "state", "took"]
    assert table(34)[0].split() == ["name", "state"]


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(cell_len(line) for line in table(width)) <= width


def test_figures_stay_whole_where_there_is_any_room():
    for width in range(42, 120):
        assert "unavailable" in table(width)[2]


@given(st.text("ab日/[", max_size=30), st.integers(3, 40))
def test_what_is_cut_fits_and_says_so(content, width):
    for cut in (cut_left, cut_middle):
        shown = cut(content, width)
        assert cell_len(shown) <= width
        assert shown == content or "…" in shown


def test_a_path_keeps_its_end_and_a_name_both_its_ends():
    assert cut_left("a/long/path/file.py:12", 12) == "…/file.py:12"
    assert cut_middle("test_both_moving_averages_agree", 13) == "test_b…_agree"


def test_a_name_is_folded_once_and_below_its_own_indent():
    assert folded("  test_x[a(b)]", 10) == ["  test_x", "    [a(b)]"]
    assert folded("test_x[a]", 20) == ["test_x[a]"]


def test_a_table_of_no_rows_is_its_head():
    assert len(table(80, rows=())) == 2
