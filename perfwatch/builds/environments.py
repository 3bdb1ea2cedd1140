"""An environment of a side's own: made by pip or by the project's command, kept, and found again.

It lies in a folder named by a digest of all that went into it. A virtual
environment's programs name its own path, so it is made in its place, and counts
only once a file in it says that it is complete; a lock keeps a second builder, and
``perfwatch clean``, waiting. It must not write into the tree that it builds, which
is the caller's own copy, nor into the current environment.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwatch.environment import Interpreter, probe_interpreter
from perfwatch.errors import StoreError
from perfwatch.measure.runner import Execution, execute
from perfwatch.worker import own as own_module

#: Raised whenever what is put into an environment changes: older ones are not found again.
VERSION = 1
COMPLETE = "complete.json"
#: Below the project's ``.perfwatch``.
FOLDER = "env"
BUILD_TIMEOUT_NS = 3_600_000_000_000
TAIL_LINES, TAIL_CHARACTERS = 20, 2_000
#: What pip says where the versions of the current environment do not go together with what is asked for.
_UNRESOLVED = ("ResolutionImpossible", "No matching distribution", "Could not find a version")
_PIP_WITH_PYTHON = (22, 3)
Source = Callable[[], AbstractContextManager[Path]]


class BuildFailed(Exception):
    """A side that cannot be built or installed; ``said`` is the end of the output."""

    def __init__(self, said: str) -> None:
        self.said = "\n".join(said.rstrip().splitlines()[-TAIL_LINES:])[-TAIL_CHARACTERS:]
        super().__init__(self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that decides what an environment holds.

    ``build`` is the project's own command; without it pip installs the tree.
    ``constraints`` are versions that dependencies keep where they may, ``names``
    the project's top-level names, ``distribution`` what it installs itself as,
    ``source`` a digest of the tree.
    """

    interpreter: Interpreter
    build: str | None
    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    names: tuple[str, ...]
    distribution: str
    source: str

    @property
    def key(self) -> str:
        """The digest by which it is found again."""
        python = (self.interpreter.real_path, self.interpreter.version_text, self.interpreter.soabi)
        parts = [VERSION, python, self.build, self.requirements, self.constraints, self.names, self.source]
        return hashlib.sha256(json.dumps(parts).encode(errors="surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An environment that is complete: its interpreter, and which of the project's names are installed in it."""

    interpreter: Interpreter
    names: tuple[str, ...]
    reused: bool
    unconstrained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where environments are kept: ``folder``; ``scratch`` is for files that nobody needs afterwards."""

    folder: Path
    scratch: Path
    environment: Mapping[str, str]

    @contextlib.contextmanager
    def holding(self, recipe: Recipe, source: Source, say: Callable[[], object]) -> Iterator[Built]:
        """Keep the recipe's environment for as long as the context lasts, building it where it is not there.

        ``say`` is called before a build. Raises ``BuildFailed``.
        """
        place = self.folder / recipe.key
        reused = True
        with self._lock(recipe.key) as lock:
            while True:
                fcntl.flock(lock, fcntl.LOCK_SH)
                if (place / COMPLETE).exists():
                    break
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not (place / COMPLETE).exists():
                    say()
                    reused = False
                    self._build(recipe, source, place)
            yield self._opened(place, reused=reused)

    @contextlib.contextmanager
    def _lock(self, key: str) -> Iterator[int]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            ignore = self.folder.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            lock = os.open(self.folder / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be written: {error.strerror or error}.",
                means="There is no place for the sides' own environments.",
                do="Make room there, or measure both in this one: --env shared",
            ) from error
        try:
            yield lock
        finally:
            os.close(lock)

    def _opened(self, place: Path, *, reused: bool) -> Built:
        told: dict[str, Any] = json.loads((place / COMPLETE).read_text(encoding="utf-8"))
        return Built(
            interpreter=probe_interpreter(_python_in(place)),
            names=tuple(told["names"]),
            reused=reused,
            unconstrained=told["unconstrained"],
        )

    def _build(self, recipe: Recipe, source: Source, place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        try:
            place.mkdir(parents=True)
            with source() as tree:
                unconstrained = self._installed(recipe, tree, place)
            names = _bound(recipe, place)
            part = place / f"{COMPLETE}.part"
            part.write_text(json.dumps({"names": names, "unconstrained": unconstrained}), encoding="utf-8")
            part.replace(place / COMPLETE)
        except OSError as error:
            raise StoreError(
                f"No environment can be made in {place}: {error.strerror or error}.",
                means="Nothing was measured.",
                do="Make room there, or measure both sides in this environment: --env shared",
            ) from error
        finally:
            if not (place / COMPLETE).exists():
                shutil.rmtree(place, ignore_errors=True)

    def _installed(self, recipe: Recipe, tree: Path, place: Path) -> bool:
        """Install requirements and tree; whether the current environment's versions had to be given up."""
        pip = _pip_for(recipe.interpreter)
        bare = recipe.build is None and pip is not None
        venv = place / "venv"
        self._run(
            (recipe.interpreter.executable, "-m", "venv", *(["--without-pip"] if bare else []), str(venv)),
            tree,
        )
        python = _python_in(place)
        install = (pip, "-m", "pip", "--python", python) if bare and pip else (python, "-m", "pip")
        wanted = [*recipe.requirements, *([str(tree)] if recipe.build is None else [])]
        unconstrained = bool(wanted) and self._pip((*install, "install", *_QUIET, *wanted), recipe, tree)
        if recipe.build is not None:
            self._run(("/bin/sh", "-c", recipe.build), tree, venv)
        return unconstrained

    def _pip(self, command: tuple[str, ...], recipe: Recipe, tree: Path) -> bool:
        """Install under the constraints; without them where they cannot be kept, and then it is true."""
        constraints = self.scratch / "constraints.txt"
        constraints.write_text("\n".join(recipe.constraints), encoding="utf-8")
        try:
            self._run((*command, "--constraint", str(constraints)), tree)
        except BuildFailed as failure:
            if not recipe.constraints or not any(words in failure.said for words in _UNRESOLVED):
                raise
            self._run(command, tree)
            return True
        return False

    def _run(self, command: tuple[str, ...], tree: Path, venv: Path | None = None) -> None:
        """Run a step of the build in the tree, inside the environment where there is one; it leaves no process."""
        left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
        environment = {name: value for name, value in self.environment.items() if name not in left_out}
        if venv is not None:
            environment |= variables_of(venv, environment)
        stdin = os.open(os.devnull, os.O_RDONLY)
        try:
            outcome = execute(
                Execution(
                    command=("/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *command),
                    cwd=tree,
                    environment=environment,
                    folder=self.scratch,
                    stdin=stdin,
                    timeout_ns=BUILD_TIMEOUT_NS,
                )
            )
        finally:
            os.close(stdin)
        said = "" if outcome.stdout is None else outcome.stdout.tail
        if outcome.timed_out:
            raise BuildFailed(f"{said}\nIt did not end within an hour.")
        if outcome.exit_code != 0:
            raise BuildFailed(said or f"It ended with status {outcome.exit_code} and said nothing.")


_QUIET = ("--no-input", "--progress-bar", "off")


def variables_of(venv: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what activating the environment sets."""
    path = os.pathsep.join(part for part in (str(venv / "bin"), environment.get("PATH")) if part)
    return {"VIRTUAL_ENV": str(venv), "PATH": path}


def _python_in(place: Path) -> str:
    return str(place / "venv" / "bin" / "python")


def _pip_for(interpreter: Interpreter) -> str | None:
    """Whose pip can install into another environment: the target's, else ours; ``None`` for neither."""
    numbers = re.match(r"(\d+)\.(\d+)", interpreter.installed.get("pip", ""))
    if numbers and (int(numbers[1]), int(numbers[2])) >= _PIP_WITH_PYTHON:
        return interpreter.executable
    return sys.executable if importlib.util.find_spec("pip") is not None else None


def _bound(recipe: Recipe, place: Path) -> list[str]:
    """Bind the project's names to this environment, for its programs and their children; return the names.

    A script's own folder comes first on its ``sys.path``, and would hide what is installed.
    """
    sites = [Path(folder) for folder in probe_interpreter(_python_in(place)).site_folders]
    names = sorted({
        *(name for name in recipe.names if any(_installed_in(site, name) for site in sites)),
        *(name for site in sites for name in _recorded(site, recipe.distribution)),
    })  # fmt: skip
    if not names:
        raise BuildFailed(
            f"The build ended well, and none of the project's modules is installed by it ({', '.join(recipe.names)}). "
            "An editable install leaves them in a tree that is gone by now: install a copy."
        )
    shutil.copyfile(own_module.__file__, sites[0] / "_perfwatch_own.py")
    binding = json.dumps({"names": names, "folders": [str(site) for site in sites]})
    text = f"import _perfwatch_own; _perfwatch_own.install({binding})\n"
    (sites[0] / "zzz_perfwatch_own.pth").write_text(text, encoding="utf-8")
    return names


def _installed_in(site: Path, name: str) -> bool:
    return (site / name).is_dir() or any(site.glob(f"{name}.*py")) or any(site.glob(f"{name}.*so"))


def _recorded(site: Path, distribution: str) -> Iterator[str]:
    """Top-level names of the files that the distribution's own record lists."""
    for folder in site.glob("*.dist-info"):
        name = re.sub(r"[-_.]+", "-", folder.name.removesuffix(".dist-info").rpartition("-")[0]).lower()
        record = folder / "RECORD"
        if name != distribution or not distribution or not record.is_file():
            continue
        for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
            top, _, rest = line.partition(",")[0].partition("/")
            if rest and top.isidentifier() and not top.startswith("__"):
                yield top
            elif not rest and top.endswith((".py", ".so")) and top.partition(".")[0].isidentifier():
                yield top.partition(".")[0]


def free(folder: Path) -> tuple[int, int, int]:
    """Remove the environments that nobody uses; how many, their bytes, and how many are in use."""
    removed = freed_bytes = used = 0
    for lock_file in sorted(folder.glob("*.lock")) if folder.is_dir() else ():
        place = lock_file.with_suffix("")
        lock = os.open(lock_file, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            used += 1
            continue
        else:
            if place.is_dir():
                (place / COMPLETE).unlink(missing_ok=True)
                freed_bytes += sum(file.lstat().st_size for file in place.rglob("*") if not file.is_dir())
                shutil.rmtree(place)
                removed += 1
        finally:
            os.close(lock)
    return removed, freed_bytes, used
