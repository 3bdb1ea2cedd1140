"""What is compiled, drawn or worked out once: changed texts, and refusals."""

from __future__ import annotations

import pytest
from rewriting import becomes, refused, rewritten

from perfwatch.diagnose.rewrites import Changed

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
