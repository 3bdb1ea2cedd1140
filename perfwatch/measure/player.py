"""One process that takes turns with another: asked over pipes, and stopped while the other one plays.

It must not know what is compared, nor decide whose turn it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from perfwatch.measure.runner import Running

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.measure.runner import Execution, Outcome

ASKS, ANSWERS = "asks", "answers"
_CHUNK = 1 << 16


class PlayerLost(Exception):
    """A player ended, or did not answer in time; how is told by its outcome."""

    def __init__(self, *, late: bool) -> None:
        super().__init__("it did not answer in time" if late else "its process ended")
        self.late = late


def pipes_in(folder: Path) -> dict[str, str]:
    """Make the two pipes of a player in its own folder; their paths are the worker's options."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {ASKS: str(folder / ASKS), ANSWERS: str(folder / ANSWERS)}
    for path in paths.values():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108
        os.mkfifo(path)
    return paths


class Player:
    """A worker under the task ``turns``, as a context: when it is left, its processes are gone.

    ``paths`` are those of ``pipes_in``. The player runs in a process group of
    its own, awake until it is first put to sleep.
    """

    def __init__(self, execution: Execution, paths: dict[str, str]) -> None:
        self._running = Running(replace(execution, own_group=True))
        self._paths = paths
        self._asks = self._answers = -1
        self._unread = bytearray()

    def __enter__(self) -> Self:
        """Start the worker; it says so at once, before it imports anything of the target's."""
        # Opened for both ways the pipe is there before anybody else opens it, and a write to it cannot fail.
        self._asks = os.open(self._paths[ASKS], os.O_RDWR)
        self._answers = os.open(self._paths[ANSWERS], os.O_RDONLY | os.O_NONBLOCK)
        try:
            self._running.__enter__()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker, asleep or not."""
        try:
            self._running.__exit__()
        finally:
            self._close()

    def ask(self, timeout_ns: int, **message: Any) -> dict[str, Any]:
        """Send a message and return the answer.

        Raises ``PlayerLost`` where there is none after ``timeout_ns``.
        """
        self.tell(**message)
        return self.hear(timeout_ns)

    def tell(self, **message: Any) -> None:
        """Send a message that has no answer of its own."""
        os.write(self._asks, json.dumps(message).encode() + b"\n")

    def hear(self, timeout_ns: int) -> dict[str, Any]:
        """Return the next message of the worker; raises ``PlayerLost`` as ``ask`` does."""
        end = time.monotonic_ns() + timeout_ns
        while b"\n" not in self._unread:
            left = end - time.monotonic_ns()
            if left <= 0:
                raise PlayerLost(late=True)
            if not self._readable(left):
                continue
            chunk = os.read(self._answers, _CHUNK)
            if not chunk:
                raise PlayerLost(late=False)
            self._unread += chunk
        line, _, rest = bytes(self._unread).partition(b"\n")
        self._unread = bytearray(rest)
        return dict(json.loads(line))

    def sleep(self) -> None:
        """Stop the whole group: helpers of a thread pool spin for tens of milliseconds after a call."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let the group go on."""
        self._signal(signal.SIGCONT)

    def finish(self) -> Outcome:
        """Wake the worker, wait for its end and say how it went."""
        self.wake()
        return self._running.finish()

    def _readable(self, left_ns: int) -> bool:
        """Wait until there is something to read, or the other end was opened and closed again."""
        poller = select.poll()
        poller.register(self._answers, select.POLLIN)
        events = poller.poll(min(left_ns / 1e6, 1000))
        # A worker that could not even open the pipe leaves no trace in it.
        return bool(events) or not self._running.alive()

    def _signal(self, number: signal.Signals) -> None:
        if self._running.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._running.pid, number)

    def _close(self) -> None:
        for descriptor in (self._asks, self._answers):
            if descriptor >= 0:
                os.close(descriptor)
        self._asks = self._answers = -1
