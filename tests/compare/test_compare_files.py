"""Runs out of other tools' files: ratios without verdicts, and environments known in part."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from builders import make_benchmark, make_environment, make_header, make_run
from stored_runs import run_of, timing_of

from perfwatch.compare import compare, environment_difference, summarise
from perfwatch.records.comparison import Verdict
from perfwatch.records.plan import Policy
from perfwatch.records.timing import Timing

POLICY = Policy()
KNOWN = make_environment()
PARTLY = replace(KNOWN, key="", memory_bytes=0, libraries={}, threads={}, virtualisation=None)


def filed(run):
    """The same run as a file of another tool tells it."""
    return replace(run, header=replace(run.header, environment=PARTLY, code_digest=""))


def summary_alone(median_ns, why="only a summary"):
    return Timing(median_ns=median_ns, for_verdicts=False, notes=(why,))


def headline(base, head, sessions=()):
    return compare(base, head, POLICY, sessions)[0]


def test_processes_out_of_files_give_an_interval_and_no_verdict():
    found = headline(filed(run_of(1_000, 1_010, 1_020, run_id="base")), filed(run_of(2_000, 2_010, 2_020)))
    assert found.verdict is Verdict.UNDECIDED
    assert 1.9 < found.interval[0] < found.ratio < found.interval[1] < 2.1
    assert found.reason.startswith(
        "not measured side by side; use perfwatch gate; a result file tells too little"
    )
    assert (found.p_value, found.noise_floor_ratio) == (None, None)


@pytest.mark.parametrize("which", ["base", "head", "both"])
def test_stored_sessions_do_not_make_a_verdict_of_a_file(which):
    sessions = [run_of(1_000 + n, 1_001 + n, run_id=f"s{n}") for n in range(6)]
    base, head = sessions[0], run_of(2_000, 2_001)
    base = filed(base) if which != "head" else base
    head = filed(head) if which != "base" else head
    assert headline(sessions[0], run_of(2_000, 2_001), sessions).verdict is Verdict.SLOWER
    assert headline(base, head, sessions).verdict is Verdict.UNDECIDED


def test_a_summary_without_samples_gives_a_ratio_alone_and_says_why():
    sides = [
        filed(make_run(benchmarks=(make_benchmark(timing=summary_alone(value)),))) for value in (200.0, 300.0)
    ]
    found = headline(*sides)
    assert (found.verdict, found.interval) == (Verdict.UNDECIDED, None)
    assert (found.base_value, found.head_value, found.ratio) == (200.0, 300.0, 1.5)
    assert found.reason == "base's times are not for verdicts: only a summary"


def test_a_benchmark_whose_own_code_changed_is_not_compared_in_time():
    def side(version):
        return filed(make_run(benchmarks=(make_benchmark(timing=timing_of(100), code_version=version),)))

    assert "own code is not the same" in headline(side("v1"), side("v2")).reason
    assert "own code" not in headline(side("v1"), side("v1")).reason
    assert "own code" not in headline(side("v1"), side(None)).reason


def test_a_memory_benchmark_has_one_comparison_shown_and_not_judged():
    def side(size):
        return make_run(benchmarks=(make_benchmark(timing=None, metrics={"peak_resident_bytes": size}),))

    (found,) = compare(side(1_000_000.0), side(9_000_000.0), POLICY)
    assert (found.metric, found.verdict, found.ratio) == ("peak_resident_bytes", Verdict.UNDECIDED, 9.0)
    assert "never judged" in found.reason


def test_benchmarks_of_one_file_alone_are_new_and_removed():
    def side(name):
        return filed(make_run(benchmarks=(make_benchmark(name, timing=summary_alone(5.0)),)))

    found = compare(side("old"), side("new"), POLICY)
    assert [(one.benchmark, one.verdict) for one in found] == [("new", Verdict.NEW), ("old", Verdict.REMOVED)]
    assert summarise(found, side("new")).removed == 1


# Environments known in part


def test_what_a_file_does_not_tell_is_no_difference():
    assert environment_difference(PARTLY, PARTLY) == ""
    assert environment_difference(KNOWN, PARTLY) == ""
    nothing = replace(
        PARTLY, processor="", python="", system="", machine="", implementation="", cores_count=0
    )
    assert environment_difference(nothing, KNOWN) == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"processor": "Other CPU"}, f"processor {KNOWN.processor} against Other CPU"),
        ({"cores_count": 64}, f"cores {KNOWN.cores_count} against 64"),
        ({"python": "3.99.1"}, "against 3.99"),
        ({"system": "Darwin 23.1"}, "against Darwin"),
        ({"machine": "riscv64"}, "against riscv64"),
        ({"memory_bytes": KNOWN.memory_bytes * 2}, "memory "),
        ({"libraries": {"numpy": "0.1"}}, "numpy "),
        ({"threads": {"OMP_NUM_THREADS": "77"}}, "OMP_NUM_THREADS "),
    ],
)
def test_what_both_sides_tell_and_differs_is_named(changes, named):
    base = replace(KNOWN, libraries={"numpy": "2.0"}, threads={"OMP_NUM_THREADS": "1"})
    assert named in environment_difference(base, replace(PARTLY, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"python": f"{KNOWN.python}.post9"},
        {"system": f"{KNOWN.system.split()[0]} 9.9"},
        {"memory_bytes": math.floor(KNOWN.memory_bytes * 1.05)},
        {"libraries": {"pytest": "0.1"}},
        {"libraries": {"numpy": "2.0"}},
    ],
)
def test_what_does_not_part_stored_runs_does_not_part_files(changes):
    base = replace(KNOWN, libraries={"pytest": "9.9", "numpy": "2.0.4"})
    assert environment_difference(base, replace(PARTLY, **changes)) == ""


def test_two_whole_environments_are_still_told_by_their_keys():
    assert environment_difference(make_environment(), make_environment(key="e2")) != ""
    assert environment_difference(make_header().environment, make_header().environment) == ""
