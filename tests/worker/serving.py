"""Start the worker as perfwatch does, by path, and read its answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import perfwatch

PACKAGE = Path(perfwatch.__file__).parent
LAUNCHER = PACKAGE / "worker" / "launch.py"


class Recording:
    """A collector that calls each subject once and keeps what it was handed."""

    def __init__(self):
        self.records = []
        self.subjects = []
        self.values = []

    def prepare(self):
        """Nothing is needed."""

    def measure(self, subject):
        self.subjects.append(subject)
        value = subject.once()
        self.values.append(value)
        self.records.append({"name": subject.name, "group": subject.group, "parameters": subject.parameters})
        return value

    def finish(self):
        return {}


def request_for(folder, task, target, **changes):
    """A request's document, and where it lies."""
    empty = {"path": None, "module": None, "function": None, "arguments": [], "parameters": {}, "cases": []}
    document = {
        "answer": str(folder / "answer.json"),
        "task": task,
        "names": None,
        "options": {},
        "target": {**empty, **target},
        "lent": {"names": [], "folders": []},
        "append_path": "",
        **changes,
    }
    path = folder / "request.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def command_for(request, python=sys.executable):
    return [str(python), str(LAUNCHER), str(request)]


def serve(folder, task, target, *, python=sys.executable, environment=None, **changes):
    """Serve one request in ``folder``; return the finished process and its answer, ``None`` without one."""
    request = request_for(folder, task, target, **changes)
    done = subprocess.run(
        command_for(request, python),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    answer = folder / "answer.json"
    return done, json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None


def script(folder, text, name="script.py"):
    """Write a script and return the target that names it."""
    (folder / name).write_text(text, encoding="utf-8")
    return {"kind": "script", "path": name}
