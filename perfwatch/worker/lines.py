"""Count and time single lines of chosen functions with line_profiler.

Functions are chosen by file, name and first line. Their code objects are
prepared before the target's module runs: line_profiler pads each one, and the
padded one takes the original's place among the module's constants. So nested,
decorated and generator functions, methods and the module's own body are all
seen, none of the target's objects is wrapped, and its source stays unread.

It must not correct for the tracer's own cost: it measures that cost on a known
function, and the parent corrects.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
import time
from types import CellType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from .subject import Subject, heading, repeat_for, stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader
    from types import ModuleType

#: Lines of nothing but an assignment: what is recorded for them is the tracer's own cost.
_CALIBRATION = "def trivial():\n    for _ in range(2000):\n" + "        x = 1\n" * 8
_CALIBRATION_FILE = "<perfwatch calibration>"
CALIBRATIONS = 5


class Lines:
    """Runs each subject for about ``seconds`` with the chosen functions traced."""

    def __init__(self, seconds: float, functions: list[dict[str, Any]]) -> None:
        self.seconds = seconds
        self.wanted: dict[str, set[tuple[str, int]]] = {}
        for function in functions:
            place = self.wanted.setdefault(os.path.realpath(function["file"]), set())
            place.add((function["name"].rpartition(".")[2], function["line"]))
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Make the profiler, measure its cost, and stand ready for the target's imports."""
        import line_profiler

        self.profiler = line_profiler.LineProfiler()
        self.recorded_ns, self.unrecorded_ns = self._cost()
        sys.meta_path.insert(0, _Finder(self))

    def instrumented(self, code: CodeType, file: str) -> CodeType:
        """The module's code with the wanted functions prepared; the same code where none is wanted."""
        wanted = self.wanted.get(os.path.realpath(file))
        return code if wanted is None else self._prepared(code, wanted)

    def _prepared(self, code: CodeType, wanted: set[tuple[str, int]], *, inside: bool = False) -> CodeType:
        chosen = inside or (code.co_name, code.co_firstlineno) in wanted
        # Comprehensions and lambdas belong to the function around them, unless that is the module.
        within = chosen and code.co_name != "<module>"
        constants = tuple(
            self._prepared(item, wanted, inside=within and item.co_name.startswith("<"))
            if isinstance(item, CodeType)
            else item
            for item in code.co_consts
        )
        if any(new is not old for new, old in zip(constants, code.co_consts, strict=True)):
            code = code.replace(co_consts=constants)
        return self._added(code) if chosen else code

    def _added(self, code: CodeType) -> CodeType:
        function = FunctionType(code, {}, code.co_name, None, tuple(CellType() for _ in code.co_freevars))
        self.profiler.add_function(function)
        return function.__code__

    def measure(self, subject: Subject) -> Any:
        """Trace one subject; a call without tracing comes first, so that it is warm."""
        value = None if subject.single else subject.once()
        record = heading(subject)
        before = self._timings()

        def close() -> None:
            self.profiler.disable_by_count()
            record["functions"] = _difference(self._timings(), before)

        self.profiler.enable_by_count()
        with stretch(self, record, close):
            record["calls"], record["wall_ns"], last = repeat_for(subject, self.seconds)
        return last if subject.single else value

    def finish(self) -> dict[str, Any]:
        """Name the tool and its cost for each line it sees."""
        import line_profiler

        return {
            "tool": "line_profiler",
            "version": line_profiler.__version__,
            "recorded_ns_per_hit": self.recorded_ns,
            "unrecorded_ns_per_hit": self.unrecorded_ns,
        }

    def _timings(self) -> dict[tuple[str, int, str], list[tuple[int, int, int]]]:
        return {
            key: list(lines)
            for key, lines in self.profiler.get_stats().timings.items()
            if key[0] != _CALIBRATION_FILE
        }

    def _cost(self) -> tuple[float, float]:
        """The profiler's own nanoseconds for each line hit, on lines that do next to nothing.

        The first figure is what it records for such a line, the second what it
        takes besides: that part ends up in the line that called the function.
        """
        space: dict[str, Any] = {}
        module = compile(_CALIBRATION, _CALIBRATION_FILE, "exec")
        exec(self._prepared(module, {("trivial", 1)}), space)
        space["trivial"]()  # the interpreter specialises on the first run
        # Whatever else the machine does can only add: the least of a few is nearest.
        found = [self._one_cost(space["trivial"]) for _ in range(CALIBRATIONS)]
        return min(recorded for recorded, _ in found), min(unrecorded for _, unrecorded in found)

    def _one_cost(self, trivial: Callable[[], None]) -> tuple[float, float]:
        before = self._totals()
        self.profiler.enable_by_count()
        started = time.perf_counter_ns()
        try:
            trivial()
        finally:
            taken = time.perf_counter_ns() - started
            self.profiler.disable_by_count()
        hits, spent = (now - then for now, then in zip(self._totals(), before, strict=True))
        return spent / hits, max(0.0, (taken - spent) / hits)

    def _totals(self) -> tuple[int, float]:
        """Hits and recorded nanoseconds of all calibration lines so far."""
        stats = self.profiler.get_stats()
        lines = [
            line for key, found in stats.timings.items() if key[0] == _CALIBRATION_FILE for line in found
        ]
        return sum(hits for _, hits, _ in lines), sum(spent for _, _, spent in lines) * stats.unit * 1e9


class _Finder:
    """Lets the other finders find a module, and swaps the loader where lines are wanted."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the others' answer, with our loader for wanted source files; else ``None``."""
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is None:
                continue
            if type(spec.loader) is not importlib.machinery.SourceFileLoader or spec.origin is None:
                return None
            if os.path.realpath(spec.origin) not in self.lines.wanted:
                return None
            spec.loader = _swapped(self.lines, spec.name, spec.origin)
            return spec  # type: ignore[no-any-return]
        return None


def _swapped(lines: Lines, name: str, origin: str) -> Loader:
    class Instrumenting(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType | None:
            code = super().get_code(fullname)
            return None if code is None else lines.instrumented(code, self.path)

    return Instrumenting(name, origin)


def _difference(
    now: dict[tuple[str, int, str], list[tuple[int, int, int]]],
    before: dict[tuple[str, int, str], list[tuple[int, int, int]]],
) -> list[dict[str, Any]]:
    """What was added since ``before``: one entry a function, ``[line, hits, nanoseconds]`` each."""
    found = []
    for key, lines in now.items():
        old = {line: (hits, spent) for line, hits, spent in before.get(key, ())}
        added = [
            [line, hits - old.get(line, (0, 0))[0], spent - old.get(line, (0, 0))[1]]
            for line, hits, spent in lines
        ]
        added = [entry for entry in added if entry[1] > 0]
        if added:
            found.append({"file": key[0], "line": key[1], "name": key[2], "lines": added})
    return found
