"""The page that a real command leaves behind, in a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import math


def hot(n):
    total = 0.0
    for i in range(n):
        total += math.sin(i) * math.cos(i)
    return total


def main():
    for _ in range(4):
        hot(150_000)


main()
"""
HOTTEST = "total += math.sin(i) * math.cos(i)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What ``perfwatch run`` wrote about a small script, measured twice so that a change shows."""
    root = tmp_path_factory.mktemp("real_run")
    (root / "small.py").write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PERFWATCH_PROCESSES": "2"}
    for out, passes in (("first", "timing"), ("second", "timing,cpu,lines,memory,io,gpu")):
        command = [sys.executable, "-m", "perfwatch", "run", "--passes", passes, "--out", out, "small.py"]
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
    return root / "second"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_a_real_page_asks_nobody_complains_of_nothing_and_fits(width, scheme, folder, visit):
    seen = visit(folder / "index.html", width=width, scheme=scheme)
    assert [url for url in seen.requests if not url.startswith("data:")] == [(folder / "index.html").as_uri()]
    assert seen.console == []
    seen.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert seen.evaluate("document.documentElement.scrollWidth") <= width


def test_the_hottest_line_of_the_script_is_in_sight(folder, visit):
    page = visit(folder / "index.html").page
    first = page.locator("#hottest .hot li").first
    assert first.is_visible()
    assert first.locator(".source").inner_text() == HOTTEST
    assert "small.py:8 in hot" in first.locator("p").inner_text()


def test_every_heading_of_a_real_page_has_something_below_it(folder, visit):
    seen = visit(folder / "index.html")
    empty = seen.evaluate("""() => [...document.querySelectorAll('section, details.benchmark')].filter(part => {
        const title = part.querySelector('h2, h3');
        return title && part.innerText.trim() === title.innerText.trim();
    }).map(part => part.id)""")
    bare = seen.evaluate("""() => [...document.querySelectorAll('h3')].filter(title =>
        !title.nextElementSibling || title.nextElementSibling.tagName === 'H3').map(title => title.innerText)""")
    assert empty == []
    assert bare == []


def test_the_change_is_put_into_words(folder, visit):
    page = visit(folder / "index.html").page
    sentence = page.locator("#change .sentence").inner_text()
    assert sentence.startswith("small.py takes ")
    assert " instead of " in sentence
    # A verdict on time needs more sessions of the same code than one.
    assert sentence.endswith(": undecided.")


def test_the_page_and_the_document_tell_of_the_same_run(folder, visit):
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert document["run"]["id"] in visit(folder / "index.html").page.inner_text("header")
