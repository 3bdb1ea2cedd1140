"""A run put together from what its passes brought back."""

from __future__ import annotations

from dataclasses import replace

from builders import make_benchmark, make_header, make_pass, make_pass_result, make_profiles, make_timing

from perfwatch.measure.assemble import assemble
from perfwatch.records.profile import GpuProfile, LineStat, Profiles
from perfwatch.records.run import (
    Benchmark,
    Custom,
    Failure,
    FailureKind,
    PassName,
    PassState,
    Provenance,
    RunState,
    SourceFile,
    Span,
)

TARGET = "script:script.py"


def partial(**changes) -> Benchmark:
    return replace(Benchmark(name="script.py", target=TARGET), **changes)


def put_together(*results, notes=()):
    return assemble(make_header(), results, state=RunState.COMPLETE, duration_ns=7, notes=notes)


def line(**changes) -> LineStat:
    return replace(LineStat(file="script.py", line=7, function="hot"), **changes)


def test_no_results_make_a_run_without_benchmarks():
    run = put_together(notes=("nothing ran",))
    assert (run.header, run.state, run.duration_ns) == (make_header(), RunState.COMPLETE, 7)
    assert run.benchmarks == ()
    assert run.notes == ("nothing ran",)


def test_partials_of_one_benchmark_become_one():
    full = make_benchmark()
    timing = make_pass_result(PassName.TIMING, benchmarks=(partial(timing=full.timing),))
    cpu = make_pass_result(
        PassName.CPU, benchmarks=(partial(passes=full.passes, profiles=Profiles(cpu=full.profiles.cpu)),)
    )
    rest = make_pass_result(
        PassName.MEMORY,
        benchmarks=(partial(metrics=full.metrics, profiles=replace(full.profiles, cpu=None)),),
    )
    assert put_together(timing, cpu, rest).benchmarks == (full,)


def test_equal_names_in_two_targets_stay_two_benchmarks():
    other = replace(make_benchmark(), target="script:other.py")
    run = put_together(make_pass_result(benchmarks=(make_benchmark(), other)))
    assert [benchmark.target for benchmark in run.benchmarks] == [TARGET, "script:other.py"]


def test_a_timing_taken_under_a_profiler_is_no_timing():
    disturbed = make_pass_result(PassName.CPU, benchmarks=(partial(timing=make_timing(9e6)),))
    assert put_together(disturbed).benchmarks[0].timing is None
    clean = make_pass_result(PassName.TIMING, benchmarks=(partial(timing=make_timing(1e6)),))
    assert put_together(disturbed, clean).benchmarks[0].timing == make_timing(1e6)


def test_passes_come_in_the_order_in_which_they_run_whatever_the_order_of_results():
    results = [
        make_pass_result(name, benchmarks=(partial(passes=(make_pass(name),)),))
        for name in reversed(tuple(PassName))
    ]
    assert [one.name for one in put_together(*results).benchmarks[0].passes] == list(PassName)


def test_a_failed_pass_leaves_its_mark_and_nothing_else():
    good = make_pass_result(PassName.TIMING, benchmarks=(make_benchmark(passes=()),))
    failed = make_pass(PassName.MEMORY, state=PassState.FAILED, reason="killed")
    bad = make_pass_result(PassName.MEMORY, benchmarks=(partial(passes=(failed,)),))
    assert put_together(good, bad).benchmarks == (make_benchmark(passes=(failed,)),)


def test_a_line_seen_by_two_passes_has_the_figures_of_both():
    timed = line(source="x = 1", time_ns=5.0, total_ns=6.0, hits_count=7.0)
    traced = line(allocated_bytes=8.0, allocations_count=9.0, peak_bytes=0.0)
    run = put_together(
        make_pass_result(PassName.MEMORY, benchmarks=(partial(profiles=Profiles(lines=(traced,))),)),
        make_pass_result(PassName.LINES, benchmarks=(partial(profiles=Profiles(lines=(timed,))),)),
    )
    joined = replace(timed, allocated_bytes=8.0, allocations_count=9.0, peak_bytes=0.0)
    assert run.benchmarks[0].profiles.lines == (joined,)


def test_a_line_measured_twice_keeps_the_figure_of_the_pass_that_ran_first():
    lines = make_pass_result(
        PassName.LINES, benchmarks=(partial(profiles=Profiles(lines=(line(time_ns=0.0),))),)
    )
    memory = make_pass_result(
        PassName.MEMORY, benchmarks=(partial(profiles=Profiles(lines=(line(time_ns=9.0),))),)
    )
    assert put_together(memory, lines).benchmarks[0].profiles.lines == (line(time_ns=0.0),)


def test_lines_of_other_functions_on_the_same_line_number_stay_apart():
    both = (line(time_ns=1.0), line(function="<lambda>", time_ns=2.0))
    run = put_together(make_pass_result(benchmarks=(partial(profiles=Profiles(lines=both)),)))
    assert run.benchmarks[0].profiles.lines == both


def test_metrics_of_all_passes_are_joined_and_the_earliest_pass_wins_a_tie():
    io = make_pass_result(
        PassName.IO, benchmarks=(partial(metrics={"read_bytes": 1.0, "peak_memory_bytes": 9.0}),)
    )
    memory = make_pass_result(PassName.MEMORY, benchmarks=(partial(metrics={"peak_memory_bytes": 5.0}),))
    assert put_together(io, memory).benchmarks[0].metrics == {"read_bytes": 1.0, "peak_memory_bytes": 5.0}


def test_facts_about_a_benchmark_come_from_the_first_pass_that_knows_them():
    run = put_together(
        make_pass_result(PassName.TIMING, benchmarks=(partial(),)),
        make_pass_result(
            PassName.CPU, benchmarks=(partial(group="g", parameters={"size": "small"}, items_count=0),)
        ),
        make_pass_result(PassName.GPU, benchmarks=(partial(group="h", items_count=3),)),
    )
    benchmark = run.benchmarks[0]
    assert (benchmark.group, benchmark.parameters, benchmark.items_count) == ("g", {"size": "small"}, 0)


def test_profiles_of_different_kinds_stand_side_by_side():
    gpu = GpuProfile(devices=("Example GPU",))
    run = put_together(
        make_pass_result(PassName.CPU, benchmarks=(partial(profiles=make_profiles()),)),
        make_pass_result(PassName.GPU, benchmarks=(partial(profiles=Profiles(gpu=gpu)),)),
    )
    assert run.benchmarks[0].profiles == make_profiles(gpu=gpu)


def test_what_belongs_to_no_benchmark_is_kept_in_the_order_it_came():
    first = make_pass_result(
        PassName.MEMORY,
        benchmarks=(),
        spans=(Span(path=("load",), count=1, wall_ns=5, cpu_ns=4),),
        custom=(Custom(name="mse", values=(0.5,)),),
        failures=(
            Failure(target=TARGET, pass_name=PassName.MEMORY, kind=FailureKind.EXIT, message="exit 3"),
        ),
        notes=("one",),
    )
    second = make_pass_result(
        PassName.CPU,
        benchmarks=(),
        spans=(Span(path=("save",), count=1, wall_ns=5, cpu_ns=4),),
        custom=(Custom(name="mse", values=(0.5,)),),
        notes=("two",),
    )
    run = put_together(first, second, notes=("zero",))
    assert [span.path for span in run.spans] == [("load",), ("save",)]
    assert len(run.custom) == 2
    assert run.failures == first.failures
    assert run.notes == ("zero", "one", "two")


def test_a_source_and_a_provenance_reported_by_each_pass_are_kept_once():
    where = Provenance(module="m", file="m.py", digest="d")
    elsewhere = Provenance(module="m", file="build/m.py", digest="d")
    source = SourceFile(file="m.py", digest="d", text="x = 1\n")
    run = put_together(
        make_pass_result(PassName.TIMING, provenance=(where,), sources=(source,)),
        make_pass_result(
            PassName.CPU, provenance=(where, elsewhere), sources=(replace(source, text="y = 2\n"),)
        ),
    )
    assert run.provenance == (where, elsewhere)
    assert run.sources == (source,)
