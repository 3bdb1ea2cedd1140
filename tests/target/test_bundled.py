"""Targets that are bundled workloads: the memory that a size needs, and what is left out of a stage."""

from __future__ import annotations

import dataclasses

import pytest
from tools import need_module

from perfwatch.errors import TargetError
from perfwatch.records.proof import Experiment
from perfwatch.target import bundled
from perfwatch.target.bundled import check_room, left_out_of, workload_target
from perfwatch.target.choice import TargetChoice
from perfwatch.target.experiment import experiment_targets
from perfwatch.workloads import catalogue
from perfwatch.workloads.definition import Size, install_line

SIZES = {
    "small": Size(items_count=1, extents={}),
    "medium": Size(items_count=10, extents={}, peak_bytes=2_000_000_000),
    "large": Size(items_count=100, extents={}, peak_bytes=9_000_000_000),
}


@pytest.fixture
def free(monkeypatch):
    def be(amount):
        monkeypatch.setattr(bundled, "free_bytes", lambda: amount)

    return be


def test_a_size_that_does_not_fit_is_refused_before_it_starts_with_both_amounts_and_what_would_fit(free):
    free(4_000_000_000)
    with pytest.raises(TargetError) as refused:
        check_room("fit", "large", SIZES)
    told = f"{refused.value} {refused.value.means} {refused.value.do}"
    assert "9.00 GB" in told
    assert "4.00 GB are free" in told
    assert "Choose size small or medium" in told


def test_a_size_that_fits_to_the_byte_is_taken(free):
    free(2_000_000_000)
    check_room("fit", "medium", SIZES)
    free(1_999_999_999)
    with pytest.raises(TargetError, match=r"2\.00 GB"):
        check_room("fit", "medium", SIZES)


def test_a_size_that_states_no_need_is_never_refused(free):
    free(0)
    check_room("fit", "small", SIZES)


def test_a_bundled_target_and_both_sides_of_a_proof_are_refused_alike(free, tmp_path):
    need_module("scipy", "scipy")
    free(1_000_000)
    with pytest.raises(TargetError, match=r"at size large needs about 1\.60 GB"):
        workload_target("workload:digital-twin/diversity", ("--size", "large"))
    experiment = Experiment(
        name="x",
        reference="workload:digital-twin/diversity@reference",
        candidate="workload:digital-twin/diversity@blocked",
        sizes=("large",),
    )
    with pytest.raises(TargetError, match=r"at size large needs about 1\.60 GB"):
        experiment_targets(experiment, TargetChoice(root=tmp_path, cwd=tmp_path))
    assert workload_target("workload:digital-twin/diversity", ()).parameters["size"] == "small"


@pytest.fixture
def without(monkeypatch):
    def hide(*absent):
        found = catalogue.find_spec
        monkeypatch.setattr(catalogue, "find_spec", lambda name: None if name in absent else found(name))

    return hide


def test_variants_that_lack_a_package_are_named_with_what_brings_it(without):
    without("numba")
    told = left_out_of([workload_target("workload:digital-twin/physics", ())])
    assert told == (
        "physics@numba was left out: numba is not installed (pip install 'perfwatch[workloads]')",
    )


@pytest.mark.parametrize("text", ["digital-twin", "digital-twin/physics@numba", "digital-twin/phases"])
def test_nothing_is_left_out_of_what_is_named_or_lacks_nothing(without, text):
    without("numba")
    assert left_out_of([workload_target(f"workload:{text}", ())]) == ()


def test_a_star_names_what_every_stage_leaves_out(without):
    without("numba")
    told = left_out_of([workload_target("workload:digital-twin/*", ())])
    assert any(text.startswith("physics@numba ") for text in told)


@pytest.mark.parametrize(
    ("packages", "extras"),
    [(("jax",), "jax"), (("numba",), "workloads"), (("h5py", "jax"), "jax,workloads"), ((), "workloads")],
)
def test_the_extra_that_brings_a_package_is_named(packages, extras):
    assert install_line(packages) == f"pip install 'perfwatch[{extras}]'"


def test_the_function_that_makes_inputs_may_need_what_it_is_given(tmp_path):
    (tmp_path / "forms.py").write_text(
        "def drawn(size, seed):\n    return (size,)\n\ndef plain(x):\n    return x\n", encoding="utf-8"
    )
    choice = TargetChoice(root=tmp_path, cwd=tmp_path)
    experiment = Experiment(
        name="x", reference="forms:plain", candidate="forms:plain", inputs="forms:drawn", sizes=("10",)
    )
    assert experiment_targets(experiment, choice)[1].setup == "forms:drawn"
    with pytest.raises(TargetError, match=r"forms:drawn needs arguments: size\."):
        experiment_targets(dataclasses.replace(experiment, sizes=()), choice)
