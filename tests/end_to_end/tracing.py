"""How a test runs the memory pass's worker as perfwatch does, and reads what it brought.

It must not trace anything in the test's own process, and it asserts nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import perfwatch
from perfwatch.collect.memory import read_capture
from perfwatch.collect.ownership import Ownership

LAUNCHER = Path(perfwatch.__file__).parent / "worker" / "launch.py"
PROGRAMMES = Path(__file__).parent / "programmes_memory"


def traced(folder, target, **options):
    """Serve one memory request in ``folder``; return the finished process and the worker's record."""
    empty = {"path": None, "module": None, "function": None, "arguments": [], "parameters": {}, "cases": []}
    document = {
        "answer": str(folder / "answer.json"),
        "task": "memory",
        "names": ["it"],
        "options": {"folder": str(folder), **options},
        "target": {**empty, **target},
        "lent": {"names": [], "folders": []},
        "append_path": "",
    }
    (folder / "request.json").write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), str(folder / "request.json")],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    (record,) = json.loads((folder / "answer.json").read_text(encoding="utf-8"))["records"]
    return done, record


def reading_of(folder, record, **limits):
    """The reading of a record's captures, files in ``folder`` being the user's."""
    libraries = (str(Path(os.__file__).parent), str(LAUNCHER.parent))
    owned = Ownership(root=folder, libraries=libraries, cwd=folder)
    return read_capture(Path(record["capture"]), owned, record=record, **limits)


def read_script(folder, source, *, options=None, **limits):
    """Trace a script's text in a folder of its own and read its captures."""
    folder.mkdir(exist_ok=True)
    (folder / "s.py").write_text(source, encoding="utf-8")
    done, record = traced(folder, {"kind": "script", "path": "s.py"}, **(options or {}))
    if done.returncode:
        raise RuntimeError(done.stderr)
    return reading_of(folder, record, **limits)


def read_function(folder, source, name, *, options=None, **limits):
    """Trace a function of a module's text and read its captures."""
    folder.mkdir(exist_ok=True)
    (folder / "mod.py").write_text(source, encoding="utf-8")
    case = {"name": "it", "function": f"mod:{name}"}
    _, record = traced(folder, {"kind": "callable", "cases": [case]}, **(options or {}))
    return reading_of(folder, record, **limits)


def marked(source, mark):
    """The number of the line that ends with a comment."""
    (number,) = [at for at, line in enumerate(source.splitlines(), 1) if line.endswith(f"# {mark}")]
    return number
