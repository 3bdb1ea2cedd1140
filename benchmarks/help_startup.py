"""What a user waits for ``perfwatch --help``, as a multiple of importing click alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from paired import paired, wall_ns

TARGET = 1.5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=21, help="A B B A turns")
    quads = parser.parse_args().quads
    click = [sys.executable, "-c", "import click"]
    help_text = [Path(sys.executable).with_name("perfwatch"), "--help"]
    for command in (click, help_text):  # byte code and file cache are warm from here on
        wall_ns(command)
    ratio = paired(lambda: wall_ns(click), lambda: wall_ns(help_text), quads)
    print(f"perfwatch --help / python -c 'import click': {ratio}, target at most {TARGET:.2f}x")


if __name__ == "__main__":
    main()
