"""Run a program that ends in good order when whoever started it dies.

Started by path: ``python -I -S attach_leash.py PARENT PROGRAM ARGUMENTS...``; it
becomes the program. On Linux the program gets SIGINT when the parent goes,
which for a sampler means to let go of its target and to write what it has. It
imports the standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Bind to the parent and become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() == parent:
        os.execv(program, sys.argv[2:])  # noqa: S606 - a list, no shell


if __name__ == "__main__":
    main()
