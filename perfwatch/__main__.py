"""``python -m perfwatch``, and the command that installing makes."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its status."""
    from perfwatch.cli import main as command_line

    sys.exit(command_line())


if __name__ == "__main__":
    main()
