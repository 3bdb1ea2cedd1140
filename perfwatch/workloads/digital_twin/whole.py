"""The twin as its users run it: one program, from planned syntheses to the spectra of grown crystals.

It builds a data set (which concentrations, which phase, how the crystals grow, a table of
recipes and products, a pool of drawn samples), finds a recipe (annealing, then experiments
chosen by a Gaussian process), samples the space of recipes where it is promising, and
follows crystals through their growth to the light that they give. Each stage is handed
what an earlier one answered; ``handing`` holds the steps between them.

Every stage is a span of its own, inside that of its part of the program. The program is
the same in all its forms: they differ in the forms that the stages take.

The numerical libraries get one thread each for as long as the program runs. The answers'
last bits would depend on the number of cores otherwise, and on matrices this small more
threads only wait for each other: on a machine that had other things to do, two of them made
the fits eight times as slow and the groups twenty times. A stage that runs alone takes the
threads that it finds. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from perfwatch.monitor import monitor
from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin import (
    DIGITAL_TWIN,
    bayesopt,
    handing,
    history,
    parallel,
    parameters,
    regions,
)
from perfwatch.workloads.digital_twin.handing import TwinInputs
from perfwatch.workloads.digital_twin.table_whole import SEED_ADVICE, WHOLE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.running import Stages, Step, best_forms
from perfwatch.workloads.seeding import checked_seed, extents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: The stages that draw for themselves.
_SEEDED = ("parameters", "phases", "parallel", "regions")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinOutputs:
    """What the twin found.

    ``recipe`` has the order of ``history.PARTS``, ``quality`` is that recipe's, between 0
    and 1. ``mean_distance`` tells how well the last samples cover the space of recipes.
    ``steps`` holds every stage's inputs and answer, in the order in which they ran.
    """

    recipe: FloatArray
    quality: float
    mean_distance: float
    steps: dict[str, Step]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> TwinInputs:
    """Plan a campaign for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(WHOLE, size)
    draw = Draw(checked_seed(seed))
    screened, parts = extents["screened"], len(history.PARTS)
    lines = (extents["times"], extents["temperatures"] * extents["copies"])
    # Stages that began with one seed would draw the same numbers.
    states = np.random.SeedSequence(seed).generate_state(len(_SEEDED)).tolist()
    return TwinInputs(
        extents=dict(extents),
        seeds=dict(zip(_SEEDED, states, strict=True)),
        celsius=draw.between(100.0, 200.0, screened),
        duration_s=draw.between(10.0, 60.0, screened),
        drop_kelvin=draw.between(5.0, 25.0, screened),
        recovery_s=draw.between(3.0, 10.0, screened),
        nuclei_per_nm3=draw.between(1.0e-6, 4.0e-6, screened),
        moves=draw.between(-1.0, 1.0, extents["annealing"], parts),
        chances=draw.between(0.0, 1.0, extents["annealing"]),
        candidates=draw.between(0.0, 1.0, extents["campaign"], extents["candidates"], parts),
        places=draw.between(0.0, 1.0, extents["adaptive"], len(regions.LOWEST)),
        spread=draw.bell(*lines),
    )


def reference(plan: TwinInputs) -> TwinOutputs:
    """Run the twin with every stage in its reference form."""
    return _run(plan, {})


def optimized(plan: TwinInputs) -> TwinOutputs:
    """Run the twin with every stage in its best working form."""
    return _run(plan, best_forms(DIGITAL_TWIN.stages))


def seed_advice(plan: TwinInputs) -> TwinOutputs:
    """Run the twin as the document advises: some of its stages answer otherwise, one of them by chance."""
    return _run(plan, SEED_ADVICE)


def _run(plan: TwinInputs, forms: Mapping[str, str]) -> TwinOutputs:
    stages = Stages(DIGITAL_TWIN.stages, forms)
    with threadpool_limits(1):
        with monitor("data set"):
            table, pool, settled_s = _build_data_set(stages, plan)
        with monitor("recipe"):
            recipe, quality = _find_recipe(stages, plan, table)
        with monitor("sampling"):
            mean_distance = _sample_adaptively(stages, plan, pool)
        with monitor("spectra"):
            _follow_crystals(stages, plan, table, settled_s)
    return TwinOutputs(recipe=recipe, quality=quality, mean_distance=mean_distance, steps=stages.steps)


def _build_data_set(stages: Stages, plan: TwinInputs) -> tuple[pd.DataFrame, FloatArray, float]:
    """Return the table of recipes, the pool of drawn samples, and how long crystals take to settle."""
    concentrations = stages.run(
        "parameters",
        parameters.ParameterInputs(
            ranges=dict(parameters.RANGES),
            samples_count=plan.extents["screened"],
            seed=plan.seeds["parameters"],
        ),
    )
    labels = stages.run("phases", handing.phase_question(plan, concentrations))
    recipes = handing.perovskite_recipes(plan, concentrations, labels)
    pilots = handing.pilots(plan, recipes)
    grown = stages.run("physics", pilots)
    table = stages.run("dataset", recipes)
    drawn = stages.run(
        "parallel",
        parallel.SampleInputs(
            samples_count=plan.extents["pool"],
            seed=plan.seeds["parallel"],
            processes_count=plan.extents["processes"],
        ),
    )
    return table, drawn.table, handing.settling_time(pilots, grown)


def _find_recipe(stages: Stages, plan: TwinInputs, table: pd.DataFrame) -> tuple[FloatArray, float]:
    """Return the best recipe of the search and the campaign, and its quality."""
    walked = stages.run("history", handing.annealing(plan, table))
    campaign = handing.campaign(plan, table, handing.annealed_recipe(walked, plan.extents["kept"]))
    found = stages.run("bayesopt", campaign)
    recipes = handing.performed_recipes(campaign, found)
    # Each of them once more, and together: the campaign tells the best quality, not whose it was.
    qualities = bayesopt.quality(recipes)
    best = int(np.argmax(qualities))
    return recipes[best], float(qualities[best])


def _sample_adaptively(stages: Stages, plan: TwinInputs, pool: FloatArray) -> float:
    """Return how far apart the samples lie when new ones were drawn in the promising regions."""
    campaign = handing.region_question(plan, pool)
    found = stages.run("regions", campaign)
    covered = stages.run("diversity", handing.diversity_question(plan, campaign.samples, found))
    return float(covered.mean_distance[-1])


def _follow_crystals(stages: Stages, plan: TwinInputs, table: pd.DataFrame, settled_s: float) -> None:
    """Follow crystals of the table at the temperatures of their flasks, up to the light that they give."""
    axes = handing.rate_map(plan, table)
    rates = stages.run("kinetics", axes)
    crystals = handing.ripening_crystals(plan, table, axes, rates, settled_s)
    grown = stages.run("growth-ode", crystals)
    requests = handing.gap_requests(crystals, grown)
    answers = stages.run("shared-cache", requests)
    stages.run("array-pool", handing.ensembles(plan, answers.gap_ev))
