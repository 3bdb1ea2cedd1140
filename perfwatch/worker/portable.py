"""A value written down so that another process can hold it against one of its own: structure as JSON, data as bytes.

Nothing is pickled, and nothing that is read back can run. What shows nothing of what it
holds is written as *opaque*: its class, and a number by which a process that holds the
value finds it. It must not compare.

A node is a dict whose ``is`` says what it is:

* ``none``; ``bool``, ``int``, ``float``, ``complex``, ``str``, ``bytes``, with their ``value``
  (integers as decimal text, floats as ``float.hex``);
* ``array``: ``dtype`` (NumPy's descriptor), ``shape``, and its bytes ``at`` an offset and a length (or, where
  there was no room for them, at ``NOT_KEPT`` with their length and a digest);
* ``items``: an ordered container and its nodes; ``numbers``: a list or tuple of nothing but floats, or but
  small integers, as bytes;
* ``mapping``: pairs of nodes; ``set``: nodes; ``fields``: an object's named parts;
* ``state``: what an object would hand to a pickler, as its only part;
* ``text``: a date, a path, a decimal number and the like, by its ``text``;
* ``error``: an exception that was raised instead of a value;
* ``cycle``: the object is one of those around it; ``opaque``: ``text`` is the name of a function, class or module.

``class`` is the name of the value's own class where that is not told by ``is``.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import sys
import types
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from .libraries import library_array, library_parts
from .opened import attributes, hides, lent_data, pickled_state
from .plain import is_iterator, name_of, packed, simple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A structure of more parts than this is cut, and said to be.
NODES_AT_MOST = 200_000
#: A generator's items beyond these are not looked at.
ITEMS_AT_MOST = 100_000
DEPTH_AT_MOST = 100
TEXT_CHARACTERS = 200
#: The offset of data that were too long to be kept.
NOT_KEPT = -1
#: Values of these modules are told apart by their text.
_TOLD = {"datetime", "decimal", "fractions", "uuid", "pathlib", "re", "ipaddress", "zoneinfo"}
_ORDERED = (list, tuple, deque, range)
_CONTAINERS = (*_ORDERED, Mapping, set, frozenset, types.GeneratorType)
#: Number types that NumPy does not have by itself, and one that holds them.
_WIDER = {"bfloat16": "float32", "float8_e4m3fn": "float32", "float8_e5m2": "float32"}


class Writer:
    """Writes values down; their data go to ``blobs``, one after the other.

    ``holding`` keeps the opaque objects of the last value in ``held``, by number, each
    followed by the objects around it from the inside out. While it is not ``drawing``,
    iterators are left as they are.
    """

    def __init__(
        self,
        blobs: BinaryIO,
        *,
        bytes_at_most: int | None = None,
        drawing: bool = True,
        holding: bool = False,
    ) -> None:
        self.held: list[tuple[Any, ...]] = []
        self._holding = holding
        self._numbers = 0
        self._opaques = 0
        self._blobs = blobs
        self.drawing = drawing
        self._length = 0
        self._nodes = 0
        self._around: list[int] = []
        self._objects: list[Any] = []
        self._bytes_at_most = bytes_at_most
        self._room: int | None = bytes_at_most

    def begin(self, room: int | None) -> None:
        """Begin with another answer, whose data may be ``room`` bytes long."""
        self._nodes = 0
        if self._bytes_at_most is not None:
            self._room = min(self._bytes_at_most - self._length, room or self._bytes_at_most)

    def node(self, value: Any) -> dict[str, Any]:
        """Return the node of a value; its data are written."""
        if not self._around:
            self._numbers, self._opaques, self.held = 0, 0, []
        self._nodes += 1
        if self._nodes > NODES_AT_MOST or len(self._around) > DEPTH_AT_MOST:
            return {"is": "opaque", "class": name_of(type(value)), "text": "", "cut": True}
        plain = simple(value)
        if plain is not None:
            return plain
        # Not isinstance: that asks the object for its class, and it may refuse.
        if issubclass(type(value), (str, bytes, bytearray, memoryview)):
            return self._text(value)
        if id(value) in self._around:
            return {"is": "cycle", "up": len(self._around) - self._around.index(id(value))}
        self._around.append(id(value))
        self._objects.append(value)
        try:
            return self._structured(value)
        except Exception:  # an object may refuse to be looked at in any way
            return self._opaque(value)
        finally:
            self._around.pop()
            self._objects.pop()

    def blob(self, data: bytes | memoryview) -> list[Any]:
        """Write bytes, and return where they are; where there is no room, a digest in place of them."""
        if self._room is not None:
            if len(data) > self._room:
                return [NOT_KEPT, len(data), hashlib.sha256(data).hexdigest()]
            self._room -= len(data)
        start = self._length
        self._blobs.write(data)
        self._length += len(data)
        return [start, len(data)]

    def _text(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return {
                "is": "str",
                "class": name_of(type(value)),
                "at": self.blob(value.encode("utf-8", "surrogatepass")),
            }
        return {"is": "bytes", "class": name_of(type(value)), "at": self.blob(bytes(value))}

    def _structured(self, value: Any) -> dict[str, Any]:
        foreign = self._of_a_library(value)
        if foreign is not None:
            return foreign
        kind = name_of(type(value))
        if type(value).__module__.partition(".")[0] in _TOLD:
            return {"is": "text", "class": kind, "text": repr(value)}
        if isinstance(value, enum.Enum):
            return {"is": "fields", "class": kind, "items": [["name", self.node(value.name)]]}
        if isinstance(value, (int, float, complex)):
            return self._number(value, kind)
        if isinstance(value, (list, tuple)) and (numbers := packed(value)) is not None:
            letter, data = numbers
            return {"is": "numbers", "class": kind, "letter": letter, "at": self.blob(data)}
        if isinstance(value, _ORDERED):
            return {"is": "items", "class": kind, "items": [self.node(item) for item in value]}
        if isinstance(value, Mapping):
            return self._mapping(value, kind)
        if isinstance(value, (set, frozenset)):
            items = self._told_apart(value)
            return self._opaque(value) if items is None else {"is": "set", "class": kind, "items": items}
        if isinstance(value, types.GeneratorType) or is_iterator(value):
            return self._drawn(value, kind)
        return self._fields(value, kind)

    def _drawn(self, value: Iterator[Any], kind: str) -> dict[str, Any]:
        """The items of something that can be gone through once; an endless one is cut."""
        if not self.drawing:
            return {"is": "opaque", "class": kind, "text": "an iterator"}
        items: list[dict[str, Any]] = []
        for item in value:
            if len(items) == ITEMS_AT_MOST:
                return {"is": "items", "class": kind, "items": items, "drawn": True, "cut": True}
            items.append(self.node(item))
        return {"is": "items", "class": kind, "items": items, "drawn": True}

    def _mapping(self, value: Mapping[Any, Any], kind: str) -> dict[str, Any]:
        keys = self._told_apart(value)
        if keys is None:
            return self._opaque(value)
        items = [[key, self.node(item)] for key, item in zip(keys, value.values(), strict=True)]
        return {"is": "mapping", "class": kind, "items": items}

    def _told_apart(self, items: Iterable[Any]) -> list[dict[str, Any]] | None:
        """The nodes of what is found by its value; ``None`` where one of them shows none."""
        before, numbers = self._opaques, self._numbers
        nodes = [self.node(item) for item in items]
        if self._opaques == before:
            return nodes
        self._opaques, self._numbers = before, numbers
        del self.held[numbers:]
        return None

    def _number(self, value: Any, kind: str) -> dict[str, Any]:
        """A number of a class of the user's own: its value, and whatever else it keeps."""
        plain = next(base for base in (int, float, complex) if isinstance(value, base))
        parts = [("(value)", plain(value)), *attributes(value)]
        return {"is": "fields", "class": kind, "items": [[name, self.node(part)] for name, part in parts]}

    def _fields(self, value: Any, kind: str) -> dict[str, Any]:
        """An object's parts: declared fields, else all that it shows of itself."""
        if isinstance(value, (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)):
            return self._named(value, kind)
        if dataclasses.is_dataclass(value):
            parts = [(one.name, getattr(value, one.name)) for one in dataclasses.fields(value)]
        elif isinstance(value, BaseException):
            parts = [("args", value.args)]
        else:
            return self._opened(value, kind)
        return {"is": "fields", "class": kind, "items": [[name, self.node(part)] for name, part in parts]}

    def _opened(self, value: Any, kind: str) -> dict[str, Any]:
        """What an object shows of itself, with an opaque part where it may hold more."""
        numpy = sys.modules.get("numpy")
        data, parts = lent_data(value, numpy), attributes(value)
        if data is not None:
            lent = self._text(data) if numpy is None else self._array(data, numpy, kind)
            if not parts:
                return lent
            items = [["(data)", lent]]
        elif not hides(type(value)):
            items = []
        elif (state := pickled_state(value)) is not None:
            return {"is": "state", "class": kind, "number": self._number_of(value), "state": self.node(state)}
        elif not parts:
            return self._opaque(value)
        else:
            items = [["(inside)", self._opaque(value)]]
        items += [[name, self.node(part)] for name, part in parts]
        return {"is": "fields", "class": kind, "items": items}

    def _named(self, value: Any, kind: str) -> dict[str, Any]:
        """A function, class or module by its name; one that was made inside a function has none of its own."""
        name = getattr(value, "__qualname__", getattr(value, "__name__", ""))
        if not name or "<" in name:
            return self._opaque(value)
        return {"is": "opaque", "class": kind, "text": name[:TEXT_CHARACTERS]}

    def _opaque(self, value: Any) -> dict[str, Any]:
        self._opaques += 1
        kind = name_of(type(value))
        return {"is": "opaque", "class": kind, "text": "", "number": self._number_of(value)}

    def _number_of(self, value: Any) -> int:
        """The number by which an object is found again, in another process too."""
        self._numbers += 1
        if self._holding:
            around = [one for one in reversed(self._objects) if one is not value]
            self.held.append((value, *(one for one in around if not issubclass(type(one), _CONTAINERS))))
        return self._numbers - 1

    def _of_a_library(self, value: Any) -> dict[str, Any] | None:
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return None
        parts = library_parts(value, numpy)
        if parts is not None:
            items = [[name, self.node(part)] for name, part in parts.items()]
            return {"is": "fields", "class": name_of(type(value)), "items": items}
        array = library_array(value, numpy)
        return None if array is None else self._array(array, numpy, name_of(type(value)))

    def _array(self, value: Any, numpy: Any, kind: str) -> dict[str, Any]:
        named = str(value.dtype)
        node: dict[str, Any] = {
            "is": "array",
            "class": kind,
            "dtype": named,
            "shape": list(value.shape),
            "scalar": isinstance(value, numpy.generic),
        }
        if isinstance(value, numpy.ma.MaskedArray):
            node |= {"mask": self.node(numpy.ma.getmaskarray(value)), "class": "MaskedArray"}
            value = value.filled(numpy.zeros((), value.dtype)[()])
        value = numpy.asarray(value)
        if named in _WIDER:
            value = value.astype(_WIDER[named])
        if value.dtype.hasobject:
            return node | {"items": [self.node(item) for item in value.ravel().tolist()]}
        if value.dtype.kind in "SU" or value.dtype.names is None:
            descriptor: Any = value.dtype.str
        else:
            descriptor = value.dtype.descr
        if type(value.dtype).__name__ == "StringDType":
            return node | {"items": [self.node(item) for item in value.ravel().tolist()]}
        data = numpy.ascontiguousarray(value)
        return node | {
            "stored": descriptor,
            "at": self.blob(data.reshape(-1).view(numpy.uint8).data if data.size else b""),
        }


def error_node(error: BaseException, text: str) -> dict[str, Any]:
    """The node of an exception that was raised instead of a value."""
    return {"is": "error", "class": name_of(type(error)), "text": text}


def digest_of(value: Any) -> str:
    """A digest of a value's structure and data: equal values have equal ones, and no iterator is drawn from."""
    data = _Digested()
    node = Writer(data, drawing=False).node(value)  # type: ignore[arg-type]
    return hashlib.sha256(json.dumps(node).encode() + data.digest.digest()).hexdigest()[:16]


class _Digested:
    """A file that keeps a digest of what is written to it, and nothing else: arguments may be large."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        """Take in the data."""
        self.digest.update(data)
