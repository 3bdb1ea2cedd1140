"""``perfwatch.benchmark`` and ``perfwatch.profile`` in workers, as a user calls them: options, stores, baselines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from stored_runs import stored

import perfwatch
from perfwatch.api.results import Where
from perfwatch.errors import TargetError, TargetFailed, UsageError
from perfwatch.places import STORE_FILE, STORE_FOLDER
from perfwatch.records.run import PassName, PassState
from perfwatch.store import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs fork and wait4")

QUICK = {"budget": 8, "processes": 2}


# In workers


@pytest.mark.smoke
def test_an_importable_function_is_timed_in_several_processes_and_stored(model, project):
    timing = perfwatch.benchmark(model.fit, 500, **QUICK)
    assert timing.where is Where.WORKERS
    assert len(timing.timing.processes) == 2
    assert timing.marks == ()
    low, high = timing.interval_ns
    assert 0 < low <= timing.median_ns <= high
    assert repr(timing).startswith("<perfwatch.benchmark of measured_model:fit: ")
    (row,) = stored(project)
    assert row.id == timing.report.run.header.id
    assert "perfwatch.benchmark(measured_model:fit)" in row.command


def test_positional_and_named_arguments_arrive_together(model):
    timing = perfwatch.benchmark(model.scaled, 1, 2, kwargs={"by": 3}, **QUICK)
    assert timing.failures == ()
    assert timing.median_ns > 0


def test_a_profile_returns_the_value_and_where_time_and_memory_go(model, project):
    value, profile = perfwatch.profile(model.fit, 20_000, passes=("timing", "lines", "memory"))
    assert value == model.fit(20_000)
    assert {one.name: one.state for one in profile.passes if one.name is not PassName.CPU} == {
        PassName.TIMING: PassState.DONE,
        PassName.LINES: PassState.DONE,
        PassName.MEMORY: PassState.DONE,
    }
    assert profile.functions[0].function == "fit"
    assert profile.lines[0].source.strip().startswith("return sum(")
    assert profile.peak_memory_bytes > 20_000 * 8
    assert "Hottest lines" in str(profile)
    page = profile.save(project / "out")
    assert (
        json.loads(page.with_name("report.json").read_text())["benchmarks"][0]["name"] == "measured_model:fit"
    )
    assert profile.save().parent.name == profile.report.run.header.id


def test_spans_and_own_figures_travel_from_the_workers_to_the_result(project, monkeypatch):
    (project / "recording_model.py").write_text(
        "import perfwatch\ndef learn():\n    for i in range(5):\n"
        "        with perfwatch.monitor('step'):\n            perfwatch.record('loss', 1 / (i + 1))\n"
    )
    import recording_model

    timing = perfwatch.benchmark(recording_model.learn, **QUICK)
    assert [(span.path, span.count) for span in timing.spans] == [(("step",), 5)]
    (loss,) = timing.custom
    assert loss.values == tuple(1 / (i + 1) for i in range(5))
    assert list(loss.at_ns) == sorted(loss.at_ns)
    assert "loss" not in {one.name for one in perfwatch.monitor.collected_custom()}
    sys.modules.pop("recording_model")


def test_a_function_that_raises_is_no_timing_and_the_error_holds_its_traceback(model, project):
    with pytest.raises(TargetFailed, match="measured_model:fails: ValueError: no such point") as caught:
        perfwatch.benchmark(model.fails, **QUICK)
    assert 'raise ValueError("no such point")' in caught.value.means


def test_what_a_profiled_function_raises_goes_on_up_untouched(model, project):
    with pytest.raises(ValueError, match="no such point"):
        perfwatch.profile(model.fails)
    assert not (project / STORE_FOLDER).exists()


def test_a_function_that_works_in_this_process_alone_is_told_so_with_the_way_out(model):
    model.SET_HERE = 1
    with pytest.raises(TargetFailed, match="works here, and fails in a process of its own") as caught:
        perfwatch.profile(model.needs_this_process, passes="timing", budget=8)
    assert "lambda" in caught.value.do
    value, profile = perfwatch.profile(lambda: model.needs_this_process())  # noqa: PLW0108 - the way out that is told
    assert (value, profile.where) == (2, Where.HERE)


def test_a_measurement_inside_of_a_measurement_is_refused(model):
    with pytest.raises(TargetFailed, match="called in a process that perfwatch measures"):
        perfwatch.benchmark(model.measures_itself, **QUICK)


def test_a_returned_generator_is_marked_because_its_work_was_not_done(model):
    _, profile = perfwatch.profile(model.postponed, 10, passes="timing", budget=8)
    assert "only the making of that was measured" in profile.marks[-1]


def test_one_process_in_the_budget_is_marked_too(model):
    timing = perfwatch.benchmark(model.fit, processes=1, budget=8)
    assert timing.interval_ns is None
    assert timing.marks[0].startswith("one process: no interval")


def test_no_file_and_no_variable_is_left_behind(model, tmp_path_factory, monkeypatch):
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = dict(os.environ)
    perfwatch.benchmark(model.fit, **QUICK)
    assert list(scratch.iterdir()) == []
    assert dict(os.environ) == before


ENDLESS = """
import os
import pathlib
import time


def endless():
    pathlib.Path("begun").write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)


if __name__ == "__main__":
    import perfwatch

    perfwatch.benchmark(endless)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_as_it_would_and_leaves_neither_process_nor_folder(
    project, tmp_path_factory, number
):
    scratch = tmp_path_factory.mktemp("scratch")
    (project / "endless.py").write_text(ENDLESS)
    environ = os.environ | {"TMPDIR": str(scratch)}
    with subprocess.Popen(
        [sys.executable, "endless.py"], cwd=project, env=environ, stderr=subprocess.PIPE
    ) as program:
        begun = project / "begun"
        while program.poll() is None and not (begun.exists() and begun.read_text()):
            time.sleep(0.05)
        program.send_signal(number)
        _, said = program.communicate(timeout=60)
    assert program.returncode == -number, said.decode()
    assert list(scratch.iterdir()) == []
    assert not psutil.pid_exists(int(begun.read_text()))


# Options


@pytest.mark.parametrize(
    ("verb", "options", "says"),
    [
        ("benchmark", {"warmup": 3}, r"has no option 'warmup'"),
        ("benchmark", {"passes": "cpu"}, r"has no option 'passes'"),
        ("benchmark", {"budget": "soon"}, r"does not take this budget: 'soon' is not a duration"),
        ("benchmark", {"processes": 0}, r"does not take this processes: 0 is not a whole number"),
        ("benchmark", {"margin": 3}, r"does not take this margin"),
        ("benchmark", {"kwargs": [1]}, r"does not take this kwargs: it is not a mapping"),
        ("benchmark", {"name": " "}, r"does not take this name"),
        ("benchmark", {"progress": 3}, r"does not take this progress"),
        ("profile", {"passes": "cpu,gpus"}, r"does not take this passes: 'gpus' is not a pass"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_anything_is_called(
    model, project, verb, options, says
):
    with pytest.raises(UsageError, match=says):
        getattr(perfwatch, verb)(model.fails, **options)
    assert not (project / STORE_FOLDER).exists()


def test_a_misspelt_option_is_told_from_an_argument_by_name(model):
    with pytest.raises(UsageError, match="has no option 'proceses'") as caught:
        perfwatch.benchmark(model.fit, proceses=2)
    assert "Did you mean processes?" in caught.value.do
    assert "kwargs={'proceses': ...}" in caught.value.do


def test_a_function_that_is_none_is_refused(project):
    with pytest.raises(TargetError, match="cannot be called"):
        perfwatch.benchmark(3)


def test_progress_and_the_store_go_where_they_are_asked_to(model, project, tmp_path_factory):
    events = []
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "runs.db"
    perfwatch.benchmark(model.fit, store=elsewhere, progress=events.append, **QUICK)
    assert events
    assert elsewhere.is_file()
    assert not (project / STORE_FOLDER).exists()


# Against before


@pytest.mark.slow
def test_a_function_that_became_slower_is_found_slower_than_its_baseline(model, project):
    # It waits: no neighbour makes one of six sessions twice as long as the others.
    for _ in range(5):
        base = perfwatch.benchmark(model.pauses, name="core", **QUICK)
    base.save_baseline("main")
    same = perfwatch.benchmark(model.pauses, name="core", **QUICK)
    assert same.verdict != "slower", same.comparison.reason
    file = project / "measured_model.py"
    file.write_text(file.read_text().replace("FACTOR = 1\n", "FACTOR = 9\n"))
    slow = perfwatch.benchmark(model.pauses, name="core", **QUICK)
    assert slow.verdict == "slower", slow.comparison.reason
    assert slow.comparison.ratio > 3
    assert slow.comparison.clock == "wall"
    assert slow.report.baseline.name == "main"


LEARNING = """
import perfwatch


def learn():
    for i in range(4):
        perfwatch.record("loss", {best} + 1 / (i + 1))
    perfwatch.record("r2", 1 - {best}, direction="higher")
"""


def test_own_figures_flow_into_the_baseline_the_comparison_and_an_exported_file(project):
    file = project / "learning_model.py"
    file.write_text(LEARNING.format(best=0.1))
    import learning_model

    for _ in range(2):
        base = perfwatch.benchmark(learning_model.learn, budget=2)
    base.save_baseline("main")
    file.write_text(LEARNING.format(best=0.3))
    head = perfwatch.benchmark(learning_model.learn, budget=2)
    sys.modules.pop("learning_model")
    own = {one.metric: one for one in head.comparisons if one.metric.startswith("own:")}
    assert {name: (one.verdict, one.direction) for name, one in own.items()} == {
        "own:loss": ("higher", "lower"),
        "own:r2": ("lower", "higher"),
    }
    assert own["own:loss"].base_value == pytest.approx(0.1 + 0.25)
    assert "in 2 sessions of base's code" in own["own:loss"].reason
    (loss, _), exported = base.custom, project / "main.json"
    with open_store(project / STORE_FOLDER / STORE_FILE) as store:
        store.export_baseline("main", exported)
    with open_store(project / "other.db") as store:
        row = store.import_baseline(exported)
        assert store.load(row.run_id).custom[0] == loss
    assert len(loss.at_ns) == len(loss.values) == 4
