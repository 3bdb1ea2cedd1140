"""A value written down so that another process can hold it against one of its own: structure as JSON, data as bytes.

Nothing is pickled, and nothing that is read back can run. What has no structure that
this module knows is written as *opaque*: its class and a short text. It must not compare.

A node is a dict whose ``is`` says what it is:

* ``none``; ``bool``, ``int``, ``float``, ``complex``, ``str``, ``bytes``, with their ``value``
  (integers as decimal text, floats as ``float.hex``);
* ``array``: ``dtype`` (NumPy's descriptor), ``shape``, and its bytes ``at`` an offset and a length (or, where
  there was no room for them, at ``NOT_KEPT`` with their length and a digest);
* ``items``: an ordered container and its nodes; ``numbers``: a list or tuple of nothing but floats, or but
  small integers, as bytes;
* ``mapping``: pairs of nodes; ``set``: nodes; ``fields``: an object's named parts;
* ``text``: a date, a path, a decimal number and the like, by its ``text``;
* ``error``: an exception that was raised instead of a value;
* ``cycle``: the object is one of those around it; ``opaque``.

``class`` is the name of the value's own class where that is not told by ``is``.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import sys
import types
from array import array
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

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
_SMALL = 1 << 63
#: Libraries whose arrays become NumPy's to be written down.
_FOREIGN = ("torch", "jax", "jaxlib", "cupy")
#: Number types that NumPy does not have by itself, and one that holds them.
_WIDER = {"bfloat16": "float32", "float8_e4m3fn": "float32", "float8_e5m2": "float32"}


class Writer:
    """Writes values down; their data go to ``blobs``, one after the other.

    While it is not ``drawing``, iterators are left as they are.
    """

    def __init__(self, blobs: BinaryIO, *, bytes_at_most: int | None = None, drawing: bool = True) -> None:
        self._blobs = blobs
        self.drawing = drawing
        self._length = 0
        self._nodes = 0
        self._around: list[int] = []
        self._bytes_at_most = bytes_at_most
        self._room: int | None = bytes_at_most

    def begin(self, room: int | None) -> None:
        """Begin with another answer, whose data may be ``room`` bytes long."""
        self._nodes = 0
        if self._bytes_at_most is not None:
            self._room = min(self._bytes_at_most - self._length, room or self._bytes_at_most)

    def node(self, value: Any) -> dict[str, Any]:
        """Return the node of a value; its data are written."""
        self._nodes += 1
        if self._nodes > NODES_AT_MOST or len(self._around) > DEPTH_AT_MOST:
            return {"is": "opaque", "class": name_of(type(value)), "text": "", "cut": True}
        simple = _simple(value)
        if simple is not None:
            return simple
        if isinstance(value, (str, bytes, bytearray, memoryview)):
            return self._text(value)
        if id(value) in self._around:
            return {"is": "cycle", "up": len(self._around) - self._around.index(id(value))}
        self._around.append(id(value))
        try:
            return self._structured(value)
        except Exception as error:  # an object may refuse to be looked at in any way
            return _opaque(value, f"{type(error).__name__} when looked at")
        finally:
            self._around.pop()

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
        if isinstance(value, (list, tuple)) and (numbers := _numbers(value)) is not None:
            letter, data = numbers
            return {"is": "numbers", "class": kind, "letter": letter, "at": self.blob(data)}
        if isinstance(value, _ORDERED):
            return {"is": "items", "class": kind, "items": [self.node(item) for item in value]}
        if isinstance(value, Mapping):
            pairs = [[self.node(key), self.node(item)] for key, item in value.items()]
            return {"is": "mapping", "class": kind, "items": pairs}
        if isinstance(value, (set, frozenset)):
            return {"is": "set", "class": kind, "items": [self.node(item) for item in value]}
        if isinstance(value, types.GeneratorType) or _is_iterator(value):
            return self._drawn(value, kind)
        return self._fields(value, kind)

    def _drawn(self, value: Iterator[Any], kind: str) -> dict[str, Any]:
        """The items of something that can be gone through once; an endless one is cut."""
        if not self.drawing:
            return _opaque(value, "an iterator")
        items: list[dict[str, Any]] = []
        for item in value:
            if len(items) == ITEMS_AT_MOST:
                return {"is": "items", "class": kind, "items": items, "drawn": True, "cut": True}
            items.append(self.node(item))
        return {"is": "items", "class": kind, "items": items, "drawn": True}

    def _fields(self, value: Any, kind: str) -> dict[str, Any]:
        """An object's parts: declared fields, else all of its attributes."""
        if isinstance(value, (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)):
            return _opaque(value, getattr(value, "__qualname__", getattr(value, "__name__", "")))
        if dataclasses.is_dataclass(value):
            names: Iterable[str] = [field.name for field in dataclasses.fields(value)]
        elif isinstance(value, BaseException):
            return {
                "is": "fields",
                "class": kind,
                "items": [["args", self.node(value.args)]],
            }
        else:
            names = _attributes(value)
        parts = [[name, self.node(getattr(value, name))] for name in names if hasattr(value, name)]
        if not parts and not dataclasses.is_dataclass(value):
            return _opaque(value, "")
        return {"is": "fields", "class": kind, "items": parts}

    def _of_a_library(self, value: Any) -> dict[str, Any] | None:
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return None
        library = type(value).__module__.partition(".")[0]
        if library == "pandas":
            return self._frame(value, numpy)
        if library == "scipy" and hasattr(value, "tocoo"):
            return self._sparse(value)
        if isinstance(value, (numpy.ndarray, numpy.generic)):
            return self._array(value, numpy, name_of(type(value)))
        if isinstance(value, _generators()):
            inner: Any = getattr(value, "bit_generator", value)
            state = inner.state if hasattr(inner, "state") else inner.get_state(legacy=False)
            return {"is": "fields", "class": name_of(type(value)), "items": [["state", self.node(state)]]}
        if library in _FOREIGN and hasattr(value, "dtype") and hasattr(value, "shape"):
            return self._array(_on_host(value, numpy), numpy, name_of(type(value)))
        return None

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

    def _sparse(self, value: Any) -> dict[str, Any]:
        """A sparse matrix by its entries, in order: how they happen to be kept is not the answer."""
        entries = value.tocsr().tocoo() if value.ndim == 2 else value.tocoo()
        parts = {"row": entries.row, "col": entries.col, "data": entries.data, "shape": entries.shape}
        return {
            "is": "fields",
            "class": name_of(type(value)),
            "items": [[name, self.node(part)] for name, part in parts.items()],
        }

    def _frame(self, value: Any, numpy: Any) -> dict[str, Any] | None:
        """A table column by column; ``None`` for what is not a table of pandas' own."""
        kind = name_of(type(value))
        if hasattr(value, "columns") and hasattr(value, "iloc"):
            parts = {"columns": value.columns, "index": value.index}
            parts |= {
                f"[{column!r}]": value.iloc[:, number].array for number, column in enumerate(value.columns)
            }
        elif hasattr(value, "iloc"):
            parts = {"name": value.name, "index": value.index, "values": value.array}
        elif hasattr(value, "to_numpy") and hasattr(value, "dtype"):
            return {
                "is": "fields",
                "class": kind,
                "items": [
                    ["dtype", self.node(str(value.dtype))],
                    ["values", self.node(numpy.asarray(value.to_numpy()))],
                ],
            }
        else:
            return None
        return {
            "is": "fields",
            "class": kind,
            "items": [[name, self.node(part)] for name, part in parts.items()],
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


def name_of(kind: type) -> str:
    """A class's name, with its module where that is not built in."""
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _simple(value: Any) -> dict[str, Any] | None:
    """The node of a value without parts; of these very classes: a subclass may mean something else."""
    kind = type(value)
    if value is None:
        return {"is": "none"}
    if kind is bool:
        return {"is": "bool", "value": value}
    if kind is int:
        return {"is": "int", "value": hex(value)}
    if kind is float:
        return {"is": "float", "value": value.hex()}
    if kind is complex:
        return {"is": "complex", "value": [value.real.hex(), value.imag.hex()]}
    return None


def _numbers(value: Any) -> tuple[str, bytes] | None:
    """The bytes of a long list of nothing but floats, or of integers that fit; ``None`` of anything else."""
    if len(value) < 16:
        return None
    kinds = set(map(type, value))
    if kinds == {float}:
        return "d", array("d", value).tobytes()
    if kinds == {int} and all(-_SMALL <= item < _SMALL for item in value):
        return "q", array("q", value).tobytes()
    return None


def _on_host(value: Any, numpy: Any) -> Any:
    """Another library's array as one of NumPy's."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().resolve_conj()
        if str(value.dtype) in {"torch.bfloat16", "torch.float16"}:
            value = value.float()
        return value.numpy()
    return value.get() if hasattr(value, "get") else numpy.asarray(value)


def _generators() -> tuple[type, ...]:
    """NumPy's classes of random generators; its module of them is loaded only where somebody uses it."""
    random = sys.modules.get("numpy.random")
    return () if random is None else (random.Generator, random.BitGenerator, random.RandomState)


def _attributes(value: Any) -> list[str]:
    """Names of what an object holds, in an order of their own."""
    names = set(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names |= {slots} if isinstance(slots, str) else set(slots)
    return sorted(names - {"__dict__", "__weakref__"})


def _is_iterator(value: Any) -> bool:
    return hasattr(type(value), "__next__") and hasattr(type(value), "__iter__")


def _opaque(value: Any, text: str) -> dict[str, Any]:
    return {"is": "opaque", "class": name_of(type(value)), "text": text[:TEXT_CHARACTERS]}
