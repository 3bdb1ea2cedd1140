"""Count lines in the processes that the target starts, and leave the figures in a folder.

A forked child inherits everything and only begins anew (``os.register_at_fork``).
Any other Python process reads ``PYTHONPATH``: for this pass a folder with a
``sitecustomize.py`` of ours stands first in it. That one takes its folder off the
child's path again, loads the real ``sitecustomize`` where there is one, and then
this module. So ``multiprocessing`` by spawn and by fork server, joblib's loky
workers and plain Python subprocesses are all reached in one way, and no file of
the target's is touched. Processes that ignore the environment (``python -I``,
``-E``) and other versions of Python are not reached.

A child writes its figures by rename, again and again: every now and then, before
``os.exec…``, at its end (``atexit``, ``os._exit``), and when it is told to
terminate, as pools do with their workers; only then are they complete. What a
killed child counted since it wrote last is lost, and the parent says so.

Nothing here may print, and nothing that goes wrong may reach the target.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .forks import follow
from .lines_code import Finder, Prepared, Wanted
from .lines_count import Counter, counter_for
from .lines_duty import Duty, Limits, Phase
from .lines_windows import Cost

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_VARIABLE = "PERFWATCH_LINES"
SUBJECT_VARIABLE = "PERFWATCH_LINES_SUBJECT"
REQUEST = "request.json"
HOOK = "hook"
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_SITE = '''\
"""Runs first in a Python process that the target starts, in the pass that counts lines."""
import os, sys

def _real():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [one for one in sys.path if os.path.abspath(one or os.curdir) != here]
    ours = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        # The import system looks for a module under this name when we end.
        sys.modules.setdefault("sitecustomize", ours)

def _count():
    import importlib, importlib.util
    name = "_perfwatch_worker"
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(WORKER, "__init__.py"), submodule_search_locations=[WORKER]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    importlib.import_module(name + ".spawned").begin()

try:
    _real()
finally:
    if sys.version_info[:2] == VERSION and os.environ.get("PERFWATCH_LINES"):
        try:
            _count()
        except Exception:
            pass
'''


class Announced:
    """The parent's side: processes started from now on know what to count and where to leave it."""

    def __init__(self, folder: str, functions: list[dict[str, Any]], cost: Cost) -> None:
        self.folder = os.path.join(os.path.abspath(folder), "children")  # noqa: PTH100, PTH118
        hook = os.path.join(self.folder, HOOK)  # noqa: PTH118
        os.makedirs(hook, exist_ok=True)  # noqa: PTH103
        self.cost = cost
        request = {
            "functions": functions,
            "hit_ns": cost.hit_ns,
            "call_ns": cost.call_ns,
            "other_ns": cost.other_ns,
            "folder": self.folder,
            "cwd": os.getcwd(),  # noqa: PTH109
        }
        _write(os.path.join(self.folder, REQUEST), request)  # noqa: PTH118
        text = f"WORKER = {_HERE!r}\nVERSION = {sys.version_info[:2]!r}\n"
        with open(os.path.join(hook, "sitecustomize.py"), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
            head, rest = _SITE.split("\n", 1)
            file.write(f"{head}\n{text}{rest}")
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = hook if not before else f"{hook}{os.pathsep}{before}"
        os.environ[REQUEST_VARIABLE] = os.path.join(self.folder, REQUEST)  # noqa: PTH118
        self.born_under(-1)

    def born_under(self, position: int) -> None:
        """Children started from now on belong to this subject; -1 for none."""
        os.environ[SUBJECT_VARIABLE] = str(position)

    def expect(self, counter: Counter, let_go: Callable[[], None]) -> None:
        """Have forked children count for themselves with the inherited ``counter``."""
        _follow_forks(self.folder, counter, self.cost, let_go)


def _follow_forks(folder: str, counter: Counter, cost: Cost, let_go: Callable[[], None]) -> None:
    """Have this process's forked children count for themselves."""

    def forked() -> None:
        with contextlib.suppress(Exception):
            let_go()
            Child(folder, counter, cost).start()

    follow(forked)


def begin() -> None:
    """In a process that was started with our hook: count from here on."""
    if any("resource_tracker" in word for word in sys.orig_argv):
        return
    with open(os.environ[REQUEST_VARIABLE], encoding="utf-8") as file:  # noqa: PTH123
        request = json.load(file)
    functions = [
        {**one, "file": os.path.join(request["cwd"], one["file"])}  # noqa: PTH118
        if not one["file"].startswith("<")
        else one
        for one in request["functions"]
    ]
    wanted = Wanted(functions)
    counter = counter_for(wanted)
    counter.install()
    sys.meta_path.insert(0, Finder(Prepared(wanted)))
    cost = Cost(hit_ns=request["hit_ns"], call_ns=request["call_ns"], other_ns=request["other_ns"])
    child = Child(request["folder"], counter, cost)
    child.start()
    _follow_forks(request["folder"], counter, cost, lambda: None)


class Child:
    """One child process: counts from its start to its end."""

    def __init__(self, folder: str, counter: Counter, cost: Cost) -> None:
        self.folder, self.counter, self.cost = folder, counter, cost
        self.process = os.getpid()
        self.file = os.path.join(folder, f"{self.process}-{time.time_ns()}.json")  # noqa: PTH118
        try:
            self.subject = int(os.environ.get(SUBJECT_VARIABLE, "-1"))
        except ValueError:
            self.subject = -1
        self.written = -1
        self.drafts = 0

    def start(self) -> None:
        """Begin to count, and see to it that the figures are written whichever way the process ends."""
        self.before = self.counter.hits()
        self.duty = Duty(self.counter, self.cost, Limits())
        self.duty.each = self.note
        self.duty.start()
        atexit.register(self.note, complete=True)
        leave = os._exit

        def leaving(status: int) -> None:
            try:
                self.note(complete=True)
            finally:
                leave(status)

        os._exit = leaving  # type: ignore[assignment]
        self._answer_exec()
        if threading.current_thread() is threading.main_thread():
            self._answer_termination()

    def note(self, *, complete: bool = False) -> None:
        """Write the figures, where there is anything new to write."""
        if os.getpid() != self.process:
            return
        total = self.counter.total()
        if total == sum(self.before.values()) or (total == self.written and not complete):
            return
        windows = self.duty.so_far()
        estimate = windows.estimate(owners=self.counter.owners)
        functions: dict[tuple[str, int, str], list[list[float]]] = {}
        for place, (hits, error) in sorted(estimate.hits.items()):
            functions.setdefault(self.counter.owners[place], []).append([place[1], hits, error])
        content = {
            "process": self.process,
            "subject": self.subject,
            "complete": complete,
            "sampled": self.duty.phase is Phase.SAMPLED,
            "windows": estimate.windows_count,
            "functions": [
                {"file": self.counter.wanted.resolved(file), "line": first, "name": name, "lines": lines}
                for (file, first, name), lines in functions.items()
            ],
        }
        with contextlib.suppress(OSError):  # the folder may be gone: then nobody asks any more
            self.drafts += 1
            _write(self.file, content, f"{self.file}.{self.drafts}.part")
            self.written = total

    def _answer_exec(self) -> None:
        """By wrapping: an audit hook would be called at each look at a frame's code, that is at each call."""
        for name in ("execv", "execve"):
            setattr(os, name, self._noted(getattr(os, name)))

    def _noted(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(execute)
        def noted(*arguments: Any) -> Any:
            self.note(complete=True)
            return execute(*arguments)

        return noted

    def _answer_termination(self) -> None:
        handler = signal.getsignal(signal.SIGTERM)
        ours = getattr(handler, "__module__", "") or ""
        if handler is not signal.SIG_DFL and not ours.startswith("_perfwatch_worker."):
            return  # the target's own handler decides; its way out is one of the others

        def terminated(number: int, _frame: Any) -> None:
            self.note(complete=True)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

        signal.signal(signal.SIGTERM, terminated)


def _write(path: str, content: dict[str, Any], draft: str = "") -> None:
    draft = draft or f"{path}.part"
    with open(draft, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
        json.dump(content, file)
    os.replace(draft, path)  # noqa: PTH105
