"""All checks on one patient, and what they add up to.

A check that breaks is reported as broken, with its error, and stops no other.
Nothing is changed on the machine. It must not word anything for a reader.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from perfwatch.environment.checks import CHECKS, TIMING
from perfwatch.environment.checks.patient import Patient, Row, Seen
from perfwatch.environment.doctor_asking import Asking
from perfwatch.environment.lending import lent_profilers
from perfwatch.records.doctor import Check, CheckState, Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from perfwatch.environment.checks.patient import Execute
    from perfwatch.environment.interpreter import Interpreter

#: As many as there are checks that start a process: one that hangs must not keep another from its time.
_TOGETHER = 10
_ERROR_CHARACTERS = 300
_WORKS = frozenset({CheckState.OK, CheckState.WARNING})


def patient_of(
    interpreter: Interpreter,
    environ: Mapping[str, str],
    folder: Path,
    execute: Execute,
    py_spy: str | None,
) -> Patient:
    """Return this machine and the interpreter as they are, with an empty folder for scratch files."""
    lending = lent_profilers(interpreter)
    # A shell is not what was asked for, and it would not end.
    environ = {name: value for name, value in environ.items() if name != "PYTHONINSPECT"}
    return Patient(
        interpreter=interpreter,
        lending=lending,
        environ=environ,
        execute=execute,
        probe=Asking(interpreter, lending, environ, folder),
        folder=folder,
        py_spy=py_spy,
    )


def diagnose(
    patient: Patient,
    rows: Sequence[Row] = CHECKS,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Diagnosis:
    """Return what every check of the table saw, in the table's order.

    Those that ask for a quiet machine come first, one by one; the others run
    together. Raises nothing of a check's.
    """
    started = clock()
    seen = {row.name: _examined(row, patient) for row in rows if row.alone}
    others = [row for row in rows if not row.alone]
    with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
        answers = pool.map(lambda row: _examined(row, patient), others)
        seen |= dict(zip((row.name for row in others), answers, strict=True))
    checks = tuple(seen[row.name] for row in rows)
    collectors = [check for check in checks if check.collector]
    return Diagnosis(
        interpreter=patient.interpreter.title,
        timing=any(check.name == TIMING and check.state in _WORKS for check in checks),
        works=tuple(check.name for check in collectors if check.state in _WORKS),
        broken=tuple(check.name for check in checks if check.state is CheckState.BROKEN),
        absent=tuple(check.name for check in collectors if check.state is CheckState.ABSENT),
        warnings=tuple(check.name for check in checks if check.state is CheckState.WARNING),
        checks=checks,
        duration_ns=clock() - started,
    )


def _examined(row: Row, patient: Patient) -> Check:
    try:
        seen = row.examine(patient)
    except Exception as error:  # noqa: BLE001 - whatever a check meets is what it found
        what = f"the check itself failed: {type(error).__name__}: {error}"
        seen = Seen(
            state=CheckState.BROKEN,
            fact=what[:_ERROR_CHARACTERS],
            source=row.examine.__name__,
            means="Nothing is known about this.",
        )
    return Check(
        group=row.group,
        name=row.name,
        state=seen.state,
        fact=seen.fact,
        source=seen.source,
        means=seen.means,
        do=seen.do,
        collector=row.collector,
        figures=dict(seen.figures),
    )
