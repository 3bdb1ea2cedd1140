"""The page that a real proof leaves behind, in a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("perfwatch prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

SOURCE = """
import numpy as np


def inputs(size=1000, seed=0):
    return (np.random.default_rng(seed).random(size),)


def plain(x):
    found = np.empty_like(x)
    for place, value in enumerate(x):
        found[place] = value * value + 1.0
    return found


def fast(x):
    return x * x + 1.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What ``perfwatch prove`` wrote of a pair at two sizes."""
    root = tmp_path_factory.mktemp("real_proof")
    (root / "pyproject.toml").touch()
    (root / "forms.py").write_text(SOURCE, encoding="utf-8")
    words = ["prove", "forms:plain", "forms:fast", "--inputs", "forms:inputs", "--sizes", "1000,20000"]
    options = ["--per-benchmark", "4s", "--out", "proofs", "--no-progress"]
    done = subprocess.run(
        [sys.executable, "-m", "perfwatch", *words, *options],
        cwd=root,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "proofs/index.html" in done.stdout.replace("\n", "")
    return root / "proofs"


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1400, "dark")])
def test_a_real_page_of_proofs_asks_nobody_complains_of_nothing_and_fits(width, scheme, folder, visit):
    seen = visit(folder / "index.html", width=width, scheme=scheme)
    assert [url for url in seen.requests if not url.startswith("data:")] == [(folder / "index.html").as_uri()]
    assert seen.console == []
    assert seen.evaluate("document.documentElement.scrollWidth") <= width


def test_page_and_document_tell_of_the_same_proof(folder, visit):
    document = json.loads((folder / "proofs.json").read_text(encoding="utf-8"))
    (proof,) = document["proofs"]
    page = visit(folder / "index.html").page
    assert document["run"]["id"] in page.inner_text("header")
    assert proof["verdict"] in page.inner_text("#proof-1 .sentence")
    assert page.locator(".sizes tbody tr").count() == len(proof["sizes"]) == 2
    assert page.locator("#proof-1 svg.chart").is_visible()
