"""Where the buffers of a fit come from, and a watch that tells by identity which were used before.

This module must not know what the buffers are used for.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Shape = tuple[int, ...]


_DOUBLE = np.dtype(np.float64)


class Lender(Protocol):
    """Lends buffers of double precision, and takes them back."""

    @property
    def stated_reuse_ratio(self) -> float:
        """What the lender says of itself: the share of buffers that it handed out again."""

    def take(self, part: str, shape: Shape) -> FloatArray:
        """Return a buffer of any content for one part of a step."""

    def give(self, part: str, buffer: FloatArray) -> None:
        """Take a buffer back; nobody looks at it after this."""


class Fresh:
    """Buffers are made when they are needed, and let go."""

    stated_reuse_ratio = 0.0

    def take(self, part: str, shape: Shape) -> FloatArray:  # noqa: ARG002 - as every lender
        """Return zeros that nobody had before."""
        return np.zeros(shape)

    def give(self, part: str, buffer: FloatArray) -> None:
        """Nothing keeps it: it is freed when the borrower lets go."""


class MemoryPool:
    """Buffers are kept under their shape and kind of number, and handed out as they are."""

    def __init__(self) -> None:
        self._idle: dict[tuple[Shape, np.dtype[np.float64]], list[FloatArray]] = {}
        self.taken_count = 0
        self.reused_count = 0

    @property
    def stated_reuse_ratio(self) -> float:
        """The share of buffers that came from the pool."""
        return self.reused_count / self.taken_count if self.taken_count else 0.0

    def take(self, part: str, shape: Shape) -> FloatArray:  # noqa: ARG002 - as every lender
        """Return an idle buffer of the shape, else a new one."""
        self.taken_count += 1
        idle = self._idle.get((shape, _DOUBLE))
        if idle:
            self.reused_count += 1
            return idle.pop()
        return np.empty(shape)

    def give(self, part: str, buffer: FloatArray) -> None:  # noqa: ARG002 - as every lender
        """Keep the buffer for the next who asks for its shape."""
        self._idle.setdefault((buffer.shape, buffer.dtype), []).append(buffer)


class SeedPool(MemoryPool):
    """The document's pool: what is handed out "again" is new, because zeros are asked for as a new array."""

    def take(self, part: str, shape: Shape) -> FloatArray:
        """Take an idle buffer out, count it as used again, and return zeros made afresh in its place."""
        kept = super().take(part, shape)
        return np.zeros(kept.shape, kept.dtype)


class RolePool:
    """One buffer for each part of a step, made before the first."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._buffers = {part: np.empty(shape) for part, shape in shapes.items()}
        self._lent: set[str] = set()
        self._taken_before: set[str] = set()
        self.taken_count = 0
        self.reused_count = 0

    @property
    def stated_reuse_ratio(self) -> float:
        """The share of requests that were not the first for their part."""
        return self.reused_count / self.taken_count if self.taken_count else 0.0

    def take(self, part: str, shape: Shape) -> FloatArray:
        """Return the part's buffer.

        Raises ``ValueError`` where it is lent already or has another shape: two borrowers would write into one.
        """
        buffer = self._buffers[part]
        if part in self._lent or buffer.shape != shape:
            raise ValueError(
                f"the buffer {part!r} of shape {buffer.shape} is lent, or is not of shape {shape}"
            )
        self._lent.add(part)
        self.taken_count += 1
        self.reused_count += part in self._taken_before
        self._taken_before.add(part)
        return buffer

    def give(self, part: str, buffer: FloatArray) -> None:  # noqa: ARG002 - as every lender
        """Have the part's buffer back."""
        self._lent.discard(part)


class Watched:
    """A lender whose buffers are told apart by identity.

    ``reused_count`` of ``asked_count`` buffers had been handed out before and had lived since;
    the others were new and took ``allocated_bytes`` in all, of which at most ``peak_bytes`` lived at once.
    """

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        # A dead reference means that the array is gone, and that its number says nothing.
        self._seen: dict[int, weakref.ref[FloatArray]] = {}
        self._alive_bytes = 0
        self.asked_count = 0
        self.reused_count = 0
        self.allocated_bytes = 0
        self.peak_bytes = 0

    def take(self, part: str, shape: Shape) -> FloatArray:
        """Return what the lender lends, and note whether it was lent before."""
        buffer = self._lender.take(part, shape)
        self.asked_count += 1
        earlier = self._seen.get(id(buffer))
        if earlier is not None and earlier() is buffer:
            self.reused_count += 1
            return buffer
        number, size = id(buffer), buffer.nbytes

        def gone(_: weakref.ref[FloatArray]) -> None:
            self._alive_bytes -= size

        self._seen[number] = weakref.ref(buffer, gone)
        self.allocated_bytes += size
        self._alive_bytes += size
        self.peak_bytes = max(self.peak_bytes, self._alive_bytes)
        return buffer

    def give(self, part: str, buffer: FloatArray) -> None:
        """Hand the buffer back to the lender."""
        self._lender.give(part, buffer)

    def kept_bytes(self) -> int:
        """Return the bytes of all buffers that are still alive."""
        return self._alive_bytes
