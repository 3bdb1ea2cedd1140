"""Make a C++ kernel's name readable: ``_Z3addPfi`` is ``add(float*, int)``.

The names come from the target: they are bounded, and what cannot be read stays
as it is. The C++ runtime's own function is used where there is one.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import lru_cache
from typing import Any

CHARACTERS_AT_MOST = 2_000


@lru_cache(maxsize=5_000)
def demangled(name: str) -> str:
    """The readable name of a mangled one; any other name unchanged."""
    if not name.startswith("_Z") or len(name) >= CHARACTERS_AT_MOST or "\0" in name or not name.isascii():
        return name
    functions = _functions()
    if functions is None:
        return name
    demangle, free = functions
    status = ctypes.c_int(-1)
    made = demangle(name.encode(), None, None, ctypes.byref(status))
    if not made:
        return name
    try:
        text = ctypes.string_at(made).decode("utf-8", "replace")
    finally:
        free(made)
    return text if status.value == 0 else name


@lru_cache(maxsize=1)
def _functions() -> tuple[Any, Any] | None:
    """The C++ runtime's function and the one that frees its memory, with their signatures; ``None`` where there is no such thing."""
    try:
        runtime = ctypes.CDLL("libstdc++.so.6")
        memory = ctypes.CDLL(None)
        demangle = runtime["__cxa_demangle"]
        demangle.restype = ctypes.c_void_p
        demangle.argtypes = [
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_int),
        ]
        memory.free.argtypes = [ctypes.c_void_p]
        memory.free.restype = None
    except (OSError, AttributeError, TypeError):
        return None
    return demangle, memory.free
