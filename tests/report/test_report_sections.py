"""What each pass saw beside its lines, and the ledger: in the page and on the screen."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import get_args, get_type_hints

import pytest
from builders import make_benchmark, make_report, make_run
from everything_report import CHOICE, DISAGREEMENT, everything_report

from perfwatch.honesty import ledger
from perfwatch.records.gpu import GpuDevice, GpuProfile
from perfwatch.records.profile import CpuUse, IoProfile, MemoryProfile, Profiles, ThreadStat
from perfwatch.records.report import Report
from perfwatch.report import RENDERERS, render
from perfwatch.report.cpu_view import cpu_section, threads_line
from perfwatch.report.gpu_view import gpu_section
from perfwatch.report.memory_view import memory_view
from perfwatch.report.section import ROWS_LIMIT, table
from perfwatch.report.view import view_of


def words(text):
    text = re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("&#39;", "'").replace("&lt;", "<")


@pytest.fixture(scope="module")
def page():
    return words(render(everything_report(), "html"))


@pytest.mark.parametrize(
    "fact",
    [
        CHOICE,
        "997 Hz",
        "11.7% ± 0.5%",  # waiting
        "ThreadPoolExecutor-0_0 main, pid 4242 2420 1.21 s 96.0 ms 88.0 ms",
        "child 1, pid 4243",
        "grows (12 calls compared)",
        "2 2 14.4 ms 9.90 ms 4",  # collections of the second generation
        "greatest peak of a child 31.0 MB",
        "data/plate.csv was read 214 times and never changed.",
        "read again, unchanged",
        "science/diffusion.py:47 and 1 more",
        "served by the page cache 98.5%",
        "throttled 6 times, 310 ms",
        "git rev-parse HEAD 3 9.00 ms 4.00 ms",
        "libopenblas 0.3.27 blas 8 0.880 pthreads",
        "0: Example GPU 80GB shared with others 34.2%",
        "power cap 21%, thermal <1%",
        "volta_sgemm_128x64_nn 428 310 ms 724 µs 41.0 µs",
        "host to device 214 88.0 ms 1.10 GB",
        "host-bound 900 ms 214",
        "shape (64, 64) was new",
        "torch device 0 2.90 GB 3.20 GB",
        "science/diffusion.py:30 Tensor.item 214 4.40 ms",
        "cupy was not imported",
        "without science/diffusion.py:29 in relax it would be 30.2 MB",
        DISAGREEMENT,
    ],
)
def test_the_page_says(page, fact):
    assert fact in page


SCREEN = [
    " 43.5%   934 ms  science/diffusion.py:19 in step",
    "± 30.6 ms, 823 k ± 9100 hits",
    "± 20.0 ms, native 41%, waiting 62%, library 81%, 214 hits",
    "Threads  3 threads in 2 processes, main thread waiting 11.7% ± 0.5%, interpreter lock held 83.1%",
    "without it the peak is 30.2 MB",
    "passes disagree on 1 line",
]


@pytest.mark.parametrize("fact", SCREEN)
def test_the_screen_says(fact):
    text = re.sub(r"\n(?=no line)", " ", render(everything_report(), "terminal"))
    assert fact in text


def test_the_screen_counts_disagreements_and_leaves_them_to_the_page():
    text = render(everything_report(), "terminal")
    assert text.count("disagree") == 1
    assert DISAGREEMENT[:40] not in text


def test_the_ledger_is_summed_up_in_one_sentence():
    assert view_of(everything_report()).honesty.summary == (
        "overhead 1.01x to 2.41x; 2.1% of the CPU samples on no line of yours; "
        "2.1% of the peak on no line of yours; 2 samples lost; passes disagree on 1 line"
    )


def test_passes_that_nobody_ran_are_named():
    run = make_run()
    view = view_of(Report(run=run, honesty=ledger(run))).honesty
    assert view.not_run == (
        "Not run: timing, lines, memory, io, gpu. What they would have seen is not in this report."
    )


def test_a_run_without_passes_has_no_ledger_to_show():
    run = make_run(benchmarks=())
    view = view_of(Report(run=run, honesty=ledger(run))).honesty
    assert (view.summary, view.not_run, view.disagreements) == ("", "", ())


def _with_nothing(record):
    """The record with None in every field that may be missing, however deep."""
    hints = get_type_hints(type(record))
    changes = {}
    for field in fields(record):
        value, hint = getattr(record, field.name), hints[field.name]
        if isinstance(hint, UnionType) and NoneType in get_args(hint) and not is_dataclass(value):
            changes[field.name] = None
        elif is_dataclass(value):
            changes[field.name] = _with_nothing(value)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            changes[field.name] = tuple(_with_nothing(item) for item in value)
    return replace(record, **changes)


@pytest.mark.parametrize("format_name", RENDERERS)
def test_figures_that_are_missing_everywhere_are_rendered_as_missing(format_name):
    report = everything_report()
    (benchmark,) = report.run.benchmarks
    bare = replace(benchmark, profiles=_with_nothing(benchmark.profiles))
    run = replace(report.run, benchmarks=(bare,))
    text = render(Report(run=run, honesty=ledger(run)), format_name)
    assert "None" not in text


@pytest.mark.parametrize("format_name", RENDERERS)
def test_empty_profiles_are_rendered(format_name):
    empty = Profiles(
        cpu_use=CpuUse(),
        memory=MemoryProfile(peak_bytes=0, allocated_bytes=None, allocations_count=0),
        io=IoProfile(),
        gpu=GpuProfile(),
    )
    run = make_run(benchmarks=(make_benchmark(profiles=empty),))
    assert "None" not in render(Report(run=run, honesty=ledger(run)), format_name)


def test_a_pass_that_saw_no_device_is_a_sentence_without_a_table():
    gpu = GpuProfile(missing=("no NVIDIA driver was found",))
    section = gpu_section(make_benchmark(profiles=Profiles(gpu=gpu)), "")
    assert (section.facts, section.tables) == ((), ())
    assert section.closing == ("no NVIDIA driver was found",)


def test_a_device_of_which_the_driver_tells_nothing_is_named():
    gpu = GpuProfile(devices=(GpuDevice(index=1, name="Example"),))
    (devices,) = gpu_section(make_benchmark(profiles=Profiles(gpu=gpu)), "").tables
    assert devices.rows == (("1: Example", "not told"),)


@pytest.mark.parametrize(("leaked", "closing"), [(0, ("No line of yours was seen leaking.",)), (None, ())])
def test_a_leak_that_was_looked_for_and_not_found_is_said(leaked, closing):
    memory = MemoryProfile(peak_bytes=1, allocated_bytes=1, allocations_count=1, leaked_bytes=leaked)
    benchmark = make_benchmark(profiles=Profiles(memory=memory))
    assert memory_view(make_run(), benchmark).section.closing == closing


def test_one_thread_that_computes_needs_no_line_on_threads():
    thread = ThreadStat(process=0, pid=1, name="MainThread", samples_count=5, wall_ns=1.0)
    alone = make_benchmark(profiles=Profiles(cpu_use=CpuUse(threads=(thread,), waiting_ratio=0.0)))
    assert threads_line((alone, make_benchmark())) == ""


def test_a_thread_without_a_name_or_a_line_is_still_a_row():
    thread = ThreadStat(process=0, pid=1, name="", samples_count=5, wall_ns=1e6)
    benchmark = make_benchmark(profiles=Profiles(cpu_use=CpuUse(threads=(thread,))))
    (threads,) = cpu_section(benchmark, "").tables
    assert threads.rows == (("unnamed", "main, pid 1", "5", "1.00 ms"),)


def test_a_long_table_is_cut_and_counted():
    (made,) = table("Files", ("@File", "#Opened"), [(f"f{i}", "1") for i in range(ROWS_LIMIT + 5)])
    assert (len(made.rows), made.left_out) == (ROWS_LIMIT, "5 more are in report.json.")


def test_columns_that_no_row_fills_are_not_there():
    (made,) = table("Files", ("@File", "#Opened", "Remark"), [("a", "\N{EN DASH}", "")])
    assert [heading.title for heading in made.headings] == ["File"]


def test_old_runs_without_the_new_figures_have_none_of_the_new_sections():
    (benchmark,) = view_of(make_report()).benchmarks
    assert not benchmark.cpu
    assert not benchmark.gpu
    assert benchmark.memory.section.tables == ()
