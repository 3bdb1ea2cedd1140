"""A table to learn from: one row for each recipe, with what its synthesis ends in.

The chemistry is that of ``physics``; of each synthesis the table keeps the recipe and the
state after the last step. This module must not hold a formula of its own.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin import physics
from perfwatch.workloads.digital_twin.table_one import DATASET
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    Row = dict[str, int | float | str]

RECIPE_COLUMNS = (
    "set_kelvin",
    "drop_kelvin",
    "recovery_s",
    "duration_s",
    "precursor_mol_per_m3",
    "ligand_mol_per_m3",
    "nuclei_per_nm3",
)
PRODUCT_COLUMNS = ("radius_nm", "conversion", "gap_ev", "emission_nm", "quantum_yield")
# Few enough for the results of a batch, at every time step, to stay in a processor's cache.
BATCH_SAMPLES = 128


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> physics.GrowthInputs:
    """Draw the recipes of a dataset; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(DATASET, size)
    return physics.draw_recipes(extents["samples"], extents["steps"], seed)


def reference(recipes: physics.GrowthInputs) -> pd.DataFrame:
    """Simulate one recipe at a time, collect a dict for each, and make the frame at the end."""
    rows: list[Row] = []
    for sample in range(len(recipes.set_kelvin)):
        one = _some(recipes, sample, sample + 1)
        rows.extend(_rows(sample, one, physics.reference(one)))
    return pd.DataFrame(rows)


def batched(recipes: physics.GrowthInputs) -> pd.DataFrame:
    """Simulate a batch of recipes at a time, and collect a dict for each recipe as before."""
    rows: list[Row] = []
    for first, batch in _batches(recipes):
        rows.extend(_rows(first, batch, physics.vectorised(batch)))
    return pd.DataFrame(rows)


def preallocated(recipes: physics.GrowthInputs) -> pd.DataFrame:
    """Simulate a batch of recipes at a time, and fill columns that were allocated before."""
    samples_count = len(recipes.set_kelvin)
    products = {name: np.empty(samples_count) for name in PRODUCT_COLUMNS}
    for first, batch in _batches(recipes):
        outputs = physics.vectorised(batch)
        for name, column in products.items():
            column[first : first + BATCH_SAMPLES] = getattr(outputs, name)[:, -1]
    return pd.DataFrame(
        {
            "sample": np.arange(samples_count),
            **{name: getattr(recipes, name) for name in RECIPE_COLUMNS},
            **products,
            "confinement": [_confinement(radius) for radius in products["radius_nm"].tolist()],
        },
        copy=True,  # the recipes' columns would be the inputs' own memory
    )


def _batches(recipes: physics.GrowthInputs) -> Iterator[tuple[int, physics.GrowthInputs]]:
    for first in range(0, len(recipes.set_kelvin), BATCH_SAMPLES):
        yield first, _some(recipes, first, first + BATCH_SAMPLES)


def _some(recipes: physics.GrowthInputs, first: int, end: int) -> physics.GrowthInputs:
    arrays = {name: getattr(recipes, name)[first:end] for name in RECIPE_COLUMNS}
    return dataclasses.replace(recipes, **arrays)


def _rows(first: int, recipes: physics.GrowthInputs, outputs: physics.GrowthOutputs) -> Iterator[Row]:
    """Yield a dict for each recipe, with its number, itself and its last state."""
    for i in range(len(recipes.set_kelvin)):
        row: Row = {"sample": first + i}
        row |= {name: float(getattr(recipes, name)[i]) for name in RECIPE_COLUMNS}
        row |= {name: float(getattr(outputs, name)[i, -1]) for name in PRODUCT_COLUMNS}
        row["confinement"] = _confinement(float(outputs.radius_nm[i, -1]))
        yield row


def _confinement(radius_nm: float) -> str:
    return "strong" if radius_nm < physics.STRONG_LIMIT_NM else "weak"
