"""The emission spectra of batches of crystals, with fresh and with pooled scratch arrays.

Each crystal emits a Lorentzian line at its own energy, of the width that its dephasing
gives it; an ensemble's spectrum is the sum over its crystals (R. Loudon, The Quantum
Theory of Light, 3rd ed. (2000), chapter 2). One batch needs one scratch array of
shape ``(crystals, energies)``.

Whether a buffer was really used again is told by its identity, not by a pool's own
figures. Units: eV. This module must not measure itself.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_two import ARRAY_POOL
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import DTypeLike, NDArray

    SingleArray = NDArray[np.float32]

#: Half the width of a single crystal's line.
HALF_WIDTH_EV = np.float32(0.035)
LOWEST_EV, HIGHEST_EV = 2.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleInputs:
    """Batches of crystals, all of one size: ``line_ev`` of shape ``(batches, crystals)``.

    The spectra are wanted at ``energy_ev``, of shape ``(energies,)``.
    """

    line_ev: SingleArray
    energy_ev: SingleArray


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleOutputs:
    """The spectrum of each batch, of shape ``(batches, energies)``, largest possible value 1.

    ``reused_count`` batches got an array that an earlier batch had used, and
    ``kept_bytes`` of arrays were still alive when the last batch was done.
    """

    spectrum: SingleArray
    reused_count: int
    kept_bytes: int


class Arrays(Protocol):
    """Where scratch arrays come from, and where they go."""

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> SingleArray:
        """Return an array of any content."""

    def give(self, array: SingleArray) -> None:
        """Hand an array back; nobody looks at it after this."""


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> EnsembleInputs:
    """Draw ensembles for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(ARRAY_POOL, size)
    return draw_ensembles(extents["batches"], extents["crystals"], extents["energies"], seed)


def draw_ensembles(batches_count: int, crystals_count: int, energies_count: int, seed: int) -> EnsembleInputs:
    """Draw ensembles whose mean lines differ, each spread by its crystals' sizes."""
    draw = Draw(seed)
    means = draw.between(2.3, 2.7, batches_count, 1)
    lines = means + 0.05 * draw.bell(batches_count, crystals_count)
    return EnsembleInputs(
        line_ev=lines.astype(np.float32),
        energy_ev=np.linspace(LOWEST_EV, HIGHEST_EV, energies_count, dtype=np.float32),
    )


def reference(ensembles: EnsembleInputs) -> EnsembleOutputs:
    """Take a fresh array for each batch, and let it go."""
    return _spectra(ensembles, _Fresh())


def pool(ensembles: EnsembleInputs) -> EnsembleOutputs:
    """Take arrays back under their shape and kind of number, as they are."""
    return _spectra(ensembles, _Pool())


def seed_pool(ensembles: EnsembleInputs) -> EnsembleOutputs:
    """Take arrays back filled with zeros, under a key that none is asked for by, as the document advises."""
    return _spectra(ensembles, _SeedPool())


class _Fresh:
    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> SingleArray:
        return np.empty(shape, dtype)

    def give(self, array: SingleArray) -> None:
        """Nothing keeps it: it is freed when the caller lets go."""


class _Pool:
    def __init__(self) -> None:
        self._idle: dict[Hashable, list[SingleArray]] = {}

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> SingleArray:
        idle = self._idle.get((shape, np.dtype(dtype)))
        return idle.pop() if idle else np.empty(shape, dtype)

    def give(self, array: SingleArray) -> None:
        self._idle.setdefault((array.shape, array.dtype), []).append(array)


class _SeedPool:
    """The document's pool: asked by a type such as ``numpy.float32``, filled by ``array.dtype``.

    The two compare as equal, but their hashes differ, and so no key is ever found.
    """

    def __init__(self) -> None:
        self._idle: dict[Hashable, list[SingleArray]] = {}

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> SingleArray:
        idle = self._idle.setdefault((tuple(shape), dtype), [])
        return idle.pop() if idle else np.empty(shape, dtype)

    def give(self, array: SingleArray) -> None:
        array.fill(0)
        self._idle.setdefault((tuple(array.shape), array.dtype), []).append(array)


def _spectra(ensembles: EnsembleInputs, arrays: Arrays) -> EnsembleOutputs:
    shape = (ensembles.line_ev.shape[1], len(ensembles.energy_ev))
    spectrum = np.empty((len(ensembles.line_ev), len(ensembles.energy_ev)), np.float32)
    # A dead reference means that the array is gone, and that its number says nothing.
    seen: dict[int, weakref.ref[SingleArray]] = {}
    reused_count = 0
    for batch, line_ev in enumerate(ensembles.line_ev):
        scratch = arrays.take(shape, np.float32)
        earlier = seen.get(id(scratch))
        reused_count += earlier is not None and earlier() is scratch
        seen[id(scratch)] = weakref.ref(scratch)
        _emit(line_ev, ensembles.energy_ev, scratch, spectrum[batch])
        arrays.give(scratch)
        del scratch
    alive = [array for array in (each() for each in seen.values()) if array is not None]
    return EnsembleOutputs(
        spectrum=spectrum, reused_count=reused_count, kept_bytes=sum(array.nbytes for array in alive)
    )


def _emit(line_ev: SingleArray, energy_ev: SingleArray, scratch: SingleArray, spectrum: SingleArray) -> None:
    """Write the mean of all crystals' lines into ``spectrum``: 1 / (1 + ((E - E0) / width)^2)."""
    np.subtract(energy_ev, line_ev[:, np.newaxis], out=scratch)
    np.divide(scratch, HALF_WIDTH_EV, out=scratch)
    np.multiply(scratch, scratch, out=scratch)
    np.add(scratch, np.float32(1.0), out=scratch)
    np.reciprocal(scratch, out=scratch)
    scratch.mean(axis=0, out=spectrum)
