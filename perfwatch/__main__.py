"""``python -m perfwatch``, and the command that installing makes."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line and end the process with its status."""
    from perfwatch.cli import main as command_line
    from perfwatch.errors import ExitCode

    status = command_line(leaving=_deaf)
    if status in {ExitCode.INTERRUPTED, ExitCode.TERMINATED}:
        _deaf()  # a gate that was stopped has judged what it had, and ends like this without an error
        # Of a Ctrl-C that came while a text was executed (as dataclasses and named tuples are made) the interpreter
        # remembers that nobody handled it, though we did, and under "-m" ends by SIGINT in place of our status
        # (3.11 to 3.13, ``run_eval_code_obj``). The next text that is executed makes it forget.
        exec("")  # noqa: S102 - an empty text
    sys.exit(status)


def _deaf() -> None:
    """It is leaving already: Ctrl-C typed once more must not change what it says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
