"""What the document speaks of beside its single stages: whole modules, as it found them and as it advises them.

This module must not compute anything itself, and must not judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.digital_twin import (
    bayesopt,
    diversity,
    growth_ode,
    kinetics,
    parameters,
    phases,
    regions,
    surrogate,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A tenth of what the document weighs in each iteration: a call is to be short.
CANDIDATES_COUNT = 100


def acquisition(size: int, seed: int) -> tuple[surrogate.Model, Any, float]:
    """Return a fitted model of ``size`` observations, candidates for one iteration, and the best quality so far."""
    campaign = bayesopt.draw_campaign(size, 1, seed, candidates_count=CANDIDATES_COUNT)
    qualities = bayesopt.quality(campaign.performed)
    model = surrogate.Refit()(campaign.performed, qualities)
    return model, campaign.candidates[0], float(qualities.max())


def sample_data(size: str, seed: int) -> tuple[Any, Any]:
    """Return the inputs of the module that draws sample data: parameters and phases."""
    return parameters.inputs(size, seed), phases.inputs(size, seed)


def sample_data_plain(wanted: Any, rows: Any) -> tuple[Any, Any]:
    """Draw parameters and phases as the document found them."""
    return parameters.reference(wanted), phases.reference(rows)


def sample_data_advised(wanted: Any, rows: Any) -> tuple[Any, Any]:
    """Draw parameters and phases as the document advises."""
    return parameters.seed_out(wanted), phases.seed_choice(rows)


def advanced_physics(size: str, seed: int) -> tuple[Any, Any]:
    """Return the inputs of the module of growth: rates and sizes."""
    return kinetics.inputs(size, seed), growth_ode.inputs(size, seed)


def advanced_physics_plain(axes: Any, crystals: Any) -> tuple[Any, Any]:
    """Compute rates and sizes as the document found them."""
    return kinetics.reference(axes), growth_ode.reference(crystals)


def advanced_physics_advised(axes: Any, crystals: Any) -> tuple[Any, Any]:
    """Compute rates and sizes as the document advises."""
    return kinetics.seed_cache(axes), growth_ode.seed_linear(crystals)


def adaptive_sampling(size: str, seed: int) -> tuple[Any, Any]:
    """Return the inputs of the module that samples: diversity and regions."""
    return diversity.inputs(size, seed), regions.inputs(size, seed)


def adaptive_sampling_plain(spread: Any, campaign: Any) -> tuple[Any, Any]:
    """Judge samples and find regions as the document found them."""
    return diversity.reference(spread), regions.reference(campaign)


def adaptive_sampling_advised(spread: Any, campaign: Any) -> tuple[Any, Any]:
    """Judge samples and find regions as the document advises."""
    return diversity.seed_subsample(spread), regions.seed_cache(campaign)


def campaign(size: int, seed: int) -> bayesopt.CampaignInputs:
    """Return a campaign of ``size`` iterations from 8 recipes on, with 50 candidates for each."""
    return bayesopt.draw_campaign(8, size, seed, candidates_count=50)


def fits_plain(wanted: bayesopt.CampaignInputs) -> NDArray[np.floating[Any]]:
    """Fit a model at each observation of a campaign; return what the last one predicts."""
    return _fitted(wanted, surrogate.Refit())


def fits_cached(wanted: bayesopt.CampaignInputs) -> NDArray[np.floating[Any]]:
    """Fit in single precision, and keep each model under a key of all data."""
    return _fitted(wanted, surrogate.SeedCache())


def _fitted(wanted: bayesopt.CampaignInputs, update: surrogate.Update) -> NDArray[np.floating[Any]]:
    recipes = np.concatenate([wanted.performed, wanted.candidates[:, 0]])
    qualities = bayesopt.quality(recipes)
    model = None
    for count in range(len(wanted.performed), len(recipes) + 1):
        model = update(recipes[:count], qualities[:count])
    assert model is not None  # noqa: S101 - a campaign begins with observations
    mean, _ = model.predict(wanted.candidates[0])
    return mean
