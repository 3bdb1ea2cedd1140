"""How the answer of one stage of the optimisation becomes what the next one is handed.

Each function takes answers and returns the inputs of one stage, or a figure that several
of them need. This module must not run a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.surrogate import (
    collect,
    early_stop,
    gradient,
    multistart,
    predict,
    process,
    selection,
    train,
    tune,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Every so many designs are kept from training, to see how it predicts.
HELD_BACK_EACH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateInputs:
    """A planned optimisation: how much of everything, and all chances that the program itself takes.

    ``extents`` are the size's. ``shift`` of shape ``(dimensions,)`` is that of the data's
    sequence, ``places`` of shape ``(places, dimensions)`` are designs to be screened, and
    ``chances`` of shape ``(sessions, requests)`` tell which of them is asked for when.
    """

    extents: dict[str, int]
    seed: int
    shift: FloatArray
    places: FloatArray
    chances: FloatArray


def collecting(plan: SurrogateInputs) -> collect.CollectInputs:
    """Ask for the data."""
    return collect.CollectInputs(
        points_count=plan.extents["points"],
        steps_count=plan.extents["steps"],
        shift=plan.shift,
        workers_count=plan.extents["workers"],
    )


def choosing(plan: SurrogateInputs, data: collect.CollectOutputs) -> selection.SelectInputs:
    """Ask which kind of surrogate memory allows, for parts of the data and for all of them."""
    return selection.SelectInputs(
        designs=data.designs,
        values=data.shortfall,
        counts=selection.halved(plan.extents["points"], plan.extents["cases"]),
        budget_bytes=np.full(plan.extents["cases"], 1e3 * plan.extents["budget_kb"]),
        trees_count=plan.extents["trees"],
        epochs_count=plan.extents["epochs"],
        seed=plan.seed,
    )


def tuning(plan: SurrogateInputs, data: collect.CollectOutputs) -> tune.TuneInputs:
    """Ask which covariance predicts best."""
    return tune.TuneInputs(designs=data.designs, values=data.shortfall, folds_count=plan.extents["folds"])


def training(plan: SurrogateInputs, data: collect.CollectOutputs) -> train.TrainInputs:
    """Ask how well each kind predicts the designs that are held back."""
    held_back = np.arange(len(data.designs)) % HELD_BACK_EACH == 0
    return train.TrainInputs(
        designs=data.designs[~held_back],
        values=data.shortfall[~held_back],
        unseen=data.designs[held_back],
        unseen_values=data.shortfall[held_back],
        trees_count=plan.extents["trees"],
        epochs_count=plan.extents["epochs"],
        seed=plan.seed,
    )


def lengths_with(tuned: tune.TuneOutputs) -> tuple[float, ...]:
    """Return the lengths that a process may take: its own, and that of the covariance which won."""
    return (*process.LENGTHS, tune.GRID[tuned.winner][1])


def screening(
    plan: SurrogateInputs, data: collect.CollectOutputs, lengths: tuple[float, ...]
) -> predict.PredictInputs:
    """Ask what the surrogate makes of the places, session by session."""
    return predict.PredictInputs(
        designs=data.designs,
        values=data.shortfall,
        places=plan.places,
        visits=predict.popular(plan.chances, len(plan.places)),
        kept_count=plan.extents["kept"],
        lengths=lengths,
    )


def best_places(asked: predict.PredictInputs, predicted: FloatArray, count: int) -> FloatArray:
    """Return the places that were predicted lowest, in the order of their numbers."""
    visited, first = np.unique(asked.visits, return_index=True)
    # Two forms may differ in a prediction's last bits: as many digits as they share decide.
    lowest = np.argsort(predicted.ravel()[first].round(9), kind="stable")[:count]
    return asked.places[np.sort(visited[lowest])]


def sloping(plan: SurrogateInputs, surrogate: process.Process, places: FloatArray) -> gradient.GradientInputs:
    """Ask for the slope at the best places."""
    return gradient.GradientInputs(surrogate=surrogate, places=places[: plan.extents["gradients"]])


def steepest(asked: gradient.GradientInputs, slopes: FloatArray, count: int) -> FloatArray:
    """Return the places with most of a slope to go down: a flat one is as low as it gets."""
    steepness = np.linalg.norm(slopes, axis=1).round(6)
    chosen = np.argsort(-steepness, kind="stable")[:count]
    return asked.places[np.sort(chosen)]


def descents(
    plan: SurrogateInputs, surrogate: process.Process, starts: FloatArray
) -> multistart.MultistartInputs:
    """Ask for the least value that descents from the starts lead to."""
    return multistart.MultistartInputs(
        surrogate=surrogate,
        starts=starts,
        iterations_count=plan.extents["iterations"],
        workers_count=plan.extents["workers"],
    )


def polishing(
    plan: SurrogateInputs, surrogate: process.Process, data: collect.CollectOutputs
) -> early_stop.EarlyStopInputs:
    """Ask for a long descent from the best design that was really evaluated."""
    return early_stop.EarlyStopInputs(
        surrogate=surrogate,
        start=data.designs[int(np.argmin(data.shortfall))],
        steps_count=plan.extents["descent"],
    )
