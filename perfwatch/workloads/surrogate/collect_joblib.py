"""The stage ``collect`` by joblib.

joblib keeps its workers for a next call: here they are sent home, so that none outlives a call. Its
watcher over shared files ends with the program, as Python's own does. This module must not
measure itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from perfwatch.workloads.surrogate import reactor
from perfwatch.workloads.surrogate.collect import CollectOutputs, batch_size
from perfwatch.workloads.surrogate.sampling import SobolPoints

if TYPE_CHECKING:
    from perfwatch.workloads.surrogate.collect import CollectInputs


def joblib(wanted: CollectInputs) -> CollectOutputs:
    """Let joblib's processes evaluate the points, a batch at a time."""
    designs = SobolPoints(wanted.shift).draw(wanted.points_count)
    try:
        found = Parallel(n_jobs=wanted.workers_count, batch_size=batch_size(wanted))(
            delayed(reactor.shortfall)(design, wanted.steps_count) for design in designs
        )
    finally:
        get_reusable_executor().shutdown(wait=True)
    return CollectOutputs(designs=designs, shortfall=np.array(found))
