"""A call tree as stacks: each function with time of its own, below those that called it.

It must not add or scale: a stack's weight is its function's own time, as the tree has it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.profile import CallNode

#: A recursion deeper than this is cut: nobody reads further, and files grow with its square.
DEPTH_LIMIT = 500


def stacks(root: CallNode) -> Iterator[tuple[tuple[CallNode, ...], float]]:
    """Yield each stack, outermost function first, with its weight in nanoseconds; the order is the tree's.

    What lies deeper than ``DEPTH_LIMIT`` is given to the function there, as its total.
    """
    # A list and no recursion: the tree may be deeper than the interpreter's stack.
    waiting: list[tuple[CallNode, ...]] = [(root,)]
    while waiting:
        stack = waiting.pop()
        node = stack[-1]
        cut = len(stack) >= DEPTH_LIMIT
        weight = node.total_ns if cut else node.time_ns
        if math.isfinite(weight) and weight > 0:
            yield stack, weight
        if not cut:
            waiting += [(*stack, child) for child in reversed(node.children)]
