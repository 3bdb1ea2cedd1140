"""Give a process the stack back that its user allows: it began with a larger one, which put it in its place in memory."""

from __future__ import annotations

import contextlib
import os
import sys

#: From here on the interpreter read the limit when it began, and lets itself recurse so far: what is taken
#: away again would be missing.
HELD_TO_IT = (3, 14)
#: What the C library gives a thread where no limit says how much.
UNLIMITED_THREAD_BYTES = 2 << 20


def give_back(allowed_bytes: int) -> None:
    """Set the soft limit (-1 for none), and what Python's own threads get of it.

    The C library has read the limit already: threads that compiled code starts keep as
    much address space as it said then, of which they use no more than before.
    """
    import _thread
    import resource

    if sys.version_info < HELD_TO_IT:
        most = resource.getrlimit(resource.RLIMIT_STACK)[1]
        resource.setrlimit(resource.RLIMIT_STACK, (allowed_bytes, most))
    if _of_the_limit():
        with contextlib.suppress(
            ValueError
        ):  # less than a thread needs at least: then the limit was never theirs
            _thread.stack_size(UNLIMITED_THREAD_BYTES if allowed_bytes < 0 else allowed_bytes)


def _of_the_limit() -> bool:
    """Whether this C library sizes a thread's stack by the limit: glibc does, musl does not."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError, OSError):
        return False
