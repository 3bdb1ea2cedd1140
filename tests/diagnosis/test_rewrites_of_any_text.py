"""Sources that nobody expects: changed into Python or refused, whichever rewrite."""

from __future__ import annotations

import ast

import pytest
from rewriting import FILE, PACKAGES, finding, rewritten

from perfwatch.diagnose.rewrites import REWRITES, Changed, Refused, has_rewrite, rewrite
from perfwatch.diagnose.source import read
from perfwatch.records.run import SourceFile

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
