"""Non-linear least squares at scale, stage by stage.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Workload
from perfwatch.workloads.nlsq.table_one import DECIDE, STAGES_ONE
from perfwatch.workloads.nlsq.table_two import STAGES_TWO
from perfwatch.workloads.nlsq.table_whole import WHOLE

NLSQ = Workload(
    name="nlsq",
    title="Non-linear least squares at scale",
    source="progress summary and summary of examples of a least-squares library",
    stages=(*STAGES_ONE, *STAGES_TWO, DECIDE),
    whole=WHOLE,
)
