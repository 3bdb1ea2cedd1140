"""Drawn concentrations: lognormal within their ranges, and the rule that compares distributions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats
from stages import inputs_of, outputs_of, why_not_same

from perfwatch.workloads.digital_twin import parameters
from perfwatch.workloads.digital_twin.rules import two_sample_distance
from perfwatch.workloads.digital_twin.table_one import PARAMETERS


def drawn(spread=parameters.SPREAD, factor=1.0, finish=np.clip, seeds=(10, 11)):
    """Return the outputs of a candidate that differs from the reference where it is told to."""
    outputs = []
    for wanted, seed in zip(inputs_of(PARAMETERS), seeds, strict=True):
        generator = np.random.default_rng(seed)
        columns = {}
        for name, allowed in wanted.ranges.items():
            values = factor * generator.lognormal(allowed.log_mean, spread, wanted.samples_count)
            columns[name] = finish(values, allowed.lowest, allowed.highest).astype(np.float32)
        outputs.append(parameters.Parameters(**columns))
    return outputs


def redrawn_outside(values, lowest, highest):
    """A truncated distribution instead of a clipped one: no values pile up at the bounds."""
    inside = values[(lowest < values) & (values < highest)]
    return np.resize(inside, len(values))


def test_another_seed_is_the_same_answer():
    assert why_not_same(PARAMETERS, drawn()) == ""


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        pytest.param({"spread": 0.51}, "the distributions are", id="spread"),
        pytest.param({"factor": 1.01}, "the distributions are", id="median"),
        pytest.param({"finish": redrawn_outside}, "the distributions are", id="truncated"),
        pytest.param({"finish": lambda values, *_: values}, "beyond", id="not clipped"),
        pytest.param({"seeds": (4, 4)}, "the same values for two seeds", id="seed not used"),
    ],
)
def test_numbers_from_another_distribution_are_a_different_answer(outputs, said):
    assert said in why_not_same(PARAMETERS, drawn(**outputs))


def test_parameters_drawn_together_are_a_different_answer():
    # Each has its own distribution, exactly; but where one is high, so is the next.
    together = [
        dataclasses.replace(
            output,
            oleylamine=output.oleic_acid.copy(),
        )
        for output in outputs_of(PARAMETERS, "in-place")
    ]
    reason = why_not_same(PARAMETERS, together)
    assert reason.startswith("oleic_acid over oleylamine: the distributions are")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.astype(np.float64), "cs_oleate: float64 of shape (200000,), not float32"),
        (lambda values: values.tolist(), "cs_oleate: float64 of shape (200000,), not float32"),
        (lambda values: values[:-1], "cs_oleate: float32 of shape (199999,)"),
        (lambda values: np.full_like(values, np.nan), "cs_oleate: not every value is a number"),
        (lambda values: values + 100, "beyond 2 to 25"),
    ],
)
def test_what_is_not_of_the_kind_is_told_so(change, said):
    changed = [
        dataclasses.replace(output, cs_oleate=change(output.cs_oleate))
        for output in outputs_of(PARAMETERS, "in-place")
    ]
    assert said in why_not_same(PARAMETERS, changed)


@pytest.mark.parametrize("output", [None, {"cs_oleate": [1.0]}, np.zeros(3)])
def test_what_is_no_record_of_parameters_is_told_so(output):
    reason = why_not_same(PARAMETERS, [output, output])
    assert reason == f"the candidate gives back {type(output).__name__}, not a record of parameters"


def test_the_document_s_form_fails_by_its_argument():
    wanted = inputs_of(PARAMETERS)[0]
    with pytest.raises(TypeError, match="out"):
        parameters.seed_out(wanted)


def test_numpy_s_old_generator_has_no_such_argument_either():
    with pytest.raises(TypeError, match="out"):
        np.random.RandomState(0).lognormal(0.0, 0.5, size=3, out=np.empty(3))


@pytest.mark.parametrize("name", ["reference", "in-place"])
@pytest.mark.parametrize("parameter", list(parameters.RANGES))
def test_logarithms_are_normal_where_nothing_was_clipped(name, parameter):
    allowed = parameters.RANGES[parameter]
    values = getattr(outputs_of(PARAMETERS, name)[0], parameter).astype(np.float64)
    inside = values[(values > allowed.lowest) & (values < allowed.highest)]
    scaled = (np.log([allowed.lowest, allowed.highest]) - allowed.log_mean) / parameters.SPREAD
    normal = stats.truncnorm(*scaled, loc=allowed.log_mean, scale=parameters.SPREAD)
    assert stats.kstest(np.log(inside), normal.cdf).pvalue > 1e-4


@pytest.mark.parametrize("name", ["reference", "in-place"])
def test_as_many_are_clipped_as_lie_beyond(name):
    allowed = parameters.RANGES["oleylamine"]
    values = outputs_of(PARAMETERS, name)[0].oleylamine
    beyond = stats.norm.sf((np.log(allowed.highest) - allowed.log_mean) / parameters.SPREAD)
    assert (values == allowed.highest).mean() == pytest.approx(beyond, rel=0.05)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ([1.0, 1.0, 1.0, 2.0], [1.0, 2.0, 2.0]),
        ([0.0, 0.5], [1.0, 1.0]),
        (np.arange(50) % 7, np.arange(80) % 11),
    ],
)
def test_the_distance_is_scipy_s_with_ties_too(first, second):
    known = stats.ks_2samp(first, second, method="asymp").statistic
    assert two_sample_distance(np.array(first), np.array(second)) == pytest.approx(known, abs=1e-15)
