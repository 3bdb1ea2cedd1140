"""Instructions that callgrind counted between marks, read from the files it wrote.

It starts nothing: ``command`` says how a program is counted, ``counts`` what came of
it. Callgrind's cache and branch simulations stay off: only instructions are wanted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

METRIC = "instructions_count"
TOOL = "valgrind (callgrind)"
#: The C function behind the worker's mark.
MARK = "sched_get_priority_max"
FILES, LOG = "counted", "valgrind.log"
#: What stands at the head of a file, before the figures of single functions.
_HEAD_BYTES = 65_536
_SUMMARY = re.compile(rb"^(?:summary|totals): (\d+)", re.MULTILINE)
_BY_MARK = b"Trigger: --dump-before="
_LOG_BYTES = 1_000_000
_UNKNOWN = "unhandled instruction bytes"

#: One thread, one hash seed: what differs between executions of the same code, as far as a variable can fix it.
_FIXED = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
#: The kernels that valgrind's processor has: it knows AVX2 and nothing beyond.
_KERNELS = {"OPENBLAS_CORETYPE": "Haswell", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


class CountLostError(Exception):
    """A figure that cannot be told from what was written; its text is a clause that says why."""


def command(valgrind: str, folder: Path) -> tuple[str, ...]:
    """Return the words that go before a program so that its instructions are counted into ``folder``."""
    place = str(folder).replace("%", "%%")  # valgrind reads %p and its like
    return (
        valgrind,
        "--tool=callgrind",
        "--quiet",
        f"--log-file={place}/{LOG}",
        f"--callgrind-out-file={place}/{FILES}.%p",
        f"--dump-before={MARK}",
        "--cache-sim=no",
        "--branch-sim=no",
        "--trace-children=no",
    )


def fixed_environment(environ: Mapping[str, str], processor_flags: str) -> dict[str, str]:
    """Return the variables that make executions alike, from what is set and what the processor has.

    NumPy chooses by the processor that valgrind shows it, which is the same on
    both sides and has no AVX-512. BLAS is told, where the machine has AVX2; what
    the user has set stays.
    """
    fixed = dict(_FIXED)
    if "avx2" in processor_flags.split():
        fixed |= {name: value for name, value in _KERNELS.items() if name not in environ}
    return fixed


def counts(folder: Path, process: Mapping[str, Any], record: Mapping[str, Any]) -> float:
    """Return the instructions of one call of a subject, from its record and the files of its process.

    Raises ``CountLostError`` where they are not to be had.
    """
    if record.get("children"):
        raise CountLostError("it starts child processes, whose instructions are not counted")
    pid, marks_count = int(process["pid"]), int(process["marks"])
    seen_count = sum(1 for _ in folder.glob(f"{FILES}.{pid}.*"))
    if seen_count != marks_count:
        raise CountLostError(
            f"valgrind saw {seen_count} marks of {marks_count}, so stretches cannot be told apart"
        )
    if "more" in record:
        less, more = (_part(folder, pid, record[name]) for name in ("less", "more"))
        return max(0.0, (more - less) / int(record["calls"]))
    empty = _part(folder, pid, record["empty"])
    each = [_part(folder, pid, number) for number in record["each"]]
    return max(0.0, sum(each) / len(each) - empty)


def _part(folder: Path, pid: int, number: int) -> int:
    try:
        with (folder / f"{FILES}.{pid}.{number}").open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise CountLostError(f"what valgrind wrote cannot be read: {error.strerror or error}") from error
    found = _SUMMARY.search(head)
    if found is None or _BY_MARK not in head:
        raise CountLostError("valgrind wrote a file that is cut short, or of a form that is not known")
    return int(found[1])


def complaint(folder: Path) -> str:
    """Return in words what valgrind complained of; "" where it said nothing that is known to matter."""
    try:
        with (folder / LOG).open("rb") as file:
            text = file.read(_LOG_BYTES).decode("utf-8", "backslashreplace")
    except OSError:
        return ""
    if _UNKNOWN in text:
        return "valgrind met an instruction that it does not know"
    fatal = next((line for line in text.splitlines() if "FATAL" in line or "valgrind:" in line), "")
    return re.sub(r"^==\d+==\s*", "", fatal).strip()[:200]
