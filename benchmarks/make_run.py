"""How long a stranger waits for ``make run``: in a fresh clone, and the second time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIRST_SECONDS, SECOND_SECONDS = 240, 90


def main():
    if git("status", "--porcelain").strip():
        print("note: the clone holds the last commit, without the changes in this working tree")
    with tempfile.TemporaryDirectory(prefix="perfwatch-clone-") as folder:
        clone = Path(folder) / "perfwatch"
        git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
        first, second = make_run(clone), make_run(clone)
    print(f"make run, fresh clone: {first:.0f} s, target under {FIRST_SECONDS} s")
    print(f"make run, second time: {second:.0f} s, target under {SECOND_SECONDS} s")
    print(f"second / first: {second / first:.2f}x")


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def make_run(clone):
    # Make tells its children how it was called; this is a make of its own.
    inherited = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VENV", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    started = time.perf_counter()
    result = subprocess.run(
        ["make", "run"], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        sys.exit(f"make run failed with {result.returncode}:\n{result.stdout}{result.stderr}")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
