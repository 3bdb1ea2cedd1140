"""The corpus of programmes whose cause is known: programmes, marks and tables belong together; none is run here.

A programme's marks are trailing comments, ``# [cause]`` on the lines that a diagnosis may
point at first and ``# [decoy]`` on lines that only look expensive. ``truth.toml`` of each
half says what they are. The held-out half was written before there were rules.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
HALVES = ("held_out", "open")
TRUTH = {half: tomllib.loads((CORPUS / half / "truth.toml").read_text(encoding="utf-8")) for half in HALVES}
PROGRAMMES = [path for half in HALVES for path in sorted((CORPUS / half).glob("*.py"))]
MARK = re.compile(r"  # \[(cause|decoy)\]$")
CLASSES = frozenset(
    """
    scalar-loop array-elements frame-rows scipy-callback numpy-vectorize compile-candidate
    loop-invariant same-arguments model-refit regex-recompiled generator-rebuilt sorted-again
    recursion-without-memo cache-misses scalar-ufunc
    quadratic-growth list-membership all-pairs dense-for-sparse explicit-inverse ode-closed-form sort-for-extremes
    single-predict tiny-tasks single-queries
    peak-temporaries needless-copy wide-dtype unbounded-growth whole-file
    io-bound lock-bound sleep subprocess-loop gil-contention small-blas-threads
    import-time jit-cold jax-retrace jax-scalar-flow
    exceptions-as-flow deepcopy logging-hot attribute-chains
    """.split()  # noqa: SIM905 - a row a family
)
NOTHING = "nothing"
KINDS = {"time", "memory", "wait", "startup"}
KEYS = {"class", "also", "decoys", "advice", "wrong", "kind", "packages"}
PACKAGES = {
    "numpy", "scipy", "pandas", "scikit-learn", "numba", "jax", "joblib", "h5py", "matplotlib",
}  # fmt: skip
IMPORTED_AS = {"scikit-learn": "sklearn"}

each_half = pytest.mark.parametrize("half", HALVES)
each_programme = pytest.mark.parametrize(
    "path", PROGRAMMES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def table_of(path):
    return TRUTH[path.parent.name][path.stem]


def marked(path, name):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        number for number, line in enumerate(lines, 1) if (found := MARK.search(line)) and found[1] == name
    ]


@each_half
def test_every_programme_has_its_table_and_every_table_its_programme(half):
    assert {path.stem for path in PROGRAMMES if path.parent.name == half} == set(TRUTH[half])


@each_half
def test_every_class_is_there_and_some_programmes_have_no_cause(half):
    said = [table["class"] for table in TRUTH[half].values()]
    assert set(said) == CLASSES | {NOTHING}
    assert len(said) - said.count(NOTHING) >= 45
    assert said.count(NOTHING) >= 8


@each_programme
def test_a_table_says_what_it_must_in_known_words(path):
    table = table_of(path)
    assert set(table) == KEYS
    assert {*table["also"], *table["decoys"]} <= CLASSES
    assert table["class"] not in table["also"]
    assert table["kind"] in KINDS
    assert table["advice"].endswith(".")
    assert table["wrong"] or table["class"] == NOTHING


@each_programme
def test_a_programme_compiles_and_is_as_long_as_what_people_write(path):
    text = path.read_text(encoding="utf-8")
    compile(text, str(path), "exec")
    assert 30 <= len(text.splitlines()) <= 150


@each_programme
def test_marks_have_their_exact_form_and_are_those_of_the_table(path):
    table, causes, decoys = table_of(path), marked(path, "cause"), marked(path, "decoy")
    assert bool(causes) is (table["class"] != NOTHING)
    assert len(decoys) == len(table["decoys"])
    assert len(re.findall(r"# *\[", path.read_text(encoding="utf-8"))) == len(causes) + len(decoys)


@each_programme
def test_a_programme_imports_the_packages_that_its_table_names(path):
    text = path.read_text(encoding="utf-8")
    for package in PACKAGES:
        name = IMPORTED_AS.get(package, package)
        imported = re.search(rf"^\s*(import|from) {name}\b", text, re.MULTILINE)
        assert bool(imported) is (package in table_of(path)["packages"]), package


@each_programme
def test_no_word_of_a_programme_names_its_class(path):
    slug = table_of(path)["class"]
    text = path.read_text(encoding="utf-8").lower()
    assert "bottleneck" not in text
    assert "-" not in slug or (slug not in text and slug.replace("-", " ") not in text)


@each_half
def test_few_programmes_need_a_compiler_of_their_own(half):
    heavy = [name for name, table in TRUTH[half].items() if {"jax", "numba"} & set(table["packages"])]
    assert len(heavy) <= len(TRUTH[half]) / 5
