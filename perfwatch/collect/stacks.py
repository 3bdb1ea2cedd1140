"""Stacks sampled from outside by py-spy: how to ask for them, and how to read what it writes.

py-spy reads the target's memory while it runs, so the target is neither slowed
by a hook nor steered off the interpreter's fast paths. This module must not
judge what the samples mean: ``sampled`` does.
"""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

#: At 500 a second py-spy made a script that imports much take twice its time, at 200 a tenth more.
RATE_AT_MOST_HERTZ = 200
RATE_AT_LEAST_HERTZ = 20
#: What a long execution is sampled for: more would only make its file longer.
SAMPLES_AIMED = 3_000
#: What the worker calls the function through which a subject is called, so that samples can be told apart.
SUBJECT_FRAME = "perfwatch_subject_"
_FRAME = re.compile(r"^(?P<function>.*?) \((?P<file>.*?)(?::(?P<line>\d+))?\)$")
#: A file's name may hold a semicolon, too; only behind a parenthesis does one end a frame.
_BETWEEN_FRAMES = re.compile(r"(?<=\));")
_PROCESS = re.compile(r'^process (?P<id>\d+):"(?P<command>.*?)";(?=process \d+:"|thread \()')
_THREAD = re.compile(r"^thread \((?P<id>\d+)\)(?:: (?P<name>.*?))?(?:;|$)")
#: Shared objects whose frames are the interpreter at work, not compiled code that somebody called.
_INTERPRETER = re.compile(r"(^|/)(libpython[\d.]*\w*\.(so|dylib)|python[\d.]*\w*|Python)([\d.]*)$")
_SYSTEM = re.compile(r"(^|/)(libc|libm|libpthread|ld-linux[\w-]*|libdl|librt)([.-][\w.-]*)?\.so[\d.]*$")
_TAKEN = re.compile(r"Samples: \d+ Errors: (\d+)")
Frame = tuple[str, str, int]
Stack = tuple[Frame, ...]


class Mode(StrEnum):
    """Which threads an execution's samples hold: all, those on a processor, or the interpreter lock's holder."""

    ALL = "all"
    ACTIVE = "active"
    GIL = "gil"
    NATIVE = "native"


_OPTIONS = {
    Mode.ALL: ("--idle",),
    Mode.ACTIVE: (),
    Mode.GIL: ("--gil",),
    Mode.NATIVE: ("--idle", "--native"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stack of one thread, outermost frame first, and how many samples showed it.

    ``process`` and ``thread`` are the system's numbers. ``native`` says that the
    thread was in compiled code outside the interpreter; ``None`` where native
    frames were not asked for. The frames are Python's alone. ``is_root`` says
    that no process of those sampled started this one.
    """

    process: int
    command: str
    thread: int
    name: str
    stack: Stack
    count: int
    native: bool | None = None
    is_root: bool = True

    @property
    def is_main(self) -> bool:
        """Whether this is its process's first thread."""
        return self.thread == self.process


def py_spy_program() -> str | None:
    """The py-spy program of our own environment, else of the path."""
    beside = Path(sysconfig.get_path("scripts")) / "py-spy"
    return str(beside) if beside.exists() else shutil.which("py-spy")


def rate_for(expected_seconds: float) -> int:
    """Samples a second: as many as help, and no more than do not disturb."""
    wanted = round(SAMPLES_AIMED / max(expected_seconds, 0.001))
    return max(RATE_AT_LEAST_HERTZ, min(RATE_AT_MOST_HERTZ, wanted))


def record_options(
    rate: int, output: Path, *, mode: Mode = Mode.ALL, native: bool = False, subprocesses: bool = True
) -> list[str]:
    """Options of ``py-spy record`` for one mode: stacks by process and thread, with whole file names."""
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
        *_OPTIONS[mode],
        *(["--native"] if native and mode is not Mode.NATIVE else []),
        *(["--subprocesses"] if subprocesses else []),
    ]


def parse_rows(text: str, *, native: bool = False) -> list[Row]:
    """Read py-spy's raw format; ``native`` says that it was asked for native frames.

    A row is ``process id:"command";…thread (id): name;frame (file:line);… count``,
    the processes from the outermost in. Without ``--subprocesses`` there is no
    process: the one with the lowest thread stands for it. A row that does not
    read so is left out.
    """
    rows = [row for line in text.splitlines() if (row := _row(line, native=native)) is not None]
    if all(row.process for row in rows):
        return rows
    main = next((row.thread for row in rows if row.name == "MainThread"), None)
    only = main if main is not None else min(row.thread for row in rows)
    return [replace(row, process=only) for row in rows]


def samples_in(text: str) -> int:
    """How many samples py-spy took, those without a frame among them."""
    counts = (line.rpartition(" ")[2] for line in text.splitlines())
    return sum(int(count) for count in counts if count.isdigit())


def errors_in(said: str) -> int:
    """How many samples py-spy tried in vain to take, by its own last words."""
    found = _TAKEN.findall(said)
    return int(found[-1]) if found else 0


def _row(line: str, *, native: bool) -> Row | None:
    rest, _, count = line.rpartition(" ")
    if not count.isdigit():
        return None
    process, command, depth = 0, "", 0
    while (head := _PROCESS.match(rest)) is not None:
        process, command, rest = int(head["id"]), head["command"], rest[head.end() :]
        depth += 1
    thread = _THREAD.match(rest)
    if thread is None:
        return None
    frames = [found for text in _BETWEEN_FRAMES.split(rest[thread.end() :]) if (found := _FRAME.match(text))]
    stack, below = _told_apart(frames)
    if not stack:
        return None
    return Row(
        process=process,
        command=command,
        thread=int(thread["id"]),
        name=thread["name"] or "",
        stack=stack,
        count=int(count),
        native=any(map(_is_compiled_code, below)) if native else None,
        is_root=depth <= 1,
    )


def _told_apart(frames: list[re.Match[str]]) -> tuple[Stack, list[str]]:
    """The Python frames, and the files of the native ones below the innermost of them."""
    stack: list[Frame] = []
    below: list[str] = []
    for frame in frames:
        if _is_python(frame["file"], frame["line"]):
            stack.append((frame["function"], frame["file"], int(frame["line"] or 0)))
            below = []
        else:
            below.append(frame["file"])
    return tuple(stack), below


def _is_python(file: str, line: str | None) -> bool:
    if line is None:
        return file.endswith(".py") or file.startswith("<")
    return not re.search(r"\.(c|cc|cpp|cxx|h|hpp|pyx|pxd|rs|f|f90|S|s)$", file)


def _is_compiled_code(file: str) -> bool:
    return bool(file) and _INTERPRETER.search(file) is None and _SYSTEM.search(file) is None


def of_subject(rows: list[Row], position: int) -> list[Row]:
    """The rows of one subject of a worker, from the subject's own frames on."""
    name = f"{SUBJECT_FRAME}{position}"
    found: list[Row] = []
    for row in rows:
        places = [index for index, frame in enumerate(row.stack) if frame[0] == name]
        if places:
            found.append(replace(row, stack=row.stack[places[-1] + 1 :]))
    return found


def counted(rows: list[Row]) -> Counter[Stack]:
    """Samples by stack, whichever thread they came from."""
    stacks: Counter[Stack] = Counter()
    for row in rows:
        stacks[row.stack] += row.count
    return stacks
