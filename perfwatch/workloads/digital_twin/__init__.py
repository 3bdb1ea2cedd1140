"""The digital twin: synthesis of CsPbBr3 perovskite nanocrystals, stage by stage.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Size, Stage, Variant, Workload
from perfwatch.workloads.digital_twin.table_one import DATASET, HISTORY, KINETICS, PARAMETERS, PHASES
from perfwatch.workloads.digital_twin.table_two import (
    ARRAY_POOL,
    BAYESOPT,
    DIVERSITY,
    GROWTH_ODE,
    PARALLEL,
    REGIONS,
    SHARED_CACHE,
)
from perfwatch.workloads.digital_twin.table_whole import WHOLE

_PHYSICS = "perfwatch.workloads.digital_twin.physics"

PHYSICS = Stage(
    name="physics",
    title="Growth and emission of nanocrystals over time",
    source="performance report on a CsPbBr3 digital twin, section 1.1: the physics simulation loop",
    inputs=f"{_PHYSICS}:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_PHYSICS}:reference",
            note="each sample and time step in turn, with scalar mathematics",
        ),
        Variant(
            name="vectorised",
            function=f"{_PHYSICS}:vectorised",
            note="all samples at once; only the growth itself still steps through time",
        ),
        Variant(
            name="numba",
            function=f"{_PHYSICS}_compiled:compiled",
            note="the reference's loops as machine code, compiled by the first call",
            requires=("numba",),
        ),
    ),
    # Rounding alone tells the two apart: a unit in the last place per exponential.
    equality=Equality(rtol=1e-12),
    sizes={
        "small": Size(
            items_count=160,
            extents={"samples": 160, "steps": 400},
            note="a fraction of a second for the reference: short enough to profile by line",
        ),
        "medium": Size(
            items_count=2_500,
            extents={"samples": 2_500, "steps": 650},
            note="some 5 s for the reference",
        ),
        "large": Size(
            items_count=8_000,
            extents={"samples": 8_000, "steps": 750},
            note="6 million steps: 48 MB for each array of results, 0.8 GB at the peak of the vectorised form",
            peak_bytes=800_000_000,
        ),
    },
    optimized="vectorised",
)

DIGITAL_TWIN = Workload(
    name="digital-twin",
    title="Digital twin of a CsPbBr3 nanocrystal synthesis",
    source="performance report on a CsPbBr3 digital twin",
    stages=(
        PHYSICS,
        DATASET,
        HISTORY,
        PHASES,
        PARAMETERS,
        PARALLEL,
        BAYESOPT,
        KINETICS,
        GROWTH_ODE,
        DIVERSITY,
        REGIONS,
        SHARED_CACHE,
        ARRAY_POOL,
    ),
    whole=WHOLE,
)
