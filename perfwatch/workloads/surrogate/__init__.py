"""Surrogate-gradient optimisation of an expensive black box, stage by stage.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Workload
from perfwatch.workloads.surrogate.table_one import STAGES_ONE
from perfwatch.workloads.surrogate.table_two import STAGES_TWO
from perfwatch.workloads.surrogate.table_whole import WHOLE

SURROGATE = Workload(
    name="surrogate",
    title="Surrogate-gradient optimisation of an expensive black box",
    source="performance guide of a surrogate-gradient optimisation lab",
    stages=(*STAGES_ONE, *STAGES_TWO),
    whole=WHOLE,
)
