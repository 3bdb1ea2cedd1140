"""Patients for the doctor's checks, built by hand: a tree for /proc and /sys, variables, and told answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from perfwatch.environment.checks.patient import Patient, ProbeFailed
from perfwatch.environment.interpreter import Interpreter
from perfwatch.environment.lending import Lending

HOOKS = {"trace": "", "profile": "", "monitoring": [], "dev_mode": False, "debug": False, "gil": True}


def tree(root, files):
    """Write small files by their path below the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def make_interpreter(**changes):
    facts = {
        "executable": "/opt/env/bin/python",
        "real_path": "/opt/python3.11",
        "version": (3, 11, 7),
        "version_text": "3.11.7",
        "implementation": "CPython",
        "machine": "x86_64",
        "cache_tag": "cpython-311",
        "soabi": "cpython-311-x86_64-linux-gnu",
        "extension_suffixes": (".cpython-311-x86_64-linux-gnu.so", ".so"),
        "abi_flags": "",
        "free_threaded": False,
        "prefix": "/opt/env",
        "base_prefix": "/opt",
        "site_folders": (),
        "stdlib": "/opt/lib",
        "installed": {"pip": "24.0"},
        "modules": frozenset({"memray"}),
        "ours": False,
    }
    return Interpreter(**{**facts, **changes})


class Told:
    """A probe whose answers are told: a dictionary, or the text or the exception with which it fails."""

    def __init__(self, answers=None, script=None):
        self.answers = {"hooks": HOOKS, **(answers or {})}
        self.script = script

    def __call__(self, name, options=None):
        answer = self.answers[name]
        if isinstance(answer, str):
            raise ProbeFailed(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def command(self, name, options=None):
        return [sys.executable, "-c", self.script or f"print({name!r})"]


@dataclass
class Ended:
    """An execution as the supervisor would tell it."""

    exit_code: int = 3
    wall_ns: int = 80_000_000
    cpu_ns: int = 60_000_000
    survivors: tuple[str, ...] = ("left",)


def make_patient(root, *, environ=None, answers=None, ended=None, **changes):
    scratch = root / "scratch"
    scratch.mkdir(exist_ok=True)
    interpreter = make_interpreter(**changes.pop("interpreter", {}))
    facts = {
        "interpreter": interpreter,
        "lending": Lending(present=("pyinstrument", "line_profiler", "memray", "pytest")),
        "environ": {} if environ is None else environ,
        "execute": lambda command, timeout_ns: ended or Ended(),
        "probe": Told(answers),
        "folder": scratch,
        "py_spy": None,
        "root": root,
    }
    return Patient(**{**facts, **changes})
