"""The passes of many benchmarks, each outcome once."""

from __future__ import annotations

from builders import make_benchmark, make_pass

from perfwatch.records.run import PassName, PassState
from perfwatch.report.names import Names
from perfwatch.report.pass_view import pass_rows

SAMPLES = "times from {} samples by py-spy; hits from the tracer"


def rows(*passes):
    benchmarks = [make_benchmark(f"b{i}", passes=(record,)) for i, record in enumerate(passes)]
    return pass_rows(benchmarks, Names())


def test_the_overheads_of_many_benchmarks_are_a_range():
    (row,) = rows(make_pass(overhead_ratio=1.1), make_pass(overhead_ratio=9.0))
    assert (row.overhead, row.duration) == ("1.10x to 9.00x", "1.50 s")


def test_benchmarks_of_one_target_shared_its_executions_and_of_several_they_did_not():
    passes = [make_pass(duration_ns=seconds * 10**9) for seconds in (2, 5, 3)]
    assert rows(*passes)[0].duration == "5.00 s"
    apart = [make_benchmark(f"b{i}", target=f"t{i}", passes=(record,)) for i, record in enumerate(passes)]
    assert pass_rows(apart, Names())[0].duration == "2.00 s to 5.00 s"


def test_figures_that_read_alike_are_no_range():
    (row,) = rows(make_pass(overhead_ratio=1.101), make_pass(overhead_ratio=1.102))
    assert row.overhead == "1.10x"


def test_each_state_of_a_pass_has_its_own_row():
    told = rows(make_pass(), make_pass(state=PassState.FAILED, reason="it died"))
    assert [(row.state, row.tone, row.remark) for row in told] == [
        ("done", "calm", ""),
        ("failed", "bad", "it died (b1)"),
    ]


def test_a_pass_that_could_not_be_had_has_no_figures():
    (row,) = rows(make_pass(PassName.GPU, state=PassState.UNAVAILABLE, reason="no driver"))
    assert not row.measured
    assert row.remark == "no driver"


def test_remarks_that_differ_in_their_numbers_alone_are_one():
    told = [make_pass(PassName.LINES, warnings=(SAMPLES.format(n),)) for n in (298, 132, "1,319")]
    assert rows(*told)[0].remark == SAMPLES.format("132 to 1,319")


def test_a_remark_on_some_benchmarks_says_on_how_many_or_which():
    told = [make_pass(PassName.LINES, warnings=(SAMPLES.format(300),)) for _ in range(2)]
    odd = make_pass(PassName.LINES, warnings=("117 ns a hit are the tracer's own", "no samples"))
    assert rows(*told, odd)[0].remark == (
        f"{SAMPLES.format(300)} (2 of 3 benchmarks). 117 ns a hit are the tracer's own; no samples (b2)"
    )


def test_the_tool_is_the_one_that_most_benchmarks_had():
    told = rows(
        make_pass(tool="a", version=""), make_pass(tool="b", version=""), make_pass(tool="b", version="")
    )
    assert told[0].tool == "b"


def test_lost_samples_are_said():
    assert rows(make_pass(lost_count=3))[0].remark == "3 samples lost"


def test_passes_stand_in_the_order_in_which_they_run():
    benchmark = make_benchmark(passes=(make_pass(PassName.IO), make_pass(PassName.TIMING)))
    assert [row.name for row in pass_rows([benchmark], Names())] == ["timing", "io"]
