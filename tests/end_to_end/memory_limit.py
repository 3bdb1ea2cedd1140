"""A control group with a memory limit, on the first or second version of control groups.

It must not touch any group but the one that it makes below its own.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest

_ROOT = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def memory_limited(limit_bytes):
    """Yield what moves a child process into a group of its own; skip where no group can be made."""
    try:
        group = _made(limit_bytes)
    except OSError as error:
        pytest.skip(f"no memory-limited control group can be made here: {error}")
    try:
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        _removed(group)


def _made(limit_bytes):
    first = _ROOT / "memory"
    name = f"perfwatch-test-{os.getpid()}-{time.monotonic_ns()}"
    if (first / "cgroup.procs").exists():
        group = first / name
        group.mkdir()
        settings = {"memory.limit_in_bytes": limit_bytes, "memory.memsw.limit_in_bytes": limit_bytes}
    else:
        own = Path("/proc/self/cgroup").read_text(encoding="ascii").partition("0::")[2].split("\n")[0]
        group = _ROOT / own.strip("/") / name
        group.mkdir()
        settings = {"memory.max": limit_bytes, "memory.swap.max": 0}
    try:
        for place, (setting, value) in enumerate(settings.items()):
            # Swap is accounted on some systems only; where it is not, the first setting must do.
            if place == 0 or (group / setting).exists():
                (group / setting).write_text(str(value))
    except OSError:
        group.rmdir()
        raise
    return group


def _removed(group):
    end = time.monotonic() + 10
    while True:
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.02)  # the kernel takes dead processes out of a group a moment later
        else:
            return
