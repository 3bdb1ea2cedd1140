"""Experiments keep to what is left of the budget, take turns fairly, and never fail a run."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest
from builders import make_benchmark, make_run, make_target, make_timing

from perfwatch.config import Config
from perfwatch.environment.machine import cores_count, group_limits
from perfwatch.measure import copies
from perfwatch.measure.copies import COPIES_AT_MOST
from perfwatch.measure.course import Course
from perfwatch.measure.experiments import Laboratory, attempts
from perfwatch.measure.in_turns import TurnLostError, Way
from perfwatch.measure.one_thread import ONE_THREAD
from perfwatch.pipeline.surroundings import Place, setting_for
from perfwatch.records.experiment import Experiment, ExperimentKind, FunctionPlace, StatementPlace
from perfwatch.records.plan import Plan, Recorded, StepEnded, StepStarted
from perfwatch.records.run import PassName

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="perfwatch run needs fork and wait4, which Windows lacks"
)

ALONE = Experiment(
    kind=ExperimentKind.ONE_THREAD, target="script:script.py", benchmark="script.py", share_ratio=1
)
HOT = replace(
    ALONE,
    kind=ExperimentKind.ARGUMENTS,
    functions=(
        FunctionPlace(file="script.py", line=1, name="hot"),
        FunctionPlace(file="script.py", line=4, name="idle"),
    ),
)
POOLED = replace(ALONE, kind=ExperimentKind.ONE_PROCESS)
BESIDE = replace(
    ALONE,
    kind=ExperimentKind.SIDE_BY_SIDE,
    functions=(FunctionPlace(file="script.py", line=1, name="hot"),),
)
NEAR = replace(
    ALONE,
    kind=ExperimentKind.LIMIT,
    statement=StatementPlace(
        function=FunctionPlace(file="script.py", line=3, name="smooth"),
        line_start=4,
        line_end=4,
        text="return fields @ kernel",
    ),
)
EACH = pytest.mark.parametrize("experiment", [ALONE, HOT, POOLED, BESIDE, NEAR], ids=lambda one: one.kind)
#: Leaves a line for each execution, with what the pools would read.
LEAVING = """\
import os, time
with open("seen", "a") as file:
    file.write(" ".join(os.environ.get(name, "-") for name in %r) + "\\n")
time.sleep(0.05)
"""


def tried(folder, experiment, text, *, left_ns=60_000_000_000, per_call_ns=1e9, **changes):
    """What an experiment on a script brings, and the steps that were told."""
    (folder / "script.py").write_text(text)
    target = make_target(path=str(folder / "script.py"))
    run = make_run(targets=(target,), benchmarks=(make_benchmark(timing=make_timing(per_call_ns)),))
    progress = Recorded()
    config = Config(root=folder, python=sys.executable)
    place = Place(cwd=folder, environ={"PATH": "/usr/bin:/bin"}, command="perfwatch run script.py")
    with setting_for([target], config, place) as (_, setting):
        laboratory = Laboratory(plan=Plan(), setting=replace(setting, **changes), progress=progress)
        outcomes = [one for brought in attempts([experiment], run, laboratory, left_ns) for one in brought]
    return outcomes, [one.step for one in progress.events if isinstance(one, StepEnded)]


def test_turns_alternate_so_that_a_drift_favours_neither(tmp_path):
    (outcome,), steps = tried(tmp_path, ALONE, LEAVING % (list(ONE_THREAD),))
    plain, alone = ("- - - -", "1 1 1 1")
    assert (tmp_path / "seen").read_text().splitlines() == [plain, alone, alone, plain]
    assert steps == [f"experiment, one thread: {n} of 4" for n in (1, 2, 3, 4)]
    figures = outcome.figures
    assert figures["executions_count"] == 4
    assert figures["speed_ratio"] == pytest.approx(figures["wall_ns"] / figures["one_thread_wall_ns"])
    # Both wait for 50 ms and start an interpreter; what the processor does in it is less.
    assert min(figures["wall_ns"], figures["one_thread_wall_ns"]) > 50e6
    assert 0 < figures["cpu_ns"] < figures["wall_ns"]


def test_short_targets_take_several_rounds(tmp_path):
    (outcome,), _ = tried(tmp_path, ALONE, "pass\n", per_call_ns=1e7)
    assert outcome.figures["executions_count"] == 12


def test_a_target_that_fails_meanwhile_gives_a_reason_and_no_figures(tmp_path):
    (outcome,), steps = tried(tmp_path, ALONE, "import sys\nsys.exit(3)\n")
    assert outcome.figures == {}
    assert "3" in outcome.absent
    assert len(steps) == 1


@EACH
def test_an_interpreter_that_is_gone_meanwhile_is_a_reason_and_no_crash(tmp_path, experiment):
    outcomes, _ = tried(tmp_path, experiment, "pass\n", interpreter="/nowhere/python")
    assert all(one.absent and not one.figures for one in outcomes)


@EACH
def test_what_does_not_fit_into_the_budget_is_not_begun(tmp_path, experiment):
    outcomes, steps = tried(tmp_path, experiment, "raise SystemExit(9)\n", left_ns=1_500_000_000)
    assert steps == []
    assert all("1.50 s of the budget is left (--budget)" in one.absent for one in outcomes)


PRODUCTS = """\
import numpy as np

def smooth(fields, kernel):
    return fields @ kernel

for _ in range(6):
    smooth(np.ones((100, 200)), np.ones((200, 50)))
"""


def test_a_statement_is_held_against_the_machine_by_what_one_execution_of_it_does(tmp_path):
    (outcome,), steps = tried(tmp_path, NEAR, PRODUCTS)
    figures = outcome.figures
    assert (outcome.statement, outcome.absent, outcome.note) == (NEAR.statement, "", "")
    assert steps == ["experiment, limits"]
    assert figures["executions_count"] == 6
    assert figures["flops_count"] == 2 * 100 * 200 * 50
    assert figures["moved_bytes"] == 8 * (100 * 200 + 200 * 50 + 100 * 50)
    assert [figures[name] for name in ("rows_count", "inner_count", "columns_count")] == [100, 200, 50]
    alone_ns = figures["arithmetic_ns"] + figures["memory_ns"]
    assert alone_ns >= 1e9 * figures["flops_count"] / figures["product_flops_per_s"] * (1 - 1e-9)
    assert figures["reached_ratio"] == pytest.approx(alone_ns / figures["wall_ns"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "import numpy as np\n\ndef smooth(fields, kernel):\n    return fields @ kernel\n",
            "not seen to work on arrays",
        ),
        (
            PRODUCTS.replace("np.ones((200, 50))", "Odd()").replace(
                "import", "class Odd:\n  __rmatmul__ = 1\nimport"
            ),
            "ValueError",
        ),
        ("def smooth():\n    pass\n\nraise SystemExit(4)\n", "4"),
    ],
)
def test_a_statement_that_shows_no_arrays_has_a_reason_and_no_figures(tmp_path, text, why):
    (outcome,), _ = tried(tmp_path, NEAR, text)
    assert outcome.figures == {}
    assert why in outcome.absent


def test_a_benchmark_without_a_time_is_left_alone():
    run = make_run(benchmarks=(make_benchmark(timing=None),))
    laboratory = Laboratory(plan=Plan(), setting=None, progress=Recorded())
    ((outcome,),) = attempts([ALONE], run, laboratory, 10**12)
    assert outcome.absent == "the benchmark has no clean time"


def test_each_function_gets_an_outcome_of_its_own(tmp_path):
    text = "def hot(n):\n    return n\n\ndef idle(n):\n    return n\n\nfor i in range(50):\n    hot(i % 5)\n"
    (hot, idle), steps = tried(tmp_path, HOT, text)
    assert steps == ["experiment, arguments"]
    assert (hot.function.name, hot.figures["calls_count"], hot.figures["distinct_count"]) == ("hot", 50, 5)
    assert (idle.function.name, idle.figures) == ("idle", {})
    assert idle.absent == "no entry of it was seen in this process"


def test_digests_of_a_target_that_fails_count_for_nothing(tmp_path):
    outcomes, _ = tried(tmp_path, HOT, "def hot(n):\n    return 1 / n\n\nhot(0)\n")
    assert [(one.figures, "ZeroDivisionError" in one.absent) for one in outcomes] == [({}, True)] * 2


def test_a_stop_in_an_experiment_does_not_call_a_pass_lost():
    course = Course(Recorded())
    course(StepStarted(target="script.py", pass_name=PassName.LINES, step="lines pass"))
    assert "that pass is lost" in course.stopped_by(KeyboardInterrupt())
    course(StepStarted(target="script.py", pass_name=PassName.LINES, step="experiment, arguments"))
    assert course.stopped_by(KeyboardInterrupt()) == (
        "Interrupted in an experiment on script.py: it is lost, and all passes are kept."
    )


# One process

HANDING = """\
import os
from multiprocessing import Pool

def work(x):
    return os.getpid()

with Pool(1%s) as pool:
    (pid,) = pool.map(work, [1])
with open("seen", "a") as file:
    file.write("here\\n" if pid == os.getpid() else "elsewhere\\n")
"""


def test_a_pools_work_is_done_here_and_elsewhere_in_turns(tmp_path):
    (outcome,), steps = tried(tmp_path, POOLED, HANDING % "")
    assert (tmp_path / "seen").read_text().split() == ["elsewhere", "here", "here", "elsewhere"]
    assert steps == [f"experiment, one process: {n} of 4" for n in (1, 2, 3, 4)]
    figures = outcome.figures
    assert figures["executions_count"] == 4
    assert figures["speed_ratio"] == pytest.approx(figures["wall_ns"] / figures["one_process_wall_ns"])
    assert figures["least_speed_ratio"] <= figures["speed_ratio"] * 1.001


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pass\n", "no pool of processes that could be replaced"),
        (HANDING % ", print", "a pool has an initializer"),
        (HANDING.replace("with open", "len(pool._pool)\nwith open") % "", "uses Pool._pool"),
        (HANDING % "" + "import sys\nsys.exit(pid == os.getpid())\n", "1"),
    ],
    ids=["no pool", "initializer", "inside", "fails"],
)
def test_a_pool_that_cannot_be_replaced_gives_a_reason_and_no_figures(tmp_path, text, reason):
    (outcome,), steps = tried(tmp_path, POOLED, text)
    assert outcome.figures == {}
    assert reason in outcome.absent
    assert len(steps) == 2


# Side by side

COUNTED = """\
def hot(n):
    return n

for n in range(7):
    hot(n)
open("seen", "a").write("x")
"""


PROCESSORS = cores_count(group_limits())


@pytest.mark.skipif(PROCESSORS < 2, reason="copies need a processor each")
def test_copies_take_turns_with_one_alone_and_calls_are_counted_once(tmp_path):
    count = min(COPIES_AT_MOST, PROCESSORS)
    (outcome,), steps = tried(tmp_path, BESIDE, COUNTED)
    # Two turns of one, two of several, and the execution that counts.
    assert len((tmp_path / "seen").read_text()) == 2 + 2 * count + 1
    assert steps == [*(f"experiment, side by side: {n} of 4" for n in (1, 2, 3, 4)), "experiment, arguments"]
    figures = outcome.figures
    assert figures["copies_count"] == count
    assert figures["calls_count"] == 7
    assert figures["pool_start_ns"] > 0
    assert figures["speed_ratio"] == pytest.approx(figures["wall_ns"] / figures["copies_wall_ns"])


def test_copies_without_room_in_memory_are_not_begun():
    turns = copies._Turns(target_run=None, count=2, clean_ns=1e9, peak_bytes=10**18)
    with pytest.raises(TurnLostError, match=r"2 copies would take about .* of memory, and .* can be had"):
        turns.take(Way.OTHER, "")


def test_on_one_processor_there_is_nothing_to_try(tmp_path):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        (outcome,), steps = tried(tmp_path, BESIDE, COUNTED)
    finally:
        os.sched_setaffinity(0, before)
    assert outcome.absent == "this process may use one processor"
    assert steps == []
