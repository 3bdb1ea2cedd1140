"""What a statement amounts to is read off its arrays: right for what is understood, and unknown for all else."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.worker.amounts import Amounts, UnknownError

SIDES = st.integers(1, 40)
PRODUCTS = ("a @ b", "np.dot(a, b)", "a.dot(b)", "np.matmul(a, b)")
KINDS = st.sampled_from([np.float32, np.float64, np.complex128, np.int64])


class Model:
    """An object whose property must not be asked."""

    def __init__(self, weights):
        self.weights = weights

    @property
    def trap(self):
        raise AssertionError("a property was evaluated")


def pieces_of(text, **names):
    frame = SimpleNamespace(f_locals=names, f_globals={"np": np, "scipy": scipy})
    return Amounts(frame, np).of(ast.parse(text).body[0])


def totals(text, **names):
    pieces = pieces_of(text, **names)
    return sum(one.flops for one in pieces), sum(one.bytes for one in pieces)


@given(st.tuples(SIDES, SIDES, SIDES), KINDS, KINDS, st.sampled_from(PRODUCTS))
def test_a_product_is_two_operations_for_each_row_beside_each_column(sides, one, other, text):
    m, k, n = sides
    a, b = np.ones((m, k), one), np.ones((k, n), other)
    made = a @ b
    (piece,) = pieces_of(f"c = {text}", a=a, b=b)
    assert piece.flops == 2 * m * k * n * (4 if made.dtype.kind == "c" else 1)
    assert piece.bytes == a.nbytes + b.nbytes + made.nbytes
    assert (piece.kind, piece.sides) == (made.dtype.char, (m, k, n))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 4)),
        ((7, 1, 2, 3), (5, 3, 4)),
    ],
)
def test_a_product_makes_what_numpy_makes(left, right):
    a, b = np.ones(left), np.ones(right)
    made = np.matmul(a, b)
    assert totals("c = a @ b", a=a, b=b) == (2 * 3 * made.size, a.nbytes + b.nbytes + made.nbytes)


@given(st.tuples(SIDES, SIDES), KINDS, KINDS, st.sampled_from(["+", "-", "*"]), st.booleans())
def test_a_pass_moves_what_it_reads_and_what_it_makes(sides, one, other, operator, broad):
    m, n = sides
    a, b = np.ones((m, n), one), np.ones((1 if broad else m, n), other)
    made = eval(f"a {operator} b", {"a": a, "b": b})
    assert totals(f"c = a {operator} b", a=a, b=b) == (0, a.nbytes + b.nbytes + made.nbytes)


@pytest.mark.parametrize(
    ("text", "flops"),
    [
        ("x = np.linalg.cholesky(a)", 30**3 / 3),
        ("x = np.linalg.inv(a)", 2 * 30**3),
        ("x = np.linalg.solve(a, v)", 2 * 30**3 / 3 + 2 * 30**2),
        ("x = scipy.linalg.solve(a, b)", 2 * 30**3 / 3 + 2 * 30**2 * 7),
        ("x = a @ a.T", 30**3),
        ("x = a.T @ a", 30**3),
        ("x = (a @ b) @ b.T", 2 * 2 * 30 * 30 * 7),
        ("x = a[:10, 5:] @ b[5:]", 2 * 10 * 25 * 7),
        ("x = stack @ stack.transpose(0, 2, 1)", 5 * 2 * 4 * 6 * 4),
        ("x = stack @ b[:6]", 5 * 2 * 4 * 6 * 7),
        ("x = np.matmul(stack, v[:6])", 5 * 2 * 4 * 6),
        ("x = model.weights @ v", 2 * 30 * 30),
        ("x = held[1] @ v", 2 * 30 * 30),
        ("x = a.reshape(10, -1) @ np.ravel(a[:3])", 2 * 10 * 90),
        ("return a @ v", 2 * 30 * 30),
        ("total += float((a @ v)[0])", 2 * 30 * 30),
    ],
)
def test_algebra_is_counted_as_the_textbooks_count_it(text, flops):
    a, b, v = np.eye(30), np.ones((30, 7)), np.ones(30)
    names = {"a": a, "b": b, "v": v, "model": Model(a), "held": [None, a], "total": 0.0}
    names["stack"] = np.ones((5, 4, 6))
    assert totals(text, **names)[0] == round(flops)


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("out[1:] = a", 2 * 800 * 9),
        ("a += 1.0", 2 * 800 * 9),
        ("b = -a", 2 * 800 * 9),
        ("b = a.copy()", 2 * 800 * 9),
        ("b = a.astype(np.float32)", 800 * 9 + 400 * 9),
        ("b = a > 0.5", 800 * 9 + 100 * 9),
        ("b = np.maximum(a, 0.0)", 2 * 800 * 9),
        ("b = a[:, :50]", 0),
        ("b = a.T", 0),
        ("b = len(a)", 0),
    ],
)
def test_bytes_of_what_moves_and_none_of_what_does_not(text, moved):
    assert totals(text, a=np.ones((9, 100)), out=np.ones((10, 100))) == (0, moved)


@pytest.mark.parametrize(
    "text",
    [
        "b = np.exp(a)",
        "b = helper(a)",
        "b = a @ helper(a)",
        "b = a ** 3",
        "b = a[[1, 2]]",
        "b = a[a > 0]",
        "b = a @ model.trap",
        "b = model.missing @ a",
        "b = unseen + a",
        "b = a + words",
        "b = a + like",
        "b = stack @ stack",
        "b = np.dot(stack, stack)",
        "b = stack @ other",
        "b = a @ a",
        "b = things + things",
        "b = np.add(a, a, where=a)",
        "b = [x + 1 for x in a]",
        "b = a if words else a",
        "b = np.linalg.eigh(a)",
        "b = np.linalg.inv(a)",
        "b = np.sum(a)",
        "b = a.mean(axis=0)",
        "for x in a: pass",
        "b = a[99]",
    ],
)
def test_what_is_not_understood_is_unknown_and_never_half_an_amount(text):
    names = {
        "a": np.ones((9, 10)),
        "model": Model(None),
        "words": ["a"],
        "like": SimpleNamespace(shape=(9, 10)),
        "stack": np.ones((2, 3, 4)),
        "other": np.ones((3, 4, 3)),
        "things": np.array([{}, {}]),
        "helper": lambda x: x,
    }
    with pytest.raises(UnknownError):
        pieces_of(text, **names)
