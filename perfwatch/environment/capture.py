"""The machine and the interpreter as one record, with the key that comparable runs share.

It must not decide what a difference means, and must not name hosts or users.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.environment import machine
from perfwatch.records.run import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.environment.interpreter import Interpreter

#: The distributions whose versions a scientific result's time may hang on.
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "scikit-image",
    "numba",
    "llvmlite",
    "jax",
    "jaxlib",
    "torch",
    "tensorflow",
    "cupy",
    "polars",
    "pyarrow",
    "xarray",
    "dask",
    "joblib",
    "threadpoolctl",
    "numexpr",
    "statsmodels",
    "sympy",
    "networkx",
    "matplotlib",
    "h5py",
    "zarr",
    "netcdf4",
    "astropy",
    "opencv-python",
    "pillow",
    "mkl",
    "cython",
    "mpi4py",
    "gpytorch",
    "botorch",
    "nlsq",
    "pytest",
    "pytest-benchmark",
)
#: Of those, the ones that compute: another version is another measurement.
KEY_LIBRARIES = ("numpy", "scipy", "numba", "jax")
THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: Shown beside the thread settings; it changes the order of sets, and does not part runs.
HASH_SEED = "PYTHONHASHSEED"
NOT_SET = "not set"


def capture_environment(
    interpreter: Interpreter, root: Path | str, environ: Mapping[str, str] | None = None
) -> Environment:
    """Return what the target of the project at ``root`` runs on and with.

    ``environ`` is the target's environment; ours, where it is not given.
    """
    environ = os.environ if environ is None else environ
    limits = machine.group_limits()
    libraries = {name: interpreter.installed[name] for name in LIBRARIES if name in interpreter.installed}
    environment = Environment(
        key="",
        system=f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        machine=platform.machine(),
        processor=machine.processor(),
        cores_count=machine.cores_count(limits),
        memory_bytes=machine.memory_bytes(limits),
        python=interpreter.version_text,
        implementation=interpreter.implementation + (" (free-threaded)" if interpreter.free_threaded else ""),
        executable=_without_home(interpreter.executable),
        libraries=libraries,
        threads={name: environ.get(name, NOT_SET) for name in (*THREAD_SETTINGS, HASH_SEED)},
        load_average=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        virtualisation=machine.virtualisation(),
        limits=machine.what_is_not_allowed(Path(root), limits),
    )
    return with_key(environment)


def with_key(environment: Environment) -> Environment:
    """Return the environment with its key: equal where times may be compared."""
    facts = [
        environment.system.split()[0],
        environment.machine,
        environment.processor,
        environment.cores_count,
        _memory_class(environment.memory_bytes),
        environment.implementation,
        environment.python.split(".")[:2],
        [environment.libraries.get(name) for name in KEY_LIBRARIES],
        [environment.threads.get(name, NOT_SET) for name in THREAD_SETTINGS],
    ]
    return replace(environment, key=hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12])


def _memory_class(size_bytes: int) -> int:
    """Round memory to half powers of two: the same machine reports some megabytes more or less after a reboot."""
    return round(2 * math.log2(size_bytes)) if size_bytes > 0 else 0


def _without_home(path: str) -> str:
    """Return the path with the home folder as ``~``: it holds the user's name."""
    home = os.path.expanduser("~").rstrip("/\\")  # noqa: PTH111 - Path.home() raises where there is none
    if len(home) > 1 and path.startswith((home + "/", home + "\\")):
        return "~" + path[len(home) :]
    return path
