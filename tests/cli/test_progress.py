"""What a person sees while it is measured, on a terminal and in a log."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from perfwatch.cli.progress import ASIDE, LONG_STEP_NS, Quiet, Spoken, _Line
from perfwatch.records.plan import Noted, PlanMade, PlannedPass, StepEnded, StepStarted
from perfwatch.records.run import PassName

SECOND = 10**9


class Clock:
    """Nanoseconds that pass when a test says so."""

    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


class Screen:
    """A progress on a console of the test's own."""

    def __init__(self, *, terminal, width=80):
        self.text = io.StringIO()
        self.clock = Clock()
        self.console = Console(file=self.text, force_terminal=terminal, width=width, color_system=None)
        self.progress = Spoken(self.console, live=True, clock=self.clock)

    def step(self, name, step, seconds, *, target="fit.py", left=None, failed=False):
        """Go through one execution; return what its living line says at its middle."""
        left_ns = None if left is None else left * SECOND
        self.progress(StepStarted(target=target, pass_name=name, step=step, left_ns=left_ns))
        duration_ns = int(seconds * SECOND)
        self.clock.now_ns += duration_ns // 2
        living = self.progress._living
        said = None if living is None else living.get_renderable().__rich__().plain
        self.clock.now_ns += duration_ns // 2
        self.progress(
            StepEnded(target=target, pass_name=name, step=step, duration_ns=duration_ns, failed=failed)
        )
        return said

    def printed(self):
        self.progress.close()
        return self.text.getvalue()


def plan(*targets):
    passes = [
        PlannedPass(target=target, pass_name=name, executions_count=5 if name is PassName.TIMING else 1)
        for target in targets
        for name in (PassName.TIMING, PassName.CPU)
    ]
    return PlanMade(passes=tuple(passes), budget_ns=600 * SECOND)


@pytest.fixture
def log():
    screen = Screen(terminal=False)
    screen.progress(plan("fit.py"))
    return screen


@pytest.fixture
def terminal():
    screen = Screen(terminal=True)
    screen.progress(plan("fit.py"))
    return screen


def test_the_plan_comes_first(log):
    assert log.printed().splitlines() == [
        "Plan (at most 10 min 00 s of measuring; what does not fit is left out and said):",
        "  fit.py: timing x5, cpu",
    ]


def test_executions_of_a_pass_fold_into_one_line_with_their_range(log):
    for number, seconds in enumerate((5.21, 2.37, 2.29), start=1):
        log.step(PassName.TIMING, f"execution {number} of 3", seconds)
    log.step(PassName.CPU, "cpu pass", 3.97)
    assert log.printed().splitlines()[2:] == ["  timing: 3 executions, 2.29 s to 5.21 s", "  cpu: 3.97 s"]


def test_executions_that_took_alike_have_no_range(log):
    log.step(PassName.LINES, "lines pass", 2)
    log.step(PassName.LINES, "lines pass, sampled from outside", 2)
    assert log.printed().splitlines()[-1] == "  lines: 2 executions, 2.00 s"


def test_a_pass_is_told_when_the_next_begins(log):
    log.step(PassName.TIMING, "execution 1 of 1", 1)
    assert "timing: 1.00 s" not in log.text.getvalue()
    log.progress(StepStarted(target="fit.py", pass_name=PassName.CPU, step="cpu pass"))
    assert "timing: 1.00 s" in log.text.getvalue()


@pytest.mark.parametrize("aside", ASIDE)
def test_steps_that_are_no_execution_are_not_counted(aside, log):
    log.step(PassName.TIMING, aside, 9)
    log.step(PassName.TIMING, "execution 1 of 1", 1)
    log.step(PassName.TIMING, aside, 9)
    assert log.printed().splitlines()[2:] == ["  timing: 1.00 s"]


def test_a_step_of_a_pass_that_was_told_does_not_end_the_pass_in_course(log):
    log.step(PassName.TIMING, "execution 1 of 1", 1)
    log.step(PassName.CPU, "cpu pass", 2)
    log.step(PassName.TIMING, "the interpreter's start", 0.04)
    log.step(PassName.LINES, "lines pass", 3)
    assert log.printed().splitlines()[2:] == ["  timing: 1.00 s", "  cpu: 2.00 s", "  lines: 3.00 s"]


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("execution 1 of 5", "  timing: failed after 3.00 s"),
        ("preparing: make data", "  fit.py: preparing: make data: failed after 3.00 s"),
    ],
)
def test_a_failure_is_said(step, line, log):
    log.step(PassName.TIMING, step, 3, failed=True)
    assert log.printed().splitlines()[-1] == line


def test_failures_among_executions_are_counted(log):
    log.step(PassName.TIMING, "execution 1 of 5", 3)
    log.step(PassName.TIMING, "execution 2 of 5", 1, failed=True)
    assert log.printed().splitlines()[-1] == "  timing: 2 executions, 1.00 s to 3.00 s, 1 failed"


def test_in_a_log_a_long_execution_has_a_line_of_its_own_when_another_follows(log):
    log.step(PassName.TIMING, "execution 1 of 3", LONG_STEP_NS / SECOND + 1)
    log.step(PassName.TIMING, "execution 2 of 3", LONG_STEP_NS / SECOND - 1)
    log.step(PassName.TIMING, "execution 3 of 3", LONG_STEP_NS / SECOND + 2)
    assert log.printed().splitlines()[2:] == [
        "  fit.py: execution 1 of 3: 11.0 s",
        "  timing: 3 executions, 9.00 s to 12.0 s",
    ]


def test_the_only_execution_of_a_pass_is_said_once_however_long_it_was(log):
    log.step(PassName.CPU, "cpu pass", 100)
    assert log.printed().splitlines()[2:] == ["  cpu: 100 s"]


def test_of_several_targets_each_line_says_which():
    screen = Screen(terminal=False)
    screen.progress(plan("fit.py", "load.py"))
    screen.step(PassName.TIMING, "execution 1 of 1", 1)
    screen.step(PassName.TIMING, "execution 1 of 1", 2, target="load.py")
    assert screen.printed().splitlines()[3:] == ["  fit.py: timing: 1.00 s", "  load.py: timing: 2.00 s"]


def test_a_pass_that_was_interrupted_tells_what_had_ended(log):
    log.step(PassName.TIMING, "execution 1 of 5", 1)
    log.progress(StepStarted(target="fit.py", pass_name=PassName.TIMING, step="execution 2 of 5"))
    assert log.printed().splitlines()[-1] == "  timing: 1.00 s"


def test_a_pass_of_which_nothing_ended_is_not_told(log):
    log.progress(StepStarted(target="fit.py", pass_name=PassName.TIMING, step="execution 1 of 5"))
    assert "timing:" not in log.printed().replace("timing x5", "")


def test_nothing_lives_off_a_terminal(log):
    assert log.step(PassName.TIMING, "execution 2 of 5", 2, left=30) is None
    assert "\x1b" not in log.printed()


def test_the_living_line_says_what_runs_and_how_long_is_left(terminal):
    said = terminal.step(PassName.TIMING, "execution 2 of 5", 4, left=30)
    assert said == "fit.py: execution 2 of 5, 2 s so far, about 28 s left"


def test_an_estimate_that_was_too_short_is_not_counted_below_nothing(terminal):
    said = terminal.step(PassName.CPU, "cpu pass", 10, left=2)
    assert said == "fit.py: cpu pass, 5 s so far, nearly done"


def test_of_several_targets_the_living_line_says_whose_time_is_left():
    screen = Screen(terminal=True)
    screen.progress(plan("fit.py", "load.py"))
    said = screen.step(PassName.CPU, "cpu pass", 2, target="load.py", left=300)
    assert said == "load.py: cpu pass, 1 s so far, about 4 min 59 s left of target 2 of 2"


def test_the_first_execution_has_the_terminal_to_itself(terminal):
    assert terminal.step(PassName.TIMING, "execution 1 of 5", 2) is None
    assert "fit.py: execution 1 of 5; what it prints itself follows" in terminal.text.getvalue()


def test_the_living_line_is_gone_when_the_step_has_ended(terminal):
    terminal.step(PassName.TIMING, "execution 2 of 5", 2, left=30)
    assert terminal.progress._living is None
    assert terminal.text.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_long_target_gives_way_to_the_time_that_is_left(width):
    console = Console(file=io.StringIO(), width=width)
    event = StepStarted(
        target="a/very/long/path/to/a/folder/of/examples/fit.py",
        pass_name=PassName.CPU,
        step="cpu pass",
        left_ns=9 * SECOND,
    )
    line = _Line(event, "", console, Clock()).words(width)
    assert "fit.py: cpu pass" in line
    assert line.endswith("about 9 s left")
    assert len(line) <= width


def test_what_is_noted_is_said_at_once(log):
    log.progress(Noted(text="[bold]not markup[/bold]"))
    assert log.text.getvalue().endswith("[bold]not markup[/bold]\n")


def test_quiet_says_nothing(capsys):
    Quiet()(Noted(text="something"))
    assert capsys.readouterr() == ("", "")
