"""The functions whose lines are wanted, and line_profiler prepared for just these.

Their code objects are prepared before the target's module runs: each counts its
starts (``lines_starts``), line_profiler pads each one, and the result takes the
original's place among the module's constants. So none of the target's objects is
wrapped, and its source stays unread. On CPython 3.12 and later line_profiler listens to every line of the
process; it is narrowed to the wanted code here, so that libraries run free.

This module must not decide how long anything is traced.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
import threading
from types import CellType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from .lines_starts import PREPARES, Starts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from types import ModuleType

MONITORING = sys.version_info >= (3, 12)
#: ``sys.monitoring``, to be used where ``MONITORING`` says that it is there.
monitoring: Any = getattr(sys, "monitoring", None)
#: Ids that CPython keeps for debuggers, coverage, profilers and optimisers are the target's to use.
TOOL_ID = 3
#: Function, by the file it was compiled from, first line and name.
Function = tuple[str, int, str]
Timings = dict[Function, list[tuple[int, int, int]]]


class Wanted:
    """Which code is wanted, by file, name and first line."""

    def __init__(self, functions: list[dict[str, Any]]) -> None:
        self._files: dict[str, set[tuple[str, int]]] = {}
        self._known: dict[str, set[tuple[str, int]] | None] = {}
        self._resolved: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        #: Of functions that were prepared.
        self.starts = Starts()
        self.untraced: list[dict[str, Any]] = []
        for one in functions:
            if one["file"].startswith("<") or not os.path.isfile(one["file"]):  # noqa: PTH113
                why = "its code came from no file that is there (exec, or a deleted source)"
                self.untraced.append({**_named(one), "why": why})
                continue
            file = os.path.realpath(one["file"])
            self._asked[file] = one["file"]
            place = self._files.setdefault(file, set())
            place.add((one["name"].rpartition(".")[2], one["line"]))

    def within(self, file: str) -> set[tuple[str, int]] | None:
        """Names and first lines wanted in a file; ``None`` for most files."""
        if file not in self._known:
            # Once and for all: a target may change its folder, and its relative names then lead elsewhere.
            self._resolved[file] = _place(file)
            self._known[file] = self._files.get(self._resolved[file])
        return self._known[file]

    def resolved(self, file: str) -> str:
        """Where a file lay when it was first asked about, links resolved."""
        self.within(file)
        return self._resolved[file]

    def asked(self, file: str) -> str:
        """The name by which a wanted file was asked for; other files keep theirs."""
        return self._asked.get(self.resolved(file), file)

    def has(self, code: CodeType) -> bool:
        """Whether this function itself was asked for."""
        inside = self.within(code.co_filename)
        return inside is not None and (code.co_name, code.co_firstlineno) in inside


def _place(file: str) -> str:
    if file.startswith("<"):
        return file
    try:
        return os.path.realpath(file)
    except OSError:  # a relative name, and the folder it is relative to is gone
        return file


def _named(one: dict[str, Any]) -> dict[str, Any]:
    return {"file": one["file"], "line": one["line"], "name": one["name"]}


def belongs(code: CodeType) -> list[CodeType]:
    """Lambdas and comprehensions inside a function: its lines go on in them."""
    if code.co_name == "<module>":
        return []
    inner = [item for item in code.co_consts if isinstance(item, CodeType) and item.co_name.startswith("<")]
    return inner + [below for item in inner for below in belongs(item)]


class Prepared:
    """Modules' code with starts of the wanted functions counted, where the interpreter does not count them."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    def instrumented(self, code: CodeType, file: str) -> CodeType:
        """The module's code with the wanted functions prepared; the same code where none is wanted."""
        inside = self.wanted.within(file)
        return code if inside is None else self.prepared(code, inside)

    def prepared(self, code: CodeType, wanted: set[tuple[str, int]], *, inside: bool = False) -> CodeType:
        """A code object with all that is wanted in it made ready."""
        original = code
        chosen = inside or (code.co_name, code.co_firstlineno) in wanted
        # Comprehensions and lambdas belong to the function around them, unless that is the module.
        within = chosen and code.co_name != "<module>"
        constants = tuple(
            self.prepared(item, wanted, inside=within and item.co_name.startswith("<"))
            if isinstance(item, CodeType)
            else item
            for item in code.co_consts
        )
        if any(new is not old for new, old in zip(constants, code.co_consts, strict=True)):
            code = code.replace(co_consts=constants)
        if not chosen:
            return code
        if inside or not PREPARES:
            return self._added(code)
        added = self._added(self.wanted.starts.counted(code))
        self.wanted.starts.stands_for(added, original)
        return added

    def _added(self, code: CodeType) -> CodeType:
        return code


class Tracer(Prepared):
    """line_profiler on the wanted code: exact hits, and times that need correcting."""

    def __init__(self, wanted: Wanted) -> None:
        import line_profiler

        class Profiler(line_profiler.LineProfiler):
            tool_id = TOOL_ID

        super().__init__(wanted)
        self.profiler: Any = Profiler()
        self.codes: list[CodeType] = []
        self.running = False

    def _added(self, code: CodeType) -> CodeType:
        function = FunctionType(code, {}, code.co_name, None, tuple(CellType() for _ in code.co_freevars))
        self.profiler.add_function(function)
        self.codes.append(function.__code__)
        if self.running and MONITORING:
            self._listen([function.__code__])
        return function.__code__

    def on(self) -> None:
        """Trace this thread and, where the interpreter can, all others."""
        self.profiler.enable_by_count()
        self.running = True
        if MONITORING:
            events = monitoring.events
            # These two cannot be asked for by function; exceptions are few.
            monitoring.set_events(TOOL_ID, events.RAISE | events.RERAISE)
            self._listen(self.codes)
        elif threading.gettrace() is None:
            threading.settrace(self._in_thread)

    def off(self) -> None:
        """End it; a trace function that the target set meanwhile stays."""
        self.hush()
        theirs = None if MONITORING else sys.gettrace()
        self.profiler.disable_by_count()
        if theirs is not None and type(theirs).__module__ != "line_profiler._line_profiler":
            sys.settrace(theirs)

    def hush(self) -> None:
        """Stop listening, from whichever thread; ``off`` is for the one that turned it on."""
        self.running = False
        if MONITORING:
            for code in self.codes:
                monitoring.set_local_events(TOOL_ID, code, 0)
        # Bound methods are made anew at each look: equal, never the same.
        elif threading.gettrace() == self._in_thread:
            threading.settrace(None)

    def timings(self) -> Timings:
        """Line, hits and inclusive ticks so far, by function."""
        return {key: list(lines) for key, lines in self.profiler.get_stats().timings.items()}

    def _listen(self, codes: list[CodeType]) -> None:
        events = monitoring.events
        for code in codes:
            monitoring.set_local_events(TOOL_ID, code, events.LINE | events.PY_RETURN | events.PY_YIELD)

    def _in_thread(self, _frame: Any, _event: str, _arg: Any) -> None:
        # A thread's number is used again after its end; what line_profiler knows by it is stale.
        self.profiler._managers.pop(threading.get_ident(), None)  # noqa: SLF001
        if self.running:
            self.profiler.enable_by_count()


class Finder:
    """Lets the other finders find a module, and swaps the loader where lines are wanted."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the others' answer, with our loader for wanted source files; else ``None``."""
        self.prepared.wanted.starts.expect(name)
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is None:
                continue
            if type(spec.loader) is not importlib.machinery.SourceFileLoader or spec.origin is None:
                return None
            if self.prepared.wanted.within(spec.origin) is None:
                return None
            spec.loader = _swapped(self.prepared, spec.name, spec.origin)
            return spec  # type: ignore[no-any-return]
        return None


def _swapped(prepared: Prepared, name: str, origin: str) -> Loader:
    class Instrumenting(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType | None:
            code = super().get_code(fullname)
            return None if code is None else prepared.instrumented(code, self.path)

    return Instrumenting(name, origin)
