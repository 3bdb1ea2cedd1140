"""Samples of one benchmark, gathered over executions and modes, and what was spent on getting them.

It must not make figures of them: ``sampled`` does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from perfwatch.collect.stacks import Mode, Row, Stack

#: Different stacks that are kept for one mode; runaway recursion makes a new one with each sample.
STACKS_AT_MOST = 100_000
#: A deeper stack is shown with its outermost and innermost frames, and of those between one of each kind.
DEPTH_AT_MOST = 150
#: Below this frame a process runs what it was given; above it stand the frames that its parent forked with.
_BOOTSTRAPS = (("_bootstrap", "multiprocessing/process.py"), ("_process_worker", "process_executor.py"))

#: A thread: its process (0 for the target's own) and its name.
ThreadKey = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One sampled execution: its mode, its rate, and how long it was watched."""

    mode: Mode
    rate_hertz: float
    watched_ns: int


@dataclass
class Samples:
    """Counts by thread and stack for each mode.

    Threads of repeated executions are joined by their process's place in the
    order of appearance and their name. ``lost_count`` samples belonged to
    stacks too many to be kept.
    """

    stacks: dict[Mode, dict[ThreadKey, Counter[Stack]]] = field(default_factory=dict)
    native: Counter[Stack] = field(default_factory=Counter)
    executions: list[Execution] = field(default_factory=list)
    pids: dict[int, int] = field(default_factory=dict)
    commands: dict[int, str] = field(default_factory=dict)
    lost_count: int = 0

    def add(self, mode: Mode, rows: list[Row], *, rate_hertz: float = 0.0, watched_ns: int = 0) -> None:
        """Take in the rows of one execution."""
        self.executions.append(Execution(mode=mode, rate_hertz=rate_hertz, watched_ns=watched_ns))
        places = _places(rows)
        self.pids.update({place: pid for pid, place in places.items()})
        self.commands.update({places[row.process]: row.command for row in rows})
        names = _names(rows)
        kept = self.stacks.setdefault(mode, {})
        known = sum(len(stacks) for stacks in kept.values())
        for row in rows:
            place = places[row.process]
            row = _own_part(row, is_child=place > 0)  # noqa: PLW2901 - the rest of it is the parent's
            if not row.stack:
                continue
            stack = _folded(row.stack)
            counts = kept.setdefault((place, names[row.process, row.thread]), Counter())
            if stack not in counts and known >= STACKS_AT_MOST:
                self.lost_count += row.count
                continue
            known += stack not in counts
            counts[stack] += row.count
            if row.native:
                self.native[stack] += row.count

    def main(self, mode: Mode) -> Counter[Stack]:
        """The stacks of the target's own first thread: they add up to the time it was watched."""
        found: Counter[Stack] = Counter()
        for (place, name), stacks in self.stacks.get(mode, {}).items():
            if place == 0 and name == MAIN:
                found.update(stacks)
        return found

    def all(self, mode: Mode) -> Counter[Stack]:
        """The stacks of all threads of all processes."""
        found: Counter[Stack] = Counter()
        for stacks in self.stacks.get(mode, {}).values():
            found.update(stacks)
        return found

    def count(self, mode: Mode) -> int:
        """How many samples of a mode were kept."""
        return sum(sum(stacks.values()) for stacks in self.stacks.get(mode, {}).values())

    @property
    def others_count(self) -> int:
        """How many threads and processes there were besides the target's own first thread."""
        keys = {key for threads in self.stacks.values() for key in threads}
        return len([key for key in keys if key != (0, MAIN)])

    @property
    def has_more_threads(self) -> bool:
        """Whether some process had more than one thread."""
        return any(key[1] != MAIN for threads in self.stacks.values() for key in threads)


MAIN = "MainThread"


def _folded(stack: Stack) -> Stack:
    """A stack too deep to be kept whole: where it stands and where it came from stay as they are."""
    if len(stack) <= DEPTH_AT_MOST:
        return stack
    third = DEPTH_AT_MOST // 3
    outer, inner = stack[:third], stack[-third:]
    known = {*outer, *inner}
    between = [frame for frame in dict.fromkeys(stack[third:-third]) if frame not in known]
    return (*outer, *between[:third], *inner)


def _places(rows: list[Row]) -> dict[int, int]:
    """Each process's place: 0 is the target's own, the one that was there before all others."""
    order = list(dict.fromkeys(row.process for row in rows))
    roots = [row.process for row in rows if row.is_root] or order[:1]
    ranked = sorted(order, key=lambda pid: (pid not in roots, pid))
    return {pid: place for place, pid in enumerate(ranked)}


def _names(rows: list[Row]) -> dict[tuple[int, int], str]:
    """A name for each thread: its own, ``MainThread`` for a process's first, else its place among the nameless."""
    names: dict[tuple[int, int], str] = {}
    for row in rows:
        key = (row.process, row.thread)
        if row.is_main:
            names[key] = MAIN
        elif row.name and row.name != MAIN:
            names[key] = row.name
    nameless = sorted({(row.process, row.thread) for row in rows} - names.keys())
    counts: Counter[int] = Counter()
    for process, thread in nameless:
        counts[process] += 1
        names[process, thread] = f"thread {counts[process]} without a name"
    return names


def _own_part(row: Row, *, is_child: bool) -> Row:
    """A forked child's stack without the frames that its parent stood in when it forked."""
    if not is_child:
        return row
    starts = [
        index
        for index, (function, file, _) in enumerate(row.stack)
        if any(function.endswith(name) and file.endswith(end) for name, end in _BOOTSTRAPS)
    ]
    return replace(row, stack=row.stack[starts[-1] :]) if starts else row
