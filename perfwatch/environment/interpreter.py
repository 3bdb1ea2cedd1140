"""Which interpreter runs the target, and what it is.

It must not import anything of the target's: the interpreter is asked from outside.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.environment import probe_script
from perfwatch.environment.bounded import Answer, Bounds, ask
from perfwatch.environment.tools import module_names
from perfwatch.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = (3, 11)
#: A cold interpreter on a network file system takes seconds; one that hangs, for ever.
_BOUNDS = Bounds(timeout_s=60, with_stderr=True)
_WINDOWS = sys.platform == "win32"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An interpreter that can run a target, as it described itself.

    ``executable`` is how it is started (a virtual environment's link, not what
    it points to), ``real_path`` what that resolves to. ``installed`` maps
    normalised distribution names to versions; ``modules`` are those of the
    profilers' modules that can be imported there. ``ours`` says that it is
    perfwatch's own environment.
    """

    executable: str
    real_path: str
    version: tuple[int, int, int]
    version_text: str
    implementation: str
    machine: str
    cache_tag: str
    soabi: str
    extension_suffixes: tuple[str, ...]
    abi_flags: str
    free_threaded: bool
    prefix: str
    base_prefix: str
    site_folders: tuple[str, ...]
    stdlib: str
    installed: dict[str, str]
    modules: frozenset[str]
    ours: bool

    @property
    def title(self) -> str:
        """The interpreter in words: ``CPython 3.11.7 (/usr/bin/python3)``."""
        return f"{self.implementation} {self.version_text} ({self.executable})"


def choose_interpreter(requested: str | None, environ: Mapping[str, str]) -> str:
    """Return the path of the interpreter that is to run the target.

    ``requested`` is a path, a name on ``PATH`` or the folder of an environment.
    Without it the active virtual environment counts, then the active conda
    environment where it has an interpreter, then the one that runs perfwatch.
    Raises ``InterpreterError`` where what was asked for is not there.
    """
    if requested is not None:
        return _requested(requested, environ)
    virtual = environ.get("VIRTUAL_ENV")
    if virtual:
        if _same_folder(virtual, sys.prefix):
            return sys.executable
        found = _interpreter_in(Path(virtual))
        if found is None:
            raise InterpreterError(
                f"VIRTUAL_ENV names {virtual}, and there is no interpreter in it.",
                means="The environment that is active was moved or deleted.",
                do="Activate another one, or name an interpreter with --python PATH.",
            )
        return found
    conda = environ.get("CONDA_PREFIX")
    # A conda environment need not hold Python: then nobody meant it.
    found = _interpreter_in(Path(conda)) if conda and not _same_folder(conda, sys.prefix) else None
    return found or sys.executable


def _requested(requested: str, environ: Mapping[str, str]) -> str:
    # Never resolved: a virtual environment's interpreter is a link, and knows it.
    path = Path(os.path.abspath(Path(requested).expanduser()))  # noqa: PTH100 - resolve() follows links
    if path.is_dir():
        found = _interpreter_in(path)
        if found is None:
            raise InterpreterError(
                f"The folder {requested} is not an environment: it holds no Python interpreter.",
                do=f"Name the interpreter itself with --python PATH, or make the environment: "
                f"{sys.executable} -m venv {requested}",
            )
        return found
    if path.is_file() and (path.parent != Path.cwd() or Path(requested).name != requested):
        return str(path)
    on_path = shutil.which(requested, path=environ.get("PATH"))
    if on_path is not None:
        return os.path.abspath(on_path)  # noqa: PTH100 - resolve() follows links
    if path.is_file():
        return str(path)
    raise InterpreterError(
        f"There is no interpreter {requested!r}: neither a file nor a program on PATH.",
        means="Nothing was measured.",
        do="Name one with --python PATH, or leave the option out to use the active environment.",
    )


def _interpreter_in(environment: Path) -> str | None:
    """Return the interpreter of a virtual or conda environment."""
    places = ("Scripts/python.exe", "python.exe") if _WINDOWS else ("bin/python", "bin/python3")
    return next((str(environment / place) for place in places if (environment / place).is_file()), None)


def _same_folder(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def probe_interpreter(executable: str) -> Interpreter:
    """Start the interpreter once and return what it says about itself.

    Raises ``InterpreterError`` where it does not start, does not answer, is not
    Python, or is older than 3.11.
    """
    script = str(Path(probe_script.__file__))
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONINSPECT"}
    try:
        answer = ask([executable, script, *module_names()], _BOUNDS, environ=environ)
    except OSError as error:
        raise InterpreterError(
            f"The interpreter {executable} does not start: {error.strerror or error}.",
            means="The target cannot be run with it.",
            do="Name another one with --python PATH.",
        ) from error
    said = _said(executable, answer)
    if tuple(said["version"]) < OLDEST:
        raise InterpreterError(
            f"The target's interpreter is {said['implementation']} {said['version_text']} ({executable}); "
            f"perfwatch itself runs on {platform.python_implementation()} {platform.python_version()} "
            f"({sys.executable}).",
            means=f"Targets are measured with Python {OLDEST[0]}.{OLDEST[1]} or newer.",
            do="Name a newer interpreter with --python PATH, or activate an environment that has one.",
        )
    return _interpreter(executable, said)


def _said(executable: str, answer: Answer) -> dict[str, Any]:
    text = answer.output.decode("utf-8", "replace")
    begin = text.find(probe_script.BEGIN)
    end = text.find(probe_script.END)
    if begin < 0 or end < begin:
        if answer.status is None:
            ending = f"did not answer within {_BOUNDS.timeout_s:.0f} s or did not stop talking"
        else:
            ending = f"ended with status {answer.status} and did not answer as Python does"
        tail = "\n".join(line[:200] for line in text.strip().splitlines()[-3:])
        raise InterpreterError(
            f"{executable} {ending}.{tail and chr(10)}{tail}",
            means="It is not a Python interpreter, or its installation is broken.",
            do=f'Try it by hand: {executable} -c "print(1)"; or name another one with --python PATH.',
        )
    said: dict[str, Any] = json.loads(text[begin + len(probe_script.BEGIN) : end])
    return said


def _interpreter(executable: str, said: dict[str, Any]) -> Interpreter:
    major, minor, micro = said["version"]
    return Interpreter(
        executable=executable,
        real_path=os.path.realpath(said["executable"] or executable),
        version=(major, minor, micro),
        version_text=said["version_text"],
        implementation=said["implementation"],
        machine=said["machine"],
        cache_tag=said["cache_tag"],
        soabi=said["soabi"],
        extension_suffixes=tuple(said["extension_suffixes"]),
        abi_flags=said["abi_flags"],
        free_threaded=said["free_threaded"],
        prefix=said["prefix"],
        base_prefix=said["base_prefix"],
        site_folders=tuple(said["site_folders"]),
        stdlib=said["stdlib"],
        installed=said["installed"],
        modules=frozenset(said["modules"]),
        ours=_same_folder(said["prefix"], sys.prefix),
    )
