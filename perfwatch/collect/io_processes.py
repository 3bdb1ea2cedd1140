"""A process and its children watched from outside, and what each command's children used.

The sampler reads psutil four to twenty times a second from our own process; the
target does nothing for it.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import Any

from perfwatch.collect.observing import Watch
from perfwatch.records.profile import ChildUse, IoMoment

INTERVAL_SECONDS = 0.05
MOMENTS_AT_MOST = 2_000
CHILDREN_AT_MOST = 5_000
COMMAND_CHARACTERS = 80


@dataclass(slots=True, kw_only=True)
class SeenChild:
    """A child as it was last seen."""

    command: str
    first_ns: int
    last_ns: int
    looks: int = 0
    user_cpu_ns: int = 0
    system_cpu_ns: int = 0
    peak_resident_bytes: int = 0


class ProcessSampler(Watch):
    """Watches a process and its children with psutil; see ``moments`` and ``children`` after it stopped."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        super().__init__()
        self._interval = interval
        self.moments: list[tuple[int, IoMoment]] = []
        #: By pid and start: a number is given again to another process.
        self.children: dict[tuple[int, float], SeenChild] = {}

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
                below = root.children(recursive=True)
            except psutil.NoSuchProcess:
                return  # it has just ended
            self._note_children(below, now)
            moment = _moment([root, *below], used, (now - started, now - last))
            last = now
            if moment is None:
                return
            self.moments.append((now, moment))
            if len(self.moments) >= MOMENTS_AT_MOST:
                # Half the picture at half the pace: a long run keeps its memory bounded.
                self.moments = self.moments[::2]
                self._interval *= 2

    def _note_children(self, below: list[Any], now: int) -> None:
        import psutil

        for process in below:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                with process.oneshot():
                    key = process.pid, process.create_time()
                    times, resident = process.cpu_times(), process.memory_info().rss
                    seen = self.children.get(key)
                    if seen is None and len(self.children) >= CHILDREN_AT_MOST:
                        continue
                    if seen is None:
                        seen = self.children[key] = SeenChild(command="", first_ns=now, last_ns=now)
                    if seen.looks < 2:
                        # Right after a fork a child still has its parent's command.
                        seen.command = _command(process) or seen.command
                seen.looks += 1
                seen.last_ns = now
                seen.user_cpu_ns = max(seen.user_cpu_ns, round(times.user * 1e9))
                seen.system_cpu_ns = max(seen.system_cpu_ns, round(times.system * 1e9))
                seen.peak_resident_bytes = max(seen.peak_resident_bytes, resident)


def _command(process: Any) -> str:
    words: list[str] = process.cmdline()
    return os.path.basename(words[0] if words else str(process.name()))[:COMMAND_CHARACTERS]  # noqa: PTH119


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


def child_use(record: dict[str, Any], seen: list[SeenChild]) -> tuple[ChildUse, ...]:
    """Children by command in one execution, those that used most first.

    How many is the greater of two counts: what the sampler saw more than once, and
    what the target started by the interpreter's own events (only those it starts as
    programs); those that were seen once count where no other has their command.
    Processor time is what the sampler saw last; what the system
    counted for all children together beyond that is shared out by their number,
    because it was used after the last look.
    """
    within = [one for one in seen if record["started_ns"] <= one.first_ns <= record["ended_ns"]]
    counts: dict[str, int] = dict(record.get("files", {}).get("commands", ()))
    for command in {one.command for one in within}:
        surely = sum(one.command == command and one.looks != 1 for one in within)
        counts[command] = max(counts.get(command, 0), surely)
    # Who was seen once may have been between fork and exec, with its parent's command: it counts where no other has it.
    for command in [name for name, count in counts.items() if not count]:
        counts[command] = sum(one.command == command for one in within)
    counters, calls = record.get("counters", {}), max(1, record["calls"])
    rest_user_ns = counters.get("children_user_ns", 0) - sum(one.user_cpu_ns for one in within)
    rest_system_ns = counters.get("children_system_ns", 0) - sum(one.system_cpu_ns for one in within)
    found = []
    for command, count in counts.items():
        mine = [one for one in within if one.command == command]
        share = count / sum(counts.values())
        user_ns = sum(one.user_cpu_ns for one in mine) + max(0, rest_user_ns) * share
        system_ns = sum(one.system_cpu_ns for one in mine) + max(0, rest_system_ns) * share
        found.append(
            ChildUse(
                command=command or "?",
                count=max(1, round(count / calls)),
                user_cpu_ns=round(user_ns / calls),
                system_cpu_ns=round(system_ns / calls),
                peak_resident_bytes=_peak(mine, counters.get("children_peak_bytes", 0) * (len(counts) == 1)),
                wall_ns=round(sum(one.last_ns - one.first_ns for one in mine) / calls) if mine else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.user_cpu_ns - one.system_cpu_ns, one.command)))


def _peak(mine: list[SeenChild], told_bytes: int) -> int | None:
    """The greatest child's peak, as seen or as the system tells it of a command that is the only one."""
    return max((told_bytes, *(one.peak_resident_bytes for one in mine))) or None
