"""Where threads stand: a bounded table of stacks, each a small number, described at the end.

Only the innermost frame and the frames that may be the user's are kept of a
stack; which of them are the user's is for the parent to say. Nothing here reads
a local variable or calls anything of the target's.
"""

from __future__ import annotations

import dis
import os
import re
import sysconfig
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

STATES_AT_MOST = 4_000
#: Frames looked at from the innermost out, and those kept of them.
DEPTH_AT_MOST = 100
FRAMES_KEPT = 12
#: The parent may call a library what looks like the user's own from here, so a few more are kept.
OWN_KEPT = 3
NOWHERE, BEYOND = 0, 1
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120
_STANDARD, _LIBRARY, _OWN, _OURS = range(4)
#: Modules that turn objects into bytes or text and back; C functions are known by these names.
SERIALISERS = {
    "pickle": "pickle", "_pickle": "pickle", "cloudpickle": "pickle", "dill": "pickle", "marshal": "marshal",
    "json": "JSON", "_json": "JSON", "orjson": "JSON", "ujson": "JSON", "simplejson": "JSON",
    "csv": "CSV", "_csv": "CSV", "msgpack": "msgpack", "yaml": "YAML", "plistlib": "plist",
}  # fmt: skip
#: What a frame of such a file is doing; numpy's module also holds binary reading, which converts nothing.
_SERIAL_FILES = re.compile(
    r"[/\\](?:(?P<JSON>json|simplejson)|(?P<pickle>cloudpickle|dill)|(?P<YAML>yaml)|pandas[/\\]io)[/\\]"
    r"|[/\\](?P<pickle2>pickle|numpy_pickle)\.py$|[/\\](?P<CSV>csv)\.py$"
    r"|numpy[/\\]lib[/\\](?P<text>_npyio_impl|npyio)\.py$"
)
_TEXT_FUNCTIONS = frozenset({"loadtxt", "savetxt", "genfromtxt", "fromregex", "_read"})
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")
_LOADS = ("LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW")


class States:
    """Numbers for stacks. ``NOWHERE`` is a stack without any frame but ours, ``BEYOND`` what found no room."""

    def __init__(self) -> None:
        self._standard = tuple(
            {
                os.path.realpath(folder) + os.sep
                for name in ("stdlib", "platstdlib")
                if (folder := sysconfig.get_path(name))
            }
        )
        self._kinds: dict[str, tuple[int, str]] = {}
        self._codes: dict[int, CodeType] = {}
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._globals: dict[int, dict[str, Any]] = {}
        self.count = 2

    def of(self, frame: FrameType | None) -> int:
        """The number of the stack that ends in ``frame``; frames of ours are no part of it."""
        key: list[Any] = []
        inner: FrameType | None = None
        serial = ""
        own = depth = 0
        while frame is not None and depth < DEPTH_AT_MOST:
            depth += 1
            code = frame.f_code
            kind, format_ = self._kinds.get(code.co_filename) or self._kind(code.co_filename)
            if kind == _OURS:
                if inner is not None:
                    break
                frame = frame.f_back
                continue
            if format_ and not serial and (format_ != "text" or code.co_name in _TEXT_FUNCTIONS):
                serial = format_
            if inner is None or (kind != _STANDARD and own < OWN_KEPT and len(key) < 2 * FRAMES_KEPT):
                inner = inner or frame
                key += (id(code), frame.f_lasti)
                # Kept alive, or the number could come to mean another.
                self._codes[id(code)] = code
                own += kind == _OWN
            frame = frame.f_back
        if inner is None:
            return NOWHERE
        return self._numbers.get((serial, *key)) or self._new((serial, *key), inner)

    def _new(self, key: tuple[Any, ...], inner: FrameType) -> int:
        if self.count >= STATES_AT_MOST:
            return BEYOND
        number = self.count
        self.count += 1
        self._numbers[key] = number
        self._globals[number] = inner.f_globals
        return number

    def _kind(self, file: str) -> tuple[int, str]:
        kind = _OWN
        if file.startswith(_HERE):
            kind = _OURS
        elif file.startswith("<frozen "):
            kind = _STANDARD
        elif f"{os.sep}site-packages{os.sep}" in file or f"{os.sep}dist-packages{os.sep}" in file:
            kind = _LIBRARY
        elif os.path.isabs(file) and os.path.realpath(file).startswith(self._standard):  # noqa: PTH117
            kind = _STANDARD
        found = _SERIAL_FILES.search(file) if kind in (_STANDARD, _LIBRARY) else None
        format_ = "" if found is None else (found.lastgroup or "pandas").rstrip("2")
        self._kinds[file] = kind, format_
        return kind, format_

    def described(self) -> list[dict[str, Any]]:
        """Each state by number: its frames (file, line, function), the call it stands in, its format."""
        found: list[dict[str, Any]] = [{"frames": [], "call": "", "format": ""} for _ in range(2)]
        for key, number in self._numbers.items():
            places = list(zip(key[1::2], key[2::2], strict=True))
            code, last = self._codes[places[0][0]], places[0][1]
            names = called(code, last)
            found.append(
                {
                    "frames": [_place(self._codes[code_id], lasti) for code_id, lasti in places],
                    "call": names[-1] if names else "",
                    "format": key[0] or _format_of(names, code, self._globals[number]),
                }
            )
        return found


def _place(code: CodeType, lasti: int) -> tuple[str, int, str]:
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= lasti < end and number is not None:
            line = number
    return code.co_filename[:1_000], line, code.co_qualname[:200]


def called(code: CodeType, lasti: int) -> tuple[str, ...]:
    """The dotted name of what the instruction at ``lasti`` calls or iterates over; empty for any other.

    A call and what it calls begin at the same place of the source, by which the
    names belong to it; a build without such places has no names.
    """
    instructions = [one for one in dis.get_instructions(code) if one.offset <= lasti]
    if not instructions:
        return ()
    last = instructions[-1]
    if last.opname.startswith("FOR_ITER"):
        return (*_iterated(instructions), "(next)")
    if last.opname.startswith("CACHE") or not last.opname.startswith(("CALL", "PRECALL")):
        return ()
    return _callee(instructions)


def _callee(instructions: list[dis.Instruction]) -> tuple[str, ...]:
    where = instructions[-1].positions
    if where is None or where.col_offset is None:
        return ()
    names: list[str] = []
    for one in instructions[:-1]:
        place = one.positions
        if place is None or (place.lineno, place.col_offset) != (where.lineno, where.col_offset):
            continue
        if one.opname in _LOADS and isinstance(one.argval, str):
            names = [one.argval]
        elif one.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")) and isinstance(one.argval, str):
            names.append(one.argval)
    return tuple(names)


def _iterated(instructions: list[dis.Instruction]) -> tuple[str, ...]:
    for index in range(len(instructions) - 1, 0, -1):
        if instructions[index].opname == "GET_ITER":
            before = instructions[index - 1]
            if before.opname.startswith("CALL"):
                return _callee(instructions[:index])
            return (before.argval,) if before.opname in _LOADS and isinstance(before.argval, str) else ()
    return ()


def _format_of(names: tuple[str, ...], code: CodeType, space: dict[str, Any]) -> str:
    """The format that a call of a C function is about: by its module, or by what its object was made with."""
    if not names:
        return ""
    return _format_of_global(names[0], space) or _format_of_made(names[0], code, space)


def _format_of_global(name: str, space: dict[str, Any]) -> str:
    value = space.get(name)
    # Only of these is it known that looking at the name runs nothing of the target's.
    if type(value) is ModuleType:
        return SERIALISERS.get(str(value.__dict__.get("__name__")), "")
    if type(value) in (BuiltinFunctionType, FunctionType, type):
        return SERIALISERS.get(str(value.__module__), "")
    return ""


def _format_of_made(name: str, code: CodeType, space: dict[str, Any]) -> str:
    """The format of an object kept under ``name``, as in ``rows = csv.reader(file)``."""
    instructions = list(dis.get_instructions(code))
    for index, one in enumerate(instructions):
        if one.opname in _STORES and one.argval == name and index:
            before = instructions[index - 1]
            if before.opname.startswith("CALL") and (made_by := _callee(instructions[:index])):
                found = _format_of_global(made_by[0], space)
                if found:
                    return found
    return ""
