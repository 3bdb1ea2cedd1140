"""Bayesian optimisation of a recipe: a Gaussian process says which experiment to make next.

Each iteration fits the process to all observations, weighs random candidates by their
expected improvement, and performs the best one. Sources: J. Mockus, J. Global Optim. 4
(1994) 347 (expected improvement); C. E. Rasmussen and C. K. I. Williams, Gaussian
Processes for Machine Learning (2006), algorithm 2.1 and section 5.4.1 (fit, and
hyper-parameters by the marginal likelihood); the experiment is the growth that the
stage ``physics`` simulates.

Wanted is bright emission at 515 nm with the precursors used up: the quality is quantum
yield times conversion times a bell curve of the distance to that wavelength.

How models are made and kept is in ``surrogate``. This module must not measure itself.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin import physics, surrogate
from perfwatch.workloads.digital_twin.table_two import BAYESOPT
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from perfwatch.workloads.digital_twin.surrogate import Model, Update

    FloatArray = NDArray[np.floating[Any]]
    IntArray = NDArray[np.int64]
    Weigh = Callable[[Model, FloatArray, float], FloatArray]

#: Set temperature (K), duration (s), precursor, ligand (mol/m3), nuclei (1/nm3).
LOWEST = np.array([373.15, 10.0, 5.0, 10.0, 1.0e-6])
HIGHEST = np.array([473.15, 60.0, 20.0, 200.0, 4.0e-6])

WANTED_NM, WANTED_WIDTH_NM = 515.0, 10.0
INJECTION_DROP_KELVIN, INJECTION_RECOVERY_S = 15.0, 5.0
STEPS_COUNT = 60

#: The document divides by the standard deviation plus so much.
LEAST_DEVIATION = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInputs:
    """Recipes that have been performed, and candidates for each iteration.

    ``performed`` has shape ``(observations, parameters)`` and ``candidates`` shape
    ``(iterations, candidates, parameters)``, in the units of ``LOWEST`` and ``HIGHEST``.
    """

    performed: FloatArray
    candidates: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOutputs:
    """What each iteration saw, chose and reached; arrays whose first axis is the iteration.

    ``chosen`` is the candidate's index, ``best_quality`` the best quality after its
    experiment, ``improvement`` every candidate's expected improvement, ``model`` the
    numbers that the model depends on beside the observations: means and scales of the
    scaler, and the logarithms of the kernel's hyper-parameters. ``models_count`` models
    were made, told apart by identity; ``kept_bytes`` are held by those still alive at the end.
    """

    chosen: IntArray
    best_quality: FloatArray
    improvement: FloatArray
    model: FloatArray
    models_count: int
    kept_bytes: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> CampaignInputs:
    """Draw recipes for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(BAYESOPT, size)
    return draw_campaign(
        extents["observations"], extents["iterations"], seed, candidates_count=extents["candidates"]
    )


def draw_campaign(
    observations_count: int, iterations_count: int, seed: int, *, candidates_count: int
) -> CampaignInputs:
    """Draw a campaign that begins with ``observations_count`` recipes and makes so many iterations."""
    draw = Draw(seed)
    span = HIGHEST - LOWEST
    performed = draw.between(0.0, 1.0, observations_count, len(LOWEST))
    candidates = draw.between(0.0, 1.0, iterations_count, candidates_count, len(LOWEST))
    return CampaignInputs(performed=LOWEST + span * performed, candidates=LOWEST + span * candidates)


def quality(recipes: FloatArray) -> FloatArray:
    """Perform recipes of shape ``(recipes, parameters)``; return each one's quality, between 0 and 1."""
    kelvin, duration_s, precursor, ligand, nuclei = recipes.T
    grown = physics.vectorised(
        physics.GrowthInputs(
            set_kelvin=kelvin,
            drop_kelvin=np.full_like(kelvin, INJECTION_DROP_KELVIN),
            recovery_s=np.full_like(kelvin, INJECTION_RECOVERY_S),
            duration_s=duration_s,
            precursor_mol_per_m3=precursor,
            ligand_mol_per_m3=ligand,
            nuclei_per_nm3=nuclei,
            steps_count=STEPS_COUNT,
        )
    )
    distance = (grown.emission_nm[:, -1] - WANTED_NM) / WANTED_WIDTH_NM
    return np.asarray(grown.quantum_yield[:, -1] * grown.conversion[:, -1] * np.exp(-(distance**2)))


def expected_improvement(mean: FloatArray, deviation: FloatArray, best: float) -> FloatArray:
    """Return how far above ``best`` each candidate may be expected to come, failures counting as none."""
    above = mean - best
    relative = above / (deviation + LEAST_DEVIATION)
    density = np.exp(-(relative**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(above * ndtr(relative) + deviation * density)


def weigh_singly(model: Model, candidates: FloatArray, best: float) -> FloatArray:
    """Ask the model for one candidate at a time."""
    improvement = np.empty(len(candidates))
    for index in range(len(candidates)):
        mean, deviation = model.predict(candidates[index : index + 1])
        improvement[index] = expected_improvement(mean, deviation, best)[0]
    return improvement


def weigh_together(model: Model, candidates: FloatArray, best: float) -> FloatArray:
    """Ask the model for all candidates at once."""
    return expected_improvement(*model.predict(candidates), best)


def reference(campaign: CampaignInputs) -> CampaignOutputs:
    """Fit the model anew for each observation, hyper-parameters and all; weigh candidates one by one."""
    return _perform(campaign, surrogate.Refit(), weigh_singly)


def batch_acquisition(campaign: CampaignInputs) -> CampaignOutputs:
    """Weigh all candidates at once; the model is the reference's."""
    return _perform(campaign, surrogate.Refit(), weigh_together)


def refit_every_5(campaign: CampaignInputs) -> CampaignOutputs:
    """Weigh all at once, and keep a model until there are five new observations."""
    return _perform(campaign, surrogate.RefitSeldom(), weigh_together)


def cholesky_update(campaign: CampaignInputs) -> CampaignOutputs:
    """Weigh all at once, and add each observation to the factor of the covariance."""
    return _perform(campaign, surrogate.Extend(), weigh_together)


def seed_scaler(campaign: CampaignInputs) -> CampaignOutputs:
    """Weigh all at once; refit seldom, with a scaler that is shown the last five rows, as the document advises."""
    return _perform(campaign, surrogate.SeedScaler(), weigh_together)


def seed_cache(campaign: CampaignInputs) -> CampaignOutputs:
    """Weigh all at once; single precision, and models kept under a key of all data, as the document advises."""
    return _perform(campaign, surrogate.SeedCache(), weigh_together)


def _perform(campaign: CampaignInputs, update: Update, weigh: Weigh) -> CampaignOutputs:
    recipes, qualities = campaign.performed, quality(campaign.performed)
    made = _Made()
    chosen, best, improvements, models = [], [], [], []
    for candidates in campaign.candidates:
        model = update(recipes, qualities)
        made.note(model)
        improvement = weigh(model, candidates, float(qualities.max()))
        index = int(np.argmax(improvement))
        recipes = np.concatenate([recipes, candidates[index : index + 1]])
        qualities = np.concatenate([qualities, quality(candidates[index : index + 1])])
        chosen.append(index)
        best.append(float(qualities.max()))
        improvements.append(improvement)
        models.append(model.numbers())
    return CampaignOutputs(
        chosen=np.array(chosen, dtype=np.int64),
        best_quality=np.array(best),
        improvement=np.array(improvements),
        model=np.array(models),
        models_count=made.count,
        kept_bytes=made.kept_bytes(),
    )


class _Made:
    """Which models there were, told by identity: a dead reference stands for no later model."""

    def __init__(self) -> None:
        self.count = 0
        self._seen: dict[int, weakref.ref[Model]] = {}

    def note(self, model: Model) -> None:
        earlier = self._seen.get(id(model))
        if earlier is None or earlier() is not model:
            self.count += 1
            self._seen[id(model)] = weakref.ref(model)

    def kept_bytes(self) -> int:
        alive = (each() for each in self._seen.values())
        return sum(model.held_bytes() for model in alive if model is not None)
