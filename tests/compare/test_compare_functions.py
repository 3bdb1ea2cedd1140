"""From a red to the function, on trees built by hand: what is named, what only moved, what cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfwatch.compare import named_in, profile_differences
from perfwatch.compare.frames import frames_of
from perfwatch.compare.functions import profile_difference
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile import CallNode, LineStat
from perfwatch.records.profile_difference import SideProfile, Touched

MS = 1e6
#: How far the processes of one side differ, in the share of a time.
JITTER = (-0.02, 0.01, 0.0, 0.02, -0.01)
FILE = "solver.py"


def call(function, own_ms, *children, file=FILE, user=True):
    own = own_ms * MS
    total = own + sum(child.total_ns for child in children)
    return CallNode(
        function=function, file=file, line=7, time_ns=own, total_ns=total, user=user, children=children
    )


def library(function, own_ms, *children):
    return call(function, own_ms, *children, file="numpy/sort.py", user=False)


def jittered(node, shift):
    children = tuple(jittered(child, -shift) for child in node.children)
    own = node.time_ns * (1 + shift)
    return replace(node, time_ns=own, total_ns=own + sum(one.total_ns for one in children), children=children)


def profiles(tree, side, jitter=JITTER):
    trees = [jittered(tree, shift) for shift in jitter]
    return [
        SideProfile(
            benchmark="b", side=side, tree=one, whole_ns=one.total_ns, samples_count=400, tool="py-spy"
        )
        for one in trees
    ]


def compared(base, head):
    ratio = head.total_ns / base.total_ns
    return Comparison(
        benchmark="b",
        metric="time",
        verdict=Verdict.SLOWER,
        reason="beyond the margin",
        base_value=base.total_ns,
        head_value=head.total_ns,
        ratio=ratio,
        interval=(ratio * 0.998, ratio * 1.002),
    )


def places(*functions, file=FILE):
    return frozenset((file, function) for function in functions)


def difference(base, head, touched=None, *, jitter=JITTER):
    trees = [*profiles(base, Side.BASE, jitter), *profiles(head, Side.HEAD, jitter)]
    return profile_difference(compared(base, head), trees, touched or Touched())


def named(found):
    return [one.function for one in found.frames if one.named]


def frame(found, function):
    return next(one for one in found.frames if one.function == function)


# What is named


def test_the_slowed_leaf_is_named_and_not_the_hot_one_beside_it():
    base = call("run", 1, call("hot", 20), call("slowed", 4))
    head = call("run", 1, call("hot", 20), call("slowed", 7))
    found = difference(base, head)
    assert named(found) == ["slowed"]
    assert found.frames[0].own.difference_ns == pytest.approx(3 * MS, rel=0.2)
    low, high = found.frames[0].own.interval_ns
    assert low < 3 * MS < high
    assert found.summary.startswith("most of it in solver.py:7 slowed(): +")
    assert "5 and 5 CPU passes, 2000 and 2000 samples" in found.summary


def test_what_a_library_does_for_a_function_is_the_functions():
    base = call("run", 5, call("order", 1, library("sort", 4)))
    head = call("run", 5, call("order", 1, library("sort", 8)))
    assert named(difference(base, head)) == ["order"]


def test_a_changed_loop_is_named_and_not_the_function_that_it_calls_more_often():
    base = call("run", 5, call("loop", 1, call("work", 5)), call("rest", 5))
    head = call("run", 5, call("loop", 1, call("work", 9)), call("rest", 5))
    found = difference(base, head, Touched(functions=places("loop")))
    assert found.frames[0].function == "loop"
    assert found.frames[0].touched
    assert "there in solver.py:7 work()" in found.summary
    assert named(difference(base, head)) == ["work"]


def test_of_two_that_are_slower_the_one_that_the_change_touched_comes_first():
    base = call("run", 10, call("near", 4), call("far", 4))
    head = call("run", 10, call("near", 6), call("far", 7))
    assert named(difference(base, head)) == ["far", "near"]
    assert named(difference(base, head, Touched(functions=places("near")))) == ["near", "far"]


def test_a_touched_function_with_a_trace_of_the_change_is_not_named_for_it():
    base = call("run", 1, call("near", 2), call("far", 4))
    head = call("run", 1, call("near", 2.2), call("far", 9))
    assert named(difference(base, head, Touched(functions=places("near")))) == ["far"]


def test_a_function_that_head_alone_calls_is_named_by_its_own_time():
    base = call("run", 1, call("work", 10))
    head = call("run", 1, call("work", 10), call("validate", 4))
    found = difference(base, head)
    assert named(found) == ["validate"]
    assert frame(found, "validate").only_in is Side.HEAD
    assert "seen in head alone" in found.summary
    known = difference(base, head, Touched(functions=places("run"), new=places("validate")))
    assert named(known)[0] == "run"
    assert "there in solver.py:7 validate()" in known.summary


def test_recursion_is_counted_once():
    tree = call("run", 1, call("walk", 2, call("walk", 2, call("walk", 2, call("leaf", 1)))))
    frames = frames_of(tree, 1.0)
    assert frames.total[FILE, "walk"] == 7 * MS
    assert frames.own[FILE, "walk"] == 6 * MS
    slower = call("run", 1, call("walk", 4, call("walk", 4, call("walk", 4, call("leaf", 1)))))
    found = difference(tree, slower)
    assert named(found) == ["walk"]
    assert found.frames[0].total.difference_ns < (slower.total_ns - tree.total_ns) * 1.1


def test_threads_and_imports_are_no_functions():
    tree = CallNode(
        function="(all)",
        file="",
        line=0,
        time_ns=0.0,
        total_ns=3 * MS,
        children=(call("(main thread)", 0, call("run", 2), file="", user=False), call("run", 1)),
    )
    frames = frames_of(tree, 2.0)
    assert dict(frames.total) == {(FILE, "run"): 6 * MS}


def test_a_library_alone_stands_for_itself():
    frames = frames_of(library("sort", 2, library("compare", 1), call("key", 3)), 1.0)
    assert dict(frames.own) == {("numpy/sort.py", "sort"): 3 * MS, (FILE, "key"): 3 * MS}


# What only moved


def test_code_taken_out_into_a_new_function_is_no_new_cost():
    base = call("run", 1, call("fit", 10), call("slowed", 4))
    head = call("run", 1, call("fit", 3, call("prepare", 7)), call("slowed", 7))
    for touched in (Touched(), Touched(functions=places("fit", "slowed"), new=places("prepare"))):
        assert named(difference(base, head, touched)) == ["slowed"]
    assert "fit() around it takes as long as before" in frame(difference(base, head), "prepare").moved


def test_a_call_written_out_in_its_caller_is_no_new_cost():
    base = call("run", 1, call("fit", 3, call("prepare", 7)), call("slowed", 4))
    head = call("run", 1, call("fit", 10), call("slowed", 7))
    for touched in (Touched(), Touched(functions=places("fit", "slowed"))):
        assert named(difference(base, head, touched)) == ["slowed"]
    assert frame(difference(base, head), "fit").moved.startswith("it takes as long as before")


def test_work_that_went_from_a_caller_to_its_callee_is_no_new_cost():
    base = call("run", 1, call("fit", 10, call("inner", 2)), call("slowed", 4))
    head = call("run", 1, call("fit", 4, call("inner", 8)), call("slowed", 7))
    assert named(difference(base, head)) == ["slowed"]
    assert named(difference(base, head, Touched(functions=places("fit", "inner", "slowed")))) == ["slowed"]


def test_code_taken_out_and_slowed_is_charged_with_what_it_costs_more():
    base = call("run", 5, call("fit", 10))
    head = call("run", 5, call("fit", 2, call("prepare", 12)))
    found = difference(base, head, Touched(functions=places("fit"), new=places("prepare")))
    assert named(found)[0] == "fit"
    assert found.frames[0].charged.difference_ns == pytest.approx(4 * MS, rel=0.2)


def test_a_new_name_is_no_new_cost():
    base = call("run", 1, call("old", 10), call("slowed", 4))
    head = call("run", 1, call("fresh", 10), call("slowed", 7))
    known = Touched(functions=places("slowed"), renamed={(FILE, "fresh"): (FILE, "old")})
    for touched in (Touched(), known):
        found = difference(base, head, touched)
        assert named(found) == ["slowed"]
        assert frame(found, "fresh").renamed_from == "old"
        assert frame(found, "fresh").only_in is None


def test_a_function_renamed_and_slowed_is_named_with_its_old_name():
    base = call("run", 1, call("old", 10))
    head = call("run", 1, call("fresh", 14))
    found = difference(base, head, Touched(functions=places("run"), new=places("fresh")))
    assert named(found)[0] == "fresh"
    assert found.frames[0].charged.difference_ns == pytest.approx(4 * MS, rel=0.2)
    assert "old() in base" in found.summary


def test_a_method_moved_to_another_class_is_known_by_its_bare_name():
    base = call("run", 1, call("A.fit", 10), call("A.show", 5))
    head = call("run", 1, call("B.fit", 10), call("B.show", 8))
    assert named(difference(base, head)) == ["B.show"]


# What cannot be told


def test_processes_that_do_not_differ_at_all_leave_the_samples_own_error():
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 14))
    found = difference(base, head, jitter=(0.0,) * 5)
    assert named(found) == ["work"]
    low, high = found.frames[0].own.interval_ns
    assert high > low


def test_a_difference_that_the_samples_cannot_carry_is_not_named():
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 10.1))
    found = difference(base, head, jitter=(0.0,) * 5)
    assert named(found) == []
    assert "no function stands out" in found.summary


def test_one_process_a_side_names_nothing_and_says_so():
    base, head = call("run", 10), call("run", 20)
    found = difference(base, head, jitter=(0.0,))
    assert found.frames[0].own.interval_ns is None
    assert named(found) == []
    assert "one process says nothing of how much processes differ" in found.summary


def test_wild_processes_name_nothing():
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 11))
    assert named(difference(base, head, jitter=(-0.9, 0.9, 0.5, -0.5, 0.0))) == []


def test_no_tree_on_a_side_gives_no_difference():
    tree = call("run", 10)
    assert profile_difference(compared(tree, tree), profiles(tree, Side.BASE), Touched()) is None


def test_times_are_scaled_to_what_the_pairs_measured():
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 20))
    trees = [*profiles(base, Side.BASE), *profiles(head, Side.HEAD)]
    comparison = replace(compared(base, head), base_value=200 * MS, head_value=300 * MS)
    found = profile_difference(comparison, trees, Touched())
    assert found.frames[0].own.difference_ns == pytest.approx(100 * MS, rel=0.1)


def test_among_many_unchanged_functions_hardly_any_is_named():
    base = call("run", 1, *(call(f"f{number}", 2) for number in range(60)))
    head = call("run", 1, *(call(f"f{number}", 2 if number else 12) for number in range(60)))
    assert named(difference(base, head)) == ["f0"]


# Lines


def with_lines(found, *lines):
    """Each profile with lines of one function: their numbers, and their times of a call."""
    return [
        replace(
            one,
            lines=tuple(
                LineStat(file=FILE, line=line, function="work", time_ns=own_ms * MS * (1 + shift))
                for line, own_ms in lines
            ),
        )
        for one, shift in zip(found, JITTER, strict=True)
    ]


def lines_named(touched):
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 14))
    trees = [
        *with_lines(profiles(base, Side.BASE), (11, 2), (12, 8)),
        *with_lines(profiles(head, Side.HEAD), (11, 2), (13, 12)),
    ]
    found = profile_difference(compared(base, head), trees, touched)
    return [(one.line, round(one.own.difference_ns / MS)) for one in found.frames[0].lines], found.summary


def test_a_line_that_moved_is_held_against_itself():
    told, summary = lines_named(Touched(lines={FILE: {11: 11, 12: 13}}))
    assert told == [(13, 4)]
    assert "most at line 13" in summary


def test_a_line_that_is_gone_is_in_no_line_of_head():
    told, _ = lines_named(Touched(lines={FILE: {11: 11}}))
    assert told == [(13, 12)]


def test_without_lines_a_function_is_named_all_the_same():
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 14))
    assert difference(base, head).frames[0].lines == ()


# Where it is said


def test_the_reason_of_a_red_names_the_function_and_other_verdicts_stay_as_they_are():
    base, head = call("run", 10, call("work", 10)), call("run", 10, call("work", 20))
    trees = [*profiles(base, Side.BASE), *profiles(head, Side.HEAD)]
    red = compared(base, head)
    same = replace(red, verdict=Verdict.SAME)
    found = profile_differences([red], trees, Touched())
    assert named_in(red, found).reason.startswith("beyond the margin; most of it in solver.py:7 work()")
    assert profile_differences([same], trees, Touched()) == ()
    assert named_in(same, found) == same
