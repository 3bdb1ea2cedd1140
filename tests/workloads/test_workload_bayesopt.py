"""Bayesian optimisation: the batch chooses alike, the others reach as much, chance does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.preprocessing import StandardScaler
from stages import digest, drawn, judged, one_thread, variant_function, working

from perfwatch.workloads.digital_twin import bayesopt, rules_two, surrogate
from perfwatch.workloads.digital_twin.table_two import BAYESOPT

#: Judged over all seeds: so slow that the reference is stood in for by its equal, the batch.
MODELS_OF_THEIR_OWN = [name for name in working(BAYESOPT) if name != "batch-acquisition"]

__all__ = ["one_thread"]  # a fixture that holds for the whole module


@pytest.fixture(scope="module")
def campaigns():
    return drawn(BAYESOPT)


@pytest.fixture(scope="module")
def performed(campaigns):
    return [bayesopt.batch_acquisition(each) for each in campaigns]


def small_campaign(seed=0, **changes):
    extents = {"observations_count": 8, "iterations_count": 6, "candidates_count": 20} | changes
    return bayesopt.draw_campaign(seed=seed, **extents)


def test_the_batch_weighs_and_chooses_as_one_at_a_time_does():
    inputs = drawn(BAYESOPT, seeds_count=1)
    one_by_one = [bayesopt.reference(each) for each in inputs]
    together = [bayesopt.batch_acquisition(each) for each in inputs]
    assert rules_two.other_choice(one_by_one[0], together[0]) == ""
    assert np.array_equal(one_by_one[0].chosen, together[0].chosen)
    assert np.array_equal(one_by_one[0].model, together[0].model)
    assert np.allclose(one_by_one[0].improvement, together[0].improvement, rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS_OF_THEIR_OWN)
def test_every_other_variant_finds_as_good_a_recipe(name, campaigns, performed):
    function = variant_function(BAYESOPT, name)
    assert judged(BAYESOPT, campaigns, performed, [function(each) for each in campaigns]) == ""


def by_chance(campaign):
    """A candidate that forgets to weigh: it performs the first recipe of each iteration."""
    update = surrogate.RefitSeldom()
    return bayesopt._perform(campaign, update, lambda _, each, __: np.linspace(1.0, 0.0, len(each)))


@pytest.mark.slow
def test_choosing_by_chance_is_a_different_answer(campaigns, performed):
    chosen = [by_chance(each) for each in campaigns]
    assert "weighs recipes otherwise in iteration 0" in judged(BAYESOPT, campaigns, performed, chosen)
    # Under a model of its own it is the quality that tells.
    other_models = [dataclasses.replace(each, model=each.model + 1.0) for each in chosen]
    reason = judged(BAYESOPT, campaigns, performed, other_models)
    assert reason.startswith("best quality: ")
    assert "24 seeds" in reason


@pytest.mark.slow
def test_an_improvement_over_the_wrong_best_is_a_different_answer(campaigns, performed):
    def weigh(model, candidates, best):
        return bayesopt.weigh_together(model, candidates, best * 0.99)

    outputs = [bayesopt._perform(each, surrogate.Refit(), weigh) for each in campaigns[:2]]
    assert "the same model weighs" in judged(BAYESOPT, campaigns[:2], performed[:2], outputs)


def test_the_same_model_must_choose_the_same_recipe():
    campaign = small_campaign()
    base = bayesopt.batch_acquisition(campaign)
    other = dataclasses.replace(base, chosen=(base.chosen + 1) % 20)
    assert "chose another recipe in iteration 0" in rules_two.same_campaign([campaign], [base], [other])


def test_a_quality_that_is_no_number_is_a_different_answer():
    campaigns = [small_campaign(seed) for seed in range(8)]
    bases = [bayesopt.batch_acquisition(each) for each in campaigns]
    broken = [
        dataclasses.replace(
            each, model=each.model + 1.0, best_quality=np.full_like(each.best_quality, np.nan)
        )
        for each in bases
    ]
    assert "p = 1" in rules_two.same_campaign(campaigns, bases, broken)


@pytest.mark.parametrize("form", [bayesopt.reference, bayesopt.batch_acquisition, bayesopt.cholesky_update])
def test_the_same_campaign_gives_the_same_bytes(form):
    assert digest(form(small_campaign())) == digest(form(small_campaign()))


def test_the_cache_is_never_hit_and_keeps_every_model():
    campaign = small_campaign(iterations_count=10)
    kept, fresh = bayesopt.seed_cache(campaign), bayesopt.batch_acquisition(campaign)
    assert kept.models_count == len(campaign.candidates) == fresh.models_count
    assert kept.kept_bytes > 5 * fresh.kept_bytes


def test_models_are_told_apart_by_identity():
    campaign = small_campaign(observations_count=12, iterations_count=11)
    assert bayesopt.refit_every_5(campaign).models_count == 3
    assert bayesopt.seed_scaler(campaign).models_count == 3


def test_the_last_rows_set_the_scaler_wrong_only_where_they_are_shown_twice():
    few, many = (
        small_campaign(observations_count=8),
        small_campaign(observations_count=20, iterations_count=11),
    )
    for campaign, wrong in ((few, True), (many, False)):
        outputs = [bayesopt.seed_scaler(campaign)]
        assert bool(rules_two.right_scaler([campaign], outputs, outputs)) is wrong
    outputs = [bayesopt.batch_acquisition(few)]
    assert rules_two.right_scaler([few], outputs, outputs) == ""


def test_a_row_more_gives_the_factor_of_the_whole():
    campaign = small_campaign(observations_count=12)
    recipes, qualities = campaign.performed, bayesopt.quality(campaign.performed)
    update = surrogate.Extend()
    update(recipes[:9], qualities[:9])
    update(recipes[:11], qualities[:11])
    extended = update(recipes, qualities)
    whole = GaussianProcessRegressor(
        extended.process.kernel_, alpha=surrogate.NOISE_SHARE, normalize_y=True, optimizer=None
    ).fit(extended.scaler.transform(recipes), qualities)
    scaled = extended.scaler.transform(campaign.candidates[0])
    for found, expected in zip(
        extended.predict(campaign.candidates[0]), whole.predict(scaled, return_std=True), strict=True
    ):
        assert np.allclose(found, expected, rtol=1e-8)


def test_a_recipe_performed_twice_leaves_the_factor_positive():
    campaign = small_campaign()
    recipes = np.concatenate([campaign.performed, campaign.performed[-1:]])
    update = surrogate.Extend()
    update(campaign.performed, bayesopt.quality(campaign.performed))
    mean, deviation = update(recipes, bayesopt.quality(recipes)).predict(recipes)
    assert np.isfinite(mean).all()
    assert (deviation >= 0).all()


def test_the_expected_improvement_is_that_of_a_normal_distribution():
    drawn_values = norm(0.3, 0.2).rvs(400_000, random_state=1)
    expected = np.maximum(drawn_values - 0.5, 0.0).mean()
    found = bayesopt.expected_improvement(np.array([0.3]), np.array([0.2]), 0.5)[0]
    assert found == pytest.approx(expected, rel=0.02)


def test_a_campaign_never_gets_worse_and_beats_its_beginning(campaigns, performed):
    beginnings = [bayesopt.quality(each.performed).max() for each in campaigns]
    for beginning, outputs in zip(beginnings, performed, strict=True):
        assert (np.diff(np.array([beginning, *outputs.best_quality])) >= 0).all()
    gains = [each.best_quality[-1] - first for first, each in zip(beginnings, performed, strict=True)]
    assert np.mean(gains) > 0.05


def test_qualities_lie_between_nothing_and_one():
    qualities = bayesopt.quality(small_campaign(observations_count=500).performed)
    assert (qualities >= 0).all()
    assert 0.2 < qualities.max() < 1


def test_a_model_says_what_it_depends_on():
    campaign = small_campaign()
    model = bayesopt.batch_acquisition(campaign).model
    scaler = StandardScaler().fit(campaign.performed)
    assert np.array_equal(model[0, :10], np.concatenate([scaler.mean_, scaler.scale_]))
    assert model.shape == (6, 12)
