"""Note where the main thread stands while the device works, and who else profiles meanwhile.

Some frameworks (JAX) wait for the device on threads of their own: no call into
CUDA is made on the Python line that waits. For those a thread of ours notes the
main thread's stack every few milliseconds, and how long it was off the
processor since; the parent joins that with what the device did. An error of
about one interval a sample remains.

It must not import a framework: it looks at what the target has imported.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

INTERVAL_SECONDS = 0.005
#: Past this many samples, every second one is given up and the interval doubles.
SAMPLES_AT_MOST = 60_000
FRAMES_AT_MOST = 40
CHAINS_AT_MOST = 2_000
#: The number of a stack that is not kept: there were too many others.
NOT_KEPT = -1
#: The number of a call on a thread that runs no Python.
NATIVE = -2
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120


class Stacks:
    """Python stacks, each kept once: ``[file's number, line]`` of each frame, the innermost first."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._chains: dict[tuple[int, ...], int] = {}

    def number(self, frame: FrameType | None) -> int:
        """The number of the stack that ends in ``frame``, the worker's own frames left out."""
        flat: list[int] = []
        while frame is not None and len(flat) < 2 * FRAMES_AT_MOST:
            file = frame.f_code.co_filename
            if not file.startswith(_HERE):
                flat += (self._files.setdefault(file, len(self._files)), frame.f_lineno or 0)
            frame = frame.f_back
        if not flat:
            return NATIVE
        chain = tuple(flat)
        if chain not in self._chains and len(self._chains) >= CHAINS_AT_MOST:
            return NOT_KEPT
        return self._chains.setdefault(chain, len(self._chains))

    def plain(self) -> dict[str, Any]:
        """``files`` and ``stacks`` of the record."""
        stacks = [[[flat[at], flat[at + 1]] for at in range(0, len(flat), 2)] for flat in self._chains]
        return {"files": list(self._files), "stacks": stacks}


class Watch:
    """Samples the main thread between ``start`` and ``stop``.

    ``busy_elsewhere`` says whether a call that is timed exactly is under way on
    the main thread: what passes in it is not counted twice.
    """

    def __init__(self, stacks: Stacks, busy_elsewhere: Callable[[int], bool]) -> None:
        self.stacks = stacks
        self.others: set[str] = set()
        self._busy_elsewhere = busy_elsewhere
        self._main = threading.main_thread().ident or 0
        self._interval = INTERVAL_SECONDS
        self._samples = array("q")
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, with no samples."""
        self._samples = array("q")
        self._interval = INTERVAL_SECONDS
        self._over.clear()
        self._thread = threading.Thread(target=self._run, name="perfwatch-gpu", daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, Any]:
        """End, and return ``samples`` and ``interval_ns`` of the record.

        A sample is ``[from, to, stack's number, nanoseconds off the processor]``.
        """
        self._over.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        flat = self._samples.tolist()
        return {
            "samples": [flat[at : at + 4] for at in range(0, len(flat), 4)],
            "interval_ns": round(self._interval * 1e9),
        }

    def _run(self) -> None:
        clock = _cpu_clock(self._main)
        if clock is None:
            return  # no clock of another thread's outside Linux: nothing can be said of its waiting
        last, last_cpu = time.perf_counter_ns(), time.clock_gettime_ns(clock)
        while not self._over.wait(self._interval):
            self.others.update(other_profilers(sys.modules))
            now, cpu = time.perf_counter_ns(), time.clock_gettime_ns(clock)
            off = (now - last) - (cpu - last_cpu)
            if "jax" in sys.modules and off > 0 and not self._busy_elsewhere(self._main):
                frame = sys._current_frames().get(self._main)  # noqa: SLF001 - no other way
                self._samples.extend((last, now, self.stacks.number(frame), off))
                if len(self._samples) >= 4 * SAMPLES_AT_MOST:
                    self._thin()
            last, last_cpu = now, cpu

    def _thin(self) -> None:
        """Keep every second sample, each standing for twice the time from now on."""
        flat = self._samples
        kept = array("q")
        for at in range(0, len(flat) - 7, 8):
            kept.extend((flat[at], flat[at + 5], flat[at + 6], flat[at + 3] + flat[at + 7]))
        self._samples = kept
        self._interval *= 2


def _cpu_clock(thread: int) -> int | None:
    try:
        return time.pthread_getcpuclockid(thread)
    except (AttributeError, OSError):
        return None


def other_profilers(modules: Mapping[str, Any]) -> list[str]:
    """Profilers of the target's own that are running now: one of them and CUPTI's one subscriber exclude each other."""
    found = []
    torch = modules.get("torch")
    enabled = getattr(getattr(torch, "autograd", None), "_profiler_enabled", None)
    if callable(enabled):
        try:
            if enabled():
                found.append("torch.profiler")
        except Exception:
            found.append("torch.profiler (it does not tell whether it runs)")
    state = getattr(modules.get("jax._src.profiler"), "_profile_state", None)
    if getattr(state, "profile_session", None) is not None:
        found.append("jax.profiler")
    return found
