"""Run one execution of a target under its own supervisor, and say how it went.

It must not know what is measured: it starts, watches, ends and reports. No
descendant of an execution is alive when ``execute`` returns or raises.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from perfwatch.errors import PerfwatchError
from perfwatch.measure.streams import Capture, Captured

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
#: How long the supervisor may take after it was told to end everything.
_END_SECONDS = 20.0


class Observer(Protocol):
    """Somebody who watches a process from outside while it runs."""

    def start(self, pid: int) -> None:
        """Begin to watch the process and its children; must return at once."""

    def stop(self) -> None:
        """End the watch; the process is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One command to run: what, where, with which input and output, for how long.

    ``stdin`` is a descriptor. ``own_streams`` gives the command our own standard
    output and error, through a copy where one is kept; else they are captured.
    ``folder`` is for scratch files. ``own_group`` makes it a process group of its
    own, which can be stopped and continued, and which Ctrl-C on the terminal does
    not reach. ``stack_bytes`` starts it without the kernel's chance in addresses, mapped
    below so much stack (``layout``), where the system allows it; its limit is the user's again.
    ``processor`` keeps it on one.
    """

    command: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    folder: Path
    stdin: int
    own_streams: bool = False
    timeout_ns: int | None = None
    observers: Sequence[Observer] = ()
    own_group: bool = False
    stack_bytes: int | None = None
    processor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an execution went.

    ``exit_code`` is negative for a signal, as in ``subprocess``. ``survivors`` are
    the processes that were still there when the target had ended, and were
    ended. ``placed`` says that it lay in memory where ``stack_bytes`` put it.
    ``thread_ns`` is the processor time of its first thread, ``queued_ns`` how long
    that was kept from a processor by others, ``waits_count`` how often the process
    gave one up by itself before its end; ``None`` where the system does not tell.
    ``launch_cpu_ns`` of the processor time went by before a placed program's first
    instruction; the thread's times and the wall time are without it.
    Times in nanoseconds of ``perf_counter_ns``.
    """

    wall_ns: int
    started_ns: int
    exit_code: int
    placed: bool = False
    thread_ns: int | None = None
    queued_ns: int | None = None
    waits_count: int | None = None
    launch_cpu_ns: int = 0
    timed_out: bool = False
    interrupted: bool = False
    memory_limit_hit: bool = False
    survivors: tuple[str, ...] = ()
    usage: dict[str, int] = field(default_factory=dict)
    io: dict[str, int] = field(default_factory=dict)
    stdout: Captured | None = None
    stderr: Captured | None = None

    @property
    def cpu_ns(self) -> int:
        """Processor time of the process and the children it waited for."""
        return self.usage.get("user_cpu_ns", 0) + self.usage.get("system_cpu_ns", 0)

    @property
    def signal_name(self) -> str | None:
        """``SIGSEGV`` for a process that a signal ended, else ``None``."""
        if self.exit_code >= 0:
            return None
        try:
            return signal.Signals(-self.exit_code).name
        except ValueError:
            return f"signal {-self.exit_code}"


def execute(execution: Execution) -> Outcome:
    """Run the command to its end and return the outcome.

    Whatever interrupts the wait (Ctrl-C, a termination signal raised as an
    exception) ends the target and all its descendants first, then goes on up.

    Raises ``PerfwatchError`` where the supervisor itself broke.
    """
    with Running(execution) as running:
        return running.finish()


class Running:
    """An execution under way, as a context: when it is left, no descendant of the execution is alive."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self._pid: int | None = None
        self._announced = False
        self._out, self._err = _captures(execution)
        # The supervisor's own standard output is its channel to us, so ours reaches it under another number.
        self._written = _our_output() if self._out is None else self._out.writer
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._closed = False

    def __enter__(self) -> Self:
        """Start the command; whoever needs its process asks for ``pid``, which waits until it is there."""
        streams = [self.execution.stdin, self._written, 2 if self._err is None else self._err.writer]
        try:
            with _held():
                self._supervisor = _start(streams)
            _request(self._supervisor, self.execution, streams)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs."""
        self._close()

    @property
    def pid(self) -> int | None:
        """The target's process; ``None`` before the start, and where the supervisor broke."""
        if self._supervisor is not None and not self._announced:
            assert self._supervisor.stdout is not None  # noqa: S101 - asked for at the start
            line = self._supervisor.stdout.readline().strip()
            self._pid, self._announced = int(line) if line else None, True
        return self._pid

    def alive(self) -> bool:
        """Whether the target or something that it left still runs."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def finish(self) -> Outcome:
        """Wait for the end and say how it went; once only."""
        assert self._supervisor is not None  # noqa: S101 - started on entry
        try:
            answer = _watched(self._supervisor, self.execution.observers, self.pid)
        finally:
            self._close()
        captured = [None if capture is None else capture.close() for capture in (self._out, self._err)]
        if self.execution.own_streams:
            captured[0] = None  # where there is a copy, it holds both streams
        if not answer:
            raise PerfwatchError(
                f"The supervisor of {self.execution.command[0]} ended without an answer "
                f"(status {self._supervisor.returncode}).",
                means="Nothing is known of this execution; finished passes are kept.",
                do="Report this with the command you ran.",
            )
        return _outcome(json.loads(answer), captured)

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._out is None:
            os.close(self._written)
        for capture in dict.fromkeys((self._out, self._err)):
            if capture is not None:
                capture.release()
        if self._supervisor is not None:
            with _held():
                _ended(self._supervisor)


def _captures(execution: Execution) -> tuple[Capture | None, Capture | None]:
    """What keeps a copy of standard output and error; ``None`` for a stream that the command has itself.

    The first execution's error text is passed through and kept: a failure is
    shown with its last lines. Where both streams are one place, both go through
    one copy, or the order of the words would change.
    """
    if not execution.own_streams:
        return Capture(), Capture()
    try:
        out, err = os.fstat(1), os.fstat(2)
        passed_on = Capture(2)
    except OSError:
        return None, None  # a stream is closed, or there is no second terminal to be had
    together = (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino)
    return passed_on if together else None, passed_on


def _our_output() -> int:
    try:
        return os.dup(1)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)  # we were started without one


def _start(streams: list[int]) -> subprocess.Popen[bytes]:
    """Start a supervisor that takes signals only when it knows what to do with them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[stream for stream in streams if stream > 2],
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _request(supervisor: subprocess.Popen[bytes], execution: Execution, streams: list[int]) -> None:
    """Hand over the request; a line with the pid of what was started answers it."""
    assert supervisor.stdin is not None  # noqa: S101 - asked for at the start
    request = {
        "command": list(execution.command),
        "cwd": str(execution.cwd),
        "environment": dict(execution.environment),
        "streams": streams,
        "timeout_ns": execution.timeout_ns,
        "own_group": execution.own_group,
        "stack_bytes": execution.stack_bytes,
        "processor": execution.processor,
        "parent": os.getpid(),
    }
    with contextlib.suppress(BrokenPipeError):
        supervisor.stdin.write(json.dumps(request).encode() + b"\n")
        supervisor.stdin.close()


def _watched(supervisor: subprocess.Popen[bytes], observers: Sequence[Observer], pid: int | None) -> bytes:
    """Let the observers watch from the target's first breath to its last; the supervisor's answer."""
    assert supervisor.stdout is not None  # noqa: S101 - asked for at the start
    started: list[Observer] = []
    try:
        if pid is not None:
            for observer in observers:
                observer.start(pid)
                started.append(observer)
        answer = supervisor.stdout.read()
        supervisor.wait()
    finally:
        for observer in started:
            observer.stop()
    return answer


def _ended(supervisor: subprocess.Popen[bytes]) -> None:
    """Make sure that the supervisor, and with it everything below it, is gone."""
    for pipe in (supervisor.stdin, supervisor.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    if supervisor.poll() is None:
        supervisor.terminate()
        try:
            supervisor.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()


@contextlib.contextmanager
def _held() -> Iterator[None]:
    """Hold Ctrl-C and termination back for a moment that must not be cut in two; they take effect at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's: nothing can cut in here
        return
    came: list[int] = []
    handlers = [
        (held, signal.signal(held, lambda number, _frame: came.append(number)))
        for held in (signal.SIGINT, signal.SIGTERM)
    ]
    try:
        yield
    finally:
        for held, handler in handlers:
            signal.signal(held, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)


def _outcome(answer: dict[str, Any], captured: list[Captured | None]) -> Outcome:
    return Outcome(
        wall_ns=answer["wall_ns"],
        started_ns=answer["started_ns"],
        exit_code=answer["exit_code"],
        placed=answer["placed"],
        thread_ns=answer["thread_ns"],
        queued_ns=answer["queued_ns"],
        waits_count=answer["waits_count"],
        launch_cpu_ns=answer["launch_cpu_ns"],
        timed_out=answer["timed_out"],
        interrupted=answer["interrupted"],
        memory_limit_hit=answer["memory_limit_hit"],
        survivors=tuple(f"{one['name']} ({one['pid']})" for one in answer["survivors"]),
        usage=answer["usage"],
        io=answer["io"],
        stdout=captured[0],
        stderr=captured[1],
    )
