"""The table of workloads, and the names that find something in it."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from perfwatch.errors import ExitCode, TargetError
from perfwatch.workloads.catalogue import WORKLOADS, find_workload
from perfwatch.workloads.definition import (
    DEFAULT_SIZE,
    Equality,
    Expectation,
    Size,
    Stage,
    Variant,
)


def names(text):
    return [case.name for case in find_workload(text)]


def resolve(text):
    module, _, function = text.partition(":")
    return getattr(importlib.import_module(module), function)


def make_stage(**changes):
    variants = (
        Variant(name="reference", function="m:reference", note="plain"),
        Variant(name="fast", function="m:fast", note="quick"),
        Variant(name="seed-broken", function="m:broken", note="does not run", expected=Expectation.FAILS),
    )
    fields = {
        "name": "fit",
        "title": "A fit",
        "source": "hand-made",
        "inputs": "m:inputs",
        "variants": variants,
        "equality": Equality(rtol=1e-9),
        "sizes": {DEFAULT_SIZE: Size(items_count=1, extents={"points": 1})},
        "optimized": "fast",
    }
    return Stage(**{**fields, **changes})


def test_a_stage_stands_for_its_working_variants_reference_first():
    assert names("workload:digital-twin/physics") == ["physics@reference", "physics@vectorised"]


def test_a_workload_stands_for_all_its_stages_in_order():
    (workload,) = [each for each in WORKLOADS if each.name == "digital-twin"]
    expected = [
        f"{stage.name}@{variant.name}"
        for stage in workload.stages
        for variant in stage.variants
        if variant.expected is Expectation.WORKS
    ]
    assert names("workload:digital-twin") == expected


def test_the_prefix_may_be_left_out():
    assert find_workload("digital-twin/physics") == find_workload("workload:digital-twin/physics")


def test_a_variant_is_found_alone():
    assert names("workload:digital-twin/physics@reference") == ["physics@reference"]


def test_optimized_is_found_under_its_real_name():
    (case,) = find_workload("digital-twin/physics@optimized")
    assert case.name == "physics@vectorised"
    assert case.variant == "vectorised"


def test_variants_of_a_stage_share_a_group():
    assert {case.group for case in find_workload("digital-twin/physics")} == {"physics"}


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("workload:digital-twn", "digital-twin"),
        ("workload:digital-twin/phsyics", "physics"),
        ("workload:digital-twin/physics@vectorized", "vectorised"),
        ("workload:digital-twin/physics@optimised", "optimized"),
        ("workload:physics", "digital-twin/physics"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(text, nearest):
    with pytest.raises(TargetError) as caught:
        find_workload(text)
    assert f"Did you mean {nearest}" in caught.value.do
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("workload:", "Known workloads: digital-twin"),
        ("workload:zzz", "Known workloads: digital-twin"),
        ("workload:digital-twin/", "Known stages: physics"),
        ("workload:digital-twin/physics/more", "Known stages: physics"),
        ("workload:digital-twin/physics@", "Known variants: reference, vectorised, optimized"),
        ("workload:digital-twin/physics@a@b", "Known variants: reference, vectorised, optimized"),
        ("workload:digital-twin@optimized", "the stages are physics"),
    ],
)
def test_a_name_that_fits_nowhere_is_answered_with_all_that_exist(text, known):
    with pytest.raises(TargetError) as caught:
        find_workload(text)
    assert known in caught.value.do
    assert caught.value.happened
    assert caught.value.means


def test_names_are_unique_on_every_level():
    for siblings in (
        WORKLOADS,
        *(workload.stages for workload in WORKLOADS),
        *(stage.variants for workload in WORKLOADS for stage in workload.stages),
    ):
        known = [each.name for each in siblings]
        assert len(set(known)) == len(known)


def test_every_function_and_every_input_of_the_table_exists():
    for workload in WORKLOADS:
        for case in find_workload(workload.name):
            assert callable(resolve(case.function))
            assert callable(resolve(case.inputs))


def test_every_stage_has_sizes_in_rising_order_and_large_is_optional():
    for workload in WORKLOADS:
        for stage in workload.stages:
            assert list(stage.sizes) in (["small", "medium"], ["small", "medium", "large"])
            items = [size.items_count for size in stage.sizes.values()]
            assert items == sorted(items)


@pytest.mark.parametrize("changes", [{"optimized": "fastest"}, {"reference": "plain"}, {"sizes": {}}])
def test_a_stage_refuses_names_that_it_does_not_have(changes):
    with pytest.raises(ValueError, match="has no"):
        make_stage(**changes)


def test_a_variant_that_fails_cannot_be_the_optimized_one():
    with pytest.raises(ValueError, match="no working variant"):
        make_stage(optimized="seed-broken")


def test_reading_the_table_loads_no_numpy():
    code = (
        "import sys; from perfwatch.workloads.catalogue import find_workload;"
        "find_workload('digital-twin'); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
