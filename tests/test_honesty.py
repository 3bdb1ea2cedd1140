"""The ledger gathers what passes said of themselves, and divides where a share is asked for."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
from builders import make_benchmark, make_pass, make_profiles, make_run

from perfwatch.honesty import ledger
from perfwatch.records.gpu import GpuProfile
from perfwatch.records.profile import CpuUse, IoProfile, LineStat, MemoryProfile, Profiles
from perfwatch.records.run import PassName, PassState


def ledger_of(*passes, profiles=None):
    benchmark = make_benchmark(passes=passes, profiles=profiles or Profiles())
    return ledger(make_run(benchmarks=(benchmark,)))


def test_a_run_of_nothing_ran_no_pass():
    found = ledger(make_run(benchmarks=()))
    assert (found.passes, found.lost_count) == ((), None)
    assert found.not_run == tuple(PassName)


def test_each_pass_of_each_benchmark_has_its_entry():
    run = make_run(benchmarks=(make_benchmark("a"), make_benchmark("b")))
    assert [(entry.benchmark, entry.name, entry.overhead_ratio) for entry in ledger(run).passes] == [
        ("a", PassName.CPU, 1.3),
        ("b", PassName.CPU, 1.3),
    ]


def test_what_no_benchmark_was_passed_by_is_named():
    missing = ledger_of(make_pass(PassName.CPU), make_pass(PassName.TIMING)).not_run
    assert missing == (PassName.LINES, PassName.MEMORY, PassName.IO, PassName.GPU)


def test_losses_are_summed_and_unknown_ones_are_not_noughts():
    assert ledger_of(make_pass(lost_count=2), make_pass(PassName.IO, lost_count=3)).lost_count == 5
    assert ledger_of(make_pass(lost_count=2), make_pass(PassName.IO, lost_count=None)).lost_count == 2
    assert ledger_of(make_pass(lost_count=None)).lost_count is None


def test_the_share_of_the_peak_without_a_line_is_told():
    memory = MemoryProfile(peak_bytes=8_000, allocated_bytes=None, allocations_count=1, native_bytes=2_000)
    (entry,) = ledger_of(make_pass(PassName.MEMORY), profiles=make_profiles(memory=memory)).passes
    assert entry.unattributed_ratio == 0.25


@pytest.mark.parametrize(
    ("name", "profiles"),
    [
        (
            PassName.MEMORY,
            Profiles(memory=MemoryProfile(peak_bytes=0, allocated_bytes=0, allocations_count=0)),
        ),
        (PassName.MEMORY, Profiles()),
        (PassName.CPU, Profiles()),
        (PassName.CPU, Profiles(cpu_use=CpuUse(unattributed_ratio=nan))),
        (PassName.IO, Profiles(cpu_use=CpuUse(unattributed_ratio=0.5))),
    ],
)
def test_a_share_of_nothing_known_is_no_share(name, profiles):
    (entry,) = ledger_of(make_pass(name), profiles=profiles).passes
    assert entry.unattributed_ratio is None


def test_what_was_not_covered_is_said_once_with_its_reason():
    record = make_pass(state=PassState.PARTIAL, reason="it died", warnings=("one thread", "it died"))
    assert ledger_of(record).passes[0].uncovered == ("it died", "one thread")


def test_a_pass_that_is_done_needs_no_reason():
    assert ledger_of(make_pass(reason="all well")).passes[0].uncovered == ()


def test_what_a_device_would_not_tell_is_uncovered():
    gpu = GpuProfile(missing=("no CUPTI: cupti-python is not installed",))
    (entry,) = ledger_of(make_pass(PassName.GPU), profiles=Profiles(gpu=gpu)).passes
    assert entry.uncovered == gpu.missing


@pytest.mark.parametrize(
    ("count", "spent_ns", "often"),
    [(1, None, "once"), (6, 310_000_000, "6 times, for 310 ms in all")],
)
def test_a_throttled_execution_says_so(count, spent_ns, often):
    io = IoProfile(throttled_count=count, throttled_ns=spent_ns)
    (entry,) = ledger_of(make_pass(PassName.IO), profiles=Profiles(io=io)).passes
    (said,) = entry.uncovered
    assert said == (
        f"the processor limit of this place held the target back {often}: times taken meanwhile are void"
    )


@pytest.mark.parametrize("count", [0, None])
def test_an_execution_that_was_not_throttled_needs_no_word(count):
    io = IoProfile(throttled_count=count, throttled_ns=0)
    (entry,) = ledger_of(make_pass(PassName.IO), profiles=Profiles(io=io)).passes
    assert entry.uncovered == ()


def test_every_disagreement_is_listed_with_its_line():
    agreed = LineStat(file="a.py", line=1, function="f")
    profiles = Profiles(lines=(agreed, replace(agreed, line=2, disagreement="believe the sampler")))
    (found,) = ledger_of(make_pass(), profiles=profiles).disagreements
    assert (found.file, found.line, found.sentence) == ("a.py", 2, "believe the sampler")
