"""Which call paths a slower benchmark's picture colours, on trees built by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfwatch.compare.call_paths import PATHS_AT_MOST, Sided, path_differences
from perfwatch.compare.time_per_call import level_of
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile import CallNode
from perfwatch.records.profile_difference import SideProfile

MS = 1e6
#: How far the processes of one side differ, in the share of a time.
JITTER = (-0.02, 0.01, 0.0, 0.02, -0.01)


def call(function, own_ms, *children, file="solver.py", user=True):
    own = own_ms * MS
    total = own + sum(child.total_ns for child in children)
    return CallNode(
        function=function, file=file, line=7, time_ns=own, total_ns=total, user=user, children=children
    )


def jittered(node, shift):
    children = tuple(jittered(child, -shift) for child in node.children)
    own = node.time_ns * (1 + shift)
    return replace(node, time_ns=own, total_ns=own + sum(one.total_ns for one in children), children=children)


def sided(tree, side, jitter=JITTER):
    profiles = [
        SideProfile(benchmark="b", side=side, tree=one, whole_ns=one.total_ns, samples_count=2000)
        for one in (jittered(tree, shift) for shift in jitter)
    ]
    return Sided(profiles=profiles, level=level_of(tree.total_ns, profiles))


def paths(base, head, renamed=None, jitter=JITTER):
    return path_differences(sided(base, Side.BASE, jitter), sided(head, Side.HEAD, jitter), renamed or {})


def coloured(found):
    return {one.function: one.verdict for one in found if one.verdict is not Verdict.UNDECIDED}


def program(inner=10.0, other=20.0):
    return call("main", 1, call("outer", 5, call("inner", inner)), call("other", other, call("leaf", 30)))


def test_the_slowed_function_and_its_callers_are_slower_and_nothing_else():
    found, _ = paths(program(), program(inner=30.0))
    assert coloured(found) == {"main": Verdict.SLOWER, "outer": Verdict.SLOWER, "inner": Verdict.SLOWER}


def test_a_function_that_became_faster_is_faster():
    found, _ = paths(program(inner=30.0), program())
    assert coloured(found)["inner"] is Verdict.FASTER


def test_nothing_is_called_slower_where_nothing_changed():
    found, _ = paths(program(), program())
    assert coloured(found) == {}
    assert all(one.total.interval_ns[0] <= 0 <= one.total.interval_ns[1] for one in found)


def test_a_cost_that_moved_colours_both_functions_and_not_their_caller():
    found, _ = paths(program(inner=30.0, other=10.0), program(inner=10.0, other=30.0))
    words = coloured(found)
    assert (words["inner"], words["other"]) == (Verdict.FASTER, Verdict.SLOWER)
    assert "main" not in words


def test_the_same_function_called_on_two_ways_is_two_paths():
    def both(left, right):
        return call("main", 1, call("a", 5, call("work", left)), call("b", 5, call("work", right)))

    found, _ = paths(both(10, 10), both(10, 40))
    words = {found[one.caller].function: one.verdict for one in found if one.function == "work"}
    assert words == {"a": Verdict.UNDECIDED, "b": Verdict.SLOWER}


def test_a_path_of_one_side_alone_says_so_and_has_no_time_on_the_other():
    found, _ = paths(call("main", 20, call("old", 10)), call("main", 20, call("new", 30, call("deeper", 10))))
    by_name = {one.function: one for one in found}
    assert by_name["old"].only_in is Side.BASE
    assert by_name["old"].total.head_ns == 0
    assert by_name["old"].verdict is Verdict.FASTER
    assert by_name["new"].only_in is Side.HEAD
    assert by_name["new"].total.base_ns == 0
    assert by_name["main"].only_in is None


def test_a_renamed_function_is_one_path_under_its_new_name():
    renamed = {("solver.py", "old"): ("solver.py", "new")}
    found, _ = paths(call("main", 20, call("old", 10)), call("main", 20, call("new", 10)), renamed)
    assert [(one.function, one.only_in) for one in found] == [("main", None), ("new", None)]


def test_a_library_is_the_same_wherever_it_is_installed():
    def with_library(folder):
        return call("main", 5, call("sort", 20, file=f"{folder}/numpy/core/sort.py", user=False))

    found, _ = paths(with_library("/envs/base/lib"), with_library("/envs/head/lib"))
    assert [one.only_in for one in found] == [None, None]


def test_callers_stand_before_those_they_call():
    found, _ = paths(program(), program(inner=30.0))
    assert found[0].caller is None
    assert all(one.caller < at for at, one in enumerate(found) if one.caller is not None)
    names = {one.function: found[one.caller].function for one in found[1:]}
    assert names == {"outer": "main", "inner": "outer", "other": "main", "leaf": "other"}


def test_own_time_and_total_are_means_scaled_to_the_comparison():
    (main, *_), _ = paths(program(), program(inner=30.0))
    assert main.total.base_ns == pytest.approx(66 * MS)
    assert main.total.head_ns == pytest.approx(86 * MS)
    assert main.own.head_ns == pytest.approx(1 * MS, rel=0.01)


def test_paths_that_take_nearly_nothing_are_counted_and_left_out():
    tiny = tuple(call(f"tiny_{number}", 0.01) for number in range(7))
    found, left_out = paths(call("main", 100, *tiny), call("main", 120, *tiny))
    assert [one.function for one in found] == ["main"]
    assert left_out == 7


def test_many_paths_are_bounded_and_keep_their_callers():
    deep = call("bottom", 100)
    for number in range(PATHS_AT_MOST + 50):
        deep = call(f"level_{number}", 0.01, deep)
    found, left_out = paths(deep, deep)
    assert len(found) == PATHS_AT_MOST
    assert left_out == 51
    assert [one.caller for one in found] == [None, *range(PATHS_AT_MOST - 1)]


def test_with_one_process_on_a_side_nothing_is_told_from_its_error():
    found, _ = paths(program(), program(inner=30.0), jitter=(0.0,))
    assert coloured(found) == {}
    assert all(one.total.interval_ns is None for one in found)
