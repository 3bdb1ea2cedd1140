"""The tables at the end of a run, narrow and wide, with and without colour."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from builders import make_run
from diffusion_report import diffusion_report, script_report
from rich.cells import cell_len
from rich.console import Console

from perfwatch.errors import UsageError
from perfwatch.records.report import Report
from perfwatch.report import RENDERERS, render
from perfwatch.report.terminal import render_terminal

PATH = Path("/home/somebody/with/a/long/path/project/.perfwatch/reports/20260314T140211-c41e/index.html")


def printed(report, width=80, **settings):
    text = io.StringIO()
    render_terminal(report, Console(file=text, width=width, **settings), PATH)
    return text.getvalue()


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal_but_the_path(width):
    lines = printed(diffusion_report(), width).splitlines()
    assert lines[-1] == f"Report  {PATH}"
    assert max(cell_len(line) for line in lines[:-1]) <= width


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize(
    "fact",
    [
        "CPython 3.11.7",
        "0123456 on main",
        "2.14 s",
        "[2.11 s, 2.17 s]",
        "6.42 s",
        "58.2 MB",
        "+12.3%",
        "[+10.0%, +14.7%]",
        "▲ slower",
        "? undecided",
        "43.5%",
        "new[i, j] = plate[i, j] + k * (around - 4.0 * plate[i, j])",
        "Peak memory 58.2 MB in test_relax[64], held most by",
        " 48.2%  28.0 MB  science/diffusion.py:32 in relax",
        "converge",
        "line_profiler 5.0.0",
        "3.41x",
        "unavailable",
        "plates.csv",
        "Next: Create data/plate.npy",
    ],
)
def test_the_tables_say(width, fact):
    assert fact in printed(diffusion_report(), width)


def test_what_all_names_begin_with_is_said_once():
    text = printed(diffusion_report(), 80)
    assert text.count("tests/test_diffusion.py::") == 2  # above the table, and in the failure's title
    assert "\ntest_relax[64]" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_figure_of_a_pass_is_cut(width):
    rows = printed(diffusion_report(), width).split("\nPasses\n")[1].splitlines()[2:7]
    assert [row.split()[:2] for row in rows] == [
        ["timing", "done"],
        ["cpu", "done"],
        ["lines", "done"],
        ["memory", "done"],
        ["io", "partial"],
    ]
    assert all("…" not in row for row in rows)


def test_a_pass_that_could_not_be_had_is_a_line_and_no_row():
    text = printed(diffusion_report(), 100)
    assert "\ngpu unavailable: no NVIDIA driver was found; install one and run again to see the GPU\n" in text


def test_reasons_stand_once_below_the_table():
    text = printed(diffusion_report(), 160)
    assert text.count("the whole interval lies above the margin of 1.0% (smallest visible change 2.4%)") == 1


@pytest.mark.smoke
def test_without_colour_there_is_not_one_escape():
    assert "\x1b" not in printed(diffusion_report(), color_system=None)


def test_on_a_terminal_a_regression_is_coloured():
    text = printed(diffusion_report(), 160, force_terminal=True, color_system="standard")
    assert "\x1b[1;31m▲ slower" in text


@pytest.mark.smoke
def test_a_run_without_benchmarks_says_so():
    text = printed(Report(run=make_run(benchmarks=(), sources=())))
    assert "No benchmark was timed." in text
    assert "Passes" not in text


def test_without_an_earlier_run_there_is_nothing_to_compare():
    assert "No earlier run of this target to compare with." in printed(script_report())


def test_the_terminals_tables_are_one_of_the_formats():
    assert "terminal" in RENDERERS
    assert render(script_report(), "terminal").startswith("perfwatch script.py")


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(UsageError, match=", ".join(RENDERERS)):
        render(script_report(), "pdf")
