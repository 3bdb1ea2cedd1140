"""Digest the arguments of chosen functions at each entry, in one execution of the target.

On CPython 3.11 the functions' code gets a few instructions behind its RESUME that take an
item from an iterator of ours, which looks at the frame (see ``lines_starts`` for the same trick
in front of it); from 3.12 on ``sys.monitoring`` calls us where just these functions start.
Neither touches any other code, so a target runs at its own pace between.

A function is no longer looked at once its digests have cost its part of one clean
execution: with all of them the target takes at most about twice its time. It must not keep any argument.
"""

from __future__ import annotations

import itertools
import sys
import time
from opcode import opmap
from typing import TYPE_CHECKING, Any

from .digests import Digest
from .lines_code import MONITORING, Finder, Prepared, Wanted, monitoring
from .lines_starts import PREPARES, READERS, STACK_WANTED, UNIT_BYTES, prefix_of, shifted
from .subject import heading, stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

    from .lines_code import Function
    from .subject import Subject

#: Of a function so many different digests are kept: 16 bytes each, and Python's 100 around them.
DISTINCT_AT_MOST = 100_000
#: Where nobody says how long a clean execution takes.
CLEAN_NS = 1_000_000_000
#: Entries of a function that does nothing, to find what an entry costs beyond what its clock sees.
ENTRIES_TRIED = 2_000
TOOL_ID = 4
_NO_PLACE = 0x80 | 15 << 3
_ARGUMENTS, _KEYWORDS = 0x04, 0x08


class Entries:
    """What was seen at the entries of one function."""

    def __init__(self, code: CodeType, allowed_ns: int, unseen_ns: int = 0) -> None:
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & _ARGUMENTS)
        self.names = code.co_varnames[:count]
        self.keywords = code.co_varnames[count] if code.co_flags & _KEYWORDS else ""
        self.owners_count = int(is_method(code))
        self.allowed_ns = allowed_ns
        self.unseen_ns = unseen_ns
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.digests: set[bytes] = set()
        self.calls_count = self.opaque_count = self.unhashable_count = self.digest_ns = 0
        self.stopped = ""

    def enter(self, frame: FrameType) -> bool:
        """Digest the arguments in a frame that begins; ``False`` once there is nothing more to be learnt."""
        if self.stopped:
            return False
        began = time.perf_counter_ns()
        try:
            digest = Digest()
            given = self._arguments_in(frame)
            digested = digest.of(given[self.owners_count :], given[: self.owners_count])
        except Exception as error:  # nothing of ours may end the target's call
            self.stopped = f"its arguments could not be digested ({type(error).__name__})"
            return False
        self.digests.add(digested)
        self.calls_count += 1
        self.opaque_count += digest.opaque
        self.unhashable_count += digest.unhashable
        self.digest_ns += time.perf_counter_ns() - began + self.unseen_ns
        if self.digest_ns > self.allowed_ns:
            self.stopped = "digesting had cost as much as it may"
        elif len(self.digests) >= DISTINCT_AT_MOST:
            self.stopped = f"there were {DISTINCT_AT_MOST:,} different ones"
        return not self.stopped

    def _arguments_in(self, frame: FrameType) -> list[Any]:
        values = frame.f_locals
        given = [values[name] for name in self.names if name in values]
        # The dictionary of the others by name is the call's own, and no argument.
        others = values.get(self.keywords, {})
        return [*given, *(part for pair in others.items() for part in pair)]


def is_method(code: CodeType) -> bool:
    """Return whether a function stands in a class and is called of an object, as its first argument's name says."""
    place = code.co_qualname.rpartition(".")[0]
    return bool(place) and not place.endswith("<locals>") and code.co_varnames[:1] == ("self",)


class Arguments:
    """Runs a subject once, and digests the arguments of ``functions`` (file, name, line) meanwhile.

    ``clean_seconds`` is how long a clean call of each subject takes, by its name.
    """

    def __init__(
        self, functions: list[dict[str, Any]], clean_seconds: dict[str, float] | None = None
    ) -> None:
        self.functions = functions
        self.clean_seconds = clean_seconds or {}
        self.wanted = Wanted(functions)
        self.entries: dict[Function, Entries] = {}
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None
        self.unseen_ns = 0

    def prepare(self) -> None:
        """Find what an entry costs, and stand ready for the target's imports."""
        self.unseen_ns = _unseen_ns()
        if MONITORING:
            self._listen()
            return
        for module in READERS & sys.modules.keys():
            self.wanted.starts.expect(module)
        sys.meta_path.insert(0, Finder(_Hooked(self)))

    def instrumented(self, code: CodeType, file: str) -> CodeType:
        """The module's code with the wanted functions prepared; the same code where that is not needed."""
        return code if MONITORING else _Hooked(self).instrumented(code, file)

    def measure(self, subject: Subject) -> Any:
        """Run the subject once: a second call would be given the same arguments by us."""
        record = heading(subject)
        if subject.before is not None:
            subject.before()
        clean_ns = round(self.clean_seconds.get(subject.name, 0.0) * 1e9) or CLEAN_NS
        for entries in self.entries.values():
            entries.clear()
        self.allowed_ns = clean_ns // max(1, len(self.functions))
        for entries in self.entries.values():
            entries.allowed_ns = self.allowed_ns
        with stretch(self, record, lambda: record.update(functions=self._told())):
            return subject.call()

    def finish(self) -> dict[str, Any]:
        """Name the tool, and functions that cannot be followed."""
        return {"tool": "argument digests", "version": "", "untraced": self.wanted.untraced}

    #: What a function may cost before a subject is known: the modules' own code runs then.
    allowed_ns = CLEAN_NS

    def entries_of(self, code: CodeType) -> Entries:
        """The entries of a function, by the file it was asked for under; those of two equal code objects are one's."""
        place = (self.wanted.asked(code.co_filename), code.co_firstlineno, code.co_name)
        if place not in self.entries:
            self.entries[place] = Entries(code, self.allowed_ns, self.unseen_ns)
        return self.entries[place]

    def _told(self) -> list[dict[str, Any]]:
        return [
            {
                "file": file,
                "line": line,
                "name": name,
                "calls": one.calls_count,
                "distinct": len(one.digests),
                "opaque": one.opaque_count,
                "unhashable": one.unhashable_count,
                "digest_ns": one.digest_ns,
                "stopped": one.stopped,
            }
            for (file, line, name), one in self.entries.items()
            if one.calls_count or one.stopped
        ]

    def _listen(self) -> None:
        """Hear of each start of a wanted function; others are asked about once and left alone."""

        def started(code: CodeType, _offset: int) -> Any:
            if not self.wanted.has(code):
                return monitoring.DISABLE
            known = self.entries_of(code)
            return None if known.enter(sys._getframe(1)) else monitoring.DISABLE  # noqa: SLF001

        monitoring.use_tool_id(TOOL_ID, "perfwatch arguments")
        monitoring.register_callback(TOOL_ID, monitoring.events.PY_START, started)
        monitoring.set_events(TOOL_ID, monitoring.events.PY_START)


class _Entering:
    """An endless iterator whose every item is a look at the frame that asks for it."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[None]:
        return self

    def __next__(self) -> None:
        if not self._entries.enter(sys._getframe(1)):  # noqa: SLF001
            raise StopIteration


class _Hooked(Prepared):
    """Modules' code in which the wanted functions look at their arguments as they start."""

    def __init__(self, collector: Arguments) -> None:
        super().__init__(collector.wanted)
        self.collector = collector

    def _added(self, code: CodeType) -> CodeType:
        if not PREPARES or not self.wanted.has(code):
            return code
        # What ends is followed by what costs nothing and does not: a function may start for ever.
        looks = itertools.chain(_Entering(self.collector.entries_of(code)), itertools.repeat(None))
        return with_entry(code, looks)


def with_entry(code: CodeType, looks: Iterator[None]) -> CodeType:
    """A code object that takes one item from ``looks`` at each start, for CPython 3.11.

    It does so behind RESUME: before it, the interpreter does not show the frame to anybody. The
    line table begins with an entry for the new instructions, as if they stood at its front; so RESUME
    and what is before it have no line, and the body has its own.
    """
    units = list(range(0, len(code.co_code), UNIT_BYTES))
    resume = next((at for at in units if code.co_code[at] == opmap["RESUME"]), None)
    if resume is None:
        return code
    at = resume + UNIT_BYTES
    prefix = prefix_of(len(code.co_consts))
    added = len(prefix) // UNIT_BYTES
    return code.replace(
        co_code=code.co_code[:at] + prefix + code.co_code[at:],
        co_consts=(*code.co_consts, looks),
        co_stacksize=max(STACK_WANTED, code.co_stacksize),
        co_linetable=bytes([_NO_PLACE | added - 1]) + code.co_linetable,
        co_exceptiontable=shifted(code.co_exceptiontable, added),
    )


def _unseen_ns() -> int:
    """What an entry costs beyond what its own clock sees: the call of the hook, and the frame."""

    def nothing(first: int, second: int) -> None:
        """Stand for a function of the target's."""

    entries = Entries(nothing.__code__, sys.maxsize)
    hooked = _Entering(entries)

    def entered(first: int, second: int) -> None:  # noqa: ARG001 - its frame is looked at
        next(hooked)

    entries.names = ("first", "second")
    took = []
    for call in (nothing, entered):
        began = time.perf_counter_ns()
        for number in range(ENTRIES_TRIED):
            call(number, 1)
        took.append(time.perf_counter_ns() - began)
    return max(0, took[1] - took[0] - entries.digest_ns) // ENTRIES_TRIED
