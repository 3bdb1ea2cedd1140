"""Traced times corrected into own times, on an example whose truth is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.collect.lines import TracerCost, line_stats
from perfwatch.collect.ownership import Ownership

FILE = "/project/a.py"
OWNERSHIP = Ownership(root=Path("/project"))
MS = 1_000_000
FREE = TracerCost(recorded_ns=0.0, unrecorded_ns=0.0)


def traced(*functions, calls=1):
    """A line pass's record: ``(name, first line, [(line, hits, inclusive ns), …])``."""
    return {
        "calls": calls,
        "functions": [
            {"file": FILE, "line": first, "name": name, "lines": [list(line) for line in lines]}
            for name, first, lines in functions
        ],
    }


def sampled(tree, edges=()):
    """A CPU pass's record."""
    return {"tree": tree, "total_s": sum(one[4] for one in tree), "edges": [list(edge) for edge in edges]}


def by_line(stats):
    return {one.line: one for one in stats}


# main (line 1) calls work (line 10) at line 3 and line 4; the clean truth in ms is
#   line 2: 10    line 3: 1 + 30 of work    line 4: 1 + 10 of work    line 5: 8
#   line 11: 24   line 12: 16
TREE = [["main", FILE, 1, 0.020, 0.060, [["work", FILE, 10, 0.040, 0.040, []]]]]
EDGES = [(FILE, 3, FILE, 10, 0.030), (FILE, 4, FILE, 10, 0.010)]
MAIN = [(2, 1, 10 * MS), (3, 3, 31 * MS), (4, 1, 11 * MS), (5, 1, 8 * MS)]
WORK = [(11, 4, 24 * MS), (12, 4, 16 * MS)]


def test_own_time_is_what_calls_leave_over():
    record = traced(("main", 1, MAIN), ("work", 10, WORK))
    found = by_line(line_stats(record, FREE, sampled(TREE, EDGES), 60 * MS, OWNERSHIP))
    own = {line: one.time_ns / MS for line, one in found.items()}
    assert own == pytest.approx({2: 10, 3: 1, 4: 1, 5: 8, 11: 24, 12: 16})


def test_total_time_has_the_callees_share_in_it():
    record = traced(("main", 1, MAIN), ("work", 10, WORK))
    found = by_line(line_stats(record, FREE, sampled(TREE, EDGES), 60 * MS, OWNERSHIP))
    assert found[3].total_ns == pytest.approx(31 * MS)
    assert found[4].total_ns == pytest.approx(11 * MS)
    assert found[2].total_ns == found[2].time_ns


def test_the_tracers_own_cost_is_taken_off():
    cost = TracerCost(recorded_ns=100.0, unrecorded_ns=50.0)
    # A loop of two lines: the first does nothing, and all that was recorded is the tracer's own.
    lines = [(2, 10_000, 10_000 * 100), (3, 10_000, 10_000 * 100 + 6 * MS)]
    tree = [["main", FILE, 1, 1.0, 1.0, []]]
    found = by_line(line_stats(traced(("main", 1, lines)), cost, sampled(tree), 6 * MS, OWNERSHIP))
    assert found[2].time_ns == 0.0
    assert found[3].time_ns == pytest.approx(6 * MS)


def test_what_the_tracer_took_besides_is_not_charged_to_the_caller():
    cost = TracerCost(recorded_ns=100.0, unrecorded_ns=1_000.0)
    # work takes 1 ms and 4,000 hits; its caller's line recorded that, and 4,000 unrecorded costs.
    work = [(11, 4_000, 1 * MS + 4_000 * 100)]
    main = [(3, 1, 2 * MS + 1 * MS + 4_000 * 1_100 + 100)]
    tree = [["main", FILE, 1, 2.0, 3.0, [["work", FILE, 10, 1.0, 1.0, []]]]]
    record = traced(("main", 1, main), ("work", 10, work))
    cpu = sampled(tree, [(FILE, 3, FILE, 10, 1.0)])
    found = by_line(line_stats(record, cost, cpu, 3 * MS, OWNERSHIP))
    assert found[3].time_ns == pytest.approx(2 * MS)
    assert found[11].time_ns == pytest.approx(1 * MS)


def test_hits_and_times_are_those_of_one_call():
    record = traced(("main", 1, [(2, 50, 100 * MS)]), calls=10)
    tree = [["main", FILE, 1, 1.0, 1.0, []]]
    (one,) = line_stats(record, FREE, sampled(tree), 9 * MS, OWNERSHIP)
    assert one.hits_count == 5
    assert one.time_ns == pytest.approx(9 * MS)


def test_lines_share_no_more_than_what_was_traced():
    tree = [
        [
            "main",
            FILE,
            1,
            0.0,
            1.0,
            [["work", FILE, 10, 0.25, 0.25, []], ["other", FILE, 20, 0.75, 0.75, []]],
        ]
    ]
    (one,) = line_stats(traced(("work", 10, [(11, 1, 5 * MS)])), FREE, sampled(tree), 8 * MS, OWNERSHIP)
    assert one.time_ns == pytest.approx(2 * MS)


def test_a_recursive_function_needs_no_correction_of_its_own():
    record = traced(("f", 1, [(2, 10, 4 * MS), (3, 9, 6 * MS)]))
    tree = [["f", FILE, 1, 0.4, 1.0, [["f", FILE, 1, 0.6, 0.6, []]]]]
    found = by_line(line_stats(record, FREE, sampled(tree), 10 * MS, OWNERSHIP))
    assert {line: one.time_ns / MS for line, one in found.items()} == pytest.approx({2: 4, 3: 6})


def test_no_line_is_below_nothing():
    # Noise: the callee took longer under the tracer than its caller's line recorded.
    record = traced(("main", 1, [(2, 1, 5 * MS), (3, 1, 10 * MS)]), ("work", 10, [(11, 4, 12 * MS)]))
    tree = [["main", FILE, 1, 0.2, 1.0, [["work", FILE, 10, 0.8, 0.8, []]]]]
    found = by_line(line_stats(record, FREE, sampled(tree, [(FILE, 3, FILE, 10, 0.8)]), MS, OWNERSHIP))
    assert found[3].time_ns == 0.0
    assert all(one.time_ns >= 0 for one in found.values())


def test_nothing_traced_gives_no_lines():
    assert line_stats(traced(), FREE, sampled(TREE, EDGES), MS, OWNERSHIP) == ()


def test_lines_that_took_nothing_get_no_time():
    (one,) = line_stats(traced(("main", 1, [(2, 5, 0)])), FREE, sampled(TREE), MS, OWNERSHIP)
    assert (one.time_ns, one.hits_count) == (0.0, 5)


def test_lines_come_in_the_order_of_the_file():
    record = traced(("work", 10, WORK), ("main", 1, MAIN))
    stats = line_stats(record, FREE, sampled(TREE, EDGES), 60 * MS, OWNERSHIP)
    assert [one.line for one in stats] == [2, 3, 4, 5, 11, 12]
    assert {one.file for one in stats} == {"a.py"}
