"""How the answer of one stage of the twin becomes what the next one is handed.

Each function takes answers and returns the inputs of one stage, or a figure that several
of them need. Its answers do not depend on the form that a stage took: a history kept as
dicts and one kept as columns lead to the same recipe. This module must not run a stage.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.digital_twin import (
    array_pool,
    bayesopt,
    diversity,
    growth_ode,
    history,
    kinetics,
    phases,
    physics,
    regions,
    shared_cache,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from perfwatch.workloads.digital_twin.parameters import Parameters

    FloatArray = NDArray[np.float64]

#: The index of CsPbBr3 among the phases, in ``phases``, ``kinetics`` and ``growth_ode`` alike.
PEROVSKITE = 0

#: How many rows of the table a campaign begins with.
PERFORMED_ROWS = 8
#: A crystal has settled when it has so much of its last radius.
SETTLED_SHARE = 0.95
#: What a cache of gaps may keep.
KEPT_GAPS = 256

SUPERSATURATIONS = (1.05, 12.0)
#: The growth that a flask is supersaturated for, in nm/s.
WANTED_NM_PER_S = 0.1
#: The standard deviation of the lines of crystals that are alike.
LINE_SPREAD_EV = 0.02

STIRRING_PER_MINUTE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinInputs:
    """A planned campaign: how much of everything, and all chances that the program itself takes.

    ``extents`` are the size's, ``seeds`` those of the stages that draw for themselves. The
    five arrays of planned syntheses have shape ``(screened,)``. ``moves`` and ``chances``
    are those of the annealing, ``candidates`` (shares of each part's range) those of the
    campaign, ``places`` those of new samples within their regions, and ``spread`` of shape
    ``(times, lines)`` tells crystals apart whose size is the same.
    """

    extents: dict[str, int]
    seeds: dict[str, int]
    celsius: FloatArray
    duration_s: FloatArray
    drop_kelvin: FloatArray
    recovery_s: FloatArray
    nuclei_per_nm3: FloatArray
    moves: FloatArray
    chances: FloatArray
    candidates: FloatArray
    places: FloatArray
    spread: FloatArray


def phase_question(plan: TwinInputs, drawn: Parameters) -> phases.PhaseInputs:
    """Ask which phase each planned synthesis ends in."""
    ratio = drawn.cs_oleate.astype(np.float64) / drawn.lead_bromide
    ligand = drawn.oleylamine.astype(np.float64)
    return phases.PhaseInputs(
        probabilities=phases.phase_probabilities(np.log(ratio), plan.celsius, ligand),
        seed=plan.seeds["phases"],
    )


def perovskite_recipes(plan: TwinInputs, drawn: Parameters, labels: NDArray[np.int8]) -> physics.GrowthInputs:
    """Return the first planned syntheses that end in the perovskite, as many as the table is to have."""
    chosen = np.flatnonzero(labels == PEROVSKITE)[: plan.extents["recipes"]]
    # The scarcer precursor bounds what can form.
    scarcer = np.minimum(drawn.cs_oleate, drawn.lead_bromide)
    return physics.GrowthInputs(
        set_kelvin=physics.ZERO_CELSIUS + plan.celsius[chosen],
        drop_kelvin=plan.drop_kelvin[chosen],
        recovery_s=plan.recovery_s[chosen],
        duration_s=plan.duration_s[chosen],
        precursor_mol_per_m3=scarcer[chosen].astype(np.float64),
        ligand_mol_per_m3=drawn.oleylamine[chosen].astype(np.float64),
        nuclei_per_nm3=plan.nuclei_per_nm3[chosen],
        steps_count=plan.extents["steps"],
    )


def pilots(plan: TwinInputs, recipes: physics.GrowthInputs) -> physics.GrowthInputs:
    """Return the first recipes once more, to be followed in finer steps."""
    first = {
        one.name: getattr(recipes, one.name)[: plan.extents["pilots"]]
        for one in dataclasses.fields(recipes)
        if one.name != "steps_count"
    }
    return physics.GrowthInputs(**first, steps_count=plan.extents["pilot_steps"])


def settling_time(recipes: physics.GrowthInputs, grown: physics.GrowthOutputs) -> float:
    """Return the median over all samples of the time at which a crystal has nearly its last radius, in s."""
    settled = grown.radius_nm >= SETTLED_SHARE * grown.radius_nm[:, -1:]
    steps_count = np.argmax(settled, axis=1) + 1
    return float(np.median(steps_count * recipes.duration_s / recipes.steps_count))


def annealing(plan: TwinInputs, table: pd.DataFrame) -> history.SearchInputs:
    """Start the search at the table's recipe that comes closest to the target."""
    miss_nm = (table["emission_nm"] - history.TARGET_NM).abs() + history.YIELD_WEIGHT_NM * (
        1 - table["quantum_yield"]
    )
    closest = table[list(history.PARTS)].to_numpy()[int(miss_nm.to_numpy().argmin())]
    return history.SearchInputs(
        start=np.clip(closest, history.LOWEST, history.HIGHEST),
        moves=plan.moves,
        chances=plan.chances,
        kept_count=plan.extents["kept"],
    )


def annealed_recipe(walked: Sequence[history.Record] | history.HistoryColumns, kept_count: int) -> FloatArray:
    """Return the recipe of the best step among the last ones, in the order of ``history.PARTS``."""
    if isinstance(walked, history.HistoryColumns):
        row = int(np.argmin(walked.objective_nm))
        return np.array([walked.recipe[name][row] for name in history.PARTS])
    last = islice(walked, max(len(walked) - kept_count, 0), None)
    best = min(last, key=lambda record: float(record["objective_nm"]))
    return np.array([best["recipe"][name] for name in history.PARTS])


def campaign(plan: TwinInputs, table: pd.DataFrame, annealed: FloatArray) -> bayesopt.CampaignInputs:
    """Begin a campaign with the first rows of the table and the recipe that the search found."""
    rows = table[list(history.PARTS)].to_numpy()[:PERFORMED_ROWS]
    span = bayesopt.HIGHEST - bayesopt.LOWEST
    return bayesopt.CampaignInputs(
        performed=np.clip(np.vstack([rows, annealed]), bayesopt.LOWEST, bayesopt.HIGHEST),
        candidates=bayesopt.LOWEST + span * plan.candidates,
    )


def performed_recipes(begun: bayesopt.CampaignInputs, found: bayesopt.CampaignOutputs) -> FloatArray:
    """Return all recipes of a campaign: those it began with, then one for each iteration."""
    chosen = begun.candidates[np.arange(len(found.chosen)), found.chosen]
    return np.concatenate([begun.performed, chosen])


def region_question(plan: TwinInputs, pool: FloatArray) -> regions.RegionInputs:
    """Ask for the regions of the first samples of the pool, level by level; a sample is its recipe."""
    count, levels_count = plan.extents["samples"], plan.extents["levels"]
    return regions.RegionInputs(
        samples=pool[:count, : len(regions.LOWEST)].copy(),
        level_counts=tuple(count * (level + 1) // levels_count for level in range(levels_count)),
        clusters_count=plan.extents["clusters"],
        random_state=plan.seeds["regions"],
    )


def diversity_question(
    plan: TwinInputs, samples: FloatArray, found: regions.RegionOutputs
) -> diversity.SampleInputs:
    """Draw new samples in the last level's regions in turn, and ask how diverse all of them are.

    The levels are the samples of before, those with half of the new ones, and all.
    """
    # A group without samples has no box.
    boxes = np.flatnonzero(np.isfinite(found.lowest[-1]).all(axis=1))
    turn = boxes[np.arange(len(plan.places)) % len(boxes)]
    lowest, highest = found.lowest[-1][turn], found.highest[-1][turn]
    together = np.concatenate([samples, lowest + (highest - lowest) * plan.places])
    stirring = np.full(len(together), STIRRING_PER_MINUTE)
    columns = [*together.T, stirring]
    old, new = len(samples), len(plan.places)
    return diversity.SampleInputs(
        columns=dict(zip(diversity.BOUNDS, columns, strict=True)),
        bounds=dict(diversity.BOUNDS),
        level_counts=(old, old + new // 2, old + new),
    )


def rate_map(plan: TwinInputs, table: pd.DataFrame) -> kinetics.RateInputs:
    """Map growth rates at the temperatures of the table's first flasks, over the sizes that crystals had."""
    shares = np.linspace(0.05, 0.95, plan.extents["diameters"])
    return kinetics.RateInputs(
        celsius=table["set_kelvin"].to_numpy()[: plan.extents["temperatures"]] - physics.ZERO_CELSIUS,
        size_nm=np.quantile(2 * table["radius_nm"].to_numpy(), shares),
        supersaturation=np.linspace(*SUPERSATURATIONS, plan.extents["supersaturations"]),
    )


def ripening_crystals(
    plan: TwinInputs, table: pd.DataFrame, axes: kinetics.RateInputs, rates: FloatArray, settled_s: float
) -> growth_ode.SizeInputs:
    """Put each flask's crystals of all three phases back, where the perovskite grows as fast as wanted.

    The supersaturation is the least on the map at which it does, for a crystal of middle size.
    They are looked at until pilots had settled.
    """
    fast = rates[PEROVSKITE, :, len(axes.size_nm) // 2] >= WANTED_NM_PER_S
    # argmax finds the first of several; where there is none, the highest is what is left.
    chosen = np.where(fast.any(axis=1), fast.argmax(axis=1), len(axes.supersaturation) - 1)
    flasks_count = len(axes.celsius)
    radius_nm = table["radius_nm"].to_numpy()[:flasks_count]
    phases_count = len(growth_ode.PHASES)
    return growth_ode.SizeInputs(
        phase=np.repeat(np.arange(phases_count), flasks_count),
        kelvin=np.tile(axes.celsius + physics.ZERO_CELSIUS, phases_count),
        supersaturation=np.tile(axes.supersaturation[chosen], phases_count),
        # The cube of equal volume.
        edge_nm=np.tile(np.cbrt(4 * np.pi / 3) * radius_nm, phases_count),
        time_s=np.linspace(0.0, settled_s, plan.extents["times"]),
    )


def gap_requests(
    crystals: growth_ode.SizeInputs, grown: growth_ode.SizeOutputs
) -> shared_cache.RequestInputs:
    """Ask for the gap of each perovskite crystal at each time: first all crystals, then the next time."""
    ours = crystals.phase == PEROVSKITE
    cells = np.rint(grown.edge_nm[ours].T / shared_cache.CELL_NM)
    kelvin = np.broadcast_to(np.rint(crystals.kelvin[ours]), cells.shape)
    return shared_cache.RequestInputs(
        cells=np.clip(cells, shared_cache.SMALLEST_CELLS, shared_cache.LARGEST_CELLS)
        .astype(np.int64)
        .ravel(),
        kelvin=kelvin.astype(np.int64).ravel(),
        kept_count=KEPT_GAPS,
    )


def ensembles(plan: TwinInputs, gap_ev: FloatArray) -> array_pool.EnsembleInputs:
    """Ask for the spectrum at each time, of ensembles whose lines lie around the gaps at that time."""
    lines = np.repeat(gap_ev.reshape(plan.extents["times"], -1), plan.extents["copies"], axis=1)
    return array_pool.EnsembleInputs(
        line_ev=(lines + LINE_SPREAD_EV * plan.spread).astype(np.float32),
        energy_ev=np.linspace(
            array_pool.LOWEST_EV, array_pool.HIGHEST_EV, plan.extents["energies"], dtype=np.float32
        ),
    )
