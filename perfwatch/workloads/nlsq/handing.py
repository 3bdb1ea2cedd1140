"""How the answer of one stage of a campaign of fits becomes what the next one is handed.

Each function takes answers and returns the inputs of one stage. Its answers do not depend on
the form that a stage took. This module must not run a stage.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq import peaks, quadratics, scaling, stream, trf_step, validating
from perfwatch.workloads.nlsq.datasets import Dataset
from perfwatch.workloads.nlsq.fit import EVALUATIONS_LIMIT, FitInputs, FitOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: A first step is damped as much as still brings this share of the greatest fall.
FALL_SHARE = 0.5
#: How far beside the solution a decay begins that is streamed, as shares of it.
STREAM_START = np.array([1.3, 0.75, 1.3])
#: How far beside the solution many peaks begin: heights, centres (in widths) and widths.
PEAK_START = np.array([0.1, 0.2, -0.1])


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInputs:
    """A planned campaign: how much of everything, the data that were recorded, and seeds for what will be.

    ``datasets`` has one set for each family, ``scans`` more of the family of several lines.
    """

    extents: dict[str, int]
    seeds: dict[str, int]
    datasets: dict[str, Dataset]
    scans: tuple[Dataset, ...]


def requests(plan: CampaignInputs) -> validating.ValidationInputs:
    """Ask for each fit as it should be, and in all ways in which it should not."""
    return validating.ValidationInputs(
        requests=tuple(one for dataset in plan.datasets.values() for one in validating.spoiled(dataset))
    )


def accepted(plan: CampaignInputs, found: validating.ValidationOutputs) -> dict[str, Dataset]:
    """Return the data whose sound request, the first of each family, has no error."""
    per_family = len(found.verdicts) // len(plan.datasets)
    sound = found.verdicts[::per_family]
    return {
        name: dataset
        for (name, dataset), verdict in zip(plan.datasets.items(), sound, strict=True)
        if not verdict.errors
    }


def first_models(plan: CampaignInputs, datasets: dict[str, Dataset]) -> quadratics.QuadraticInputs:
    """Ask how far damped first steps of every scan lower the cost; the set to be fitted is the first."""
    return quadratics.damped_steps((datasets[quadratics.FAMILY], *plan.scans), plan.extents["dampings"])


def fits(datasets: dict[str, Dataset], asked: quadratics.QuadraticInputs, falls: FloatArray) -> FitInputs:
    """Fit every family; the several lines begin after their first step, damped as much as is worth it."""
    worth_it = np.flatnonzero(falls[0] <= FALL_SHARE * falls[0].min())
    step = asked.steps[0, worth_it[-1]]
    lines = datasets[quadratics.FAMILY]
    begun = dataclasses.replace(lines, start=lines.start + step)
    return FitInputs(datasets=datasets | {quadratics.FAMILY: begun}, evaluations_limit=EVALUATIONS_LIMIT)


def far_steps(datasets: dict[str, Dataset], found: FitOutputs) -> trf_step.StepInputs:
    """Find the decay's solution again, from far away."""
    decay = datasets[trf_step.FAMILY]
    return trf_step.StepInputs(
        x=decay.x,
        y=decay.y,
        start=trf_step.FAR_START * found.exponential,
        steps_limit=trf_step.STEPS_LIMIT,
    )


def growing(
    plan: CampaignInputs, datasets: dict[str, Dataset], steps: trf_step.StepOutputs
) -> scaling.ScalingInputs:
    """Record the decay that was found at more and more points."""
    model = dataclasses.replace(datasets[scaling.FAMILY], truth=steps.parameters)
    points = [plan.extents[name] for name in ("first", "second", "third", "fourth")]
    return scaling.ScalingInputs(
        datasets=scaling.draw_growing(Draw(plan.seeds["scaling"]), model, points),
        rounds_count=plan.extents["rounds"],
    )


def recorded_decay(plan: CampaignInputs, found: FitOutputs) -> stream.DecayInputs:
    """Record the decay that was fitted once more, at many times in no order."""
    draw = Draw(plan.seeds["stream"])
    x = draw.between(0.0, stream.LONGEST, plan.extents["streamed"])
    value, _ = stream.decay(x, found.exponential)
    y = value + stream.NOISE * draw.bell(len(x))
    return stream.DecayInputs(x=x, y=y, start=STREAM_START * found.exponential)


def finer_scan(plan: CampaignInputs, parameters: FloatArray) -> peaks.Scan:
    """Record the peaks that were found again, at more points, and begin beside them."""
    draw = Draw(plan.seeds["combined"])
    x = np.linspace(0.0, peaks.SCAN_END, plan.extents["combined"])
    y = peaks.value(x, parameters) + peaks.NOISE * draw.bell(len(x))
    each = parameters.reshape(-1, peaks.PER_PEAK)
    # Heights and widths by a share of themselves, centres by a share of the width.
    scale = each[:, [0, 2, 2]]
    return peaks.Scan(x=x, y=y, start=(each + PEAK_START * scale).ravel())
