"""How a test starts the real perfwatch and looks at what it left: reports and processes.

It must not start perfwatch in the test's own process, and it asserts nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

#: What is started by ``python -m perfwatch`` is the checkout, wherever the test stands.
PERFWATCH = (sys.executable, "-m", "perfwatch")


def surroundings(env=None):
    """The environment of a perfwatch under test: plain, narrow, with no more executions than a test needs."""
    few = {"PERFWATCH_PROCESSES": "2", "PERFWATCH_SAMPLES": "40"}
    return {**os.environ, **few, "NO_COLOR": "1", "COLUMNS": "100", **(env or {})}


def perfwatch(*args, cwd, env=None, input=None, timeout=120):  # noqa: A002 - subprocess's own word
    """Run perfwatch to its end; text in is text out, with what is not UTF-8 shown as escapes."""
    return subprocess.run(
        [*PERFWATCH, *map(str, args)],
        cwd=cwd,
        env=surroundings(env),
        stdin=subprocess.DEVNULL if input is None else None,
        input=input,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
        timeout=timeout,
    )


def report_of(folder):
    """The newest report.json below a project folder (or a folder given to ``--out``)."""
    found = [*Path(folder).glob("report.json"), *Path(folder).glob(".perfwatch/reports/*/report.json")]
    newest = max(found, key=lambda path: path.stat().st_mtime_ns)
    return json.loads(newest.read_text(encoding="utf-8"))


def living(token):
    """The pids of processes, zombies apart, with ``token`` in their command line or environment."""
    needle = os.fsencode(token)
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            state = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            shown = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked, or is not ours
        if state != "Z" and needle in shown:
            found.append(int(folder.name))
    return sorted(found)
