"""How diverse the samples of a campaign are: the mean distance between any two of them.

An adaptive sampler works in levels; after each it asks how well the samples so far
cover the space of recipes. Every parameter is brought to the range 0 to 1 by its
bounds, and the distance is Euclidean. For points uniform in the unit cube of d
dimensions the mean lies near sqrt(d / 6).

Units are those of the recipes; the outputs are pure numbers. This module must not
measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist, pdist

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_two import DIVERSITY
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: What a recipe consists of, with the lowest and highest value of each.
BOUNDS = {
    "set_kelvin": (373.15, 473.15),
    "duration_s": (5.0, 120.0),
    "cesium_mol_per_m3": (2.0, 40.0),
    "lead_mol_per_m3": (5.0, 80.0),
    "ligand_mol_per_m3": (10.0, 400.0),
    "stirring_per_minute": (300.0, 300.0),  # held constant in this campaign
}

# The document's shortcut: above so many samples it takes so few of them.
SUBSAMPLE_ABOVE = 1_000
SUBSAMPLE_COUNT = 100

#: Rows whose distances are held at once: 128 x 10,000 doubles are 10 MB.
BLOCK_ROWS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleInputs:
    """The campaign's samples in the order in which they were drawn: one column per parameter.

    ``bounds`` are those of the parameters; ``level_counts`` says how many samples there
    were after each level, the last of them all.
    """

    columns: dict[str, FloatArray]
    bounds: dict[str, tuple[float, float]]
    level_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiversityOutputs:
    """The mean distance after each level, of shape ``(levels,)``; 0 where there are no pairs."""

    mean_distance: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SampleInputs:
    """Draw samples for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(DIVERSITY, size)
    return draw_samples(extents["samples"], extents["levels"], seed)


def draw_samples(samples_count: int, levels_count: int, seed: int) -> SampleInputs:
    """Draw samples that gather around promising recipes, as an adaptive sampler's do."""
    draw = Draw(seed)
    # A third of the samples is spread evenly; the others lie around three recipes.
    recipes = draw.between(0.2, 0.8, 3, len(BOUNDS))
    chosen = draw.below(3, samples_count)
    near = np.clip(recipes[chosen] + 0.08 * draw.bell(samples_count, len(BOUNDS)), 0.0, 1.0)
    even = draw.between(0.0, 1.0, samples_count, len(BOUNDS))
    shares = np.where(draw.between(0.0, 3.0, samples_count, 1) < 1.0, even, near)
    return SampleInputs(
        columns={
            name: low + (high - low) * shares[:, index]
            for index, (name, (low, high)) in enumerate(BOUNDS.items())
        },
        bounds=dict(BOUNDS),
        level_counts=tuple(samples_count * (level + 1) // levels_count for level in range(levels_count)),
    )


def reference(samples: SampleInputs) -> DiversityOutputs:
    """Normalise column by column, hold every distance, and take the mean."""

    def diversity(count: int) -> float:
        normalised = []
        for name, (low, high) in samples.bounds.items():
            column = samples.columns[name][:count]
            if high > low:
                normalised.append((column - low) / (high - low))
            else:
                normalised.append(np.zeros(count))
        return _mean(pdist(np.column_stack(normalised)))

    return _each_level(samples, diversity)


def matrix_normalise(samples: SampleInputs) -> DiversityOutputs:
    """Normalise all columns at once, and once for all levels; hold every distance, as the reference does."""
    matrix = _normalised(samples)
    return _each_level(samples, lambda count: _mean(pdist(matrix[:count])))


def blocked(samples: SampleInputs) -> DiversityOutputs:
    """Go through the rows in blocks, and add up distances instead of holding them."""
    matrix = _normalised(samples)

    def diversity(count: int) -> float:
        total = 0.0
        for start in range(0, count, BLOCK_ROWS):
            block = matrix[start : start + BLOCK_ROWS][: count - start]
            total += float(pdist(block).sum())
            total += float(cdist(block, matrix[start + len(block) : count]).sum())
        pairs_count = count * (count - 1) // 2
        return total / pairs_count if pairs_count else 0.0

    return _each_level(samples, diversity)


def seed_subsample(samples: SampleInputs) -> DiversityOutputs:
    """Above 1,000 samples take 100 of them by chance, as the document advises: another quantity.

    Chance is NumPy's shared state, as in the document: nobody seeds it, so two calls differ.
    """
    matrix = _normalised(samples)

    def diversity(count: int) -> float:
        if count <= SUBSAMPLE_ABOVE:
            return _mean(pdist(matrix[:count]))
        few = np.random.choice(count, SUBSAMPLE_COUNT, replace=False)  # noqa: NPY002 - the document's own way
        return _mean(pdist(matrix[few]))

    return _each_level(samples, diversity)


def _each_level(samples: SampleInputs, diversity: Callable[[int], float]) -> DiversityOutputs:
    return DiversityOutputs(mean_distance=np.array([diversity(count) for count in samples.level_counts]))


def _mean(distances: FloatArray) -> float:
    return float(distances.mean()) if distances.size else 0.0


def _normalised(samples: SampleInputs) -> FloatArray:
    """Return all samples as a matrix with each parameter between 0 and 1; constant ones are 0."""
    matrix = np.column_stack([samples.columns[name] for name in samples.bounds])
    low, high = np.array(list(samples.bounds.values())).T
    span = np.where(high > low, high - low, 1.0)
    return np.asarray((matrix - low) / span)
