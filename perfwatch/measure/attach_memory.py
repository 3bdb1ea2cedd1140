"""The memory stretch of a live process: memray goes in through a debugger, and comes out again.

It must not go in where it could not come out, or where it would run with the
rights of somebody else.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.environment import lent_profilers
from perfwatch.measure.attach_signals import LOOK_SECONDS, never

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.collect.live import Live, TracingRules
    from perfwatch.environment import Interpreter

_GUARD = Path(__file__).with_name("attach_guard.py")
CAPTURE_AT_MOST_BYTES = 2_000_000_000
#: From this version on an interpreter lets code in by itself, without a debugger.
_REMOTE_EXEC = (3, 14)
#: Longer than the guard's own patience, so that its answer comes first.
_ANSWER_SECONDS = 40.0


def memory_obstacle(live: Live, interpreter: Interpreter | None, rules: TracingRules) -> str:
    """Why memray cannot be let in, with what to do; empty where it can."""
    if live.user_id != rules.user_id:
        return (
            f"the process belongs to {live.user or live.user_id}, and memray writes with its owner's rights: "
            f"sudo -u {shlex.quote(live.user or str(live.user_id))} perfwatch attach {live.pid} --memory"
        )
    if not live.shares_files:
        return "the process has another file system than we have, as in a container: attach from inside it"
    if interpreter is None:
        return "its interpreter could not be asked whether it has memray"
    if "memray" not in lent_profilers(interpreter).present:
        return (
            "memray is not installed in the interpreter that runs the process; it can be while it runs: "
            f"{shlex.quote(interpreter.executable)} -m pip install memray"
        )
    if interpreter.version[:2] < _REMOTE_EXEC and not (shutil.which("gdb") or shutil.which("lldb")):
        return "memray needs a debugger to get into a process: apt-get install gdb"
    return ""


@dataclass(slots=True)
class Tracked:
    """How the stretch under memray went; ``trouble`` says why there is nothing in the capture."""

    watched_ns: int = 0
    held_ns: int = 0
    trouble: str = ""
    warnings: tuple[str, ...] = ()


class MemoryTracker:
    """memray in a live process, from ``start`` to ``stop``."""

    def __init__(self, python: str, pid: int, capture: Path) -> None:
        self._command = [sys.executable, "-I", "-S", str(_GUARD), python, str(pid), str(capture)]
        self._pid = pid
        self._capture = capture
        self._guard: subprocess.Popen[bytes] | None = None
        self._began_ns = 0
        self._heard = b""
        self.tracked = Tracked()

    def start(self, stopped: Callable[[], bool] = never) -> None:
        """Let memray in; see ``tracked.trouble`` for whether it is. ``stopped`` ends the waiting for that."""
        # In a session of its own, so that nothing that ends us ends it before memray is out.
        self._guard = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._arrived(self._answer(stopped))

    def _arrived(self, answer: dict[str, Any] | None) -> None:
        if answer is None:
            return
        self.tracked.held_ns = answer.get("took_ns", 0)
        if not answer.get("worked"):
            self.tracked.trouble = f"memray did not get in: {answer.get('said') or 'it gave no reason'}"
        self._began_ns = time.perf_counter_ns()

    def wait(self, duration_ns: int, stopped: Callable[[], bool] = never) -> None:
        """Let it watch; it ends early where the process does, where the capture is full, or by ``stopped``."""
        end = time.perf_counter_ns() + duration_ns
        while not (self.tracked.trouble or stopped()) and (left := end - time.perf_counter_ns()) > 0:
            time.sleep(min(LOOK_SECONDS, left / 1e9))
            if not self._lives():
                return
            with contextlib.suppress(FileNotFoundError):
                if self._capture.stat().st_size > CAPTURE_AT_MOST_BYTES:
                    limit = units.size(CAPTURE_AT_MOST_BYTES)
                    self.tracked.warnings += (f"the capture was full at {limit}: what came later is lost",)
                    return

    def stop(self) -> None:
        """Take memray out, and wait until it is; one that was never in is not looked for."""
        guard = self._guard
        if guard is None:
            return
        assert guard.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(BrokenPipeError):
            guard.stdin.close()
        if not self._began_ns:
            self._arrived(self._answer())  # the waiting for it was ended
        if not self.tracked.trouble:
            self.tracked.watched_ns = time.perf_counter_ns() - self._began_ns
            answer = self._answer() or {}
            if not answer.get("worked") and self._lives():
                by_hand = shlex.join([self._command[4], "-m", "memray", "detach", str(self._pid)])
                still = (
                    "memray is still in the process, which has let nobody in since; a guard goes on trying"
                )
                self.tracked.warnings += (f"{still} to take it out. By hand: {by_hand}",)
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            guard.wait(_ANSWER_SECONDS)

    def _lives(self) -> bool:
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _answer(self, stopped: Callable[[], bool] = never) -> dict[str, Any] | None:
        """The guard's next line, empty where none comes; ``None`` where ``stopped`` came first."""
        assert self._guard is not None  # noqa: S101 - who asks has started it
        assert self._guard.stdout is not None  # noqa: S101 - it was asked for
        end = time.monotonic() + _ANSWER_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._guard.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard and time.monotonic() < end:
                if stopped():
                    return None
                if not selector.select(LOOK_SECONDS):
                    continue
                more = os.read(self._guard.stdout.fileno(), 4096)
                if not more:
                    break
                self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            return {}
        return answer
