"""Watch a long execution from outside with py-spy, in stretches, so that little is ever lost.

Attaching needs permission to trace. Each stretch is ten seconds; what it brought
is counted as soon as it ends.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from perfwatch.collect.samples import Samples
from perfwatch.collect.stacks import Mode, parse_rows, py_spy_program, record_options

STRETCH_SECONDS = 10
RATE_HERTZ = 50
#: What the stretches look at, in turn: mostly everything, now and then who runs and who holds the lock.
TURNS = (Mode.ALL, Mode.ALL, Mode.ACTIVE, Mode.ALL, Mode.GIL)


@dataclass
class StackWatcher:
    """Samples a process's stacks from ``after_ns`` on; ``flush`` is called after each stretch."""

    folder: Path
    after_ns: int
    flush: Callable[[], None]
    samples: Samples = field(default_factory=Samples)
    started_ns: int | None = None
    trouble: str = ""
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def samples_count(self) -> int:
        """How many samples were taken."""
        return self.samples.count(Mode.ALL)

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
        program, turns = py_spy_program(), cycle(TURNS)
        if program is None:
            self.trouble = "py-spy is not installed: no stacks were sampled"
        while program is not None and not self._over.is_set() and not self.trouble:
            self._stretch(program, pid, next(turns))
            if not self._over.is_set():
                self.flush()
        while not self._over.wait(STRETCH_SECONDS):
            self.flush()

    def _stretch(self, program: str, pid: int, mode: Mode) -> None:
        output = self.folder / "stretch.raw"
        output.unlink(missing_ok=True)
        asked = record_options(RATE_HERTZ, output, mode=mode)
        command = [program, *asked, "-p", str(pid), "-d", str(STRETCH_SECONDS)]
        started = time.perf_counter_ns()
        # A signal to our whole process group must not end it before it has written what it saw.
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        said, _ = self._process.communicate()
        if output.exists():
            rows = parse_rows(output.read_text(encoding="utf-8", errors="replace"))
            watched = min(time.perf_counter_ns() - started, STRETCH_SECONDS * 1_000_000_000)
            self.samples.add(mode, rows, rate_hertz=RATE_HERTZ, watched_ns=watched)
        elif not self._over.is_set():
            last = said.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            self.trouble = f"py-spy could not sample process {pid}: {last[0][:300]}"
