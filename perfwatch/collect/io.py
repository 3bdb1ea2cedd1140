"""Input, output and processor use: the system's counters, and a sampler from outside.

The sampler reads psutil four to twenty times a second from our own process; the
target does nothing for it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from perfwatch.records.profile import IoMoment, IoProfile

INTERVAL_SECONDS = 0.05
MOMENTS_AT_MOST = 2_000


class ProcessSampler:
    """Watches a process and its children with psutil; see ``moments`` after it stopped."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.moments: list[tuple[int, IoMoment]] = []

    def start(self, pid: int) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._run, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, pid: int) -> None:
        import psutil

        try:
            root = psutil.Process(pid)
        except psutil.NoSuchProcess:
            return  # it was over before the first look
        used: dict[int, float] = {}
        last = started = time.perf_counter_ns()
        while not self._over.wait(self._interval):
            now = time.perf_counter_ns()
            try:
                tree = [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return  # it has just ended
            moment = _moment(tree, used, (now - started, now - last))
            last = now
            if moment is None:
                return
            self.moments.append((now, moment))
            if len(self.moments) >= MOMENTS_AT_MOST:
                # Half the picture at half the pace: a long run keeps its memory bounded.
                self.moments = self.moments[::2]
                self._interval *= 2


def _moment(tree: list[Any], used: dict[int, float], times: tuple[int, int]) -> IoMoment | None:
    """Add up the tree; ``used`` remembers each process's processor seconds. ``None`` when all are gone."""
    import psutil

    at_ns, since_ns = times
    resident = threads = seen = 0
    spent = 0.0
    read: int | None = None
    written: int | None = None
    for process in tree:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            with process.oneshot():
                cpu = process.cpu_times()
                own = process.memory_info().rss
                if not own:
                    continue  # it has ended, and nobody has waited for it yet
                resident += own
                threads += process.num_threads()
                counters = process.io_counters() if hasattr(process, "io_counters") else None
            seen += 1
            seconds = cpu.user + cpu.system
            spent += max(0.0, seconds - used.get(process.pid, 0.0))
            used[process.pid] = seconds
            if counters is not None:
                read = (read or 0) + getattr(counters, "read_chars", counters.read_bytes)
                written = (written or 0) + getattr(counters, "write_chars", counters.write_bytes)
    if not seen:
        return None
    return IoMoment(
        at_ns=at_ns,
        cpu_percent=100.0 * spent * 1e9 / since_ns if since_ns else 0.0,
        resident_bytes=resident,
        threads_count=threads,
        processes_count=seen,
        read_bytes=read,
        written_bytes=written,
    )


def io_profile(
    counters: dict[str, int], calls: int, moments: list[IoMoment], peak_resident_bytes: int | None
) -> IoProfile:
    """Counters of ``calls`` calls as those of one, with what the sampler saw."""
    figures: dict[str, Any] = {
        name: round(counters[name] / calls) if name in counters else None
        for name in IoProfile.__dataclass_fields__
        if name not in ("moments", "peak_resident_bytes", "threads_count", "processes_count")
    }
    return IoProfile(
        **figures,
        peak_resident_bytes=peak_resident_bytes,
        threads_count=max((moment.threads_count for moment in moments), default=None),
        processes_count=max((moment.processes_count for moment in moments), default=None),
        moments=tuple(moments),
    )
