"""Running a small program that must neither hang, nor flood us, nor outlive its answer.

It must not be used for targets: those have a supervisor.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; ``status`` is ``None`` where the program had to be ended."""

    status: int | None
    output: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long an answer may take, how long it may be, and whether stderr is part of it."""

    timeout_s: float
    limit_bytes: int = 16_000_000
    with_stderr: bool = False


def ask(
    command: Sequence[str],
    bounds: Bounds,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Answer:
    """Run the command without input and return what it printed.

    Raises ``OSError`` where it cannot be started.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if bounds.with_stderr else subprocess.DEVNULL,
        env=environ,
        cwd=folder,
        start_new_session=True,
    )
    collected = bytearray()
    # A thread reads: a child that keeps the pipe open must not keep us waiting.
    reader = threading.Thread(target=_read, args=(process, collected, bounds.limit_bytes), daemon=True)
    reader.start()
    reader.join(bounds.timeout_s)
    if reader.is_alive() or len(collected) > bounds.limit_bytes:
        _end(process)
        reader.join(1)
        return Answer(status=None, output=bytes(collected[: bounds.limit_bytes]))
    try:
        status = process.wait(bounds.timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Answer(status=None, output=bytes(collected))
    return Answer(status=status, output=bytes(collected))


def _read(process: subprocess.Popen[bytes], collected: bytearray, limit_bytes: int) -> None:
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
    with process.stdout as stream:
        while len(collected) <= limit_bytes:
            chunk = os.read(stream.fileno(), _CHUNK_BYTES)
            if not chunk:
                return
            collected += chunk


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started in its own session."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
