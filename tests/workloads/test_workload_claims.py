"""The table of claims: each names a measurement that exists, and its witnesses measure what they say."""

from __future__ import annotations

import subprocess
import sys

import pytest
from stages import resolve
from tools import need_module

from perfwatch.errors import TargetError
from perfwatch.records.claim import PROVED_KINDS, ClaimKind
from perfwatch.workloads.catalogue import PREFIX, find_stage
from perfwatch.workloads.claims import CLAIMS, claims_of
from perfwatch.workloads.seeding import asked

ALL = claims_of(None)


@pytest.fixture
def science():
    need_module("scipy", "scipy")
    need_module("sklearn", "scikit-learn")


def test_ids_stand_once_and_each_workload_s_in_order():
    ids = [claim.id for claim in ALL]
    assert len(set(ids)) == len(ids)
    for claims in CLAIMS.values():
        own = [claim.id for claim in claims]
        assert own == sorted(own)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.id)
def test_a_claim_names_what_it_is_held_against(claim, science):
    assert claim.text
    assert claim.source
    assert 0 < claim.stated.low <= claim.stated.high
    if claim.kind is ClaimKind.MEMORY_RATIO:  # there less is more
        assert claim.stated.nothing >= claim.stated.high
    else:
        assert claim.stated.nothing <= claim.stated.low
    assert (claim.experiment is not None) or (claim.witness is not None)
    if claim.kind in PROVED_KINDS:
        for word in (claim.experiment.reference, claim.experiment.candidate):
            found = find_stage(word)[1].function if word.startswith(PREFIX) else word
            assert callable(resolve(found))
    if claim.witness is not None:
        assert callable(resolve(claim.witness.function))


def test_every_claim_of_the_catalogue_is_there():
    ids = {claim.id[:3] for claim in CLAIMS["digital-twin"]}
    assert ids >= {f"C{number:02}" for number in range(1, 15)}


@pytest.mark.parametrize(
    ("name", "size", "figures"),
    [
        ("share_of_the_fit", 12, {"share", "fit_ns", "iteration_ns"}),
        ("models_used_again", "small", {"hit_rate", "asked_count", "kept_bytes"}),
        ("history_held", 200, {"held_bytes", "bytes_per_record", "records_to_100_mb_count"}),
        ("error_of_the_constant_rate", "small", {"share_off_by_10_percent", "greatest_ratio", "cases_count"}),
        ("error_of_rounded_keys", "small", {"greatest_error_ratio", "median_error_ratio"}),
        ("error_of_the_subsample", "small", {"greatest_error_ratio", "spread_ratio"}),
        (
            "baselines",
            "small",
            {"training_ns", "sample_data_ns", "iteration_ns", "calculation_ns", "sampling_ns"},
        ),
    ],
)
def test_a_witness_gives_finite_figures_by_name(name, size, figures, science):
    found = resolve(f"perfwatch.workloads.digital_twin.witnesses:{name}")(**asked(size, 1))
    assert set(found) == figures
    assert all(0 <= value < 1e15 for value in found.values())


def test_history_is_held_in_proportion_to_its_length(science):
    witness = resolve("perfwatch.workloads.digital_twin.witnesses:history_held")
    short, long = (witness(size, 0)["held_bytes"] for size in (200, 2_000))
    assert 8 < long / short < 12


def test_the_documents_pool_uses_no_array_again_and_keeps_them_all(science):
    witness = resolve("perfwatch.workloads.digital_twin.witnesses:arrays_used_again")
    found = witness("small", 0)
    assert found == {"hit_rate": 0.0, "asked_count": 100, "kept_bytes": 100 * 1_000 * 1_000 * 4}


def test_a_workload_without_claims_is_refused_by_name():
    with pytest.raises(TargetError, match="no claims about 'digital-twins'"):
        claims_of("digital-twins")
    assert claims_of("workload:digital-twin") == claims_of("digital-twin")


def test_the_table_of_claims_imports_no_numerical_library():
    code = (
        "import sys, perfwatch.workloads.claims;"
        "assert not {'numpy', 'scipy', 'sklearn', 'pandas', 'jax', 'h5py'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "size", "figures"),
    [
        (
            "shares_of_a_first_call",
            200,
            {"compile_share", "algorithm_share", "first_ns", "compile_ns", "warm_ns"},
        ),
        (
            "shares_of_the_steps",
            200,
            {
                "evaluations_share",
                "inner_loop_share",
                "conversions_share",
                "decomposition_share",
                "steps_ns",
            },
        ),
        (
            "slowdowns",
            2,
            {
                "first_slowdown_ratio",
                "warm_slowdown_ratio",
                "first_few_ns",
                "first_many_ns",
                "warm_few_ns",
                "warm_many_ns",
            },
        ),
    ],
)
def test_a_witness_of_fits_gives_finite_figures_by_name(name, size, figures, science):
    need_module("jax", "jax")
    found = resolve(f"perfwatch.workloads.nlsq.witnesses_one:{name}")(**asked(size, 1))
    assert set(found) == figures
    assert all(0 <= value < 1e15 for value in found.values())
    shares = [value for figure, value in found.items() if figure.endswith("_share")]
    assert all(share <= 1 for share in shares)
    if name == "shares_of_the_steps":
        assert sum(shares) == pytest.approx(1.0)


def test_every_claim_about_fits_and_steps_is_there():
    ids = {claim.id[:3] for claim in CLAIMS["nlsq"]}
    assert ids >= {"C20", "C21", "C22", "C23", "C25", "C26", "C27", "C28", "C29", "C36", "C37", "C41"}
