"""Times by function in one call tree: own, total, and what a function is charged with.

Only the user's functions are told apart: what a library does belongs to the function
that called it. Where no function of the user's is on the stack, the outermost
library function stands for itself. A recursive function's time passes once.
It must not hold sides against each other: ``functions`` does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfwatch.records.profile_difference import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from perfwatch.records.profile import CallNode


Times = dict[Place, float]


def _times() -> Times:
    return defaultdict(float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Nanoseconds by function.

    ``own`` is the time of samples in which it was the innermost function,
    ``charged`` that of samples in which it was the innermost one among those that
    the change touched, or, with none of these on the stack, the innermost of all.
    ``total`` holds its callees. ``within`` gives for each function how its charged
    time spreads over the functions around it, itself among them; ``callers`` its
    total by the function that called it, ``payers`` its own time by the function
    that is charged with it; ``lines`` where each begins.
    """

    own: Times = field(default_factory=_times)
    charged: Times = field(default_factory=_times)
    total: Times = field(default_factory=_times)
    within: dict[Place, Times] = field(default_factory=dict)
    callers: dict[Place, Times] = field(default_factory=dict)
    payers: dict[Place, Times] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)


def frames_of(
    tree: CallNode,
    scale: float,
    touched: Collection[Place] = frozenset(),
    renamed: Mapping[Place, Place] | None = None,
) -> Frames:
    """Return the times of one tree, each taken times ``scale``.

    ``renamed`` gives another place, under which a function is to be known.
    """
    found = Frames()
    names = renamed or {}
    # Iterative: a tree may be as deep as the target's recursion.
    waiting: list[tuple[CallNode, tuple[Place, ...]]] = [(tree, ())]
    while waiting:
        node, above = waiting.pop()
        path = _path(node, above, names)
        if path is not above:
            _enter(found, node, above, path[-1], scale)
        if node.time_ns and path:
            _spend(found, path, touched, node.time_ns * scale)
        waiting.extend((child, path) for child in node.children)
    return found


def user_files(trees: Iterable[CallNode]) -> frozenset[str]:
    """Return the files of the user's own functions in some trees."""
    found: set[str] = set()
    waiting = list(trees)
    while waiting:
        node = waiting.pop()
        if node.user:
            found.add(node.file)
        waiting.extend(node.children)
    return frozenset(found)


def _path(node: CallNode, above: tuple[Place, ...], names: Mapping[Place, Place]) -> tuple[Place, ...]:
    """The functions around a node, with itself where it is one that is told apart."""
    place = (node.file, node.function)
    if node.user:
        return (*above, names.get(place, place))
    if above or not node.file:  # a branch for a thread, or for imports, is no function
        return above
    return (place,)


def _enter(found: Frames, node: CallNode, above: tuple[Place, ...], place: Place, scale: float) -> None:
    if node.line > 0:
        found.lines.setdefault(place, node.line)
    if place in above:
        return
    found.total[place] += node.total_ns * scale
    if above:
        found.callers.setdefault(place, _times())[above[-1]] += node.total_ns * scale


def _spend(found: Frames, path: tuple[Place, ...], touched: Collection[Place], time_ns: float) -> None:
    found.own[path[-1]] += time_ns
    last = next((at for at in range(len(path) - 1, -1, -1) if path[at] in touched), len(path) - 1)
    found.charged[path[last]] += time_ns
    found.payers.setdefault(path[-1], _times())[path[last]] += time_ns
    around = found.within.setdefault(path[last], _times())
    for place in set(path[: last + 1]):
        around[place] += time_ns
