"""What a run loads before it measures: nothing that only another command or option needs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("libcst", "numpy", "pandas", "matplotlib", "scipy", "memray")


def test_a_run_is_begun_without_what_only_tries_and_charts_need():
    text = f"import sys, perfwatch.cli.run, perfwatch.cli.measuring; print([one for one in {HEAVY!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
