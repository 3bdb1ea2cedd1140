"""Folded samples as a call tree, scaled to one clean execution."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.collect.cpu import FUNCTIONS_AT_MOST, call_tree, covered_share, hot_functions
from perfwatch.collect.ownership import Ownership

PROJECT = Path("/project")
OWNERSHIP = Ownership(root=PROJECT, libraries=("/usr/lib/python3.11",))
FILE = "/project/a.py"
LIBRARY = "/usr/lib/python3.11/json/encoder.py"


def entry(function, own, *children, file=FILE, line=1):
    """A branch whose total is its own time and its children's."""
    return [function, file, line, own, own + sum(child[4] for child in children), list(children)]


def record(*tree):
    return {"tree": list(tree), "total_s": sum(one[4] for one in tree), "edges": []}


def test_a_tree_is_scaled_to_the_clean_execution():
    tree = call_tree(record(entry("main", 1.0, entry("f", 3.0, line=5))), 1_000_000, OWNERSHIP)
    assert (tree.function, tree.time_ns, tree.total_ns) == ("main", 250_000, 1_000_000)
    (child,) = tree.children
    assert (child.function, child.time_ns, child.total_ns, child.line) == ("f", 750_000, 750_000, 5)


def test_the_users_functions_are_told_from_libraries():
    tree = call_tree(record(entry("main", 1.0, entry("encode", 1.0, file=LIBRARY))), 1e6, OWNERSHIP)
    assert (tree.user, tree.file) == (True, "a.py")
    assert (tree.children[0].user, tree.children[0].file) == (False, "json/encoder.py")


def test_several_tops_get_a_common_one():
    tree = call_tree(record(entry("f", 1.0), entry("g", 3.0, line=9)), 4_000, OWNERSHIP)
    assert (tree.function, tree.time_ns, tree.total_ns) == ("(all)", 0.0, 4_000)
    assert [(one.function, one.total_ns) for one in tree.children] == [("f", 1_000), ("g", 3_000)]


def test_without_samples_there_is_no_tree():
    assert call_tree(record(), 1e6, OWNERSHIP) is None
    assert hot_functions(record(), OWNERSHIP) == ()
    assert covered_share(record(), frozenset({(FILE, 1)})) == 0.0


def test_hot_functions_are_ordered_by_their_share_with_callees():
    made = record(entry("main", 1.0, entry("f", 6.0, line=5), entry("g", 3.0, line=9)))
    found = hot_functions(made, OWNERSHIP)
    assert [(one.name, one.line) for one in found] == [("main", 1), ("f", 5), ("g", 9)]
    assert [one.share for one in found] == [1.0, 0.6, 0.3]


def test_a_recursive_function_counts_once_in_a_branch():
    deep = entry("f", 1.0, entry("f", 1.0, entry("f", 2.0, line=5), line=5), line=5)
    (found,) = hot_functions(record(deep), OWNERSHIP)
    assert found.share == 1.0


def test_mutual_recursion_counts_each_once():
    deep = entry("even", 1.0, entry("odd", 1.0, entry("even", 2.0, line=1), line=9), line=1)
    shares = {one.name: one.share for one in hot_functions(record(deep), OWNERSHIP)}
    assert shares == {"even": 1.0, "odd": 0.75}


def test_a_function_in_two_branches_is_added_up():
    made = record(
        entry("main", 0.0, entry("f", 1.0, entry("h", 1.0, line=20), line=5), entry("h", 2.0, line=20))
    )
    shares = {one.name: one.share for one in hot_functions(made, OWNERSHIP)}
    assert shares["h"] == 0.75


def test_two_functions_of_one_name_are_told_apart_by_their_line():
    made = record(entry("main", 0.0, entry("run", 1.0, line=5), entry("run", 3.0, line=9)))
    found = {one.line: one.share for one in hot_functions(made, OWNERSHIP)}
    assert found == {1: 1.0, 5: 0.25, 9: 0.75}


def test_libraries_are_not_worth_a_closer_look():
    made = record(entry("encode", 5.0, file=LIBRARY), entry("f", 5.0))
    assert [one.name for one in hot_functions(made, OWNERSHIP)] == ["f"]


def test_thin_functions_and_too_many_are_left_out():
    thin = record(entry("main", 1.0, entry("thin", 0.001, line=5)))
    assert [one.name for one in hot_functions(thin, OWNERSHIP)] == ["main"]
    many = record(entry("main", 0.0, *(entry(f"f{i}", 1.0, line=i + 2) for i in range(100))))
    assert len(hot_functions(many, OWNERSHIP)) == FUNCTIONS_AT_MOST


def test_covered_time_counts_once_below_a_traced_function():
    made = record(entry("main", 1.0, entry("f", 1.0, entry("f", 2.0, line=5), line=5)))
    assert covered_share(made, frozenset({(FILE, 5)})) == pytest.approx(0.75)
    assert covered_share(made, frozenset({(FILE, 1), (FILE, 5)})) == 1.0
    assert covered_share(made, frozenset({(FILE, 99)})) == 0.0
