"""Three surrogates of the same data: a random forest, a small neural network, a Gaussian process.

All forms fit the same forest and the same process; they differ in how the network is trained.
The answer is what each surrogate predicts at designs that none has seen.
This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of
from perfwatch.workloads.surrogate import models, network, reactor
from perfwatch.workloads.surrogate.predict import STEPS_COUNT
from perfwatch.workloads.surrogate.sampling import SobolPoints, drawn_shift
from perfwatch.workloads.surrogate.table_one import TRAIN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainInputs:
    """Data of shape ``(n, dimensions)`` and ``(n,)``, unseen designs with their values, and the trainings' extents."""

    designs: FloatArray
    values: FloatArray
    unseen: FloatArray
    unseen_values: FloatArray
    trees_count: int
    epochs_count: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOutputs:
    """What each surrogate predicts at the unseen designs."""

    forest: FloatArray
    network: FloatArray
    process: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> TrainInputs:
    """Draw data for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(TRAIN, size)
    return draw_data(
        (extents["points"], extents["dimensions"]),
        checked_seed(seed),
        trees_count=extents["trees"],
        epochs_count=extents["epochs"],
    )


def draw_data(shape: tuple[int, int], seed: int, *, trees_count: int, epochs_count: int) -> TrainInputs:
    """Draw designs of the given shape and half as many unseen ones after them in the sequence."""
    points = SobolPoints(drawn_shift(shape[1], seed))
    designs, unseen = points.draw(shape[0]), points.draw(shape[0] // 2)
    return TrainInputs(
        designs=designs,
        values=reactor.shortfalls(designs, STEPS_COUNT),
        unseen=unseen,
        unseen_values=reactor.shortfalls(unseen, STEPS_COUNT),
        trees_count=trees_count,
        epochs_count=epochs_count,
        seed=seed,
    )


def reference(data: TrainInputs) -> TrainOutputs:
    """Train the network design by design within each batch."""
    return with_network(
        data, network.train(data.designs, data.values, plan_of(data), network.gradient_singly)
    )


def batched(data: TrainInputs) -> TrainOutputs:
    """Train the network by matrices of whole batches."""
    return with_network(data, network.train(data.designs, data.values, plan_of(data)))


def float32(data: TrainInputs) -> TrainOutputs:
    """Train the network by matrices of whole batches, in single precision."""
    return with_network(data, network.train(data.designs, data.values, plan_of(data, single=True)))


def plan_of(data: TrainInputs, *, single: bool = False) -> network.Plan:
    """Return how the network of these data is trained."""
    return network.Plan(epochs_count=data.epochs_count, seed=data.seed, single=single)


def with_network(data: TrainInputs, trained: network.Network) -> TrainOutputs:
    """Fit forest and process, and let all three predict."""
    forest = models.fit_forest(data.designs, data.values, trees_count=data.trees_count, seed=data.seed)
    process = models.fit_process(data.designs, data.values)
    return TrainOutputs(
        forest=forest.predict(data.unseen),
        network=trained.predict(data.unseen),
        process=process.predict(data.unseen),
    )
