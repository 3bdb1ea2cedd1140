"""The search for a recipe by simulated annealing, and the ways to keep its history.

Each step changes the recipe a little, predicts its product, and keeps the change where the
product comes closer to the target, or by chance where it does not (N. Metropolis et al.,
J. Chem. Phys. 21 (1953) 1087; S. Kirkpatrick et al., Science 220 (1983) 671). The target is
green light of a wanted wavelength, with as high a yield as can be had.

The prediction is a closed form, because a search needs very many. At constant temperature and
monomer concentration the growth law of ``physics``, without capillarity, integrates to
``(r + l)^2 = (r_0 + l)^2 + 2 D Vm c t`` with ``l = D / k`` (T. Sugimoto, Adv. Colloid
Interface Sci. 28 (1987) 65); no crystal grows beyond what the precursor provides.

All variants walk the same way; they differ in what they remember. This module must not
judge which of them is right.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin import physics
from perfwatch.workloads.digital_twin.table_one import HISTORY
from perfwatch.workloads.seeding import extents_of, generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntegerArray = NDArray[np.int64]
    BooleanArray = NDArray[np.bool_]

TARGET_NM = 515.0
#: How many nm of a miss weigh as much as a yield of zero.
YIELD_WEIGHT_NM = 20.0
#: A step moves each part of a recipe by up to this share of its range.
REACH = 0.02
HOTTEST_NM, COLDEST_NM = 5.0, 0.05

PARTS = ("set_kelvin", "duration_s", "precursor_mol_per_m3", "ligand_mol_per_m3", "nuclei_per_nm3")
LOWEST = (373.15, 10.0, 5.0, 10.0, 1.0e-6)
HIGHEST = (473.15, 60.0, 20.0, 200.0, 4.0e-6)

#: One step as the document keeps it: a dict with a dict for the recipe and one for the product.
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchInputs:
    """A start and the chances of a walk.

    ``start`` has shape ``(parts,)``, ``moves`` (between -1 and 1) ``(iterations, parts)``,
    ``chances`` (between 0 and 1) ``(iterations,)``; ``kept_count`` is how many of the last
    records are wanted.
    """

    start: FloatArray
    moves: FloatArray
    chances: FloatArray
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryColumns:
    """The last records of a search, oldest first; a column for each part and product."""

    iteration: IntegerArray
    recipe: dict[str, FloatArray]
    product: dict[str, FloatArray]
    objective_nm: FloatArray
    best_nm: FloatArray
    temperature_nm: FloatArray
    accepted: BooleanArray


class Product(NamedTuple):
    """What a recipe is predicted to give."""

    radius_nm: float
    emission_nm: float
    quantum_yield: float


class Step(NamedTuple):
    """One step of the walk; ``recipe`` has the order of ``PARTS``."""

    iteration: int
    recipe: tuple[float, ...]
    product: Product
    objective_nm: float
    best_nm: float
    temperature_nm: float
    accepted: bool


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SearchInputs:
    """Draw a start and the chances of a walk; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(HISTORY, size)
    drawn = generator(seed)
    lowest, highest = np.array(LOWEST), np.array(HIGHEST)
    return SearchInputs(
        start=lowest + (highest - lowest) * drawn.random(len(PARTS)),
        moves=2 * drawn.random((extents["iterations"], len(PARTS))) - 1,
        chances=drawn.random(extents["iterations"]),
        kept_count=extents["kept"],
    )


def reference(search: SearchInputs) -> list[Record]:
    """Keep a dict for every step there ever was."""
    history = []
    for step in anneal(search):
        history.append(_record(step))  # noqa: PERF401 - the growing list is the subject
    return history


def ring(search: SearchInputs) -> deque[Record]:
    """Keep the same dicts in a ring, which lets go of the oldest."""
    history: deque[Record] = deque(maxlen=search.kept_count)
    for step in anneal(search):
        history.append(_record(step))
    return history


def columns(search: SearchInputs) -> HistoryColumns:
    """Keep the last steps as numbers in arrays, each row written over when its time is past."""
    kept = min(search.kept_count, len(search.chances))
    numbers = np.empty((kept, len(PARTS) + len(Product._fields) + 3))
    iteration, accepted = np.empty(kept, np.int64), np.empty(kept, np.bool_)
    steps_count = 0
    for steps_count, step in enumerate(anneal(search), start=1):
        row = (steps_count - 1) % kept
        numbers[row] = (*step.recipe, *step.product, step.objective_nm, step.best_nm, step.temperature_nm)
        iteration[row], accepted[row] = step.iteration, step.accepted
    oldest_first = np.arange(steps_count - kept, steps_count) % max(kept, 1)
    ordered = iter(numbers[oldest_first].T.copy())
    return HistoryColumns(
        iteration=iteration[oldest_first],
        recipe={name: next(ordered) for name in PARTS},
        product={name: next(ordered) for name in Product._fields},
        objective_nm=next(ordered),
        best_nm=next(ordered),
        temperature_nm=next(ordered),
        accepted=accepted[oldest_first],
    )


def anneal(search: SearchInputs) -> Iterator[Step]:
    """Walk through recipes, and yield each step as it is tried."""
    steps_count = len(search.chances)
    recipe = tuple(search.start.tolist())
    current_nm = best_nm = miss_nm(predict(recipe))
    for i in range(steps_count):
        temperature_nm = HOTTEST_NM * (COLDEST_NM / HOTTEST_NM) ** (i / steps_count)
        tried = _neighbour(recipe, search.moves[i].tolist())
        product = predict(tried)
        objective_nm = miss_nm(product)
        worse_nm = objective_nm - current_nm
        accepted = worse_nm <= 0 or float(search.chances[i]) < math.exp(-worse_nm / temperature_nm)
        if accepted:
            recipe, current_nm = tried, objective_nm
        best_nm = min(best_nm, objective_nm)
        yield Step(i, tried, product, objective_nm, best_nm, temperature_nm, accepted)


def predict(recipe: tuple[float, ...]) -> Product:
    """Return what comes out of a recipe, whose parts have the order of ``PARTS``."""
    kelvin, duration_s, precursor, ligand, nuclei = recipe
    diffusion = physics.DIFFUSION_PREFACTOR * physics.boltzmann(physics.DIFFUSION_BARRIER, kelvin)
    reaction = physics.REACTION_PREFACTOR * physics.boltzmann(physics.REACTION_BARRIER, kelvin)
    reach_nm = diffusion / reaction
    start_nm = physics.NUCLEUS_RADIUS_NM
    grown = (start_nm + reach_nm) ** 2 + 2 * diffusion * physics.MOLAR_VOLUME * precursor * duration_s
    provided_nm3 = start_nm**3 + 3 * precursor * physics.MOLAR_VOLUME / (4 * math.pi * nuclei)
    radius_nm = min(math.sqrt(grown) - reach_nm, math.cbrt(provided_nm3))
    quenching = physics.boltzmann(physics.QUENCHING_BARRIER, kelvin)
    return Product(
        radius_nm=radius_nm,
        emission_nm=physics.PLANCK_LIGHT_EV_NM / physics.confinement_gap(radius_nm),
        quantum_yield=physics.emission_share(radius_nm, physics.bare_surface(ligand), quenching),
    )


def miss_nm(product: Product) -> float:
    """Return how far a product is from the target, in nm of wavelength."""
    return abs(product.emission_nm - TARGET_NM) + YIELD_WEIGHT_NM * (1 - product.quantum_yield)


def _neighbour(recipe: tuple[float, ...], moves: list[float]) -> tuple[float, ...]:
    parts = zip(recipe, moves, LOWEST, HIGHEST, strict=True)
    return tuple(
        min(max(value + REACH * (highest - lowest) * move, lowest), highest)
        for value, move, lowest, highest in parts
    )


def _record(step: Step) -> Record:
    return {
        "iteration": step.iteration,
        "recipe": dict(zip(PARTS, step.recipe, strict=True)),
        "product": step.product._asdict(),
        "objective_nm": step.objective_nm,
        "best_nm": step.best_nm,
        "temperature_nm": step.temperature_nm,
        "accepted": step.accepted,
    }
