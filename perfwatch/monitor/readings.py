"""What the operating system says about this process at one moment.

A figure that this system does not give is ``None``. It must not load anything
but the standard library, and must not keep files open: after a fork they would
speak of the parent.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

if sys.platform != "win32":
    import resource

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
_MOVED = re.compile(rb"rchar: (\d+)\nwchar: (\d+)")


class Look(NamedTuple):
    """Memory of this process, and the bytes that it read and wrote by its own doing."""

    resident_bytes: int | None
    peak_resident_bytes: int | None
    read_bytes: int | None
    written_bytes: int | None


class _Ours:
    """How many bytes of ``/proc`` we have read: the system counts them as the process's."""

    read_bytes = 0


def look(*, peak: bool, moved: bool) -> Look:
    """Read the resident set, and where asked its high-water mark and the bytes moved."""
    # The bytes moved stand first: what comes after them is taken off at the next look.
    read_bytes, written_bytes = moved_bytes() if moved else (None, None)
    return Look(resident_bytes(), peak_resident_bytes() if peak else None, read_bytes, written_bytes)


def _content(path: str) -> bytes:
    """Return the start of a file of ``/proc``, or nothing where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        content = os.read(descriptor, 4096)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    _Ours.read_bytes += len(content)
    return content


def resident_bytes() -> int | None:
    """Return the resident set of this process, in bytes."""
    fields = _content("/proc/self/statm").split()
    return int(fields[1]) * _PAGE_BYTES if len(fields) > 1 else None


def peak_resident_bytes() -> int | None:
    """Return the high-water mark of the resident set, in bytes.

    ``/proc`` comes first: on Linux, ``getrusage`` of a program that was started
    by a larger one answers with the size of the one that started it.
    """
    found = _PEAK.search(_content("/proc/self/status"))
    if found is not None:
        return int(found[1]) * 1024
    if sys.platform == "win32":
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def moved_bytes() -> tuple[int | None, int | None]:
    """Return what read and write calls moved so far, caches included, without our own reading.

    The figures have no meaning alone: two of them have a difference.
    """
    ours = _Ours.read_bytes
    found = _MOVED.search(_content("/proc/self/io"))
    return (int(found[1]) - ours, int(found[2])) if found is not None else (None, None)
