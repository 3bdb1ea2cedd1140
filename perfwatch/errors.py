"""Every error that a user can meet, with the exit code it carries.

::

    PerfwatchError                  the root; never raised itself
    ├── UsageError            2     an option or argument makes no sense
    │   ├── ConfigError       2     an unknown key, a wrong value
    │   ├── TargetError       2     the target cannot be resolved
    │   └── InterpreterError  2     the interpreter is too old or does not start
    ├── TargetFailed          4     the target ran and failed
    ├── NothingMeasured       5     there was nothing to measure, or nothing came back
    ├── NotComparable         6     the two sides may not be compared
    └── StoreError            7     the store cannot be read or written
        ├── StoreTooNew       7     written by a newer perfwatch
        └── StoreCorrupt      7     the file is not a readable database

Each message says three things: what happened, what it means, what to do next.
This module must not print and must not exit: ``perfwatch.cli`` does both.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process status tells a script or a CI job."""

    DONE = 0
    REGRESSION = 1
    USAGE = 2
    UNDECIDED = 3
    TARGET_FAILED = 4
    NOTHING_MEASURED = 5
    NOT_COMPARABLE = 6
    STORE = 7
    CRASHED = 70
    INTERRUPTED = 130
    TERMINATED = 143


#: Where several apply, the first of these is the process status.
PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.CRASHED,
    ExitCode.STORE,
    ExitCode.USAGE,
    ExitCode.REGRESSION,
    ExitCode.TARGET_FAILED,
    ExitCode.NOT_COMPARABLE,
    ExitCode.UNDECIDED,
    ExitCode.NOTHING_MEASURED,
    ExitCode.DONE,
)


def strongest(codes: list[ExitCode]) -> ExitCode:
    """Return the code that wins when several apply; ``DONE`` for none."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.DONE)


class Terminated(BaseException):
    """A termination signal arrived: unwind, end what runs, keep what is complete.

    Like ``KeyboardInterrupt``, it is no ``Exception``, so that nothing catches it by the way.
    """


class PerfwatchError(Exception):
    """A failure with a message for a person.

    Parameters are the three parts of every message: ``happened`` (the cause),
    ``means`` (the consequence) and ``do`` (the next step).
    """

    exit_code: ExitCode = ExitCode.CRASHED

    def __init__(self, happened: str, *, means: str = "", do: str = "") -> None:
        super().__init__(happened)
        self.happened = happened
        self.means = means
        self.do = do

    def __str__(self) -> str:
        return "\n".join(part for part in (self.happened, self.means, self.do) if part)


class UsageError(PerfwatchError):
    """An option or argument makes no sense."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """The configuration holds an unknown key or a wrong value."""


class TargetError(UsageError):
    """The target cannot be resolved to something that runs."""


class InterpreterError(UsageError):
    """The chosen interpreter is too old, or does not start."""


class TargetFailed(PerfwatchError):
    """The target ran and failed."""

    exit_code = ExitCode.TARGET_FAILED


class NothingMeasured(PerfwatchError):
    """There was nothing to measure."""

    exit_code = ExitCode.NOTHING_MEASURED


class NotComparable(PerfwatchError):
    """The two sides come from machines, interpreters or trees that may not be compared."""

    exit_code = ExitCode.NOT_COMPARABLE


class StoreError(PerfwatchError):
    """The store cannot be read or written."""

    exit_code = ExitCode.STORE


class StoreTooNew(StoreError):
    """A newer perfwatch wrote the store."""


class StoreCorrupt(StoreError):
    """The store's file is not a readable database."""
