"""How many threads numeric libraries start, as set and as they really are."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from perfwatch.environment.capture import THREAD_SETTINGS
from perfwatch.environment.checks.patient import Patient, ProbeFailed, Seen
from perfwatch.environment.checks.processor import usable_count
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from typing import Any

#: Imported before the pools are counted, where they are installed: each brings its own.
#: scikit-learn would bring OpenMP's, and takes seconds to import.
_WITH_POOLS = {"numpy": "numpy", "scipy": "scipy.linalg"}


def settings(patient: Patient) -> Seen:
    """Read the variables that set numbers of threads."""
    found = {name: patient.environ[name] for name in THREAD_SETTINGS if patient.environ.get(name)}
    count = usable_count(patient.root)
    source = f"{THREAD_SETTINGS[0]} and {len(THREAD_SETTINGS) - 1} more variables"
    if not found:
        return Seen(
            state=CheckState.OK,
            fact="none set: each library takes all the cores that it sees",
            source=source,
            means="Where several processes each use such a library, their threads multiply.",
        )
    fact = ", ".join(f"{name}={value[:20]}" for name, value in found.items())
    too_many = [name for name, value in found.items() if value.strip().isdecimal() and int(value) > count]
    if too_many:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source=source,
            means=f"More threads than the {count} cores that are ours: they wait for one another.",
            do=f"export {' '.join(f'{name}={count}' for name in too_many)}",
        )
    return Seen(state=CheckState.OK, fact=fact, source=source)


def pools(patient: Patient) -> Seen:
    """Import what brings pools in the target's interpreter, and count their threads."""
    source = "threadpoolctl.threadpool_info"
    names = [name for name in _WITH_POOLS if name in patient.interpreter.installed]
    if not names:
        fact = "neither numpy nor scipy is installed"
        return Seen(state=CheckState.ABSENT, fact=fact, source=source)
    spec = importlib.util.find_spec("threadpoolctl")
    if spec is None or spec.origin is None:
        return Seen(state=CheckState.BROKEN, fact="perfwatch's own threadpoolctl is missing", source=source)
    options = {"imports": [_WITH_POOLS[name] for name in names], "threadpoolctl": spec.origin}
    try:
        found = patient.probe("thread_pools", options)["pools"]
    except ProbeFailed as error:
        return Seen(
            state=CheckState.BROKEN,
            fact=f"{', '.join(names)}: {error}",
            source=source,
            means="The pools' threads are not known.",
        )
    return judged(found, usable_count(patient.root), source)


def judged(found: list[dict[str, Any]], count: int, source: str) -> Seen:
    """Hold the pools that ``threadpool_info`` names against the cores that can be used."""
    if not found:
        return Seen(state=CheckState.OK, fact="no pool of native threads", source=source)
    rows = dict.fromkeys(
        f"{pool.get('internal_api', '?')} {pool.get('version') or ''}".strip()
        + f": {pool.get('num_threads', '?')}"
        for pool in found
    )
    most = max(int(pool.get("num_threads") or 0) for pool in found)
    figures = {"threads_count": most, "cores_count": count, "pools_count": len(found)}
    fact = f"{', '.join(rows)} on {count} core{'s' if count > 1 else ''}"
    if most > count:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source=source,
            means=f"{most} threads share {count} cores: they wait for one another, and times spread.",
            do=f"export OMP_NUM_THREADS={count} OPENBLAS_NUM_THREADS={count} MKL_NUM_THREADS={count}",
            figures=figures,
        )
    danger = (
        "Several processes with such a pool each (joblib, multiprocessing) start more threads than cores."
    )
    return Seen(
        state=CheckState.OK, fact=fact, source=source, means=danger if most > 1 else "", figures=figures
    )
