"""The open half of the diagnosis corpus: programmes, marks and truth belong together (none of them is run here)."""

import re
import tomllib
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus" / "open"
TRUTH = tomllib.loads((CORPUS / "truth.toml").read_text(encoding="utf-8"))
FILES = sorted(CORPUS.glob("*.py"))
MARK = re.compile(r"  # \[(cause|decoy)\]$")
CLASSES = {
    "scalar-loop",
    "array-elements",
    "frame-rows",
    "scipy-callback",
    "numpy-vectorize",
    "compile-candidate",
    "loop-invariant",
    "same-arguments",
    "model-refit",
    "regex-recompiled",
    "generator-rebuilt",
    "sorted-again",
    "recursion-without-memo",
    "cache-misses",
    "scalar-ufunc",
    "quadratic-growth",
    "list-membership",
    "all-pairs",
    "dense-for-sparse",
    "explicit-inverse",
    "ode-closed-form",
    "sort-for-extremes",
    "single-predict",
    "tiny-tasks",
    "single-queries",
    "peak-temporaries",
    "needless-copy",
    "wide-dtype",
    "unbounded-growth",
    "whole-file",
    "io-bound",
    "lock-bound",
    "sleep",
    "subprocess-loop",
    "gil-contention",
    "small-blas-threads",
    "import-time",
    "jit-cold",
    "jax-retrace",
    "jax-scalar-flow",
    "exceptions-as-flow",
    "deepcopy",
    "logging-hot",
    "attribute-chains",
}
KEYS = {"class", "also", "decoys", "advice", "wrong", "kind", "packages"}
KINDS = {"time", "memory", "wait", "startup"}
PACKAGES = {
    "numpy", "scipy", "pandas", "scikit-learn", "numba", "jax", "joblib", "h5py", "matplotlib",
}  # fmt: skip
IMPORTED = {"scikit-learn": "sklearn"}


def marks(path, name):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [i for i, line in enumerate(lines, 1) if (m := MARK.search(line)) and m[1] == name]


def test_every_programme_has_its_table_and_every_table_its_programme():
    assert {path.stem for path in FILES} == set(TRUTH)


def test_every_class_is_there_and_some_programmes_have_no_cause():
    said = [table["class"] for table in TRUTH.values()]
    assert set(said) == CLASSES | {"nothing"}
    assert len(said) - said.count("nothing") >= 45
    assert said.count("nothing") >= 8


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_a_table_says_what_it_must_in_known_words(name):
    table = TRUTH[name]
    assert set(table) == KEYS
    assert {*table["also"], *table["decoys"]} <= CLASSES
    assert table["class"] not in table["also"]
    assert table["kind"] in KINDS
    assert set(table["packages"]) <= PACKAGES
    assert table["advice"].endswith(".")
    assert table["wrong"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_programme_compiles_is_marked_and_imports_what_its_table_says(path):
    text = path.read_text(encoding="utf-8")
    compile(text, str(path), "exec")
    table = TRUTH[path.stem]
    assert 30 <= len(text.splitlines()) <= 150
    assert bool(marks(path, "cause")) is (table["class"] != "nothing")
    assert len(marks(path, "decoy")) == len(table["decoys"]) == 2
    assert len(re.findall(r"# *\[", text)) == len(marks(path, "cause")) + 2, "a mark of another form"
    for package in PACKAGES:
        imported = re.search(rf"^\s*(import|from) {IMPORTED.get(package, package)}\b", text, re.MULTILINE)
        assert bool(imported) is (package in table["packages"]), package


def test_few_programmes_need_a_compiler_of_their_own():
    heavy = [name for name, table in TRUTH.items() if {"jax", "numba"} & set(table["packages"])]
    assert len(heavy) <= len(TRUTH) / 5
