"""The story: a target is measured, each pass is stored as it ends, and the run is held against the last.

Told with a real store and the smallest real target, because measuring is processes.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import psutil
import pytest

from perfwatch import pipeline
from perfwatch.config import Config
from perfwatch.errors import ExitCode, NothingMeasured, StoreError, Terminated
from perfwatch.pipeline import Place
from perfwatch.records.comparison import Verdict
from perfwatch.records.history import RunFilter
from perfwatch.records.plan import PlanMade, Recorded, StepEnded, StepStarted
from perfwatch.records.run import PassName, PassState, RunState, Target, TargetKind
from perfwatch.store import open_store, open_to_read

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="perfwatch run needs fork and wait4, which Windows lacks"
)

SCRIPT = "total = sum(range(1000))\nkept = bytearray(3_000_000)\nprint(total)\n"
TWO_PASSES = (PassName.TIMING, PassName.MEMORY)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "s.py").write_text(SCRIPT)
    return tmp_path


@pytest.fixture
def store(project):
    with open_store(project / ".perfwatch" / "perfwatch.db") as opened:
        yield opened


def script(project, text=None, name="s.py"):
    if text is not None:
        (project / name).write_text(text)
    return Target(kind=TargetKind.SCRIPT, name=name, key=f"script:{name}", path=str(project / name))


def config(project, **changes):
    plain = Config(root=project, passes=(PassName.TIMING,), processes_count=3, python=sys.executable)
    return replace(plain, **changes)


def place(project):
    token = f"PIPELINE_TOKEN={project.name}"
    name, _, value = token.partition("=")
    return Place(cwd=project, environ={**os.environ, name: value}, command="perfwatch run s.py")


def run(project, store, progress=None, targets=None, **changes):
    chosen = [script(project)] if targets is None else targets
    return pipeline.run(chosen, config(project, **changes), place(project), store, progress or Recorded())


def left_alive(project):
    """Processes that carry this test's token."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PIPELINE_TOKEN") == project.name:
                found.append(process.pid)
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


class Breaking:
    """A store that breaks at the nth pass; in all else it is the real one."""

    def __init__(self, store, at, error):
        self._store = store
        self._left = at
        self._error = error

    def __getattr__(self, name):
        return getattr(self._store, name)

    def replace_pass(self, run_id, result):
        self._left -= 1
        if self._left == 0:
            raise self._error
        self._store.replace_pass(run_id, result)


def test_a_run_is_measured_stored_and_reported(project, store):
    report, code = run(project, store)
    assert code is ExitCode.DONE
    (benchmark,) = report.run.benchmarks
    assert benchmark.timing.median_ns > 0
    assert report.comparisons == ()
    assert report.baseline is None
    stored = store.load(report.run.header.id)
    assert stored.state is RunState.COMPLETE
    assert stored.benchmarks == report.run.benchmarks


def test_the_plan_is_told_first_then_each_step_from_beginning_to_end(project, store):
    progress = Recorded()
    run(project, store, progress)
    first, *steps = [
        event for event in progress.events if isinstance(event, PlanMade | StepStarted | StepEnded)
    ]
    assert isinstance(first, PlanMade)
    assert [type(step) for step in steps] == [StepStarted, StepEnded] * 3
    assert not any(step.failed for step in steps if isinstance(step, StepEnded))


def test_the_next_run_is_held_against_the_last(project, store):
    earlier, _ = run(project, store, passes=TWO_PASSES)
    later, code = run(project, store, passes=TWO_PASSES)
    assert code is ExitCode.DONE
    assert later.baseline.run_id == earlier.run.header.id
    verdicts = {one.metric: one.verdict for one in later.comparisons}
    assert verdicts["time"] is Verdict.UNDECIDED
    assert verdicts["peak_memory_bytes"] is Verdict.SAME
    assert later.summary.slower == later.summary.higher == 0


def test_what_came_of_a_run_is_noted_for_lists(project, store):
    reports = [run(project, store)[0] for _ in range(2)]
    listed = store.run_page(RunFilter(), first=0, count=2).runs
    assert [line.summary for line in listed] == [report.summary for report in reversed(reports)]
    assert listed[0].summary.undecided == 1
    assert store.without_summary() == []


def test_a_note_for_lists_that_cannot_be_stored_takes_no_report_away(project, store):
    report, _ = run(project, store)
    with open_to_read(store.path) as closed:
        assert pipeline.noted(report, closed) is report


def test_a_baseline_goes_before_the_last_run(project, store):
    named, _ = run(project, store)
    store.save_baseline("main", named.run.header.id)
    run(project, store)
    report, _ = run(project, store)
    assert (report.baseline.name, report.baseline.run_id) == ("main", named.run.header.id)


def test_a_target_that_fails_is_stored_with_its_failure(project, store):
    target = script(project, "import sys\nsys.exit(3)\n")
    report, code = run(project, store, targets=[target])
    assert code is ExitCode.TARGET_FAILED
    (failure,) = store.load(report.run.header.id).failures
    assert failure.exit_code == 3


def test_a_failing_target_does_not_stop_the_next(project, store):
    targets = [script(project, "import sys\nsys.exit(3)\n", "broken.py"), script(project)]
    report, code = run(project, store, targets=targets)
    assert code is ExitCode.TARGET_FAILED
    assert [one.target for one in report.run.failures] == ["script:broken.py"]
    assert {one.target: bool(one.timing) for one in report.run.benchmarks} == {
        "script:broken.py": False,
        "script:s.py": True,
    }


def test_a_store_that_breaks_in_the_middle_keeps_what_was_stored_and_leaves_no_process(project, store):
    breaking = Breaking(store, at=2, error=StoreError("the disk is full"))
    with pytest.raises(StoreError, match="the disk is full"):
        run(project, breaking, passes=TWO_PASSES)
    (row,) = store.runs()
    kept = store.load(row.id)
    assert kept.state is RunState.FAILED
    (benchmark,) = kept.benchmarks
    assert [one.name for one in benchmark.passes] == [PassName.TIMING]
    assert benchmark.timing.median_ns > 0
    assert left_alive(project) == []


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), ExitCode.INTERRUPTED), (Terminated(), ExitCode.TERMINATED)]
)
def test_what_was_complete_is_reported_when_the_run_is_interrupted(project, store, error, code):
    breaking = Breaking(store, at=2, error=error)
    report, ended = run(project, breaking, passes=TWO_PASSES)
    assert ended is code
    assert report.run.state is RunState.INTERRUPTED
    (benchmark,) = report.run.benchmarks
    assert benchmark.timing.median_ns > 0
    assert left_alive(project) == []


def test_nothing_to_measure_is_an_error_and_a_failed_run(project, store):
    (project / "test_empty.py").write_text("")
    empty = Target(
        kind=TargetKind.PYTEST, name="test_empty.py", key="pytest:x", path=str(project / "test_empty.py")
    )
    with pytest.raises(NothingMeasured):
        run(project, store, targets=[empty])
    (row,) = store.runs()
    assert row.state is RunState.FAILED


def test_the_scratch_folder_is_gone_afterwards(project, store, tmp_path_factory, monkeypatch):
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    run(project, store)
    assert list(scratch.iterdir()) == []


def test_a_stored_run_is_reported_again_as_it_was(project, store):
    run(project, store)
    report, _ = run(project, store)
    again = pipeline.report(report.run.header.id, config(project), store)
    assert again.run == report.run
    assert again.comparisons == report.comparisons


def test_a_list_names_benchmarks_and_stores_nothing(project, store):
    (found,) = pipeline.listed([script(project)], config(project), place(project), Recorded())
    assert found.names == ("s.py",)
    assert store.runs() == []


def test_each_pass_says_how_it_ended(project, store):
    report, _ = run(project, store, passes=TWO_PASSES)
    (benchmark,) = report.run.benchmarks
    assert [(one.name, one.state) for one in benchmark.passes] == [
        (PassName.TIMING, PassState.DONE),
        (PassName.MEMORY, PassState.DONE),
    ]
    assert benchmark.metrics["peak_memory_bytes"] >= 3_000_000
