"""Profile a subject's calls with pyinstrument, and fold its samples into one tree.

Function totals are right in such a profile; line numbers of the innermost frame
are not (it samples at calls, and charges a loop without calls to the next line),
so only the lines *from which* something was called leave this module.
"""

from __future__ import annotations

import functools
import itertools
import os
import sysconfig
from typing import TYPE_CHECKING, Any, Literal

from .subject import Subject, heading, repeat_for, stretch

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_SECONDS = 0.001
#: Above this, pyinstrument's memory grows without a better picture.
SAMPLES_AIMED = 50_000
#: A tree of more functions than this is cut at its thin ends.
NODES_AT_MOST = 20_000
SHARE_KEPT = 0.0005
#: Deeper frames (runaway recursion) are charged to the frame at this depth.
DEPTH_AT_MOST = 150


class Cpu:
    """Runs each subject for about ``seconds`` under pyinstrument."""

    def __init__(self, seconds: float, expected_seconds: float = 0.0, *, awaits: bool = False) -> None:
        self.seconds = seconds
        self.async_mode: Literal["enabled", "disabled"] = "enabled" if awaits else "disabled"
        self.interval = max(INTERVAL_SECONDS, expected_seconds / SAMPLES_AIMED)
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Import the profiler before the target, so that its import is in no profile."""
        import pyinstrument

        self.profiler_class = pyinstrument.Profiler

    def measure(self, subject: Subject) -> Any:
        """Profile one subject; a call outside the profiler comes first, so that it is warm."""
        value = None if subject.single else subject.once()
        record = heading(subject)
        profiler = self.profiler_class(interval=self.interval, async_mode=self.async_mode)

        def close() -> None:
            samples = profiler.stop().frame_records
            record.update(fold(samples), samples=len(samples), interval_ns=round(self.interval * 1e9))

        profiler.start()
        with stretch(self, record, close):
            record["calls"], record["wall_ns"], last = repeat_for(subject, self.seconds)
        return last if subject.single else value

    def finish(self) -> dict[str, Any]:
        """Name the tool."""
        import pyinstrument

        return {"tool": "pyinstrument", "version": pyinstrument.__version__}


def fold(samples: list[tuple[list[str], float]]) -> dict[str, Any]:
    """Merge stacks into a tree of ``[function, file, line, own_s, total_s, children]``.

    ``edges`` are ``[caller file, caller line, callee file, callee's first line,
    seconds]``, from each frame of the user's own code to the next one below it,
    libraries between them passed over. Frames of the worker and all above them
    are cut off.
    """
    root: dict[str, Any] = {"own": 0.0, "total": 0.0, "children": {}}
    edges: dict[tuple[str, int, str, int], float] = {}
    outside = 0.0
    for stack, seconds in samples:
        frames = _below_worker(stack)
        if not frames:
            outside += seconds
            continue
        node = root
        node["total"] += seconds
        for function, file, first, _ in frames[:DEPTH_AT_MOST]:
            key = (function, file, first)
            node = node["children"].setdefault(key, {"own": 0.0, "total": 0.0, "children": {}})
            node["total"] += seconds
        node["own"] += seconds
        # A recursive function stands on its stack many times; its time passes once.
        for edge in set(_edges([frame for frame in frames if not is_library(frame[1])])):
            edges[edge] = edges.get(edge, 0.0) + seconds
    return {
        "total_s": root["total"],
        "outside_s": outside,
        "tree": _plain(root, root["total"] * SHARE_KEPT),
        "edges": [[*edge, seconds] for edge, seconds in edges.items()],
    }


def _edges(frames: list[tuple[str, str, int, int]]) -> list[tuple[str, int, str, int]]:
    return [
        (caller[1], caller[3], callee[1], callee[2])
        for caller, callee in itertools.pairwise(frames)
        if caller[1:3] != callee[1:3]
    ]


@functools.cache
def is_library(file: str) -> bool:
    """Whether a file belongs to the interpreter or to an installed package."""
    if file.startswith("<"):
        return True
    path = os.path.realpath(file)
    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    return f"{os.sep}site-packages{os.sep}" in path or path.startswith(
        tuple(os.path.realpath(folder) + os.sep for folder in folders)
    )


def _below_worker(stack: list[str]) -> list[tuple[str, str, int, int]]:
    frames = [_parsed(text) for text in stack]
    here = __file__.rpartition("cpu.py")[0]
    last = max((index for index, frame in enumerate(frames) if frame[1].startswith(here)), default=0)
    return [frame for frame in frames[last + 1 :] if frame[1] not in ("<thread>", "<built-in>")]


def _parsed(text: str) -> tuple[str, str, int, int]:
    r"""``function, file, first line, current line`` of a pyinstrument frame.

    The text is ``function NUL file NUL first line``, then attributes behind
    ``\x01``: a letter (``l``: current line, ``c``: class) and its value.
    """
    head, *attributes = text.split("\x01")
    function, file, first = head.split("\x00")
    line = int(first)
    for attribute in attributes:
        if attribute.startswith("l"):
            line = int(attribute[1:])
        elif attribute.startswith("c"):
            function = f"{attribute[1:]}.{function}"
    return function, file, int(first), line


def _plain(root: dict[str, Any], least: float) -> list[Any]:
    """The tree as nested lists, without recursion and without branches below ``least`` seconds."""
    top: list[Any] = []
    waiting: list[tuple[dict[str, Any], list[Any]]] = [(root, top)]
    count = 0
    while waiting:
        node, place = waiting.pop()
        for (function, file, first), child in sorted(
            node["children"].items(), key=lambda item: -item[1]["total"]
        ):
            if child["total"] < least or count >= NODES_AT_MOST:
                continue
            count += 1
            children: list[Any] = []
            place.append([function, file, first, child["own"], child["total"], children])
            waiting.append((child, children))
    return top
