"""Phase labels: drawn from their rows' probabilities, and the rule that tells whether they are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats
from stages import inputs_of, outputs_of, resolve, why_not_same

from perfwatch.stats.goodness import chi_square_tail
from perfwatch.workloads.digital_twin import phases
from perfwatch.workloads.digital_twin.rules import drawn_from_probabilities, label_statistic
from perfwatch.workloads.digital_twin.table_one import PHASES

WORKING = ("reference", "seed_choice", "searchsorted", "gumbel")


def wrong(draw):
    """Return a wrong candidate's outputs: ``draw(probabilities, generator)`` for each seed."""
    return [
        draw(rows.probabilities, np.random.default_rng(rows.seed)).astype(np.int8)
        for rows in inputs_of(PHASES)
    ]


def drawn(probabilities, generator):
    cumulative = np.cumsum(probabilities, axis=1)
    cumulative[:, -1] = 1.0
    return np.argmax(generator.random((len(probabilities), 1)) < cumulative, axis=1)


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda p, g: drawn(np.broadcast_to(p.mean(axis=0), p.shape), g), id="the average row's"),
        pytest.param(lambda p, g: g.integers(0, 5, len(p)), id="all labels alike"),
        pytest.param(lambda p, g: p.argmax(axis=1), id="the likeliest"),
        pytest.param(lambda p, g: np.minimum(drawn(p, g) + 1, 4), id="one too far"),
        pytest.param(lambda p, g: drawn(p, g)[::-1], id="another row's"),
        pytest.param(lambda p, g: drawn(p**1.2 / (p**1.2).sum(axis=1, keepdims=True), g), id="sharpened"),
        pytest.param(lambda p, g: drawn(p, g) * (g.random(len(p)) < 0.95), id="one in twenty is 3D"),
    ],
)
def test_labels_from_other_probabilities_are_a_different_answer(draw):
    reason = why_not_same(PHASES, wrong(draw))
    assert reason.startswith("the candidate's labels do not follow the probabilities of their rows")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda labels: labels.astype(float), "labels are float64, not an array of integers"),
        (lambda labels: labels.tolist(), "labels are list, not an array of integers"),
        (lambda labels: labels[:-1], "labels have the shape (1999,), not (2000,)"),
        (lambda labels: labels - 1, "labels go from -1 to 3, not from 0 to 4"),
        (lambda labels: labels + 1, "labels go from 1 to 5, not from 0 to 4"),
    ],
)
def test_what_is_no_list_of_labels_is_told_so(change, said):
    labels = [change(each) for each in outputs_of(PHASES, "reference")]
    assert why_not_same(PHASES, labels) == f"the candidate's {said}"


def test_a_reference_that_is_wrong_is_told_too():
    inputs, right = inputs_of(PHASES), outputs_of(PHASES, "reference")
    reason = drawn_from_probabilities(inputs, [np.zeros_like(each) for each in right], right)
    assert reason.startswith("the reference's labels")


@pytest.mark.parametrize("name", WORKING)
def test_a_label_without_probability_is_never_drawn(name):
    probabilities = np.tile([0.0, 0.4, 0.0, 0.6, 0.0], (4_000, 1))
    rows = phases.PhaseInputs(probabilities=probabilities, seed=3)
    labels = getattr(phases, name)(rows)
    assert set(labels.tolist()) == {1, 3}
    assert drawn_from_probabilities([rows], [labels], [labels]) == ""
    labels[5] = 2
    assert "no probability in 1 rows" in drawn_from_probabilities([rows], [labels], [labels])


@pytest.mark.parametrize("name", WORKING)
@pytest.mark.parametrize("label", range(5))
def test_a_certain_label_is_always_drawn(name, label):
    probabilities = np.zeros((50, 5))
    probabilities[:, label] = 1.0
    labels = getattr(phases, name)(phases.PhaseInputs(probabilities=probabilities, seed=1))
    assert labels.tolist() == [label] * 50
    assert labels.dtype == np.int8


def test_too_few_rows_are_said_to_be_too_few():
    rows = dataclasses.replace(inputs_of(PHASES)[0], probabilities=inputs_of(PHASES)[0].probabilities[:9])
    labels = phases.reference(rows)
    assert drawn_from_probabilities([rows], [labels], [labels]) == "9 rows are too few to tell"


def test_late_rows_of_a_long_table_are_drawn_as_well_as_early_ones():
    # Behind a row's number of a million, 33 of a double's 53 bits are left for the chance.
    probabilities = np.tile([0.25, 0.25, 0.25, 0.125, 0.125], (1_000_000, 1))
    labels = phases.searchsorted(phases.PhaseInputs(probabilities=probabilities, seed=0))
    tail = chi_square_tail(*label_statistic(probabilities[-200_000:], labels[-200_000:]))
    assert tail > 1e-4


def test_with_equal_rows_the_statistic_is_pearson_s():
    share = np.array([0.1, 0.4, 0.3, 0.15, 0.05])
    labels = np.random.default_rng(0).choice(5, size=3_000, p=share)
    found, dof = label_statistic(np.tile(share, (3_000, 1)), labels)
    known = stats.chisquare(np.bincount(labels, minlength=5), 3_000 * share)
    assert dof == 4
    assert found == pytest.approx(known.statistic, rel=1e-9)
    assert chi_square_tail(found, dof) == pytest.approx(known.pvalue, rel=1e-9)


@pytest.mark.parametrize("name", ["reference", "searchsorted", "gumbel"])
def test_right_labels_are_refused_as_rarely_as_the_level_says(name):
    tails = []
    for seed in range(300):
        rows = phases.inputs("small", seed)
        tails.append(chi_square_tail(*label_statistic(rows.probabilities, getattr(phases, name)(rows))))
    # Right labels give tails that are uniform between 0 and 1.
    assert stats.kstest(tails, "uniform").pvalue > 1e-4
    assert min(tails) > 1e-6


def test_the_probabilities_of_each_row_add_up_to_one():
    for rows in inputs_of(PHASES):
        assert np.allclose(rows.probabilities.sum(axis=1), 1.0, rtol=1e-14)
        assert (rows.probabilities > 0).all()


def test_caesium_makes_0d_and_lead_makes_2d():
    ratio_log = np.log([0.3, 1.0, 3.5])
    chances = phases.phase_probabilities(ratio_log, np.full(3, 150.0), np.full(3, 80.0))
    winners = [phases.NAMES[column] for column in chances.argmax(axis=1)]
    assert winners == ["CsPb2Br5", "CsPbBr3", "Cs4PbBr6"]


def test_every_phase_occurs_in_the_inputs():
    labels = resolve("perfwatch.workloads.digital_twin.phases:reference")(inputs_of(PHASES)[0])
    assert np.bincount(labels, minlength=len(phases.NAMES)).min() > 0
