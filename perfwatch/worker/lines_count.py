"""Count the starts of lines of the wanted functions, and nothing else.

It can be turned on and off while the target runs, in the middle of any
function. line_profiler cannot serve there: it counts a line at its end, so a
short window never sees a long line. From CPython 3.12 on, ``sys.monitoring``
calls us for lines of the wanted code alone, in all threads. On 3.11 a trace
function is set in the main thread from inside a pending call.

It must not time anything.
"""

from __future__ import annotations

import opcode
import sys
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from .lines_code import MONITORING, Function, Wanted, belongs, monitoring
from .lines_pending import Moment, Pending, moment

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from .lines_code import Tracer
    from .lines_windows import Hits, Place

#: Another one than line_profiler's, and none that CPython keeps for somebody.
TOOL_ID = 4
#: Code that is not wanted is remembered by its address, and held; programs that make code without end are not.
CODES_HELD = 20_000
_CALLS = frozenset(name for name in opcode.opname if name.startswith("CALL")) | {"BINARY_OP", "FOR_ITER"}


class Counter(ABC):
    """Hits by file and line, since the beginning.

    ``calls`` of wanted functions and of ``others`` are counted where they cost
    anything, that is on 3.11.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.counts: dict[str, dict[int, int]] = {}
        self.owners: dict[Place, Function] = {}
        self.calls = 0
        self.others = 0
        self.running = False
        self.blocked = False
        #: Whether the main thread stood at a call, the last time that counting was turned on or off.
        self.at_call = False
        #: Starts at that moment.
        self.starts_at_switch: dict[Function, int] = {}

    def adopt(self, code: CodeType) -> list[CodeType]:
        """Make places for a wanted function's lines; return it with the code that belongs to it."""
        owner = (code.co_filename, code.co_firstlineno, code.co_name)
        codes = [code, *belongs(code)]
        counts = self.counts.setdefault(code.co_filename, {})
        for one in codes:
            for _, _, line in one.co_lines():
                if line is not None:
                    counts.setdefault(line, 0)
                    self.owners.setdefault((code.co_filename, line), owner)
        return codes

    def add_current(self, frame: FrameType | None) -> None:
        """Count the lines under way on a stack: whoever counted before counts a line at its end."""
        while frame is not None:
            # Asked first, because it makes places for a function that was only traced until now.
            if self._is_wanted(frame.f_code) and instruction(frame) != "RESUME":
                counts = self.counts[frame.f_code.co_filename]
                if frame.f_lineno in counts:
                    counts[frame.f_lineno] += 1
            frame = frame.f_back

    def hits(self) -> Hits:
        """What was counted so far, lines without a hit left out."""
        return {
            (file, line): hits
            for file, lines in list(self.counts.items())
            for line, hits in list(lines.items())
            if hits
        }

    def starts(self) -> dict[Function, int]:
        """Starts of wanted functions, counted always; those that were not prepared are missing on 3.11."""
        return self.wanted.starts.so_far()

    def total(self) -> int:
        """All hits so far."""
        return sum(sum(list(lines.values())) for lines in list(self.counts.values()))

    @abstractmethod
    def _is_wanted(self, code: CodeType) -> bool: ...

    @abstractmethod
    def begin(self) -> None:
        """Serve a new stretch."""

    @abstractmethod
    def cancel(self) -> None:
        """Wait for nothing any more: the stretch is about to end."""

    def take_over(self, tracer: Tracer) -> Moment:
        """End the tracer, and count the lines that it had under way; the moment of it."""
        tracer.hush()
        for frame in list(sys._current_frames().values()):  # noqa: SLF001
            self.add_current(frame)
        self.starts_at_switch = self.starts()
        return moment()

    @abstractmethod
    def install(self) -> None:
        """Begin to notice wanted functions as they start."""

    @abstractmethod
    def on(self) -> Moment:
        """Begin to count; return the moment from which it counts."""

    @abstractmethod
    def off(self) -> Moment:
        """End counting; return the moment."""


class MonitoringCounter(Counter):
    """For CPython 3.12 and later; ``on`` and ``off`` work from every thread."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._codes: dict[int, CodeType] = {}
        self._starts: dict[int, list[int]] = {}

    def install(self) -> None:
        """Notice each function's first start; functions not wanted are let alone from then on."""
        if monitoring.get_tool(TOOL_ID) is None:
            monitoring.use_tool_id(TOOL_ID, "perfwatch lines")
        monitoring.register_callback(TOOL_ID, monitoring.events.PY_START, self._started)
        monitoring.register_callback(TOOL_ID, monitoring.events.LINE, self._line)
        monitoring.set_events(TOOL_ID, monitoring.events.PY_START)

    def begin(self) -> None:
        """Nothing: events come from all threads, in every stretch."""

    def cancel(self) -> None:
        """Nothing: no thread is waited for."""

    def _look(self) -> Moment:
        frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001
        self.at_call = frame is not None and instruction(frame) in _CALLS
        self.starts_at_switch = self.starts()
        return moment()

    def on(self) -> Moment:
        """Listen to the lines of all wanted functions known; others follow as they start."""
        self.running = True
        if len(self.counts) == 1:
            self._listen_to_one_file()
        for code in list(self._codes.values()):
            monitoring.set_local_events(TOOL_ID, code, monitoring.events.LINE)
        return self._look()

    def off(self) -> Moment:
        """Leave the code as it was."""
        now = self._look()
        self.running = False
        for code in list(self._codes.values()):
            monitoring.set_local_events(TOOL_ID, code, 0)
        return now

    def adopt(self, code: CodeType) -> list[CodeType]:
        """As above; and begin to listen, where counting is on."""
        if len(self.counts) == 1 and code.co_filename not in self.counts:
            monitoring.register_callback(TOOL_ID, monitoring.events.LINE, self._line)
        codes = super().adopt(code)
        for one in codes:
            self._codes[id(one)] = one
            if self.running:
                monitoring.set_local_events(TOOL_ID, one, monitoring.events.LINE)
        return codes

    def _is_wanted(self, code: CodeType) -> bool:
        return id(code) in self._codes

    def starts(self) -> dict[Function, int]:
        """As above, with those that an event told."""
        found = super().starts()
        for number, cell in list(self._starts.items()):
            code = self._codes[number]
            owner = (code.co_filename, code.co_firstlineno, code.co_name)
            found[owner] = found.get(owner, 0) + cell[0]
        return found

    def _started(self, code: CodeType, _offset: int) -> Any:
        cell = self._starts.get(id(code))
        if cell is not None:
            cell[0] += 1
            return None
        if not self.wanted.has(code):
            return monitoring.DISABLE
        if id(code) not in self._codes:
            self.adopt(code)
        if self.wanted.starts.prepared(code):
            return monitoring.DISABLE
        self._starts[id(code)] = [1]
        return None

    def _line(self, code: CodeType, line: int) -> None:
        self.counts[code.co_filename][line] += 1

    def _listen_to_one_file(self) -> None:
        (counts,) = self.counts.values()

        def line_of_the_file(_code: CodeType, line: int) -> None:
            counts[line] += 1

        monitoring.register_callback(TOOL_ID, monitoring.events.LINE, line_of_the_file)


class TracingCounter(Counter):
    """For CPython 3.11: a trace function in the main thread, set and taken away by pending calls."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._known: dict[int, tuple[CodeType, Any]] = {}
        self._global = self._called
        self._pending = Pending()

    def install(self) -> None:
        """Nothing: the trace function sees functions as they are called."""

    def begin(self) -> None:
        """Serve a new stretch."""
        self._pending.cancelled = False

    def on(self) -> Moment:
        """Trace the main thread, its frames that run already among them."""
        return self._pending.run(self._on)

    def off(self) -> Moment:
        """Take the trace function away, unless it is another's by now."""
        return self._pending.run(self._off)

    def cancel(self) -> None:
        """Wait no longer for the main thread: it is about to end the stretch."""
        self._pending.cancelled = True

    def take_over(self, tracer: Tracer) -> Moment:
        """End the tracer in the main thread, and count the lines that it had under way; the moment of it."""

        def change() -> None:
            tracer.off()
            self.add_current(sys._getframe())  # noqa: SLF001
            self.starts_at_switch = self.starts()

        return self._pending.run(change)

    def _on(self) -> None:
        theirs = sys.gettrace()
        self.blocked = theirs is not None and theirs is not self._global
        if self.blocked:
            return
        self.running = True
        self._look()
        sys.settrace(self._global)
        frame: FrameType | None = sys._getframe()  # noqa: SLF001
        while frame is not None:
            local = self._local_for(frame.f_code)
            if local is not None:
                frame.f_trace = local
            frame = frame.f_back

    def _off(self) -> None:
        self.running = False
        self._look()
        if sys.gettrace() is self._global:
            sys.settrace(None)
        frame: FrameType | None = sys._getframe()  # noqa: SLF001
        while frame is not None:
            known = self._known.get(id(frame.f_code))
            if known is not None and known[1] is not None and frame.f_trace is known[1]:
                frame.f_trace = None
            frame = frame.f_back

    def _look(self) -> None:
        """Skip our own frames: the target's is the first below them."""
        frame: FrameType | None = sys._getframe()  # noqa: SLF001
        while frame is not None and frame.f_globals.get("__package__") == __package__:
            frame = frame.f_back
        self.at_call = frame is not None and instruction(frame) in _CALLS
        self.starts_at_switch = self.starts()

    def _is_wanted(self, code: CodeType) -> bool:
        return self._local_for(code) is not None

    def _called(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        known = self._known.get(id(frame.f_code))
        local = self._local_for(frame.f_code) if known is None else known[1]
        if local is None:
            self.others += 1
        else:
            self.calls += 1
        return local

    def _local_for(self, code: CodeType) -> Any:
        known = self._known.get(id(code))
        if known is not None:
            return known[1]
        if self.wanted.has(code):
            return self._adopted(code)
        if len(self._known) < CODES_HELD:
            self._known[id(code)] = (code, None)
        return None

    def _adopted(self, code: CodeType) -> Any:
        self.adopt(code)
        return self._known[id(code)][1]

    def adopt(self, code: CodeType) -> list[CodeType]:
        """As above, with the trace function of its lines."""
        codes = super().adopt(code)
        counts = self.counts[code.co_filename]

        def local(frame: FrameType, event: str, _arg: Any) -> Any:
            if event == "line":
                counts[frame.f_lineno] += 1
            return local

        for one in codes:
            self._known[id(one)] = (one, local)
        return codes


def instruction(frame: FrameType) -> str:
    """The name of the instruction that a frame is at; RESUME where no line has begun."""
    code = frame.f_code.co_code
    return opcode.opname[code[frame.f_lasti]] if 0 <= frame.f_lasti < len(code) else "RESUME"


def counter_for(wanted: Wanted) -> Counter:
    """The counter of this interpreter."""
    return MonitoringCounter(wanted) if MONITORING else TracingCounter(wanted)
