"""How the checks are run, and what they add up to."""

from __future__ import annotations

import os
import sys

import pytest
from doctor_patients import make_patient

from perfwatch.environment import probe_interpreter
from perfwatch.environment.checks import CHECKS, TIMING
from perfwatch.environment.checks.patient import ProbeFailed, Row, Seen, last_line
from perfwatch.environment.doctor import diagnose
from perfwatch.environment.doctor_asking import Asking
from perfwatch.environment.lending import Lending
from perfwatch.records.doctor import CheckGroup, CheckState


def row(name, state=CheckState.OK, **facts):
    def examine(patient):
        return Seen(state=state, fact=f"fact of {name}")

    return Row(group=CheckGroup.CLOCK, name=name, examine=facts.pop("examine", examine), **facts)


def test_the_diagnosis_keeps_the_tables_order_and_sorts_the_collectors(tmp_path):
    rows = (
        row(TIMING, collector=True, alone=True),
        row("b", CheckState.BROKEN, collector=True),
        row("c", CheckState.ABSENT, collector=True),
        row("d", CheckState.WARNING, collector=True),
        row("e", CheckState.WARNING, alone=True),
        row("f", CheckState.ABSENT),
        row("g", CheckState.BROKEN),
    )
    diagnosis = diagnose(make_patient(tmp_path), rows, clock=iter([1_000, 5_000]).__next__)
    assert [check.name for check in diagnosis.checks] == [each.name for each in rows]
    assert diagnosis.timing
    assert diagnosis.works == (TIMING, "d")
    assert diagnosis.broken == ("b", "g")
    assert diagnosis.absent == ("c",)
    assert diagnosis.warnings == ("d", "e")
    assert diagnosis.duration_ns == 4_000


def test_a_check_that_breaks_is_reported_with_its_error_and_stops_no_other(tmp_path):
    def breaks(patient):
        raise ZeroDivisionError("of its own")

    rows = (row("a", examine=breaks), row("alone", examine=breaks, alone=True), row("b"))
    diagnosis = diagnose(make_patient(tmp_path), rows)
    assert [check.state for check in diagnosis.checks] == [
        CheckState.BROKEN,
        CheckState.BROKEN,
        CheckState.OK,
    ]
    assert "ZeroDivisionError: of its own" in diagnosis.checks[0].fact


def test_without_timing_the_diagnosis_says_so(tmp_path):
    rows = (row(TIMING, CheckState.BROKEN, collector=True), row("b", collector=True))
    assert not diagnose(make_patient(tmp_path), rows).timing


def test_the_table_names_each_check_once_and_tries_timing_alone():
    names = [each.name for each in CHECKS]
    assert len(set(names)) == len(names)
    (timing,) = [each for each in CHECKS if each.name == TIMING]
    assert timing.alone
    assert timing.collector


# Asking the interpreter


@pytest.fixture(scope="module")
def ours():
    return probe_interpreter(sys.executable)


@pytest.fixture
def asking(ours, tmp_path):
    return Asking(ours, Lending(), dict(os.environ), tmp_path)


@pytest.mark.smoke
def test_clock_readings_of_the_interpreter_come_back(asking):
    said = asking("timer")
    assert len(said["differences"]) > 1_000
    assert min(said["differences"]) >= 0


@pytest.mark.smoke
def test_a_line_is_counted_as_often_as_it_ran(asking):
    said = asking("line_profiler")
    assert said["hits"] == said["expected"] == 1_000


@pytest.mark.smoke
def test_hooks_of_a_fresh_interpreter_are_told(ours, tmp_path):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    plain = Asking(ours, Lending(), environ, tmp_path)("hooks")
    assert plain["dev_mode"] is False
    assert Asking(ours, Lending(), environ | {"PYTHONDEVMODE": "1"}, tmp_path)("hooks")["dev_mode"] is True


def test_our_own_modules_are_not_on_the_probes_path(ours, tmp_path):
    # It lies beside sources.py and tools.py, which must not take a target's module's place.
    (tmp_path / "line_profiler.py").write_text("import sources")
    environ = dict(os.environ) | {"PYTHONPATH": str(tmp_path)}
    with pytest.raises(ProbeFailed, match="No module named 'sources'"):
        Asking(ours, Lending(), environ, tmp_path)("line_profiler")


def test_a_probe_that_fails_gives_its_error(asking):
    with pytest.raises(ProbeFailed, match="KeyError"):
        asking("pyinstrument", {})


def test_of_a_programs_words_the_reason_is_kept_and_cut():
    assert last_line("x\nError: why\n\n  1: backtrace\n") == "Error: why"
    assert last_line("Traceback\nValueError: y\n") == "ValueError: y"
    assert last_line("") == ""
    assert len(last_line("z" * 10_000)) == 300
