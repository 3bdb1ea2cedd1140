"""Progress for a person: one line that lives on a terminal, a line for each finished pass everywhere.

It must not write to standard output, which is the target's, and must not draw
over what the target writes: while the first execution of a target has the
terminal, nothing lives on it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.plan import Event, Noted, PlanMade, StepEnded, StepStarted
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

#: Off a terminal, an execution longer than this gets a line of its own: silence looks like a hang.
LONG_STEP_NS = 10_000_000_000
#: Steps that are no execution of the target; they do not belong to a pass's range.
ASIDE = ("looking for benchmarks", "peak memory of", "preparing", "the interpreter's start")
_SECOND_NS = 1_000_000_000
_FRAMES_A_SECOND = 4
#: A target's name keeps this many characters on the living line.
_NAME_WIDTH = 8
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class Quiet:
    """Says nothing."""

    def __call__(self, event: Event) -> None:
        """Take the event and say nothing of it."""


@dataclass
class _PassInCourse:
    """The executions of the pass that runs: how long each took, and how many failed.

    ``long_step`` is a line about the last one, to be said if another follows: of
    the only one, the pass's own line says as much.
    """

    target: str
    pass_name: PassName
    durations_ns: list[int] = field(default_factory=list)
    failed_count: int = 0
    long_step: str = ""

    def words(self) -> str:
        """Return ``timing: 5 executions, 2.29 s to 5.21 s``."""
        failed = f", {self.failed_count} failed" if self.failed_count else ""
        if len(self.durations_ns) == 1:
            return f"{self.pass_name}: {'failed after ' if failed else ''}{units.time(self.durations_ns[0])}"
        least, most = units.time(min(self.durations_ns)), units.time(max(self.durations_ns))
        took = least if least == most else f"{least} to {most}"
        return f"{self.pass_name}: {len(self.durations_ns)} executions, {took}{failed}"


class _Line:
    """The living line: it tells the time anew whenever it is drawn, and never takes two lines."""

    def __init__(self, step: StepStarted, where: str, console: Console, clock: Callable[[], int]) -> None:
        self._step = step
        self._where = where
        self._console = console
        self._clock = clock
        self._began = clock()

    def __rich__(self) -> Text:
        """Return the line as it stands now."""
        from rich.text import Text

        return Text(self.words(self._console.width - 1), no_wrap=True, overflow="ellipsis")

    def words(self, width: int) -> str:
        """Return what runs, for how long, and how long is left; a long target's name gives way."""
        spent = self._clock() - self._began
        left = self._left(spent)
        said = f": {self._step.step}, {_seconds(spent)} so far{left}"
        if left and width - len(said) < _NAME_WIDTH:
            said = f": {self._step.step}{left}"
        room = max(_NAME_WIDTH, width - len(said))
        target = self._step.target
        name = target if len(target) <= room else f"{_ELLIPSIS}{target[1 - room :]}"
        return f"{name}{said}"

    def _left(self, spent_ns: int) -> str:
        if self._step.left_ns is None:
            return ""
        left = self._step.left_ns - spent_ns
        if left < _SECOND_NS:
            return f", nearly done{self._where}"
        return f", about {_seconds(left)} left{self._where}"


def _seconds(value_ns: int) -> str:
    """Whole seconds: finer digits would only flicker."""
    if value_ns < 120 * _SECOND_NS:
        return f"{value_ns // _SECOND_NS} s"
    return units.time(value_ns)


class Spoken:
    """Prints the plan and a line for each finished pass; on a terminal also what runs, as it runs.

    ``clock`` gives nanoseconds and only ever grows.
    """

    def __init__(
        self, console: Console, *, live: bool, clock: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        self._console = console
        self._live = live and console.is_terminal
        self._clock = clock
        self._living: Live | None = None
        self._course: _PassInCourse | None = None
        self._told: set[tuple[str, PassName]] = set()
        self._targets: list[str] = []

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, PlanMade):
            self._plan(event)
        elif isinstance(event, StepStarted):
            self._started(event)
        elif isinstance(event, StepEnded):
            self._ended(event)
        elif isinstance(event, Noted):
            self._say(event.text)

    def close(self) -> None:
        """Take the living line away and tell of the pass in course."""
        self._still()
        self._finish()

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def _plan(self, plan: PlanMade) -> None:
        by_target: dict[str, list[str]] = {}
        for row in plan.passes:
            times = f" x{row.executions_count}" if row.executions_count > 1 else ""
            by_target.setdefault(row.target, []).append(f"{row.pass_name}{times}")
        self._targets = list(by_target)
        self._say(
            f"Plan (at most {units.time(plan.budget_ns)} of measuring; what does not fit is left out and said):"
        )
        for target, rows in by_target.items():
            self._say(f"  {target}: {', '.join(rows)}")

    def _started(self, event: StepStarted) -> None:
        self._still()
        known = self._enters(event)
        if known and self._course is not None and self._course.long_step:
            self._say(self._course.long_step)
            self._course.long_step = ""
        if not self._live:
            return
        if event.left_ns is None:
            # Nothing is known of the target yet: this is the execution that writes to the terminal itself.
            if known:
                self._say(f"  {event.target}: {event.step}; what it prints itself follows")
            return
        from rich.live import Live

        line = _Line(event, self._where(event.target), self._console, self._clock)
        self._living = Live(line, console=self._console, refresh_per_second=_FRAMES_A_SECOND, transient=True)
        self._living.start()

    def _where(self, target: str) -> str:
        """Return which of several targets the time that is left belongs to."""
        if len(self._targets) < 2 or target not in self._targets:
            return ""
        return f" of target {self._targets.index(target) + 1} of {len(self._targets)}"

    def _enters(self, event: StepStarted | StepEnded) -> bool:
        """Whether the step belongs to the pass in course; a step of a new pass ends the one before."""
        key = (event.target, event.pass_name)
        if key in self._told or event.step.startswith(ASIDE):
            return False
        if self._course is None or (self._course.target, self._course.pass_name) != key:
            self._finish()
            self._course = _PassInCourse(*key)
        return True

    def _ended(self, event: StepEnded) -> None:
        self._still()
        took = units.time(event.duration_ns)
        if self._enters(event) and self._course is not None:
            self._course.durations_ns.append(event.duration_ns)
            self._course.failed_count += event.failed
            if not self._live and event.duration_ns > LONG_STEP_NS:
                self._course.long_step = f"  {event.target}: {event.step}: {took}"
        elif event.failed:
            self._say(f"  {event.target}: {event.step}: failed after {took}")

    def _finish(self) -> None:
        """Tell of the pass in course, if it came to anything."""
        course, self._course = self._course, None
        if course is None or not course.durations_ns:
            return
        self._told.add((course.target, course.pass_name))
        whose = f"{course.target}: " if len(self._targets) != 1 else ""
        self._say(f"  {whose}{course.words()}")

    def _still(self) -> None:
        if self._living is not None:
            self._living.stop()
            self._living = None
