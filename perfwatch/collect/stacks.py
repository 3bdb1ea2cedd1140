"""Stacks sampled from outside by py-spy: how to ask for them, and what they say of lines.

py-spy reads the target's memory while it runs, so the target is neither slowed
by a hook nor steered off the interpreter's fast paths; a line's share of the
samples is its share of the wall time, with a binomial error. Only the main
thread's stacks are counted, because they add up to the wall time.
"""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.collect.enclosing import enclosing_function
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.collect.ownership import Ownership

#: At 500 a second py-spy made a script that imports much take twice its time, at 200 a tenth more.
RATE_AT_MOST_HERTZ = 200
SAMPLES_AIMED = 3_000
_FRAME = re.compile(r"^(?P<function>.*?) \((?P<file>.*?)(?::(?P<line>\d+))?\)$")
#: A file's name may hold a semicolon, too; only behind a parenthesis does one end a frame.
_BETWEEN_FRAMES = re.compile(r"(?<=\));")
_THREAD = re.compile(r"^thread \((?P<id>\d+)\)(?:: (?P<name>.*))?$")
#: What the worker calls the function through which a subject is called, so that samples can be told apart.
SUBJECT_FRAME = "perfwatch_subject_"
Stack = tuple[tuple[str, str, int], ...]


def py_spy_program() -> str | None:
    """The py-spy program of our own environment, else of the path."""
    beside = Path(sysconfig.get_path("scripts")) / "py-spy"
    return str(beside) if beside.exists() else shutil.which("py-spy")


def rate_for(expected_seconds: float) -> int:
    """Samples a second: as many as help, and no more than do not disturb."""
    return max(20, min(RATE_AT_MOST_HERTZ, round(SAMPLES_AIMED / max(expected_seconds, 0.001))))


def record_options(rate: int, output: Path) -> list[str]:
    """Options of ``py-spy record``: all of the time (idle, too), told by thread."""
    return [
        "record",
        "-f",
        "raw",
        "-r",
        str(rate),
        "-o",
        str(output),
        "--full-filenames",
        "--threads",
        "--idle",
    ]


def parse_raw(text: str) -> Counter[Stack]:
    """Count the main thread's stacks in py-spy's raw format, outermost frame first.

    A row is ``thread (id): name;frame (file:line);… count``. The main thread is
    the one of that name, else the one with the lowest id, which is the process's.
    """
    rows = _rows(text)
    main = _main_threads(rows)
    stacks: Counter[Stack] = Counter()
    for identity, _, stack, samples in rows:
        if identity in main and stack:
            stacks[stack] += samples
    return stacks


def other_threads_count(text: str, ownership: Ownership) -> int:
    """How many threads besides the main one were seen in the user's own code: their lines are not counted."""
    rows = _rows(text)
    main = _main_threads(rows)
    return len(
        {
            identity
            for identity, _, stack, _ in rows
            if identity not in main and any(line > 0 and ownership.owns(file) for _, file, line in stack)
        }
    )


_Row = tuple[int, str, Stack, int]


def _rows(text: str) -> list[_Row]:
    rows: list[_Row] = []
    for row in text.splitlines():
        head, _, count = row.rpartition(" ")
        first, _, rest = head.partition(";")
        frames = _BETWEEN_FRAMES.split(rest)
        thread = _THREAD.match(first)
        if thread is None or not count.isdigit():
            continue
        found = [match for frame in frames if (match := _FRAME.match(frame)) is not None]
        stack = tuple((match["function"], match["file"], int(match["line"] or 0)) for match in found)
        rows.append((int(thread["id"]), thread["name"] or "", stack, int(count)))
    return rows


def _main_threads(rows: list[_Row]) -> set[int]:
    named = {identity for identity, name, _, _ in rows if name == "MainThread"}
    return named or {min((identity for identity, _, _, _ in rows), default=0)}


def of_subject(stacks: Counter[Stack], position: int) -> Counter[Stack]:
    """The stacks of one subject of a worker, from the subject's own frames on."""
    name = f"{SUBJECT_FRAME}{position}"
    found: Counter[Stack] = Counter()
    for stack, count in stacks.items():
        places = [index for index, frame in enumerate(stack) if frame[0] == name]
        if places:
            found[stack[places[-1] + 1 :]] += count
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledLine:
    """A line's samples: ``own`` where it was the user's innermost, ``total`` where it was on the stack at all."""

    function: str
    own: int
    total: int


def sampled_lines(stacks: Counter[Stack], ownership: Ownership) -> dict[tuple[str, int], SampledLine]:
    """The user's lines by (file, line); library frames below a line are the line's own."""
    own: Counter[tuple[str, int]] = Counter()
    total: Counter[tuple[str, int]] = Counter()
    names: dict[tuple[str, int], str] = {}
    for stack, count in stacks.items():
        # A frame without a line is the interpreter's own, whatever it calls itself.
        mine = [(file, line) for _, file, line in stack if line > 0 and ownership.owns(file)]
        names.update({(file, line): function for function, file, line in stack})
        if mine:
            own[mine[-1]] += count
        for place in set(mine):
            total[place] += count
    return {
        place: SampledLine(function=names[place], own=own[place], total=count)
        for place, count in total.items()
    }


def line_stats(stacks: Counter[Stack], execution_ns: float, ownership: Ownership) -> tuple[LineStat, ...]:
    """Own and total time of the user's lines, by their share of the samples."""
    scale = execution_ns / max(1, sum(stacks.values()))
    return tuple(
        LineStat(
            file=ownership.shorten(file),
            line=line,
            function=enclosing_function(ownership.absolute(file), line, seen.function),
            time_ns=seen.own * scale,
            total_ns=seen.total * scale,
        )
        for (file, line), seen in sorted(sampled_lines(stacks, ownership).items())
    )


def with_sampled_times(
    traced: Iterable[LineStat], stacks: Counter[Stack], execution_ns: float, ownership: Ownership
) -> tuple[LineStat, ...]:
    """Traced lines with their times replaced by sampled ones; a line that no sample met took none to speak of."""
    sampled = {(stat.file, stat.line): stat for stat in line_stats(stacks, execution_ns, ownership)}
    merged: list[LineStat] = []
    for stat in traced:
        seen = sampled.pop((stat.file, stat.line), None)
        merged.append(
            LineStat(
                file=stat.file,
                line=stat.line,
                function=stat.function,
                time_ns=0.0 if seen is None else seen.time_ns,
                total_ns=0.0 if seen is None else seen.total_ns,
                hits_count=stat.hits_count,
            )
        )
    return tuple(sorted([*merged, *sampled.values()], key=lambda stat: (stat.file, stat.line)))
