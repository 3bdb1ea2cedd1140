"""However Ctrl-C came in, the process ends with a status of ours and not by the signal."""

from __future__ import annotations

import subprocess
import sys

STOPPED = """
import perfwatch.cli
from perfwatch.__main__ import main

def stopped(leaving):
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        leaving()
        return 130

perfwatch.cli.main = stopped
main()
"""


def test_a_ctrl_c_that_came_while_a_class_was_made_ends_with_130(tmp_path):
    (tmp_path / "stopped.py").write_text(STOPPED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "stopped"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")
