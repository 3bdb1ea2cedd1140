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
        kept, left_out = _callees(tree, one, narrowest)
        if left_out:
            waiting.append(_pool(tree, one, left_out))
        waiting.extend(reversed(kept))


def _callees(
    tree: Tree[Node], caller: _Placed[Node], narrowest: float
) -> tuple[list[_Placed[Node]], list[Node]]:
    """The callees that are drawn, side by side and the widest first, and those that are pooled."""
    room = _room(tree, caller.node)
    kept: list[_Placed[Node]] = []
    left_out: list[Node] = []
    left = caller.left
    for child in sorted(tree.children(caller.node), key=lambda one: -_value(tree, one)):
        width = caller.width * (_value(tree, child) / room)
        if width > narrowest and caller.depth + 1 < DEPTH_LIMIT:
            kept.append(_Placed(child, caller.depth + 1, left, width))
            left += width
        elif width > 0:
            left_out.append(child)
    return kept, left_out


def _room(tree: Tree[Node], caller: Node) -> float:
    """What the width of a frame stands for: its value, or more where its callees hold more."""
    within = math.fsum(_value(tree, child) for child in tree.children(caller))
    return max(_value(tree, caller), within)


def _box(placed: _Placed[Node]) -> Box[Node]:
    left, right = round(placed.left), round(placed.left + placed.width)
    return Box(depth=placed.depth, left=left, width=right - left, node=placed.node)


def _pool(tree: Tree[Node], caller: _Placed[Node], left_out: list[Node]) -> Box[Node]:
    """The pool stands at the right of what its caller calls; only the widths of those before it are needed."""
    pooled = math.fsum(_value(tree, one) for one in left_out)
    within = math.fsum(_value(tree, one) for one in tree.children(caller.node))
    room = _room(tree, caller.node)
    left, right = (caller.left + caller.width * (end / room) for end in (within - pooled, within))
    return Box(
        depth=caller.depth + 1,
        left=round(left),
        width=round(right) - round(left),
        pooled_count=len(left_out),
        pooled_value=pooled,
    )
