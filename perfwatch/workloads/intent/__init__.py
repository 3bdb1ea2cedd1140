"""Human-intent inference for a robot: from recorded hands to controls, stage by stage.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Workload
from perfwatch.workloads.intent.table_one import BELIEF, GP_INFERENCE, MPC, PIPELINE
from perfwatch.workloads.intent.table_two import CACHE, FILES, LOAD, POOL
from perfwatch.workloads.intent.table_whole import WHOLE

INTENT = Workload(
    name="intent",
    title="Human-intent inference for a robot",
    source="optimisation manual of a human-intent recognition system",
    stages=(GP_INFERENCE, MPC, BELIEF, PIPELINE, FILES, CACHE, POOL, LOAD),
    whole=WHOLE,
)
