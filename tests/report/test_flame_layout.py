"""Boxes of a flame graph hold what their frames hold, whatever is pooled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwatch.report.flame_layout import DEPTH_LIMIT, NARROWEST, WHOLE, Tree, boxes


@dataclass
class Node:
    value: float
    children: tuple = ()


def tree(root):
    return Tree(root, lambda one: one.value, lambda one: one.children)


def made(own, children):
    return Node(own + sum(child.value for child in children), tuple(children))


trees = st.recursive(
    st.builds(Node, st.floats(0, 1e9)),
    lambda inner: st.builds(made, st.floats(0, 1e6), st.lists(inner, max_size=6)),
    max_leaves=60,
)


def own(node):
    return node.value - math.fsum(child.value for child in node.children)


def callers(found):
    """Each box with the one that it is drawn under."""
    above = []
    for box in found:
        del above[box.depth :]
        yield box, above[-1] if above else None
        above.append(box)


@given(trees, st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_pooling_keeps_the_total(root, limit):
    found, _ = boxes(tree(root), limit)
    held = math.fsum(own(box.node) if box.node else box.pooled_value for box in found)
    assert held == pytest.approx(root.value if found else 0.0, rel=1e-9, abs=1e-3)


@given(trees, st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_every_box_lies_within_its_caller_and_beside_its_siblings(root, limit):
    found, _ = boxes(tree(root), limit)
    ends = {}
    for box, caller in callers(found):
        left, right = (0, WHOLE) if caller is None else (caller.left, caller.left + caller.width)
        assert left - 1 <= box.left
        assert box.left + box.width <= right + 1
        assert box.left >= ends.get(id(caller), 0) - 1
        ends[id(caller)] = box.left + box.width


@given(trees, st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_no_more_frames_are_drawn_than_asked_for_and_none_too_narrow(root, limit):
    found, narrowest = boxes(tree(root), limit)
    drawn = [box for box in found if box.node is not None]
    assert len(drawn) <= max(limit, 1)
    assert narrowest >= NARROWEST
    assert all(box.node.value > root.value * narrowest * 0.999 for box in drawn[1:])


@given(trees)
@settings(max_examples=200, deadline=None)
def test_a_width_is_the_share_of_the_whole(root):
    found, _ = boxes(tree(root), 10_000)
    for box in found:
        value = box.pooled_value if box.node is None else box.node.value
        assert box.width == pytest.approx(WHOLE * value / root.value, abs=1.01)


def test_the_widest_callee_stands_first_and_the_pool_last():
    small = Node(1e-6)
    found, _ = boxes(tree(Node(10.0, (small, Node(3.0), Node(6.0)))), 100)
    assert [box.node and box.node.value for box in found] == [10.0, 6.0, 3.0, None]
    pool = found[3]
    assert (pool.pooled_count, pool.pooled_value) == (1, 1e-6)
    assert pool.left == round(WHOLE * 0.9)


def test_callees_that_hold_more_than_their_caller_share_its_width():
    found, _ = boxes(tree(Node(10.0, (Node(10.0), Node(10.0)))), 100)
    assert [(box.left, box.width) for box in found] == [(0, WHOLE), (0, WHOLE // 2), (WHOLE // 2, WHOLE // 2)]


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_root_without_a_value_gives_no_boxes(value):
    assert boxes(tree(Node(value, (Node(1.0),))), 100)[0] == []


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_a_value_that_is_none_takes_no_room(value):
    found, _ = boxes(tree(Node(10.0, (Node(value), Node(4.0)))), 100)
    assert [(box.left, box.width) for box in found] == [(0, WHOLE), (0, WHOLE * 4 // 10)]


def test_a_recursion_of_any_depth_is_cut_and_what_is_cut_is_pooled():
    node = Node(1.0)
    for _ in range(20_000):
        node = Node(1.0, (node,))
    found, _ = boxes(tree(node), 10_000)
    assert max(box.depth for box in found) == DEPTH_LIMIT
    assert found[-1].node is None
    assert found[-1].pooled_value == 1.0
