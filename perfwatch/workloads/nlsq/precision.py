"""Double precision for a stretch of JAX code, and for nothing else in the process.

This module must not compute anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def double_precision() -> AbstractContextManager[Any]:
    """Return a context in which JAX computes with 64 bits; outside it stays as it was set.

    What is compiled inside is kept apart from what is compiled outside.
    """
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    # Up to JAX 0.7 the same context has this place alone.
    from jax.experimental import enable_x64

    context: AbstractContextManager[Any] = enable_x64()
    return context
