"""Samples as the CPU worker's record: one tree, and the edges between the user's functions.

What comes after reads one form, whichever tool looked. py-spy names the line on
which a function stands, not where it starts: the source tells. This module must
not scale anything: one sample is one second.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from perfwatch.collect.enclosing import Definition, definition
from perfwatch.collect.samples import MAIN, ThreadKey

if TYPE_CHECKING:
    from perfwatch.collect.ownership import Ownership
    from perfwatch.collect.stacks import Frame, Stack

IMPORTS = "(imports)"
_IMPORTLIB = "<frozen importlib"


def is_import(frame: Frame) -> bool:
    """Whether a frame is the import system's."""
    return frame[1].startswith(_IMPORTLIB)


def cpu_record(threads: dict[ThreadKey, Counter[Stack]], ownership: Ownership) -> dict[str, Any]:
    """The tree and edges of all threads; a branch each where there is more than one.

    Entries are ``[function, file, first line, own, total, children]``, edges
    ``[caller file, caller line, callee file, callee's first line, samples]``.
    """
    several = len(threads) > 1
    root: dict[Any, Any] = {}
    edges: Counter[tuple[str, int, str, int]] = Counter()
    total = 0
    for key, stacks in threads.items():
        branch = [_branch(key)] if several else []
        for stack, count in stacks.items():
            total += count
            frames = [_defined(frame, ownership) for frame in stack]
            _grow(root, [*branch, *_tidied(stack, frames)], count)
            mine = [
                (frame, place)
                for frame, place in zip(stack, frames, strict=True)
                if frame[2] > 0 and ownership.owns(frame[1])
            ]
            # A recursive function stands on its stack many times; its time passes once.
            for edge in set(_edges(mine)):
                edges[edge] += count
    return {
        "total_s": float(total),
        "tree": _plain(root),
        "edges": [[*edge, float(count)] for edge, count in edges.items()],
    }


def _branch(key: ThreadKey) -> tuple[str, str, int]:
    process, name = key
    where = "" if process == 0 else f", process {process}"
    return f"({'main thread' if name == MAIN else name}{where})", "", 0


def _defined(frame: Frame, ownership: Ownership) -> Definition:
    function, file, line = frame
    if not ownership.owns(file):
        return Definition(name=function, line=0)
    return definition(ownership.absolute(file), line, function)


def _tidied(stack: Stack, frames: list[Definition]) -> list[tuple[str, str, int]]:
    """The stack's functions; from an import on, a branch of its own with the imported modules only."""
    entries = [(place.name, frame[1], place.line) for frame, place in zip(stack, frames, strict=True)]
    first = next((index for index, frame in enumerate(stack) if is_import(frame)), None)
    if first is None:
        return entries
    below = [entry for entry in entries[first:] if not entry[1].startswith(_IMPORTLIB)]
    return [(IMPORTS, "", 0), *below]


def _edges(mine: list[tuple[Frame, Definition]]) -> list[tuple[str, int, str, int]]:
    return [
        (caller[1], caller[2], callee[1], inside.line)
        for (caller, outside), (callee, inside) in itertools.pairwise(mine)
        if (caller[1], outside) != (callee[1], inside)
    ]


def _grow(children: dict[Any, Any], entries: list[tuple[str, str, int]], count: int) -> None:
    for index, entry in enumerate(entries):
        node = children.setdefault(entry, [0, 0, {}])
        node[1] += count
        if index == len(entries) - 1:
            node[0] += count
        children = node[2]


def _plain(root: dict[Any, Any]) -> list[Any]:
    """Nested lists, the greatest branch first, without recursion."""
    top: list[Any] = []
    waiting = [(root, top)]
    while waiting:
        children, place = waiting.pop()
        ranked = sorted(children.items(), key=lambda item: -item[1][1])
        for (function, file, first), (own, total, below) in ranked:
            entry: list[Any] = [function, file, first, float(own), float(total), []]
            place.append(entry)
            waiting.append((below, entry[5]))
    return top
