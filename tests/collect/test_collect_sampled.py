"""What samples say: shares with errors, waiting, native code, threads, the tree."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.joined import flagged, with_hits
from perfwatch.collect.lines import TracerShare
from perfwatch.collect.ownership import Ownership
from perfwatch.collect.record import IMPORTS, cpu_record
from perfwatch.collect.sampled import ClockFacts, figures, share_error
from perfwatch.collect.samples import MAIN, STACKS_AT_MOST, Samples
from perfwatch.collect.stacks import Mode, Row
from perfwatch.records.profile import LineStat

OWNERSHIP = Ownership(root=Path("/p"), libraries=("/usr/lib/python3.11",))
CLOCK = ClockFacts(wall_ns=1_000_000.0, cpu_ns=900_000.0)
TOP = ("<module>", "/p/a.py", 10)
HOT = ("hot", "/p/a.py", 3)
LIBRARY = ("mean", "/usr/lib/python3.11/statistics.py", 7)
IMPORT = ("_find_and_load", "<frozen importlib._bootstrap>", 1176)
IMPORTED = ("<module>", "/usr/lib/python3.11/statistics.py", 1)
BOOTSTRAP = ("BaseProcess._bootstrap", "/usr/lib/python3.11/multiprocessing/process.py", 314)


def row(*stack, count=1, native=None, process=1, thread=None, name="", root=True):
    return Row(
        process=process,
        command=f"python {process}",
        thread=process if thread is None else thread,
        name=name,
        stack=stack,
        count=count,
        native=native,
        is_root=root,
    )


def seen(*rows, mode=Mode.ALL, rate=100.0, watched_ns=1_000_000_000, into=None):
    samples = into or Samples()
    samples.add(mode, list(rows), rate_hertz=rate, watched_ns=watched_ns)
    return samples


def lines_of(samples, clock=CLOCK):
    return {line.line: line for line in figures(samples, clock, OWNERSHIP).lines}


def test_times_are_shares_of_the_clean_execution():
    lines = lines_of(seen(row(TOP, HOT, count=60), row(TOP, count=40)))
    assert {number: (line.time_ns, line.total_ns) for number, line in lines.items()} == {
        3: (600_000.0, 600_000.0),
        10: (400_000.0, 1_000_000.0),
    }


def test_library_time_is_charged_to_the_users_line_that_called_it_and_shown_as_such():
    lines = lines_of(seen(row(TOP, HOT, LIBRARY, count=30), row(TOP, HOT, count=10)))
    assert lines[3].time_ns == 1_000_000.0
    assert lines[3].library_ratio == 0.75


def test_a_recursive_line_counts_once_in_a_stack():
    lines = lines_of(seen(row(TOP, HOT, HOT, HOT, count=10)))
    assert (lines[3].time_ns, lines[3].total_ns) == (1_000_000.0, 1_000_000.0)


def test_what_stands_on_no_line_of_the_users_is_said():
    found = figures(seen(row(TOP, count=75), row(LIBRARY, count=25)), CLOCK, OWNERSHIP)
    assert found.use.unattributed_ratio == 0.25
    assert sum(line.time_ns for line in found.lines) == 750_000.0


def test_no_samples_give_no_lines_and_no_tree():
    found = figures(Samples(), CLOCK, OWNERSHIP)
    assert (found.tree, found.lines, found.use.samples_count) == (None, (), 0)


@pytest.mark.parametrize("count", [0, 1, 50, 99, 100])
def test_every_share_has_an_error_even_none_and_all(count):
    error = share_error(count, 100)
    assert 0.0 < error < 0.06


def test_an_error_of_many_samples_is_the_binomial_one():
    assert share_error(500, 2_000) == pytest.approx(math.sqrt(0.25 * 0.75 / 2_000), rel=1e-3)


def test_a_count_over_several_threads_has_the_error_of_a_count():
    assert share_error(400, 100) == pytest.approx(math.sqrt(400.5) / 100)


@given(st.integers(0, 5_000), st.integers(1, 5_000))
def test_an_error_is_finite_and_shrinks_with_more_samples(count, whole):
    count = min(count, whole)
    assert 0.0 < share_error(4 * count, 4 * whole) < share_error(count, whole) * 1.01


def test_the_native_share_of_a_line_is_of_the_samples_that_looked_for_it():
    samples = seen(row(TOP, HOT, count=100))
    seen(
        row(TOP, HOT, count=30, native=True),
        row(TOP, HOT, count=10, native=False),
        mode=Mode.NATIVE,
        into=samples,
    )
    line = lines_of(samples)[3]
    assert line.native_ratio == 0.75
    assert line.native_error_ratio == pytest.approx(share_error(30, 40))


def test_a_line_that_was_never_running_waited_all_the_time():
    samples = seen(row(TOP, HOT, count=50), row(TOP, count=50))
    seen(row(TOP, count=50), mode=Mode.ACTIVE, into=samples)
    lines = lines_of(samples)
    assert lines[3].waiting_ratio == 1.0
    assert lines[10].waiting_ratio == 0.0


def test_waiting_compares_executions_of_different_length_by_their_chances():
    samples = seen(row(TOP, HOT, count=100))
    seen(row(TOP, HOT, count=100), mode=Mode.ACTIVE, watched_ns=2_000_000_000, into=samples)
    assert lines_of(samples)[3].waiting_ratio == pytest.approx(0.5)


def test_where_nobody_looked_for_running_threads_waiting_of_a_line_is_not_known():
    line = lines_of(seen(row(TOP, HOT, count=100)))[3]
    assert line.waiting_ratio is None


def test_one_thread_alone_waited_for_what_its_two_clocks_differ_by():
    use = figures(seen(row(TOP, count=100)), CLOCK, OWNERSHIP).use
    assert use.waiting_ratio == pytest.approx(0.1)


def test_with_other_threads_two_clocks_say_nothing_of_waiting():
    rows = (row(TOP, count=100), row(HOT, count=100, thread=2, name="worker"))
    assert figures(seen(*rows), CLOCK, OWNERSHIP).use.waiting_ratio is None


def test_each_thread_and_process_has_its_time_and_its_line():
    samples = seen(
        row(TOP, count=100),
        row(HOT, count=50, thread=2, name="worker"),
        row(BOOTSTRAP, HOT, count=25, process=9, root=False),
    )
    threads = figures(samples, CLOCK, OWNERSHIP).use.threads
    assert [(one.process, one.name, one.wall_ns, one.line) for one in threads] == [
        (0, MAIN, 1_000_000.0, 10),
        (0, "worker", 500_000.0, 3),
        (1, MAIN, 250_000.0, 3),
    ]


def test_time_on_the_processor_and_with_the_lock_is_told_by_thread():
    rows = (row(TOP, count=100), row(HOT, count=100, thread=2, name="worker"))
    samples = seen(*rows)
    seen(row(HOT, count=80, thread=2, name="worker"), mode=Mode.ACTIVE, into=samples)
    seen(row(HOT, count=60, thread=2, name="worker"), mode=Mode.GIL, into=samples)
    main, worker = figures(samples, CLOCK, OWNERSHIP).use.threads
    assert (worker.running_ns, worker.gil_ns) == (800_000.0, 600_000.0)
    assert (main.running_ns, main.gil_ns) == (0.0, 0.0)


def test_a_forked_child_does_not_stand_on_the_line_its_parent_forked_on():
    samples = seen(row(TOP, count=10), row(TOP, BOOTSTRAP, LIBRARY, count=10, process=9, root=False))
    assert lines_of(samples)[10].time_ns == 1_000_000.0


def test_a_thread_of_repeated_executions_is_one_thread():
    samples = seen(row(TOP, count=10), row(HOT, count=10, thread=2, name="worker"))
    again = (row(TOP, count=10, process=5), row(HOT, count=10, process=5, thread=6, name="worker"))
    seen(*again, into=samples)
    threads = figures(samples, CLOCK, OWNERSHIP).use.threads
    assert [(one.name, one.samples_count) for one in threads] == [(MAIN, 20), ("worker", 20)]


def test_importing_is_a_branch_of_its_own_in_the_tree_and_stays_with_its_line():
    samples = seen(row(TOP, IMPORT, IMPORTED, LIBRARY, count=25), row(TOP, count=75))
    found = figures(samples, CLOCK, OWNERSHIP)
    assert found.use.import_ratio == 0.25
    assert {(node.function, node.total_ns) for node in found.tree.children} == {
        (IMPORTS, 250_000.0),
        ("<module>", 750_000.0),
    }
    assert found.lines[0].total_ns == 1_000_000.0


def test_several_threads_are_a_branch_each():
    threads = {(0, MAIN): {(TOP,): 3}, (0, "worker"): {(HOT,): 2}}
    record = cpu_record(threads, OWNERSHIP)
    assert [(entry[0], entry[4]) for entry in record["tree"]] == [("(main thread)", 3.0), ("(worker)", 2.0)]
    assert record["total_s"] == 5.0


def test_a_stack_too_many_is_counted_as_lost():
    samples = Samples()
    samples.add(Mode.ALL, [row(("f", "/p/a.py", line)) for line in range(1, STACKS_AT_MOST + 4)])
    assert samples.count(Mode.ALL) == STACKS_AT_MOST
    assert samples.lost_count == 3


def traced(line, hits):
    return LineStat(file="a.py", line=line, function="hot", time_ns=9.0, total_ns=9.0, hits_count=hits)


def test_hits_join_sampled_times_and_a_line_never_sampled_took_no_time_within_an_error():
    found = figures(seen(row(TOP, HOT, count=10)), CLOCK, OWNERSHIP)
    joined = {line.line: line for line in with_hits(found, [traced(3, 500.0), traced(4, 7.0)])}
    assert (joined[3].time_ns, joined[3].hits_count) == (1_000_000.0, 500.0)
    assert (joined[4].time_ns, joined[4].hits_count) == (0.0, 7.0)
    assert joined[4].time_error_ns > 0.0
    assert joined[10].hits_count is None
    assert list(joined) == [3, 4, 10]


def test_a_line_on_which_sampler_and_tracer_contradict_each_other_says_whom_to_believe():
    found = figures(seen(row(TOP, HOT, count=1_000), row(TOP, count=1_000)), CLOCK, OWNERSHIP)
    shares = {
        ("a.py", 3): TracerShare(share_ratio=0.9, error_ratio=0.05),
        ("a.py", 10): TracerShare(share_ratio=0.52, error_ratio=0.01),
    }
    lines = {line.line: line.disagreement for line in flagged(found, found.lines, shares)}
    assert "believe the sampler" in lines[3]
    assert "the sampler gives it 50% ± 1% of the time, the tracer 90% ± 5%" in lines[3]
    assert lines[10] == ""


def test_a_wide_error_of_either_pass_excuses_a_difference():
    found = figures(seen(row(TOP, HOT, count=6), row(TOP, count=6)), CLOCK, OWNERSHIP)
    shares = {("a.py", 3): TracerShare(share_ratio=0.8, error_ratio=0.01)}
    assert {line.disagreement for line in flagged(found, found.lines, shares)} == {""}


def test_with_several_threads_the_passes_are_not_compared():
    samples = seen(row(TOP, HOT, count=1_000), row(HOT, count=1_000, thread=2, name="worker"))
    found = figures(samples, CLOCK, OWNERSHIP)
    shares = {("a.py", 3): TracerShare(share_ratio=0.1, error_ratio=0.001)}
    assert {line.disagreement for line in flagged(found, found.lines, shares)} == {""}
