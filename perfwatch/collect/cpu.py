"""From pyinstrument's folded samples to a call tree, and to the functions worth a closer look.

Times are scaled to one clean execution: the profiler's own clock ran slower by
the pass's overhead, its shares are what it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.records.profile import CallNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.collect.ownership import Ownership

#: Lines are traced in at most this many functions, each with at least this share of the time.
FUNCTIONS_AT_MOST = 40
SHARE_AT_LEAST = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFunction:
    """A user function as the CPU pass saw it: ``share`` of all time, callees included."""

    name: str
    file: str
    line: int
    share: float


def call_tree(record: dict[str, Any], execution_ns: float, ownership: Ownership) -> CallNode | None:
    """The tree of one benchmark, scaled so that all of it takes ``execution_ns``; ``None`` without samples."""
    total = record["total_s"]
    if not record["tree"] or total <= 0:
        return None
    scale = execution_ns / total
    nodes = tuple(_node(entry, scale, ownership) for entry in record["tree"])
    if len(nodes) == 1:
        return nodes[0]
    return CallNode(function="(all)", file="", line=0, time_ns=0.0, total_ns=execution_ns, children=nodes)


def _node(entry: list[Any], scale: float, ownership: Ownership) -> CallNode:
    function, file, line, own, total, children = entry
    return CallNode(
        function=function,
        file=ownership.shorten(file),
        line=line,
        time_ns=own * scale,
        total_ns=total * scale,
        user=ownership.owns(file),
        children=tuple(_node(child, scale, ownership) for child in children),
    )


def hot_functions(record: dict[str, Any], ownership: Ownership) -> tuple[HotFunction, ...]:
    """The user's functions by their share of all samples, greatest first.

    A function counts once in each branch, however often it calls itself.
    """
    totals: dict[tuple[str, str, int], float] = {}
    for entry, above in _walk(record["tree"]):
        key = (entry[0], entry[1], entry[2])
        if key not in above and ownership.owns(entry[1]):
            totals[key] = totals.get(key, 0.0) + entry[4]
    whole = record["total_s"] or 1.0
    found = [
        HotFunction(name=name, file=file, line=line, share=seconds / whole)
        for (name, file, line), seconds in totals.items()
    ]
    found.sort(key=lambda function: -function.share)
    return tuple(function for function in found if function.share >= SHARE_AT_LEAST)[:FUNCTIONS_AT_MOST]


def _walk(tree: list[Any]) -> Iterator[tuple[list[Any], frozenset[tuple[str, str, int]]]]:
    waiting: list[tuple[list[Any], frozenset[tuple[str, str, int]]]] = [
        (entry, frozenset()) for entry in tree
    ]
    while waiting:
        entry, above = waiting.pop()
        yield entry, above
        inside = above | {(entry[0], entry[1], entry[2])}
        waiting.extend((child, inside) for child in entry[5])


def covered_share(record: dict[str, Any], functions: frozenset[tuple[str, int]]) -> float:
    """The share of all samples with at least one of the functions (file, first line) on the stack."""
    waiting = list(record["tree"])
    covered = 0.0
    while waiting:
        entry = waiting.pop()
        if (entry[1], entry[2]) in functions:
            covered += entry[4]
        else:
            waiting.extend(entry[5])
    return covered / record["total_s"] if record["total_s"] else 0.0
