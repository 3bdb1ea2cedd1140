"""Watch a long execution from outside with py-spy, in stretches, so that little is ever lost.

Attaching needs permission to trace. Each stretch is ten seconds; what it brought
is counted as soon as it ends.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfwatch.collect.stacks import Stack, parse_raw, py_spy_program, record_options

STRETCH_SECONDS = 10
RATE_HERTZ = 50
STACKS_AT_MOST = 100_000
DEPTH_AT_MOST = 150


@dataclass
class StackWatcher:
    """Samples a process's stacks from ``after_ns`` on; ``flush`` is called after each stretch."""

    folder: Path
    after_ns: int
    flush: Callable[[], None]
    stacks: Counter[Stack] = field(default_factory=Counter)
    started_ns: int | None = None
    trouble: str = ""
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def samples_count(self) -> int:
        """How many samples were taken."""
        return sum(self.stacks.values())

    def start(self, pid: int) -> None:
        """Begin to wait, then to watch."""
        self._thread = threading.Thread(target=self._run, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch; what the running stretch has is kept."""
        self._over.set()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        if self._thread is not None:
            self._thread.join()

    def _run(self, pid: int) -> None:
        if self._over.wait(self.after_ns / 1e9):
            return
        self.started_ns = time.perf_counter_ns()
        program = py_spy_program()
        if program is None:
            self.trouble = "py-spy is not installed: no stacks were sampled"
        while program is not None and not self._over.is_set() and not self.trouble:
            self._stretch(program, pid)
            if not self._over.is_set():
                self.flush()
        while not self._over.wait(STRETCH_SECONDS):
            self.flush()

    def _stretch(self, program: str, pid: int) -> None:
        output = self.folder / "stretch.raw"
        output.unlink(missing_ok=True)
        command = [program, *record_options(RATE_HERTZ, output), "-p", str(pid), "-d", str(STRETCH_SECONDS)]
        # A signal to our whole process group must not end it before it has written what it saw.
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        said, _ = self._process.communicate()
        if output.exists():
            for stack, count in parse_raw(output.read_text(encoding="utf-8", errors="replace")).items():
                if stack in self.stacks or len(self.stacks) < STACKS_AT_MOST:
                    self.stacks[stack] += count
        elif not self._over.is_set():
            last = said.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            self.trouble = f"py-spy could not sample process {pid}: {last[0][:300]}"


def as_cpu_record(stacks: Counter[Stack]) -> dict[str, Any]:
    """The samples as a tree in the form of the CPU pass's worker record, one second a sample.

    py-spy names lines, not where functions start: a function is told by file and name.
    """
    root: dict[Any, Any] = {}
    for stack, count in stacks.items():
        children = root
        frames = stack[:DEPTH_AT_MOST]
        for index, (function, file, _) in enumerate(frames):
            node = children.setdefault((function, file), [0.0, 0.0, {}])
            node[1] += count
            if index == len(frames) - 1:
                node[0] += count
            children = node[2]
    return {"total_s": float(sum(stacks.values())), "tree": _plain(root), "edges": []}


def _plain(children: dict[Any, Any]) -> list[Any]:
    return [
        [function, file, 0, own, total, _plain(below)]
        for (function, file), (own, total, below) in children.items()
    ]
