"""Count every start of wanted functions, at some nanoseconds each.

A function's code gets a prefix that takes one item from an endless iterator and
drops it. How many items are left says how often the function started. Counted are
calls; for a generator or a coroutine, its creation::

    LOAD_CONST  <itertools.repeat>
    FOR_ITER    2       (past the next two, at its end, which never comes)
    POP_TOP
    POP_TOP

No Python code runs, nothing is allocated, and the iterator lasts for 2**63
starts. Jumps are relative since 3.11, so the body needs no change. The prefix lies
before RESUME, where the interpreter traces nothing, and has no line. (An event of
``sys.monitoring`` would call Python: that alone doubles the time of short functions.)

Compilers that read a function's code get the original (``READERS``): a foreign
constant would be an error to them.

It must not change what a function does, nor its lines.
"""

from __future__ import annotations

import operator
import sys
from itertools import repeat
from opcode import opmap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

#: Packages that compile functions from their bytecode.
READERS = frozenset({"numba", "torch"})
UNIT_BYTES = 2
STACK_WANTED = 2
#: A line table's entry without a place: see Objects/locations.md of CPython 3.11.
_NO_PLACE = 0x80 | 15 << 3
#: FOR_ITER is followed by a cache from 3.12 on, and at its end it skips END_FOR, from 3.13 on with a POP_TOP.
_CACHES = int(sys.version_info >= (3, 12))
_SKIPPED = bytes([opmap["NOP"], 0] * ((sys.version_info >= (3, 12)) + (sys.version_info >= (3, 13))))
#: Whether this interpreter's bytecode is known here.
PREPARES = (3, 11) <= sys.version_info[:2] <= (3, 13)
Function = tuple[str, int, str]


class Starts:
    """The counts of all code that was prepared here."""

    def __init__(self) -> None:
        self._counts: dict[Function, list[repeat[None]]] = {}
        self._originals: dict[int, tuple[CodeType, CodeType]] = {}
        self._given_up: set[Function] = set()
        self._watching = False

    def counted(self, code: CodeType) -> CodeType:
        """The same code, with its starts counted from now on."""
        count = repeat(None, sys.maxsize)
        place = (code.co_filename, code.co_firstlineno, code.co_name)
        self._counts.setdefault(place, []).append(count)
        return with_prefix(code, count)

    def so_far(self) -> dict[Function, int]:
        """Starts by function; functions that a compiler took over are left out."""
        return {
            place: sum(sys.maxsize - operator.length_hint(count) for count in counts)
            for place, counts in list(self._counts.items())
            if place not in self._given_up
        }

    def stands_for(self, prepared: CodeType, original: CodeType) -> None:
        """Remember what compilers are to read instead of ``prepared``."""
        self._originals[id(prepared)] = (prepared, original)

    def prepared(self, code: CodeType) -> bool:
        """Whether this code object counts its starts itself."""
        found = self._originals.get(id(code))
        return found is not None and found[0] is code

    def expect(self, module: str) -> None:
        """A module is about to be imported; where it compiles functions, watch what it reads.

        Not before: a hook makes each look at a frame's code dearer, in tracers most of all.
        """
        if not self._watching and module.partition(".")[0] in READERS:
            self._watching = True
            sys.addaudithook(self._read)

    def _read(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "object.__getattr__" or arguments[1] != "__code__":
            return
        reader = sys._getframe(1).f_globals.get("__name__") or ""  # noqa: SLF001
        if str(reader).partition(".")[0] not in READERS:
            return
        function = arguments[0]
        found = self._originals.get(id(function.__code__))
        if found is not None:
            code = function.__code__ = found[1]
            self._given_up.add((code.co_filename, code.co_firstlineno, code.co_name))


def with_prefix(code: CodeType, count: repeat[None]) -> CodeType:
    """A code object that takes one item from ``count`` at each start."""
    prefix = prefix_of(len(code.co_consts))
    units = len(prefix) // UNIT_BYTES
    return code.replace(
        co_code=prefix + code.co_code,
        co_consts=(*code.co_consts, count),
        co_stacksize=max(STACK_WANTED, code.co_stacksize),
        co_linetable=bytes([_NO_PLACE | units - 1]) + code.co_linetable,
        co_exceptiontable=shifted(code.co_exceptiontable, units),
    )


def prefix_of(constant: int) -> bytes:
    """Instructions that take one item from an iterator, which is the constant of that number, and drop it."""
    high = (constant >> bits & 0xFF for bits in (24, 16, 8) if constant >> bits)
    extended = b"".join(bytes([opmap["EXTENDED_ARG"], part]) for part in high)
    load = bytes([opmap["LOAD_CONST"], constant & 0xFF])
    pops = bytes([opmap["POP_TOP"], 0] * 2)
    return extended + load + bytes([opmap["FOR_ITER"], 2]) + bytes(2 * _CACHES) + pops + _SKIPPED


def shifted(table: bytes, units: int) -> bytes:
    """An exception table for code that begins ``units`` later (Objects/exception_handling_notes.txt)."""
    numbers = _numbers(iter(table))
    out = bytearray()
    for start in numbers:
        length, target, depth = (next(numbers) for _ in range(3))
        entry = [_written(number) for number in (start + units, length, target + units, depth)]
        entry[0][0] |= 0x80
        for number in entry:
            out += number
    return bytes(out)


def _numbers(table: Iterator[int]) -> Iterator[int]:
    for first in table:
        part, number = first, first & 63
        while part & 64:
            part = next(table)
            number = number << 6 | part & 63
        yield number


def _written(number: int) -> bytearray:
    """Six bits a byte, the highest first; each but the last has bit 6 set."""
    parts = [number & 63]
    while number := number >> 6:
        parts.append(number & 63 | 64)
    return bytearray(reversed(parts))
