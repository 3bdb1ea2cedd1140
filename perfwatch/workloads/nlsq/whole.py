"""A campaign of fits as its users run it: one program, from requests to the choice of a form.

Requests are validated, first steps are weighed, four models are fitted, and the decay is found
once more from far away and at growing numbers of points. Then fits are repeated, peaks are
fitted with a sparse Jacobian, a decay is streamed, and both are combined; the decision matrix
stands at the end. Most stages are handed what an earlier one answered: ``handing`` holds the
steps between them.

Every stage is a span of its own, inside that of its part of the program. The program is the
same in all its forms: they differ in the forms that the stages take. The numerical libraries
get one thread each for as long as it runs, so that the answers' last bits do not depend on the
number of cores. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from perfwatch.monitor import monitor
from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq import NLSQ, handing, peaks, pool
from perfwatch.workloads.nlsq.datasets import draw_dataset
from perfwatch.workloads.nlsq.handing import CampaignInputs
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.table_whole import SEED_ADVICE, WHOLE, WITHOUT_COMPILER
from perfwatch.workloads.running import Stages, Step, best_forms
from perfwatch.workloads.seeding import checked_seed, extents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: What is drawn while the program runs, each by a seed of its own.
_SEEDED = ("scaling", "pool", "sparse", "stream", "combined", "decide")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOutputs:
    """What a campaign found: the streamed decay's three parameters, and three of each peak.

    ``steps`` holds every stage's inputs and answer, in the order in which they ran.
    """

    decay: FloatArray
    peaks: FloatArray
    steps: dict[str, Step]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> CampaignInputs:
    """Plan a campaign for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents, draw = extents_of(WHOLE, size), Draw(checked_seed(seed))
    # Stages that began with one seed would draw the same numbers.
    states = np.random.SeedSequence(seed).generate_state(len(_SEEDED)).tolist()
    return CampaignInputs(
        extents=dict(extents),
        seeds=dict(zip(_SEEDED, states, strict=True)),
        datasets={name: draw_dataset(draw, name, extents["points"]) for name in FAMILIES},
        scans=tuple(draw_dataset(draw, "peaks", extents["points"]) for _ in range(extents["scans"])),
    )


def reference(plan: CampaignInputs) -> CampaignOutputs:
    """Run the campaign with every stage in its reference form."""
    return _run(plan, {})


def optimized(plan: CampaignInputs) -> CampaignOutputs:
    """Run the campaign with every stage in its best working form."""
    return _run(plan, best_forms(NLSQ.stages))


def seed_advice(plan: CampaignInputs) -> CampaignOutputs:
    """Run the campaign as the documents advise: some of its stages answer otherwise."""
    return _run(plan, SEED_ADVICE)


def _run(plan: CampaignInputs, forms: Mapping[str, str]) -> CampaignOutputs:
    stages = Stages(NLSQ.stages, {**WITHOUT_COMPILER, **forms})
    with threadpool_limits(1):
        with monitor("requests"):
            begun = _accept_requests(stages, plan)
        with monitor("fits"):
            found = _fit_models(stages, plan, begun)
        with monitor("at scale"):
            decay, many = _fit_at_scale(stages, plan, found)
        with monitor("decision"):
            _decide(stages, plan)
    return CampaignOutputs(decay=decay, peaks=many, steps=stages.steps)


def _accept_requests(stages: Stages, plan: CampaignInputs) -> Any:
    """Return what is to be fitted: the data whose requests are sound, each with a good beginning."""
    datasets = handing.accepted(plan, stages.run("validate", handing.requests(plan)))
    asked = handing.first_models(plan, datasets)
    return handing.fits(datasets, asked, stages.run("quadratics", asked))


def _fit_models(stages: Stages, plan: CampaignInputs, begun: Any) -> Any:
    """Return the fits of all models; the decay is found once more, and at growing numbers of points."""
    found = stages.run("fit", begun)
    steps = stages.run("trf-step", handing.far_steps(begun.datasets, found))
    stages.run("scaling", handing.growing(plan, begun.datasets, steps))
    return found


def _fit_at_scale(stages: Stages, plan: CampaignInputs, found: Any) -> tuple[FloatArray, FloatArray]:
    """Return the streamed decay's parameters, and those of many peaks at many points."""
    extents, seeds = plan.extents, plan.seeds
    stages.run("pool", pool.draw_fits(extents["fits"], extents["pooled"], 3, seeds["pool"]))
    coarse = stages.run("sparse", peaks.draw_scan(extents["sparse"], extents["peaks"], seeds["sparse"]))
    decay = stages.run("stream", handing.recorded_decay(plan, found))
    fine = stages.run("combined", handing.finer_scan(plan, coarse.parameters))
    return decay.parameters, fine.parameters


def _decide(stages: Stages, plan: CampaignInputs) -> None:
    from perfwatch.workloads.nlsq import decide

    stages.run("decide", decide.draw_jobs(plan.extents, plan.seeds["decide"]))
