"""What holds for each stage of the surrogate's table."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stages import digest, drawn, judged, one_thread, resolve, variant_function
from tools import need_module

from perfwatch.errors import UsageError
from perfwatch.workloads.catalogue import find_workload
from perfwatch.workloads.definition import Expectation
from perfwatch.workloads.surrogate import SURROGATE
from perfwatch.workloads.surrogate.selection import SelectOutputs

TESTS = Path(__file__).parents[1]
LIBRARIES = ("numpy", "scipy", "sklearn", "joblib", "jax", "numba", "threadpoolctl", "multiprocessing.pool")
ROWS = {
    "collect": ["reference", "processes", "threads", "joblib", "streaming", "seed-streaming"],
    "train": ["reference", "batched", "float32", "jax-jit", "jax-eager"],
    "predict": [
        "reference",
        "batch",
        "lru-cache",
        "seed-disk-cache",
        "disk-cache",
        "smart-cache",
        "vectorised",
    ],
    "gradient": ["reference", "analytic", "autodiff"],
    "multistart": ["reference", "seed-processes", "processes", "batched"],
    "early-stop": ["reference", "seed-patience", "patience"],
    "tune": ["reference", "halving", "cached-data"],
    "select": ["reference", "measured"],
}

__all__ = ["one_thread"]  # a fixture that holds for the whole module

each_stage = pytest.mark.parametrize("stage", SURROGATE.stages, ids=lambda stage: stage.name)


def answers(value):
    """What of an output is the answer: figures are measured anew by each call."""
    if isinstance(value, SelectOutputs):
        return [value.counts, value.chosen]
    return value


def test_every_row_of_the_table_is_there_with_every_variant():
    assert {each.name: [form.name for form in each.variants] for each in SURROGATE.stages} == ROWS


def test_what_is_known_not_to_work_is_said_in_the_table():
    odd = {
        f"{stage.name}@{form.name}": form.expected
        for stage in (*SURROGATE.stages, SURROGATE.whole)
        for form in stage.variants
        if form.expected is not Expectation.WORKS
    }
    assert odd == {"multistart@seed-processes": Expectation.FAILS}


def test_listing_imports_none_of_the_libraries():
    code = (
        "import sys; from perfwatch.workloads.catalogue import find_workload; find_workload('surrogate/*');"
        f"import perfwatch.workloads.claims; print([name for name in {LIBRARIES!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@each_stage
def test_a_row_says_what_each_form_does_and_when_answers_are_the_same(stage):
    assert stage.title
    assert stage.source
    assert stage.equality.note
    assert all(form.note for form in stage.variants)


@each_stage
def test_a_variant_names_the_libraries_that_its_module_imports(stage):
    for form in stage.variants:
        for package in form.requires:
            need_module(package, package)
        module = importlib.import_module(form.function.partition(":")[0])
        pattern = r"^(?:from|import) (scipy|sklearn|joblib|jax)\b"
        assert set(re.findall(pattern, inspect.getsource(module), re.MULTILINE)) <= set(form.requires)


@pytest.mark.parametrize(
    ("package", "lost"),
    [("jax", ["train@jax-jit", "train@jax-eager", "gradient@autodiff"]), ("joblib", ["collect@joblib"])],
)
def test_without_an_optional_package_only_the_forms_that_need_it_are_left_out(monkeypatch, package, lost):
    need_module(package, package)
    everything = [case.name for case in find_workload("workload:surrogate/*")]
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "perfwatch.workloads.catalogue.find_spec", lambda name: None if name == package else found(name)
    )
    assert [case.name for case in find_workload("workload:surrogate/*")] == [
        name for name in everything if name not in lost
    ]


@each_stage
def test_an_unknown_size_is_refused_with_the_known_ones(stage):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("huge", 0)
    assert ", ".join(stage.sizes) in caught.value.do


@each_stage
@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(stage, seed):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("small", seed)
    assert repr(seed) in caught.value.happened


@each_stage
def test_another_seed_makes_other_inputs_and_leaves_no_trace_of_the_first(stage):
    make = resolve(stage.inputs)
    assert digest(make("small", 0)) == digest(make("small", 0)) != digest(make("small", 1))


def cheap(stage):
    """Names of the forms that may be called once more in each test: nothing that starts interpreters or traces."""
    return [
        form.name
        for form in stage.variants
        if form.name not in {"joblib", "jax-jit", "jax-eager", "measured"}
    ]


@each_stage
def test_a_computation_leaves_its_inputs_as_they_were(stage):
    (inputs,) = drawn(stage, seeds_count=1)
    before = digest(inputs)
    for name in cheap(stage):
        if name != "seed-processes":
            variant_function(stage, name)(inputs)
    assert digest(inputs) == before


@each_stage
def test_a_medium_size_is_the_same_kind_of_work_and_more_of_it(stage):
    small, medium = stage.sizes["small"].extents, stage.sizes["medium"].extents
    assert small.keys() == medium.keys()
    assert all(medium[name] >= small[name] for name in small)
    assert small != medium


def test_sizes_that_need_much_memory_say_so():
    noted = {
        f"{stage.name} {name}": size.note
        for stage in SURROGATE.stages
        for name, size in stage.sizes.items()
        if name == "large"
    }
    assert set(noted) == {"train large", "predict large"}
    assert all("GB" in note for note in noted.values())


def test_two_fresh_processes_make_the_same_bytes():
    code = (
        "import sys; sys.path[:0] = ['workloads']\n"
        "from stages import digest, resolve, variant_function\n"
        "from test_surrogate_table import SURROGATE, answers\n"
        "if __name__ == '__main__':\n"
        "    for stage in SURROGATE.stages:\n"
        "        made = resolve(stage.inputs)('small', 3)\n"
        "        print(digest(made), digest(answers(variant_function(stage, stage.optimized)(made))))\n"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=TESTS,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.split())) == 2 * len(SURROGATE.stages)


# Right answers and wrong ones

PAIRS = [
    (stage, form)
    for stage in SURROGATE.stages
    for form in stage.variants
    if form.expected is Expectation.WORKS and form.name != stage.reference
]


@pytest.fixture(scope="module")
def references():
    """Each stage's inputs and reference outputs: two seeds, or as many as its rule asks for."""
    made = {}
    for stage in SURROGATE.stages:
        inputs = drawn(stage, seeds_count=max(2, stage.equality.seeds_count))
        made[stage.name] = (inputs, [variant_function(stage, stage.reference)(each) for each in inputs])
    return made


@pytest.mark.parametrize(("stage", "form"), PAIRS, ids=[f"{stage.name}@{form.name}" for stage, form in PAIRS])
def test_a_working_form_gives_the_reference_s_answer(stage, form, references):
    for package in form.requires:
        need_module(package, package)
    inputs, expected = references[stage.name]
    found = [variant_function(stage, form.name)(each) for each in inputs]
    assert judged(stage, inputs, expected, found) == ""


def spoiled(name, answer):
    """An answer that is plausible, and wrong."""
    if name in {"predict", "gradient"}:
        return answer * 1.001
    changes = {
        "collect": lambda: {"shortfall": answer.shortfall + 1e-15},
        "train": lambda: {"network": answer.network + 0.05},
        "multistart": lambda: {"value": answer.value + 1e-3},
        "early-stop": lambda: {"value": answer.value - 1e-3},
        "tune": lambda: {"winner": answer.winner + 1},
        "select": lambda: {"memory_bytes": answer.memory_bytes * 0.0},
    }
    return dataclasses.replace(answer, **changes[name]())


@each_stage
def test_an_answer_that_is_a_little_wrong_is_refused(stage, references):
    inputs, expected = references[stage.name]
    wrong = [spoiled(stage.name, each) for each in expected]
    assert judged(stage, inputs, expected, expected) == ""
    assert judged(stage, inputs, expected, wrong)


@pytest.mark.parametrize("name", ["collect", "train", "early-stop", "tune", "select"])
def test_what_has_no_such_parts_is_refused(name, references):
    (stage,) = [each for each in SURROGATE.stages if each.name == name]
    inputs, expected = references[name]
    assert "has no" in judged(stage, inputs, expected, [object() for _ in expected])
