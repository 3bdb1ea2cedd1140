"""A tree as boxes: how wide each frame of a flame graph is, and which frames are pooled.

Wide ones first, so that the eye finds the dearest path at the left. Frames too narrow to
be seen are pooled into one box under the frame that called them: nothing is lost, and
what a frame holds stays the same. This module must not word anything and must not know
what a frame's value is measured in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The width of the root; every other width is in the same parts.
WHOLE = 1_000_000
#: A frame of this share of the whole, or less, is pooled: on a wide screen it is a third of a pixel.
NARROWEST = 1 / 4000
#: Frames deeper than this are pooled.
DEPTH_LIMIT = 400

Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class Tree(Generic[Node]):
    """A tree by its root, and how a node's value and its children are asked for."""

    root: Node
    value: Callable[[Node], float]
    children: Callable[[Node], Sequence[Node]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(Generic[Node]):
    """One frame, in the order of a walk from the root: ``left`` and ``width`` in parts of ``WHOLE``.

    ``node`` is ``None`` for the box in which the frames that are too narrow are
    pooled; then ``pooled_count`` says how many were called here (their own callees
    not counted), and ``pooled_value`` what they hold together.
    """

    depth: int
    left: int
    width: int
    node: Node | None = None
    pooled_count: int = 0
    pooled_value: float = 0.0


@dataclass(frozen=True, slots=True)
class _Placed(Generic[Node]):
    node: Node
    depth: int
    left: float
    width: float


def boxes(tree: Tree[Node], limit: int) -> tuple[list[Box[Node]], float]:
    """Return at most ``limit`` frames with their pools, and the share at or below which frames are pooled.

    A value that is negative or not finite counts as nothing; a root without a value
    gives no boxes. Where callees hold more than their caller does (threads at the
    same time), they share its width.
    """
    if not _value(tree, tree.root) > 0:
        return [], NARROWEST
    narrowest = WHOLE * NARROWEST
    widths = [one.width for one in _walk(tree, narrowest) if isinstance(one, _Placed)]
    if len(widths) > limit:
        narrowest = sorted(widths, reverse=True)[limit]
    found = [one if isinstance(one, Box) else _box(one) for one in _walk(tree, narrowest)]
    return found, narrowest / WHOLE


def _value(tree: Tree[Node], node: Node) -> float:
    value = tree.value(node)
    return value if math.isfinite(value) and value > 0 else 0.0


def _walk(tree: Tree[Node], narrowest: float) -> Iterator[_Placed[Node] | Box[Node]]:
    """Yield each frame wider than ``narrowest``, callers first, and behind its callees the pool of those that are not.

    Iterative: a tree may be as deep as the target's recursion.
    """
    waiting: list[_Placed[Node] | Box[Node]] = [_Placed(tree.root, 0, 0.0, float(WHOLE))]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, Box):
            continue
        kept, pool = _callees(tree, one, narrowest)
        if pool is not None:
            waiting.append(pool)
        waiting.extend(reversed(kept))


def _callees(
    tree: Tree[Node], caller: _Placed[Node], narrowest: float
) -> tuple[list[_Placed[Node]], Box[Node] | None]:
    """The callees that are drawn, side by side and the widest first, and the pool of the others, if any."""
    valued = [(value, child) for child in tree.children(caller.node) if (value := _value(tree, child)) > 0]
    within = math.fsum(value for value, _ in valued)
    room = max(_value(tree, caller.node), within)
    kept: list[_Placed[Node]] = []
    left_out: list[float] = []
    left = caller.left
    for value, child in sorted(valued, key=lambda one: -one[0]):
        width = caller.width * (value / room)
        if width > narrowest and caller.depth + 1 < DEPTH_LIMIT:
            kept.append(_Placed(child, caller.depth + 1, left, width))
            left += width
        else:
            left_out.append(value)
    return kept, _pool(caller, left_out, (within, room)) if left_out else None


def _pool(caller: _Placed[Node], left_out: list[float], sums: tuple[float, float]) -> Box[Node]:
    """The pool stands at the right of what its caller calls.

    ``sums`` are what the callees hold together, and what the caller's width stands for.
    """
    within, room = sums
    pooled = math.fsum(left_out)
    left, right = (caller.left + caller.width * (end / room) for end in (within - pooled, within))
    return Box(
        depth=caller.depth + 1,
        left=round(left),
        width=round(right) - round(left),
        pooled_count=len(left_out),
        pooled_value=pooled,
    )


def _box(placed: _Placed[Node]) -> Box[Node]:
    left, right = round(placed.left), round(placed.left + placed.width)
    return Box(depth=placed.depth, left=left, width=right - left, node=placed.node)
