"""The pools of BLAS and OpenMP with one thread each: settings of the environment, no code."""

from __future__ import annotations

from perfwatch.diagnose.rewrites.rewrite import Asked, Changed

SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def one_thread(asked: Asked) -> Changed:
    """Set every variable that such a pool reads to one thread."""
    del asked
    environment = dict.fromkeys(SETTINGS, "1")
    return Changed(summary="the pools of BLAS and OpenMP get one thread", environment=environment)
