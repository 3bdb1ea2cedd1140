"""A short digest of a call's arguments, made without running any code of the target's.

Only values of exactly the types known here are looked into, because a subclass could
answer for itself: numbers, texts and containers of these by their content, arrays by shape,
dtype and buffer, and frozen dataclasses that are nothing but their fields, by these. The
object whose method is called is known by what it holds, and so are objects that it holds,
where that is all they are. All else is known by its identity alone and makes the call ``opaque``.
No ``__eq__``, ``__hash__``, ``__repr__`` or ``__iter__`` of a user's class is ever called.
"""

from __future__ import annotations

import array
import struct
import sys
import types
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    Hash = Any

DIGEST_BYTES = 16
#: A container of more values, or of containers this deep, is known by its identity.
VALUES_AT_MOST = 10_000
DEPTH_AT_MOST = 8
_BY_VALUE = frozenset([type(None), bool, int, float, complex, str, bytes])
_SEQUENCES = frozenset([tuple, list])
_SETS = frozenset([set, frozenset])
_BUFFERS = frozenset([bytearray, array.array])
#: What these hold decides what they do, and they are never changed.
_BY_IDENTITY = frozenset(
    [types.BuiltinFunctionType, types.ModuleType, type, type(Ellipsis), type(NotImplemented)]
)
#: NumPy's scalar types by their address, once it is there.
_NUMPY_SCALARS: dict[int, type] = {}
#: Where objects of a frozen dataclass keep their fields, by the address of the class.
_STORAGES: dict[int, tuple[type, dict[str, Any], Any]] = {}
_UNHASHABLE = frozenset([list, dict, set, bytearray, array.array])
#: Python's flags of a type that is made at run time, and of one that nobody may change (``Include/object.h``).
_HEAP_TYPE, _IMMUTABLE_TYPE = 1 << 9, 1 << 8
_WORD_BYTES = struct.calcsize("P")


class Digest:
    """The digest of one call's arguments, and what it had to leave out.

    ``opaque`` says that an argument is known by its identity alone, ``unhashable`` that one
    of them could not be a dictionary's key.
    """

    __slots__ = ("_left", "_numpy", "_owner", "opaque", "unhashable")

    def __init__(self) -> None:
        self._left = VALUES_AT_MOST
        self._numpy: dict[str, Any] = {}
        self._owner = False
        self.opaque = False
        self.unhashable = False

    def of(self, values: Iterable[Any], owners: Iterable[Any] = ()) -> bytes:
        """Return the digest of these values, in their order; ``owners`` come before them, known by what they hold."""
        # Not an import: the target may have no NumPy, and must not get one from us.
        self._numpy = getattr(sys.modules.get("numpy"), "__dict__", {})
        hashed = blake2b(digest_size=DIGEST_BYTES)
        self._owner = True
        for owner in owners:
            self._add(hashed, owner, 0)
        self._owner = self.unhashable = False
        for value in values:
            self._add(hashed, value, 0)
        return hashed.digest()

    def _add(self, hashed: Hash, value: Any, depth: int) -> None:
        kind = type(value)
        self._left -= 1
        # A class whose own class is a user's could answer for itself as soon as a table is asked for it.
        plain = type(kind) is type
        self.unhashable = self.unhashable or (plain and kind in _UNHASHABLE)
        if not plain:
            self._add_opaque(hashed, value)
        elif kind in _BY_VALUE:
            _field(hashed, kind.__name__, _bytes_of(kind, value))
        elif kind is self._numpy.get("ndarray"):
            self.unhashable = True
            self._add_array(hashed, value)
        elif self._is_numpy_scalar(kind):
            _field(hashed, kind.__name__, value.tobytes())
        elif kind in _BUFFERS:
            _field(hashed, f"{kind.__name__} {getattr(value, 'typecode', '')}", memoryview(value))
        elif kind in _BY_IDENTITY or _is_plain_function(value):
            _field(hashed, "is", _identity(value))
        elif depth >= DEPTH_AT_MOST or self._left <= 0 or not self._add_container(hashed, value, depth):
            self._add_opaque(hashed, value)

    def _add_opaque(self, hashed: Hash, value: Any) -> None:
        self.opaque = True
        _field(hashed, "is", _identity(value))

    def _add_container(self, hashed: Hash, value: Any, depth: int) -> bool:
        """Add what a container holds; ``False`` where it is none, or too large."""
        kind = type(value)
        if kind is range:
            parts: list[Any] = [value.start, value.stop, value.step]
        elif kind is slice:
            parts = [value.start, value.stop, value.step]
        elif (fields := _frozen_fields(kind, value)) is not None:
            parts = fields
        elif self._owner and (held := _held(kind, value)) is not None and len(held) <= self._left:
            parts = held
        elif kind not in _SEQUENCES | _SETS | {dict} or len(value) > self._left:
            return False
        elif kind is dict:
            parts = [part for pair in value.items() for part in pair]
        else:
            parts = list(value)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__name__} {id(kind)}"
        _field(hashed, name, str(len(parts)).encode())
        if kind in _SETS:
            for digest in sorted(self._alone(part, depth + 1) for part in parts):
                hashed.update(digest)
            return True
        for part in parts:
            self._add(hashed, part, depth + 1)
        return True

    def _alone(self, value: Any, depth: int) -> bytes:
        hashed = blake2b(digest_size=DIGEST_BYTES)
        self._add(hashed, value, depth)
        digest: bytes = hashed.digest()
        return digest

    def _add_array(self, hashed: Hash, value: Any) -> None:
        if value.dtype.hasobject:
            # Its buffer holds addresses.
            self._add_opaque(hashed, value)
            return
        try:
            data: Any = memoryview(value)
            data = data if data.c_contiguous else value.tobytes()
        except (ValueError, BufferError):  # dates and the like have no format of the protocol's
            data = value.tobytes()
        _field(hashed, f"{value.shape} {value.dtype.str}", data)

    def _is_numpy_scalar(self, kind: type) -> bool:
        # NumPy's own, found by identity: a subclass is none of them, and a record may hold addresses.
        if not _NUMPY_SCALARS and type(known := self._numpy.get("sctypeDict")) is dict:
            addressing = (known.get("void"), known.get("object_"))
            _NUMPY_SCALARS.update({id(one): one for one in known.values() if one not in addressing})
        return id(kind) in _NUMPY_SCALARS


def _frozen_fields(kind: type, value: Any) -> list[Any] | None:
    """Return the fields of a frozen dataclass that compares by them; ``None`` where that is not all it is.

    They are read past whatever the class may have put in front of them: from a slot, or
    from the object's own dictionary, where nothing else stands in it.
    """
    params: Any = kind.__dict__.get("__dataclass_params__")
    fields: Any = kind.__dict__.get("__dataclass_fields__")
    # Of the standard library's own making, and nobody's object that says it is one.
    if not _is_dataclass_settings(params) or type(fields) is not dict:
        return None
    if not (params.frozen and params.eq):
        return None
    slots, owned = _storage(kind)
    inside: dict[str, Any] = owned.__get__(value) if owned is not None else {}
    if any(type(name) is not str or (name not in inside and name not in slots) for name in fields):
        return None
    if len(inside) + len(slots) != len(fields):
        return None
    return [slots[name].__get__(value) if name in slots else inside[name] for name in fields]


def _held(kind: type, value: Any) -> list[Any] | None:
    """Return names and values of all that an object holds; ``None`` where compiled code may keep more in it."""
    slots, owned = _storage(kind)
    named = {
        name for one in kind.__mro__[:-1] for name in ("__dict__", "__weakref__") if name in one.__dict__
    }
    known = object.__basicsize__ + _WORD_BYTES * (len(slots) + len(named))
    if kind.__itemsize__ or kind.__basicsize__ > known:
        return None
    if any((one.__flags__ & (_HEAP_TYPE | _IMMUTABLE_TYPE)) != _HEAP_TYPE for one in kind.__mro__[:-1]):
        return None
    held: list[Any] = []
    for name, slot in slots.items():
        try:
            held += (name, slot.__get__(value))
        except AttributeError:
            held += (name, NotImplemented)
    inside: dict[Any, Any] = owned.__get__(value) if owned is not None else {}
    return [*held, *(part for pair in inside.items() for part in pair)]


def _is_dataclass_settings(value: object) -> bool:
    # Not an import: a target that has not imported dataclasses has none.
    made = getattr(sys.modules.get("dataclasses"), "_DataclassParams", None)
    return type(made) is type and type(value) is made


def _storage(kind: type) -> tuple[dict[str, Any], Any]:
    """The slots of a class and its ancestors, and what hands out the dictionary of an object of it."""
    known = _STORAGES.get(id(kind))
    if known is None:
        # The class is held with what is known of it: another one cannot get its address.
        known = _STORAGES[id(kind)] = (kind, *_found_storage(kind))
    return known[1:]


def _found_storage(kind: type) -> tuple[dict[str, Any], Any]:
    slots: dict[str, Any] = {}
    owned = None
    for one in kind.__mro__[:-1]:
        for name, held in one.__dict__.items():
            if type(held) is types.MemberDescriptorType:
                slots[name] = held
            elif name == "__dict__" and type(held) is types.GetSetDescriptorType:
                owned = held
    return slots, owned


def _field(hashed: Hash, what: str, data: Any) -> None:
    """Add a value with its kind and its length, so that no two rows of values run into the same bytes."""
    size = data.nbytes if type(data) is memoryview else len(data)
    hashed.update(f"{what}:{size}:".encode(errors="surrogatepass"))
    hashed.update(data)


def _bytes_of(kind: type, value: Any) -> bytes:
    if kind is float:
        return struct.pack("<d", value)
    if kind is complex:
        return struct.pack("<dd", value.real, value.imag)
    if kind is str:
        return value.encode("utf-8", "surrogatepass")  # type: ignore[no-any-return]
    if kind is bytes:
        return value  # type: ignore[no-any-return]
    if value is None:
        return b""
    number = int(value)
    return number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)


def _identity(value: Any) -> bytes:
    return id(value).to_bytes(16, "little")


def _is_plain_function(value: Any) -> bool:
    """Whether a value is a function that is made once: one made at each call may get another's address."""
    return (
        type(value) is types.FunctionType
        and value.__closure__ is None
        and "<locals>" not in value.__qualname__
    )
