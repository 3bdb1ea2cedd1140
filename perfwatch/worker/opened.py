"""What an object of a class that nobody here knows shows of itself.

Its attributes, the data that it lends (the protocols of arrays and of buffers), and the
state that it would be pickled with; whether it holds more than these. It must not compare,
and must not pickle: what an object hands to a pickler is looked at where it is.
"""

from __future__ import annotations

import struct
import warnings
from typing import Any

#: The dictionary lies before the object and takes no room in it (CPython's ``Py_TPFLAGS_MANAGED_DICT``).
_MANAGED_DICT = 1 << 4
_NO_SLOTS = ("__dict__", "__weakref__")
_POINTER = struct.calcsize("P")
_ARRAY_NAMES = ("__array__", "__array_interface__", "__array_struct__")


def attributes(value: Any) -> list[tuple[str, Any]]:
    """What an object keeps in its ``__dict__`` and its slots, by name, in an order of their own."""
    names = set(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        names |= {_mangled(kind, slot) for slot in _slots(kind)}
    return [(name, getattr(value, name)) for name in sorted(names) if hasattr(value, name)]


def _slots(kind: type) -> list[str]:
    slots = kind.__dict__.get("__slots__", ())
    return [slot for slot in ((slots,) if isinstance(slots, str) else slots) if slot not in _NO_SLOTS]


def _mangled(kind: type, slot: str) -> str:
    """The name under which a slot lies: a private one bears its class's."""
    private = slot.startswith("__") and not slot.endswith("__")
    return f"_{kind.__name__.lstrip('_')}{slot}" if private else slot


def lent_data(value: Any, numpy: Any) -> Any:
    """The data that an object lends as an array of NumPy's, or as a view of bytes where there is no NumPy; else ``None``."""
    try:
        if numpy is not None and any(hasattr(type(value), name) for name in _ARRAY_NAMES):
            found = numpy.asarray(value)
        elif numpy is not None and hasattr(type(value), "__dlpack__"):
            found = numpy.from_dlpack(value)
        else:
            view = memoryview(value)
            found = view if numpy is None else numpy.asarray(view)
    except Exception:  # whatever it raises, it lends nothing
        return None
    # An array of objects may hold the very object that it was asked of.
    return None if numpy is not None and found.dtype.hasobject else found


def hides(kind: type) -> bool:
    """Whether objects of a class have room for more than their attributes: some C code's own.

    The reckoning is CPython's, by which it refuses to pickle what it cannot see
    (``object_getstate_default`` in Objects/typeobject.c).
    """
    if kind is object or kind.__itemsize__:
        return True
    managed = kind.__flags__ & _MANAGED_DICT
    room = object.__basicsize__
    room += _POINTER * (bool(kind.__dictoffset__ and not managed) + (kind.__weakrefoffset__ > 0))
    room += _POINTER * sum(len(_slots(base)) for base in kind.__mro__)
    return kind.__basicsize__ > room


def pickled_state(value: Any) -> tuple[Any, ...] | None:
    """What an object of a class with a way of its own would hand to a pickler, but for who makes it again; else ``None``."""
    kind = type(value)
    own = ("__reduce_ex__", "__reduce__", "__getstate__")
    if all(getattr(kind, name, None) is getattr(object, name, None) for name in own):
        return None
    try:
        with warnings.catch_warnings():
            # Newer Pythons warn that some iterators will not be picklable for ever.
            warnings.simplefilter("ignore")
            reduced = value.__reduce_ex__(2)
    except Exception:  # what cannot be pickled refuses with whatever it likes
        return None
    return reduced[1:] if isinstance(reduced, tuple) else (reduced,)
