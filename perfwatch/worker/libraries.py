"""What objects of known numerical libraries hold, as named parts or as an array of NumPy's.

Nothing is imported here that the target has not imported itself. It must not compare.
"""

from __future__ import annotations

import sys
from typing import Any

from .opened import attributes

#: Libraries whose arrays become NumPy's to be written down.
_FOREIGN = ("torch", "jax", "jaxlib", "cupy")


def library_parts(value: Any, numpy: Any) -> dict[str, Any] | None:
    """The named parts of a table, a sparse matrix, a random generator, an array with more than its data; else ``None``."""
    library = type(value).__module__.partition(".")[0]
    if library == "pandas":
        return _table(value, numpy)
    if library == "scipy" and hasattr(value, "tocoo"):
        # By its entries, in order: how they happen to be kept is not the answer.
        entries = value.tocsr().tocoo() if value.ndim == 2 else value.tocoo()
        return {"row": entries.row, "col": entries.col, "data": entries.data, "shape": entries.shape}
    if isinstance(value, numpy.ndarray) and library != "numpy" and getattr(value, "__dict__", None):
        # An array of a class of its own: its unit, its name, its coordinates.
        return {"(data)": value.view(numpy.ndarray), **dict(attributes(value))}
    if isinstance(value, _generators()):
        inner: Any = getattr(value, "bit_generator", value)
        return {"state": inner.state if hasattr(inner, "state") else inner.get_state(legacy=False)}
    return None


def library_array(value: Any, numpy: Any) -> Any:
    """The array that a value is, on the host; else ``None``."""
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return value
    library = type(value).__module__.partition(".")[0]
    if library in _FOREIGN and hasattr(value, "dtype") and hasattr(value, "shape"):
        return _on_host(value, numpy)
    return None


def _table(value: Any, numpy: Any) -> dict[str, Any] | None:
    """A table column by column; ``None`` for what is not a table of pandas' own."""
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        columns = enumerate(value.columns)
        by_name = {f"[{column!r}]": value.iloc[:, number].array for number, column in columns}
        return {"columns": value.columns, "index": value.index, **by_name}
    if hasattr(value, "iloc"):
        return {"name": value.name, "index": value.index, "values": value.array}
    if hasattr(value, "to_numpy") and hasattr(value, "dtype"):
        return {"dtype": str(value.dtype), "values": numpy.asarray(value.to_numpy())}
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
