"""The optimisation as its users run it: one program, from Sobol points to a temperature programme.

It collects data from the black box; chooses, tunes and trains surrogates; screens designs by the
Gaussian process, asks for slopes where it is low, and descends from there and from the best design
of the data. What comes of the descents is evaluated by the black box itself. Each stage
is handed what an earlier one answered; ``handing`` holds the steps between them.

Every stage is a span of its own, inside that of its part of the program. The program is
the same in all its forms: they differ in the forms that the stages take.

The numerical libraries get one thread each for as long as the program runs: the answers' last
bits would depend on the number of cores otherwise, and on matrices this small more threads only
wait for each other. A stage that runs alone takes the threads that it finds. This module
must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from perfwatch.monitor import monitor
from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.running import Stages, Step, best_forms
from perfwatch.workloads.seeding import checked_seed, extents_of, generator
from perfwatch.workloads.surrogate import SURROGATE, handing, process, reactor
from perfwatch.workloads.surrogate.handing import SurrogateInputs
from perfwatch.workloads.surrogate.sampling import drawn_shift
from perfwatch.workloads.surrogate.table_whole import SEED_ADVICE, WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perfwatch.workloads.surrogate.collect import CollectOutputs

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateOutputs:
    """What the optimisation found.

    ``design`` of shape ``(dimensions,)`` is the best programme, ``shortfall`` what the black
    box says of it, ``collected_shortfall`` the best of the data before. ``steps`` holds
    every stage's inputs and answer, in the order in which they ran.
    """

    design: FloatArray
    shortfall: float
    collected_shortfall: float
    steps: dict[str, Step]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SurrogateInputs:
    """Plan an optimisation for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(WHOLE, size)
    drawn = generator(checked_seed(seed))
    return SurrogateInputs(
        extents=dict(extents),
        seed=seed,
        shift=drawn_shift(extents["dimensions"], seed),
        places=drawn.random((extents["places"], extents["dimensions"])),
        chances=drawn.random((extents["sessions"], extents["requests"])),
    )


def reference(plan: SurrogateInputs) -> SurrogateOutputs:
    """Run the optimisation with every stage in its reference form."""
    return _run(plan, {})


def optimized(plan: SurrogateInputs) -> SurrogateOutputs:
    """Run the optimisation with every stage in its best working form."""
    return _run(plan, best_forms(SURROGATE.stages))


def seed_advice(plan: SurrogateInputs) -> SurrogateOutputs:
    """Run the optimisation as the document advises, where its advice runs."""
    return _run(plan, SEED_ADVICE)


def _run(plan: SurrogateInputs, forms: Mapping[str, str]) -> SurrogateOutputs:
    stages = Stages(SURROGATE.stages, forms)
    with threadpool_limits(1):
        with monitor("data"):
            data = stages.run("collect", handing.collecting(plan))
        with monitor("model"):
            lengths = _choose_model(stages, plan, data)
        with monitor("optimisation"):
            designs = _optimise(stages, plan, data, lengths)
        with monitor("check"):
            found = [reactor.shortfall(design, plan.extents["steps"]) for design in designs]
    best = int(np.argmin(found))
    return SurrogateOutputs(
        design=designs[best],
        shortfall=found[best],
        collected_shortfall=float(data.shortfall.min()),
        steps=stages.steps,
    )


def _choose_model(stages: Stages, plan: SurrogateInputs, data: CollectOutputs) -> tuple[float, ...]:
    """Return the lengths that the Gaussian process may take."""
    stages.run("select", handing.choosing(plan, data))
    tuned = stages.run("tune", handing.tuning(plan, data))
    stages.run("train", handing.training(plan, data))
    return handing.lengths_with(tuned)


def _optimise(
    stages: Stages, plan: SurrogateInputs, data: CollectOutputs, lengths: tuple[float, ...]
) -> list[FloatArray]:
    """Return the designs that descents on the surrogate lead to."""
    screened = handing.screening(plan, data, lengths)
    predicted = stages.run("predict", screened)
    surrogate = process.fit(data.designs, data.shortfall, lengths)
    low = handing.best_places(screened, predicted, plan.extents["gradients"])
    asked = handing.sloping(plan, surrogate, low)
    starts = handing.steepest(asked, stages.run("gradient", asked), plan.extents["starts"])
    descended = stages.run("multistart", handing.descents(plan, surrogate, starts))
    polished = stages.run("early-stop", handing.polishing(plan, surrogate, data))
    return [descended.design, polished.design]
