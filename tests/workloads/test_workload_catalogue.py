"""The table of workloads, and the names that find something in it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
from stages import resolve
from tools import need_module

from perfwatch.errors import ExitCode, TargetError
from perfwatch.workloads.catalogue import WORKLOADS, _ready, find_stage, find_workload, missing_packages
from perfwatch.workloads.definition import (
    DEFAULT_SIZE,
    Equality,
    Expectation,
    Size,
    Stage,
    Variant,
)

#: What lets JAX see a GPU: nobody can install one.
GPU_PLUGINS = "jax_plugins"


def names(text):
    return [case.name for case in find_workload(text)]


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
    need_module("numba", "numba")
    expected = ["physics@reference", "physics@vectorised", "physics@numba"]
    assert names("workload:digital-twin/physics") == expected
    assert names("workload:digital-twin/parameters") == ["parameters@reference", "parameters@in-place"]


def with_requirement(package):
    stage = make_stage()
    changed = {"fast": (package,), "seed-broken": (package,)}
    return make_stage(
        variants=tuple(
            dataclasses.replace(variant, requires=changed.get(variant.name, ())) for variant in stage.variants
        )
    )


def test_a_variant_whose_package_is_missing_is_left_out_and_said_to_be_missing():
    stage = with_requirement("no_such_package")
    assert [variant.name for variant in _ready(stage)] == ["reference"]
    assert [missing_packages(variant) for variant in stage.variants] == [
        (),
        ("no_such_package",),
        ("no_such_package",),
    ]
    assert [variant.name for variant in _ready(with_requirement("json"))] == ["reference", "fast"]


def test_a_reference_whose_package_is_missing_stays_so_that_its_stage_fails_in_sight():
    variants = (Variant(name="reference", function="m:f", note="plain", requires=("no_such_package",)),)
    assert len(_ready(make_stage(variants=variants, optimized="reference"))) == 1


def test_a_variant_asked_for_by_name_is_given_whatever_is_installed():
    assert names("workload:digital-twin/physics@numba") == ["physics@numba"]
    assert names("workload:digital-twin/parameters@seed-out") == ["parameters@seed-out"]


def test_a_workload_stands_for_its_whole_by_reference():
    (case,) = find_workload("workload:digital-twin")
    assert (case.name, case.group) == ("digital-twin@reference", "digital-twin")
    assert find_workload("digital-twin@reference") == (case,)


def test_the_whole_is_found_in_each_of_its_forms():
    assert names("workload:digital-twin@optimized") == ["digital-twin@optimized"]
    assert names("workload:digital-twin@seed-advice") == ["digital-twin@seed-advice"]


def test_a_star_stands_for_all_stages_in_order_one_by_one():
    (workload,) = [each for each in WORKLOADS if each.name == "digital-twin"]
    expected = [
        f"{stage.name}@{variant.name}"
        for stage in workload.stages
        for variant in stage.variants
        if variant.expected is Expectation.WORKS and not missing_packages(variant)
    ]
    assert names("workload:digital-twin/*") == expected


def test_a_star_with_a_variant_stands_for_the_stages_that_have_it():
    assert names("digital-twin/*@vectorised") == ["physics@vectorised", "kinetics@vectorised"]
    best = [f"{stage.name}@{stage.optimized}" for stage in WORKLOADS[0].stages]
    assert names("digital-twin/*@optimized") == best


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("workload:digital-twin@optimized", ("digital-twin", "optimized")),
        ("digital-twin/physics@optimized", ("physics", "vectorised")),
    ],
)
def test_one_variant_is_found_with_the_stage_or_whole_that_it_belongs_to(text, found):
    stage, variant = find_stage(text)
    assert (stage.name, variant.name) == found


@pytest.mark.parametrize("text", ["digital-twin", "digital-twin/physics", "digital-twin/*@optimized"])
def test_a_side_of_a_proof_is_one_variant_of_one_stage(text):
    with pytest.raises(TargetError, match="no variant of one stage"):
        find_stage(f"workload:{text}")


def test_a_workload_refuses_a_whole_that_is_named_otherwise():
    with pytest.raises(ValueError, match="named 'fit'"):
        dataclasses.replace(WORKLOADS[0], whole=make_stage())


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
        ("workload:digital-twin@optimised", "optimized"),
        ("workload:digital-twin@vectorised", "digital-twin/physics@vectorised"),
        ("workload:digital-twin/*@numbaa", "numba"),
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
        ("workload:digital-twin/physics@", "Known variants: reference, vectorised, numba, optimized"),
        ("workload:digital-twin/physics@a@b", "Known variants: reference, vectorised, numba, optimized"),
        ("workload:digital-twin@", "Known variants: reference, optimized, seed-advice."),
        ("workload:digital-twin@a@b", "Known variants: reference, optimized, seed-advice."),
        ("workload:digital-twin/*@", "Known variants: reference, vectorised, numba, batched"),
    ],
)
def test_a_name_that_fits_nowhere_is_answered_with_all_that_exist(text, known):
    with pytest.raises(TargetError) as caught:
        find_workload(text)
    assert known in caught.value.do
    assert caught.value.happened
    assert caught.value.means


def stages_and_wholes():
    return [stage for workload in WORKLOADS for stage in (*workload.stages, workload.whole)]


def test_names_are_unique_on_every_level():
    for siblings in (
        WORKLOADS,
        *(workload.stages for workload in WORKLOADS),
        *(stage.variants for stage in stages_and_wholes()),
    ):
        known = [each.name for each in siblings]
        assert len(set(known)) == len(known)


def test_every_function_and_every_input_of_the_table_exists():
    for stage in stages_and_wholes():
        assert callable(resolve(stage.inputs))
        for variant in stage.variants:
            for package in variant.requires:
                if package != GPU_PLUGINS:
                    need_module(package, package)
            assert callable(resolve(variant.function))


def test_every_stage_has_a_small_and_a_medium_size_and_all_rise():
    for stage in stages_and_wholes():
        assert len(stage.sizes) >= 2
        assert list(stage.sizes) == ["small", "medium", "large", "xlarge"][: len(stage.sizes)]
        items = [size.items_count for size in stage.sizes.values()]
        assert items == sorted(items)


def test_a_size_that_speaks_of_gigabytes_states_what_it_holds():
    named = [size for stage in stages_and_wholes() for size in stage.sizes.values() if " GB" in size.note]
    assert named
    assert all(size.peak_bytes >= 250_000_000 for size in named)


@pytest.mark.parametrize("changes", [{"optimized": "fastest"}, {"reference": "plain"}, {"sizes": {}}])
def test_a_stage_refuses_names_that_it_does_not_have(changes):
    with pytest.raises(ValueError, match="has no"):
        make_stage(**changes)


def test_a_variant_that_fails_cannot_be_the_optimized_one():
    with pytest.raises(ValueError, match="no working variant"):
        make_stage(optimized="seed-broken")


def test_reading_the_table_loads_none_of_its_libraries():
    code = (
        "import sys; from perfwatch.workloads.catalogue import find_workload; find_workload('digital-twin/*');"
        "print([name for name in ('numpy', 'pandas', 'scipy', 'sklearn', 'numba', 'joblib', 'threadpoolctl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
