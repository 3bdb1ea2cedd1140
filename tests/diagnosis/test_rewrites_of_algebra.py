"""Models, inverses, neighbours and threads: changed texts, and refusals."""

from __future__ import annotations

import ast

import pytest
from rewriting import becomes, refused, rewritten, tree

from perfwatch.diagnose.rewrites import Changed

# Models


def test_a_model_is_asked_about_all_rows_in_front_of_the_loop():
    before = """
    def classify(model, rows, names):
        out = []
        for number, row in enumerate(rows):  # as they come
            out.append((number, names[model.predict(row.reshape(1, -1))[0]]))  # <-
        return out
    """
    after = """
    def classify(model, rows, names):
        out = []
        rows_2 = list(enumerate(rows))
        answers = model.predict([row for number, row in rows_2]) if rows_2 else []
        for (number, row), answer in zip(rows_2, answers):
            out.append((number, names[answer]))
        return out
    """
    found = becomes("single-predict", before, after)
    assert "# as they come" in found.text


def test_a_comprehension_that_asks_a_model_asks_it_once():
    before = """
    def scores(model, rows):
        return [model.predict_proba([row])[0, 1] for row in rows]  # <-
    """
    after = """
    def scores(model, rows):
        rows_2 = list(rows)
        answers = model.predict_proba(rows_2) if rows_2 else []
        return [answer[1] for row, answer in zip(rows_2, answers)]
    """
    becomes("single-predict", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "state = model.predict([state])[0]  # <-\n        out.append(state)",
        "out.append(model.predict([row])[0])  # <-\n        model.partial_fit([row], [1])",
        "out.append(model.predict([row]))  # <-",
        "row = row * 2\n        out.append(model.predict([row])[0])  # <-",
        "out.append(model.predict([row])[0])  # <-\n        rows.append(row)",
        "out.append(model.predict([row])[0])  # <-\n        train(model)",
    ],
    ids=["fed-back", "trained", "not-taken", "made-inside", "growing", "handed-on"],
)
def test_a_model_whose_question_hangs_on_the_loop_is_asked_row_by_row(body):
    text = f"""
def study(model, rows, state, train):
    out = []
    for row in rows:
        {body}
    return out
"""
    refused("single-predict", text)


# Inverses


def test_systems_are_solved_where_inverses_were_multiplied():
    becomes(
        "explicit-inverse",
        """
        import numpy as np
        def fit(a, b):
            return (a + b).T @ np.linalg.inv(a) @ b  # <-
        """,
        """
        import numpy as np
        def fit(a, b):
            return (a + b).T @ np.linalg.solve(a, b)
        """,
    )
    becomes(
        "explicit-inverse",
        """
        import numpy as np
        def fit(a, b):
            inverse = np.linalg.inv(a + 1.0)  # <-
            c = b - 1.0
            return inverse.dot(c)
        """,
        """
        import numpy as np
        def fit(a, b):
            c = b - 1.0
            return np.linalg.solve(a + 1.0, c)
        """,
    )


@pytest.mark.parametrize(
    "body",
    [
        "return np.linalg.inv(a)  # <-",
        "return np.linalg.pinv(a) @ b  # <-",
        "k = np.linalg.inv(a)  # <-\n    return k @ b + k.sum()",
        "k = np.linalg.inv(a)  # <-\n    a[0] = 0\n    return k @ b",
        "k = np.linalg.inv(a)  # <-\n    return [k @ one for one in b]",
    ],
)
def test_an_inverse_that_is_wanted_itself_stays(body):
    refused("explicit-inverse", f"import numpy as np\ndef fit(a, b):\n    {body}\n")


# Neighbours


PAIRS = """
import math
import numpy as np
def bonds(points, xs, ys, radius, n):
    found = []
    for i in range(n):
        # each pair once
        for j in range(i + 1, n):  # <-
            {}
    return found
"""


@pytest.mark.parametrize(
    ("body", "points", "reach"),
    [
        ("if np.linalg.norm(points[i] - points[j]) < radius:\n                found.append((i, j))", "points[:n]", "radius"),
        ("if math.dist(points[i], points[j]) <= radius:\n                found.append((i, j))", "points[:n]", "radius"),
        ("dx = xs[i] - xs[j]\n            dy = ys[i] - ys[j]\n            if dx * dx + dy * dy < radius ** 2:\n                found.append((i, j))",
         "list(zip(xs[:n], ys[:n]))", "(radius ** 2) ** 0.5"),
        ("d = points[i] - points[j]\n            if radius * radius > (d ** 2).sum():\n                found.append((i, j))",
         "points[:n]", "(radius * radius) ** 0.5"),
        ("d = math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1])\n            if d < 2.5:\n                found.append((i, j))",
         "list(zip([one[0] for one in points[:n]], [one[1] for one in points[:n]]))", "2.5"),
    ],
    ids=["norm", "dist", "squares", "vector", "hypot"],
)  # fmt: skip
def test_pairs_that_are_near_enough_come_from_a_tree_and_the_test_stays(body, points, reach):
    found = rewritten("all-pairs", PAIRS.format(body))
    assert isinstance(found, Changed), found
    loop = f"    for i, j in sorted(cKDTree({points}).query_pairs({reach} * (1 + 1e-9))):\n        {body}"
    after = PAIRS.partition("    for i")[0] + loop.replace("\n            ", "\n        ").replace(
        "\n        \n", "\n"
    )
    expected = ast.parse(after + "\n    return found\n")
    expected.body.insert(2, ast.parse("from scipy.spatial import cKDTree").body[0])
    assert tree(found.text) == ast.unparse(expected)
    assert "    # each pair once\n    for i, j in" in found.text


@pytest.mark.parametrize(
    "body",
    [
        "if abs(points[i] - points[j]) < radius:\n                found.append(1)",
        "found.append(math.dist(points[i], points[j]))",
        "if math.dist(points[i], points[j]) > radius:\n                found.append((i, j))",
        "if math.dist(points[i], points[j]) < radius:\n                found.append(1)\n            else:\n                found.append(0)",
        "if math.dist(points[i], points[j]) < xs[i]:\n                found.append(1)",
        "if math.dist(points[i], points[j]) < radius:\n                points[j] = points[i]",
        "if math.dist(points[i], points[j]) < radius:\n                break",
        "if math.dist(points[i], xs[j]) < radius:\n                found.append(1)",
    ],
)
def test_pairs_that_are_all_needed_are_all_looked_at(body):
    refused("all-pairs", PAIRS.format(body))


# Threads


def test_threads_are_set_in_the_environment_and_no_code_changes():
    found = rewritten("small-blas-threads", "x = 1  # <-\n")
    assert isinstance(found, Changed)
    assert not found.text
    assert found.environment["OPENBLAS_NUM_THREADS"] == found.environment["OMP_NUM_THREADS"] == "1"
