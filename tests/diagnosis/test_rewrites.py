"""Rewrites on small texts: what becomes of them, what is kept, and what is refused.

Each text marks the line that the finding points to with ``# <-``. What should become of it
is compared as a tree, so that blanks do not matter; comments are looked for in the text.
"""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from perfwatch.diagnose.rewrites import REWRITES, Changed, Refused, has_rewrite, rewrite
from perfwatch.diagnose.source import read
from perfwatch.records.finding import Advice, Finding, Grade
from perfwatch.records.run import SourceFile

FILE = "study.py"
PACKAGES = frozenset({"numpy", "scipy", "numba"})
MARK = "# <-"


def finding(rule, line, file=FILE):
    """A finding of a rule at a line, with nothing else in it that a rewrite looks at."""
    return Finding(
        rule=rule, title="", benchmark="b", file=file, line_start=line, line_end=line, function="", mechanism="",
        share_ratio=0.9, ceiling_ratio=10.0, confidence=Grade.HIGH, severity=Grade.HIGH, priority=Grade.HIGH,
        effort=Grade.LOW, risk=Grade.LOW, advice=Advice(summary=""),
    )  # fmt: skip


def rewritten(rule, text, packages=PACKAGES):
    source = dedent(text).lstrip("\n")
    (line,) = [number for number, one in enumerate(source.split("\n"), 1) if MARK in one]
    program = read([SourceFile(file=FILE, digest="", text=source)])
    return rewrite(finding(rule, line), program, packages)


def tree(text):
    return ast.unparse(ast.parse(dedent(text)))


def becomes(rule, before, after, **more):
    found = rewritten(rule, before, **more)
    assert isinstance(found, Changed), found
    assert tree(found.text) == tree(after)
    return found


def refused(rule, text, **more):
    found = rewritten(rule, text, **more)
    assert isinstance(found, Refused), found.text
    assert found.reason
    return found.reason


# Hoisting


def test_a_call_that_does_not_depend_on_the_loop_goes_in_front_of_it_and_every_comment_stays():
    before = """
    import numpy as np


    def centred(rows, weights):
        # the mean of the weights is that of the survey
        out = []
        for row in rows:  # one station each
            out.append(row - np.mean(weights))  # <- centred
        return out  # as a list
    """
    after = """
    import numpy as np
    def centred(rows, weights):
        out = []
        kept_mean = np.mean(weights)
        for row in rows:
            out.append(row - kept_mean)
        return out
    """
    found = becomes("loop-invariant", before, after)
    for comment in ("# the mean of the weights", "# one station each", "# <- centred", "# as a list"):
        assert comment in found.text


def test_of_nested_loops_the_value_goes_in_front_of_the_outermost_that_it_does_not_depend_on():
    before = """
    import math
    def total(rows, scale):
        out = 0.0
        for row in rows:
            for value in row:
                out += value * math.exp(scale)  # <-
        return out
    """
    after = """
    import math
    def total(rows, scale):
        out = 0.0
        kept_exp = math.exp(scale)
        for row in rows:
            for value in row:
                out += value * kept_exp
        return out
    """
    becomes("loop-invariant", before, after)


def test_calls_that_are_written_alike_share_one_value_and_others_have_their_own():
    before = """
    import numpy as np
    def scaled(rows, weights):
        out = []
        for row in rows:
            out.append((row - np.mean(weights)) / np.std(weights) + np.mean(weights) - np.mean(weights[1:]))  # <-
        return out
    """
    after = """
    import numpy as np
    def scaled(rows, weights):
        out = []
        kept_mean = np.mean(weights)
        kept_std = np.std(weights)
        kept_mean_2 = np.mean(weights[1:])
        for row in rows:
            out.append((row - kept_mean) / kept_std + kept_mean - kept_mean_2)
        return out
    """
    becomes("loop-invariant", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "buffer = np.zeros(3)  # <-\n        buffer[0] = row\n        out.append(buffer)",
        "out.append(np.zeros(weights))  # <-",
        "weights[0] = row\n        out.append(row - np.mean(weights))  # <-",
        "weights.append(row)\n        out.append(row - np.mean(weights))  # <-",
        "out.append(row - np.mean(row))  # <-",
        "out.append(row - rng.normal())  # <-",
        "out.append(row - changed(weights))  # <-",
        "out.append(row - counted())  # <-",
        "if row > 3:\n            out.append(row - np.mean(weights))  # <-",
        "alias = weights\n        alias[0] = row\n        out.append(row - np.mean(weights))  # <-",
    ],
    ids=[
        "buffer",
        "kept",
        "stored",
        "appended",
        "dependent",
        "drawn",
        "impure",
        "global",
        "conditional",
        "alias",
    ],
)
def test_a_call_stays_in_the_loop_where_its_value_may_change_or_be_changed(body):
    text = f"""
import numpy as np
count = 0
def changed(weights):
    weights[0] += 1
    return weights[0]
def counted():
    return count
def count_up():
    global count
    count += 1
def study(rows, weights, rng):
    out = []
    for row in rows:
        {body}
    return out
"""
    refused("loop-invariant", text)


# Membership


def test_a_set_is_asked_in_place_of_a_list_that_grows_in_the_loop():
    before = """
    def distinct(papers):
        seen = []  # in order
        for paper in papers:
            if paper not in seen:  # <-
                seen.append(paper)
        return seen
    """
    after = """
    def distinct(papers):
        seen = []
        known_seen = set(seen)
        for paper in papers:
            if paper not in known_seen:
                seen.append(paper)
                known_seen.add(paper)
        return seen
    """
    found = becomes("list-membership", before, after)
    assert "# in order" in found.text


def test_a_comprehension_asks_a_set_that_is_made_in_front_of_it():
    before = """
    def common(left, right):
        right = list(right)
        return [one for one in left if one in right]  # <-
    """
    after = """
    def common(left, right):
        right = list(right)
        known_right = set(right)
        return [one for one in left if one in known_right]
    """
    becomes("list-membership", before, after)


def test_a_list_of_the_module_gets_its_set_beside_it():
    before = """
    STOP = ["a", "the"]
    def plain(word):
        return word not in STOP  # <-
    """
    after = """
    STOP = ["a", "the"]
    STOP_SET = frozenset(STOP)
    def plain(word):
        return word not in STOP_SET
    """
    becomes("list-membership", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "if paper in seen:  # <-\n            seen.remove(paper)",
        "if paper not in seen:  # <-\n            seen.append([paper])",
        "if paper not in seen:  # <-\n            grow(seen, paper)",
        "seen = list(papers)\n        hits += paper in seen  # <-",
        "hits += seen.index(paper)  # <-",
        "hits += paper in self.seen  # <-",
    ],
)
def test_a_list_that_changes_out_of_sight_keeps_being_asked(body):
    text = f"""
def grow(items, one):
    items.append(one)
def study(self, papers):
    seen, hits = [], 0
    for paper in papers:
        {body}
    return hits
"""
    refused("list-membership", text)


# Growth


def test_rows_are_collected_and_stacked_once():
    before = """
    import numpy as np
    def table(events):
        rows = np.empty((0, 2))
        for event in events:
            rows = np.vstack((rows, [event, event ** 2]))  # <- one row more
        return rows
    """
    after = """
    import numpy as np
    def table(events):
        rows = np.empty((0, 2))
        rows_parts = [rows]
        for event in events:
            rows_parts.append(np.array([event, event ** 2]))
        rows = np.vstack(rows_parts)
        return rows
    """
    found = becomes("quadratic-growth", before, after)
    assert "# <- one row more" in found.text


def test_what_is_appended_flat_is_joined_flat():
    before = """
    import numpy as np
    def values(events):
        found = np.array([])
        for event in events:
            found = np.append(found, event * 2.0)  # <-
        return found
    """
    after = """
    import numpy as np
    def values(events):
        found = np.array([])
        found_parts = [found]
        for event in events:
            found_parts.append(np.ravel(event * 2.0))
        found = np.concatenate([np.ravel(one) for one in found_parts])
        return found
    """
    becomes("quadratic-growth", before, after)


def test_text_is_joined_once_after_the_outermost_loop_that_only_adds_to_it():
    before = """
    def listing(table):
        text = "head"
        for row in table:
            for value in row:
                text += f"{value:.3f} "  # <-
            text += "\\n"
        return text
    """
    after = """
    def listing(table):
        text = "head"
        text_parts = [text]
        for row in table:
            for value in row:
                text_parts.append(f"{value:.3f} ")
            text_parts.append("\\n")
        text = "".join(text_parts)
        return text
    """
    becomes("quadratic-growth", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "self.rows = np.vstack((self.rows, row))  # <-",
        "rows = np.vstack((rows, row))  # <-\n        print(len(rows))",
        "rows = np.vstack((row, rows))  # <-",
        "rows = np.vstack((rows, rows))  # <-",
        "rows = np.insert(rows, 0, row)  # <-",
        "rows = np.vstack((rows, row))  # <-\n        if row is None:\n            return rows",
        "total += row  # <-",
    ],
)
def test_what_somebody_looks_at_on_the_way_keeps_growing(body):
    text = f"""
import numpy as np
def study(self, table):
    rows = np.empty((0, 2))
    total = 0.0
    for row in table:
        {body}
    return rows
"""
    refused("quadratic-growth", text)


# Patterns and generators


def test_a_constant_pattern_is_compiled_at_the_modules_own_level_with_its_flags():
    before = """
    import re

    # labels are numbered
    def number(label):
        return re.sub(r"\\D+", "", label, flags=re.ASCII)  # <-
    """
    after = """
    import re
    PATTERN = re.compile(r"\\D+", re.ASCII)
    def number(label):
        return PATTERN.sub("", label)
    """
    found = becomes("regex-recompiled", before, after)
    assert "# labels are numbered\ndef number" in found.text


def test_patterns_that_are_built_are_compiled_once_each():
    before = """
    import re
    def contains(word, text):
        return re.search(r"\\b%s\\b" % re.escape(word), text) is not None  # <-
    """
    after = """
    import re
    import functools
    compiled = functools.cache(re.compile)
    def contains(word, text):
        return compiled(r"\\b%s\\b" % re.escape(word)).search(text) is not None
    """
    becomes("regex-recompiled", before, after)


def test_a_generator_of_one_seed_is_drawn_from_once_and_one_of_many_seeds_is_left_alone():
    before = """
    import numpy as np
    def noisy(rows, n):
        out = []
        for row in rows:
            out.append((row + np.random.default_rng(7).normal(size=n)).sum())  # <-
        return out
    """
    after = """
    import numpy as np
    def noisy(rows, n):
        out = []
        kept_normal = np.random.default_rng(7).normal(size=n)
        for row in rows:
            out.append((row + kept_normal).sum())
        return out
    """
    becomes("generator-rebuilt", before, after)
    assert "other numbers" in refused(
        "generator-rebuilt",
        """
        import numpy as np
        def stream(packet):
            return np.random.default_rng([9, packet])  # <-
        """,
    )


# Memo


RECURSION = """
import math
SCALE = 2.0
def paths(i, j):
    # lattice
    if i == 0 or j == 0:
        return 1
    return {} + paths(i - 1, j) + paths(i, j - 1)  # <-
print(paths(5, 5))
"""


def test_a_pure_function_keeps_its_answers():
    found = becomes(
        "recursion-without-memo",
        RECURSION.format("math.floor(SCALE)"),
        """
        import math
        import functools
        SCALE = 2.0
        @functools.cache
        def paths(i, j):
            if i == 0 or j == 0:
                return 1
            return math.floor(SCALE) + paths(i - 1, j) + paths(i, j - 1)
        print(paths(5, 5))
        """,
    )
    assert "# lattice" in found.text


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("np.random.random()", "not pure"),
        ("len(input())", "not pure"),
        ("counted.append(i)", "not pure"),
        ("count", "count"),
        ("i.weight", "fields"),
    ],
)
def test_a_function_that_is_not_pure_keeps_nothing(term, said):
    text = RECURSION.format(term) + "count = 0\ncounted = []\nfor one in range(3):\n    count += 1\n"
    assert said in refused("recursion-without-memo", text)


def test_an_answer_that_callers_may_change_is_not_shared_and_one_that_is_only_read_is():
    text = """
    def envelope(mass, peaks):
        pattern = [mass]
        for k in range(peaks):
            pattern.append(mass * k)
        return [one / mass for one in pattern]
    def score(mass, observed):
        expected = envelope(mass, 8)  # <-
        {}
        return sum(a * b for a, b in zip(observed, expected))
    """
    assert isinstance(rewritten("same-arguments", text.format("")), Changed)
    assert "may change" in refused("same-arguments", text.format("expected[0] = 1.0"))
    assert "may change" in refused("same-arguments", text.format("observed.append(expected)"))


def test_an_array_is_no_key():
    reason = refused(
        "same-arguments",
        """
        import numpy as np
        def norm(x):
            return float(np.sqrt((x * x).sum()))
        def study():
            x = np.zeros(3)
            return [norm(x) for _ in range(100)]  # <-
        """,
    )
    assert reason == "x is an array, which cannot be a key"


# Compiling


NUMERIC = """
import math
def loglik(returns, omega, beta):
    h, total = omega, 0.0
    for r in returns:
        total += {}  # <-
        h = omega + beta * h + r * r
    return total
"""


def test_a_numeric_function_is_compiled_where_numba_is_there():
    after = "import math\nimport numba\n@numba.njit" + NUMERIC.format("math.log(h)").replace(
        "\nimport math", ""
    )
    becomes("compile-candidate", NUMERIC.format("math.log(h)"), after)
    assert "pip install numba" in refused(
        "compile-candidate", NUMERIC.format("math.log(h)"), packages=frozenset()
    )


@pytest.mark.parametrize(
    "term", ["float(f'{h}')", "table[{'a': 1}]", "helper(h)", "r.weight()", "(lambda x: x)(h)"]
)
def test_a_function_of_more_than_numbers_is_not_compiled(term):
    refused("compile-candidate", NUMERIC.format(term))


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


# Sources that nobody expects


HOSTILE = [
    "for x in y: f(x); g(x)  # <-",
    "if True: a = a + b  # <-",
    "class A: x = [1 for _ in b if _ in c]  # <-",
    "x = 1; y = 2  # <-",
    "x = lambda: [model.predict([r])[0] for r in rows]  # <-",
    "async def f():\n    async for r in rows:\n        out.append(model.predict([r])[0])  # <-",
    "match x:\n    case [a, b]:\n        a = np.append(a, b)  # <-",
    "for é in 'ü':\n    ñ = 'ß'; s += f'{é}'  # <-",
    "x = " + "(" * 60 + "1" + ")" * 60 + "  # <-",
    "import re\nre.search()  # <-",
    "import re\nre.search(*args)  # <-",
    "import re\nre.search(p, **k)  # <-",
    "def f(): pass  # <-",
    "with a as b, c as d: pass  # <-",
    "import numpy as np\nfor i in r:\n    x: float = np.linalg.inv(a) @ b  # <-",
    "try:\n    pass\nexcept* E as e:\n    x = 1  # <-",
]  # fmt: skip


@pytest.mark.parametrize("rule", sorted(REWRITES))
@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_source_holds_it_is_changed_into_python_or_refused(rule, text):
    found = rewritten(rule, text)
    if isinstance(found, Changed) and found.text:
        ast.parse(found.text)
    else:
        assert isinstance(found, Refused) or found.environment


def test_lines_end_as_they_did_and_columns_of_any_alphabet_are_found():
    text = 'import re\r\ndef f(ö):\r\n    return ("größe", re.search("ä+", ö))  # <-\r\n'
    found = rewrite(
        finding("regex-recompiled", 3), read([SourceFile(file=FILE, digest="", text=text)]), PACKAGES
    )
    assert isinstance(found, Changed)
    assert found.text == (
        'import re\r\nPATTERN = re.compile("ä+")\r\ndef f(ö):\r\n    return ("größe", PATTERN.search(ö))  # <-\r\n'
    )


def test_a_name_that_is_taken_is_not_taken_again():
    found = rewritten(
        "regex-recompiled", "import re\nPATTERN = 1\ndef f(s):\n    return re.search('a', s)  # <-\n"
    )
    assert "PATTERN_2 = re.compile('a')" in found.text


def test_a_finding_of_another_rule_or_of_a_file_that_is_no_python_is_refused():
    program = read([SourceFile(file=FILE, digest="", text="x = (")])
    assert not has_rewrite(finding("sleep", 1))
    assert "no mechanical rewrite" in rewrite(finding("sleep", 1), program, PACKAGES).reason
    assert "cannot be read" in rewrite(finding("loop-invariant", 1), program, PACKAGES).reason
    whole = read([SourceFile(file=FILE, digest="", text="x = 1\n")])
    assert "line 9" in rewrite(finding("loop-invariant", 9), whole, PACKAGES).reason
