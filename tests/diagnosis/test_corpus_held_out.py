"""The held-out half of the corpus is complete and well-formed; nothing is run here."""

import tomllib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "corpus" / "held_out"
TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))
FILES = sorted(FOLDER.glob("*.py"))
CAUSE, DECOY = "  # [cause]", "  # [decoy]"

CLASSES = {
    *(
        "scalar-loop",
        "array-elements",
        "frame-rows",
        "scipy-callback",
        "numpy-vectorize",
        "compile-candidate",
    ),
    *(
        "loop-invariant",
        "same-arguments",
        "model-refit",
        "regex-recompiled",
        "generator-rebuilt",
        "sorted-again",
    ),
    *("recursion-without-memo", "cache-misses", "scalar-ufunc", "quadratic-growth", "list-membership"),
    *("all-pairs", "dense-for-sparse", "explicit-inverse", "ode-closed-form", "sort-for-extremes"),
    *("single-predict", "tiny-tasks", "single-queries", "peak-temporaries", "needless-copy", "wide-dtype"),
    *("unbounded-growth", "whole-file", "io-bound", "lock-bound", "sleep", "subprocess-loop"),
    *("gil-contention", "small-blas-threads", "import-time", "jit-cold", "jax-retrace", "jax-scalar-flow"),
    *("exceptions-as-flow", "deepcopy", "logging-hot", "attribute-chains", "nothing"),
}
KEYS = {"class", "also", "decoys", "advice", "wrong", "kind", "packages"}
PACKAGES = {
    "numpy", "scipy", "pandas", "scikit-learn", "numba", "jax", "joblib", "h5py", "matplotlib",
}  # fmt: skip


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_every_file_has_its_table_and_every_table_its_file():
    assert {path.stem for path in FILES} == set(TRUTH)


def test_every_class_is_there_and_eight_programmes_have_nothing_to_mend():
    classes = [table["class"] for table in TRUTH.values()]
    assert set(classes) == CLASSES
    assert classes.count("nothing") == 8
    assert len(classes) - classes.count("nothing") >= 45


def test_at_most_a_fifth_of_the_programmes_compile():
    compiling = [name for name, table in TRUTH.items() if {"jax", "numba"} & set(table["packages"])]
    assert len(compiling) * 5 <= len(TRUTH)


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_a_table_says_what_a_scorer_must_know(name):
    table = TRUTH[name]
    assert set(table) == KEYS
    assert {table["class"], *table["also"], *table["decoys"]} <= CLASSES
    assert table["class"] not in table["also"]
    assert len(table["decoys"]) == 2
    assert table["kind"] in {"time", "memory", "wait", "startup"}
    assert set(table["packages"]) <= PACKAGES
    assert table["advice"].endswith(".")
    assert table["wrong"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_programme_compiles_and_is_of_a_length_that_people_write(path):
    compile(path.read_text(encoding="utf-8"), path.name, "exec")
    assert 30 <= len(lines(path)) <= 150


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_marks_have_their_exact_form_and_stand_where_the_table_says(path):
    table = TRUTH[path.stem]
    marked = [line for line in lines(path) if "# [" in line]
    assert all(line.endswith((CAUSE, DECOY)) and line.count("# [") == 1 for line in marked)
    causes = [line for line in marked if line.endswith(CAUSE)]
    decoys = [line for line in marked if line.endswith(DECOY)]
    assert (not causes) == (table["class"] == "nothing")
    assert len(decoys) == len(table["decoys"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_word_of_a_programme_names_its_class(path):
    slug = TRUTH[path.stem]["class"]
    text = path.read_text(encoding="utf-8").lower()
    assert "bottleneck" not in text
    assert "-" not in slug or (slug not in text and slug.replace("-", " ") not in text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_packages_are_those_that_the_programme_imports(path):
    imported = {
        line.split()[1].split(".")[0]
        for line in lines(path)
        if line.lstrip().startswith(("import ", "from "))
    }
    known = {("scikit-learn" if name == "sklearn" else name) for name in imported}
    assert known & PACKAGES == set(TRUTH[path.stem]["packages"])
