"""Whether a process that perfwatch did not start can be looked into, as `perfwatch attach` does.

The process is a child of ours, and a brother of the tool that looks: the same
permission is needed as for a stranger's of the same user. It must not be left
behind.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment import doctor_probe
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.environment.checks.mending import (
    AGAIN,
    WITH_THE_LOCK,
    own_pip_line,
    pip_line,
    system_line,
    tracing,
)
from perfwatch.environment.checks.patient import (
    PROBE_SECONDS,
    Patient,
    ProbeFailed,
    ProbeLate,
    Seen,
    last_line,
)
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The process ends by itself after this, whatever happens to us.
LINGER_SECONDS = 10
_TRACED_SECONDS = 1
_MEMORY_MEANS = "`perfwatch attach --memory` does not work; without --memory it may."
#: memray needs no debugger from here on.
_REMOTE_EXEC = (3, 14)


def sampler(patient: Patient) -> Seen:
    """Let py-spy read the stack of a process that runs already."""
    source = "py-spy dump -p PID"
    if patient.py_spy is None:
        return Seen(
            state=CheckState.BROKEN,
            fact="py-spy is not installed",
            source=source,
            means="`perfwatch attach` does not work.",
            do=own_pip_line("py-spy"),
        )
    end = time.monotonic() + PROBE_SECONDS
    with lingering(patient, end) as process:
        bounds = Bounds(timeout_s=_left(end), with_stderr=True)
        answer = ask([patient.py_spy, "dump", "-p", str(process.pid)], bounds, folder=patient.folder)
    text = answer.output.decode("utf-8", "replace")
    if answer.status == 0 and doctor_probe.linger.__name__ in text:
        return Seen(state=CheckState.OK, fact="py-spy reads a running process", source=source)
    why, line = tracing(patient.root, patient.environ)
    if patient.interpreter.free_threaded:
        why, line = "py-spy does not read free-threaded interpreters.", WITH_THE_LOCK
    return Seen(
        state=CheckState.BROKEN,
        fact=f"py-spy cannot: {last_line(text) or 'it said nothing'}",
        source=source,
        means=f"{why} `perfwatch attach` does not work; `perfwatch run` may.".strip(),
        do=line,
    )


def memory(patient: Patient) -> Seen:
    """Let memray enter a process that runs already, and read what it traced there."""
    source = "memray attach PID"
    missing = _missing(patient)
    if missing is not None:
        fact, line = missing
        return Seen(state=CheckState.BROKEN, fact=fact, source=source, means=_MEMORY_MEANS, do=line)
    capture = patient.folder / "doctor-attach.bin"
    try:
        _attach(patient, capture)
        count = _allocations_count(capture)
    except ProbeLate as error:
        means = f"{AGAIN} {_MEMORY_MEANS}"
        return Seen(
            state=CheckState.BROKEN,
            fact=f"memray: {error}",
            source=source,
            means=means,
            do="perfwatch doctor",
        )
    except (ProbeFailed, OSError) as error:
        why, line = tracing(patient.root, patient.environ)
        return Seen(
            state=CheckState.BROKEN,
            fact=f"memray cannot: {error}",
            source=source,
            means=f"{why} {_MEMORY_MEANS}".strip(),
            do=line or pip_line(patient.interpreter, "--upgrade", "memray"),
        )
    way = "sys.remote_exec" if patient.interpreter.version >= _REMOTE_EXEC else "the debugger"
    return Seen(
        state=CheckState.OK,
        fact=f"memray entered by {way} and traced {units.count(count)} allocations",
        source=source,
        figures={"allocations_count": count},
    )


def _allocations_count(capture: Path) -> int:
    import memray

    with memray.FileReader(capture) as reader:
        total = reader.metadata.total_allocations
    return int(total)


def _missing(patient: Patient) -> tuple[str, str] | None:
    """What is not there, and the line that brings it."""
    if "memray" not in patient.interpreter.modules:
        return "the target's interpreter has no memray of its own", pip_line(patient.interpreter, "memray")
    path = patient.environ.get("PATH")
    debugger = shutil.which("gdb", path=path) or shutil.which("lldb", path=path)
    if debugger is None and patient.interpreter.version < _REMOTE_EXEC:
        return "neither gdb nor lldb is installed", system_line("gdb", patient.environ)
    return None


def _attach(patient: Patient, capture: Path) -> None:
    """Trace a process for a second; raises ``ProbeFailed`` with what went wrong."""
    command = [patient.interpreter.executable, "-m", "memray", "attach", "-f", "-o", str(capture)]
    command += ["--duration", str(_TRACED_SECONDS)]
    end = time.monotonic() + PROBE_SECONDS
    with lingering(patient, end) as process:
        bounds = Bounds(timeout_s=_left(end), with_stderr=True)
        answer = ask([*command, str(process.pid)], bounds, environ=patient.environ, folder=patient.folder)
        if answer.status is None:
            raise ProbeLate(f"no answer within {PROBE_SECONDS:.0f} s")
        if answer.status != 0:
            said = last_line(answer.output.decode("utf-8", "replace"))
            raise ProbeFailed(said or f"it ended with status {answer.status}")
        # Until it detaches, the capture has no end and cannot be read.
        if not _said(process, b"Deactivating", _left(end)):
            raise ProbeLate(f"it did not leave the process again within {PROBE_SECONDS:.0f} s")


@contextlib.contextmanager
def lingering(patient: Patient, end: float) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the target's interpreter that runs, allocates, and is ended with the block.

    Raises ``ProbeFailed`` where it has not started at ``end`` of the monotonic clock.
    """
    process = subprocess.Popen(
        patient.probe.command("linger", {"seconds": LINGER_SECONDS}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(patient.environ),
        cwd=patient.folder,
        start_new_session=True,
    )
    try:
        if not _said(process, doctor_probe.READY.encode(), _left(end)):
            raise ProbeFailed("the process to attach to did not start")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _said(process: subprocess.Popen[bytes], word: bytes, seconds: float) -> bool:
    """Wait until the process has printed the word; false where it ended or took too long."""
    if process.stdout is None:
        return False
    text = b""
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while word not in text:
            if not selector.select(max(0.0, end - time.monotonic())):
                return False
            chunk = os.read(process.stdout.fileno(), 4096)
            if not chunk:
                return False
            text += chunk
    return True


def _left(end: float) -> float:
    """Return the seconds until then, and a moment at least."""
    return max(0.5, end - time.monotonic())
