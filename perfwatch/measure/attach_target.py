"""What is known of a live process before it is watched: its target record, interpreter and project.

It must not start anything that belongs to another user: whoever runs perfwatch
as the administrator would lend them those rights.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.collect.live import (
    Live,
    TracingRules,
    environment_of,
    find_process,
    interpreter_path,
    thread_of,
    tracing_rules,
)
from perfwatch.collect.ownership import Ownership
from perfwatch.environment import Interpreter, capture_commit, probe_interpreter
from perfwatch.errors import InterpreterError
from perfwatch.measure import attach_refusals as refusals
from perfwatch.records.run import Commit, Target, TargetKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Surroundings",
    "Wanted",
    "assumed_interpreter",
    "commit_of",
    "environment_of",
    "interpreter_of",
    "ownership_of",
    "process_to_watch",
    "project_of",
    "surroundings_of",
    "target_of",
]

_PACKAGE = Path(__file__).parent.parent
#: What memray runs to get in: a name of the debugger's way, a script in a scratch folder of ``sys.remote_exec``'s.
_MEMRAYS_OWN = re.compile(r"(^|/)_memray_attach_hook\.py$|/tmp[a-z0-9_]{8}/attach\.py$")


class TargetsFiles(Ownership):
    """Whose files are whose in a process that memray was let into: what it brought is not the user's."""

    def owns(self, file: str) -> bool:
        """Whether the file is the user's own source."""
        return _MEMRAYS_OWN.search(file) is None and super().owns(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for: the process's number as it was typed, how long, and what beside the stacks."""

    pid: str
    duration_ns: int = 10_000_000_000
    memory: bool = False
    native: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a watch needs besides the process: our rights, its interpreter, whose files are whose, a scratch folder.

    ``interpreter`` said itself what it is, ``None`` where it was not asked; ``assumed`` is as much as is known.
    """

    rules: TracingRules
    interpreter: Interpreter | None
    assumed: Interpreter
    ownership: Ownership
    folder: Path


def process_to_watch(
    text: str,
    *,
    find: Callable[[int], Live | None] = find_process,
    rules: Callable[[], TracingRules] = tracing_rules,
) -> tuple[Live, TracingRules]:
    """The living Python process of that number, and what may be done to it.

    Raises ``UsageError`` for what is no number of another process, and
    ``NothingMeasured`` where the process is gone, closed to us, or not Python.
    """
    pid = refusals.pid_of(text, frozenset({os.getpid()}))
    owner = thread_of(pid)
    if owner is not None:
        raise refusals.a_thread(pid, owner)
    live, ours = find(pid), rules()
    if live is None:
        raise refusals.gone(pid)
    if not live.readable:
        raise refusals.unreadable(live, ours)
    if not live.maybe_python or not live.command:
        raise refusals.not_python(live)
    if live.tracer:
        raise refusals.traced(live)
    return live, ours


def surroundings_of(live: Live, rules: TracingRules, folder: Path) -> Surroundings:
    """Ask the interpreter where that may be done, else take it for what it looks like."""
    interpreter = interpreter_of(live, rules)
    assumed = interpreter or assumed_interpreter(live)
    return Surroundings(
        rules=rules,
        interpreter=interpreter,
        assumed=assumed,
        ownership=ownership_of(live, assumed),
        folder=folder,
    )


def target_of(live: Live, started_at: str) -> Target:
    """The process as a target. Its key is its own: a stretch of a process is held against no other."""
    return Target(
        kind=TargetKind.PROCESS,
        name=live.name,
        key=f"process:{live.pid}@{started_at}",
        arguments=live.command,
    )


def interpreter_of(live: Live, rules: TracingRules) -> Interpreter | None:
    """What the interpreter says of itself; ``None`` where it is another user's, too old, or not to be started."""
    if live.user_id != rules.user_id or not live.shares_files or not live.python:
        return None
    path = interpreter_path(live)
    if path is None:
        return None
    try:
        return probe_interpreter(path)
    except InterpreterError:
        return None  # older than we measure ourselves, or embedded: py-spy may read it all the same


def assumed_interpreter(live: Live) -> Interpreter:
    """What is known of an interpreter that was not asked."""
    version = live.python.version if live.python is not None else (0, 0)
    prefix = str(Path(live.executable).parent.parent) if live.executable else ""
    return Interpreter(
        executable=live.executable or live.program,
        real_path=live.executable or "",
        version=(*version, 0),
        version_text=".".join(map(str, version)) if live.python is not None else "unknown",
        implementation="CPython",
        machine=platform.machine(),
        cache_tag="",
        soabi="",
        extension_suffixes=(),
        abi_flags="",
        free_threaded=live.python is not None and live.python.free_threaded,
        prefix=prefix,
        base_prefix=prefix,
        site_folders=(),
        stdlib=str(Path(prefix) / "lib" / f"python{version[0]}.{version[1]}") if prefix else "",
        installed={},
        modules=frozenset(),
        ours=False,
    )


def project_of(live: Live) -> Path:
    """Where the user's own code is: the process's folder, else its script's; the root of all is nobody's project."""
    places = [live.cwd, live.script.parent if live.script is not None else None]
    return next((place for place in places if place is not None and place != Path("/")), Path.cwd())


def commit_of(live: Live, rules: TracingRules) -> Commit:
    """The state of the project's sources now; git is not run on what belongs to others."""
    return capture_commit(project_of(live)) if live.user_id == rules.user_id else Commit()


def ownership_of(live: Live, interpreter: Interpreter) -> Ownership:
    """Which of the process's files are the user's own."""
    folders = (interpreter.prefix, interpreter.stdlib, sys.prefix, str(_PACKAGE), *interpreter.site_folders)
    # The prefix of a system's interpreter is /usr, or even /: what a user keeps below it is still theirs.
    root = project_of(live)
    libraries = tuple(folder for folder in folders if folder and not root.is_relative_to(folder))
    return TargetsFiles(
        root=root,
        libraries=libraries,
        own=(str(_PACKAGE / "workloads"),),
        cwd=live.cwd or root,
    )
