"""Which profilers the target's interpreter lacks, and which of ours it can borrow.

It must not import a profiler and must not install anything: it says which
modules may be served from which folders, and the worker serves them.
"""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import os
import platform
import re
import shlex
import site
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.environment.tools import Part, Tool, tools_here

if TYPE_CHECKING:
    from perfwatch.environment.interpreter import Interpreter

_UNTAGGED = (".so", ".pyd")


@dataclass(frozen=True, slots=True, kw_only=True)
class LentTool:
    """A tool to be served: these top-level modules and no others, from these folders of ours."""

    version: str
    names: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """Each tool is in one of three: there already, lent, or not to be had, with the reason.

    A reason is a sentence with the line that installs the tool.
    """

    present: tuple[str, ...] = ()
    lent: dict[str, LentTool] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def lent_profilers(interpreter: Interpreter) -> Lending:
    """Return what can be lent of pyinstrument, line_profiler, memray and pytest.

    What the interpreter has itself is used as it is, even where ours is newer.
    A compiled module fits where its file name says so: the same implementation,
    version and ABI, or the stable ABI.
    """
    present: list[str] = []
    lent: dict[str, LentTool] = {}
    refused: dict[str, str] = {}
    for tool in tools_here():
        outcome = _outcome(tool, interpreter)
        if outcome is None:
            present.append(tool.name)
        elif isinstance(outcome, LentTool):
            lent[tool.name] = outcome
        else:
            refused[tool.name] = f"{outcome} To install it there: {_install_line(tool, interpreter)}"
    return Lending(present=tuple(present), lent=lent, refused=refused)


def _outcome(tool: Tool, interpreter: Interpreter) -> LentTool | str | None:
    """Return the loan, a reason against it, or ``None`` where none is needed."""
    names: list[str] = []
    folders: list[str] = []
    for part in tool.parts:
        missing = tuple(name for name in part.modules if name not in interpreter.modules)
        if part.modules[0] not in missing:
            there = interpreter.installed.get(part.distribution)
            if there is not None and _numbers(there) < _numbers(part.oldest):
                return f"{part.distribution} {there} is there, and {tool.name} needs {part.oldest} or newer."
            if part is tool.parts[0]:
                return None
            continue
        found = {name: _folder_of(name) for name in missing}
        for name, folder in found.items():
            if folder is None:
                return f"{tool.name} is missing there, and {name} is missing beside perfwatch too."
        misfit = _misfit(part, [Path(folder, name) for name, folder in found.items() if folder], interpreter)
        if misfit:
            return f"{tool.name} is missing there, and ours cannot be lent: {misfit}."
        names += missing
        folders += (folder for folder in found.values() if folder)
    version = importlib.metadata.version(tool.parts[0].distribution)
    return LentTool(version=version, names=tuple(names), folders=tuple(dict.fromkeys(folders)))


def _folder_of(name: str) -> str | None:
    """Return which of our site folders holds the module.

    Only there: a folder of sources on our path may hold a great deal besides.
    """
    paths = sysconfig.get_paths()
    places = dict.fromkeys([paths["purelib"], paths["platlib"], *site.getsitepackages()])
    if site.ENABLE_USER_SITE:
        places[site.getusersitepackages()] = None
    spec = importlib.machinery.PathFinder.find_spec(name, [*places])
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return str(origin.parent.parent if spec.submodule_search_locations else origin.parent)


def _misfit(part: Part, places: list[Path], interpreter: Interpreter) -> str:
    """Say why modules of ours cannot be loaded there; nothing where they can."""
    needed = _oldest_python(part.distribution)
    if interpreter.version[:2] < needed:
        return f"{part.distribution} needs Python {needed[0]}.{needed[1]} or newer"
    compiled = [file for place in places if place.is_dir() for file in place.rglob("*") if _is_compiled(file)]
    if not compiled:
        return ""
    if interpreter.machine != platform.machine():
        return f"it is built for {platform.machine()}, the interpreter for {interpreter.machine}"
    fitting = {_stem(file) for file in compiled if _fits(file.name, interpreter)}
    if any(_stem(file) not in fitting for file in compiled):
        ours = sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag
        return f"it is built for {ours}, the interpreter is {interpreter.soabi or interpreter.cache_tag}"
    return ""


def _is_compiled(file: Path) -> bool:
    return file.suffix in _UNTAGGED


def _stem(file: Path) -> str:
    """Return the module's place, without the tags: one module may be there for several ABIs."""
    return str(file.parent / file.name.split(".", 1)[0])


def _fits(name: str, interpreter: Interpreter) -> bool:
    tagged = [suffix for suffix in interpreter.extension_suffixes if suffix not in _UNTAGGED]
    if any(name.endswith(suffix) for suffix in tagged):
        return True
    # A name without a tag fits whatever it was installed for, which is us.
    return name.count(".") == 1 and interpreter.soabi == (sysconfig.get_config_var("SOABI") or "")


def _oldest_python(distribution: str) -> tuple[int, int]:
    about = importlib.metadata.metadata(distribution)
    required = about["Requires-Python"] if "Requires-Python" in about else ""  # noqa: SIM401 - it has no get()
    found = re.search(r">=\s*3\.(\d+)", required)
    return (3, int(found[1])) if found else (3, 0)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``5.1rc1`` is (5, 1); trailing zeros do not count."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(number) for number in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _install_line(tool: Tool, interpreter: Interpreter) -> str:
    part = tool.parts[0]
    wanted = f"{part.distribution}>={part.oldest}"
    if "pip" in interpreter.installed:
        command = [interpreter.executable, "-m", "pip", "install", wanted]
    else:
        # uv makes environments without pip.
        command = ["uv", "pip", "install", "--python", interpreter.executable, wanted]
    return " ".join(command) if os.name == "nt" else shlex.join(command)
