"""What a check may look at, and what it says.

It must not hold anything that a test cannot build by hand: files below a root,
variables, and two ways to run something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from perfwatch.environment.interpreter import Interpreter
from perfwatch.environment.lending import Lending
from perfwatch.records.doctor import CheckGroup, CheckState

if TYPE_CHECKING:
    from collections.abc import Sequence


#: How long one probe may take; a sound machine needs a tenth of it.
PROBE_SECONDS = 8.0
_SAID_CHARACTERS = 300


class Executed(Protocol):
    """What the supervisor says of an execution."""

    @property
    def wall_ns(self) -> int:
        """Time from the start to the end."""

    @property
    def cpu_ns(self) -> int:
        """Processor time of the process and the children it waited for."""

    @property
    def exit_code(self) -> int:
        """The status; negative for a signal."""

    @property
    def survivors(self) -> tuple[str, ...]:
        """Processes that were left over, and were ended."""


class Execute(Protocol):
    """Runs a command under perfwatch's own supervisor, as the timing pass does."""

    def __call__(self, command: tuple[str, ...], timeout_ns: int) -> Executed:
        """Run the command to its end, or to the time limit."""


class Probe(Protocol):
    """Runs a probe of ``doctor_probe`` in the target's interpreter."""

    def __call__(self, name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return its answer; raises ``ProbeFailed`` where it failed or took too long."""

    def command(self, name: str, options: Mapping[str, Any] | None = None) -> Sequence[str]:
        """Return the command line that runs it, for programs that start it themselves."""


class ProbeFailed(Exception):
    """A probe did not bring an answer; the text is the last thing it said."""


class ProbeLate(ProbeFailed):
    """A probe took too long, which may be the machine's fault and not the tool's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The machine and the interpreter that are examined.

    ``root`` is where ``/proc`` and ``/sys`` are looked for, ``environ`` the
    target's environment, ``folder`` takes scratch files, ``py_spy`` is that
    program's path, where there is one.
    """

    interpreter: Interpreter
    lending: Lending
    environ: Mapping[str, str]
    execute: Execute
    probe: Probe
    folder: Path
    py_spy: str | None = None
    root: Path = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one check says; the fields are those of ``records.doctor.Check``."""

    state: CheckState
    fact: str
    source: str = ""
    means: str = ""
    do: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A check in the table.

    ``alone`` asks for a machine on which no other check is running; ``collector``
    says that the check tries something with which targets are measured.
    """

    group: CheckGroup
    name: str
    examine: Callable[[Patient], Seen]
    alone: bool = False
    collector: bool = False


def last_line(text: str) -> str:
    """Return what a program said last, cut short: of a traceback that is the error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # py-spy puts a backtrace of its own behind the reason.
    reason = next((line for line in lines if line.startswith("Error:")), lines[-1] if lines else "")
    return reason[:_SAID_CHARACTERS]
