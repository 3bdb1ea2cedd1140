"""Double precision for a stretch of JAX code, and for nothing else in the process.

This module must not compute anything.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def double_precision() -> AbstractContextManager[Any]:
    """Return a context in which JAX computes with 64 bits; outside it stays as it was set.

    What is compiled inside is kept apart from what is compiled outside.
    """
    # Older versions of JAX have the same context in this module alone.
    home: Any = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    context: AbstractContextManager[Any] = home.enable_x64(True)  # noqa: FBT003 - its only argument
    return context
