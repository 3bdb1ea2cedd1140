"""Recordings of a hand, read from files: whole, mapped, through a ring, or in chunks.

A recording is one array in NumPy's own format, a row for each frame. Of each the mean of every
block of frames is wanted, and its last frames. All forms add up the same numbers in the
same order, so that they answer alike to the last bit.

The files lie in a folder of this process, which is removed when the process ends; they are
named by their content. This module must not measure itself.
"""

from __future__ import annotations

import tempfile
import zlib
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import reaching
from perfwatch.workloads.intent.table_two import FILES
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

CHANNELS_COUNT = 6
#: The frames of which one mean is taken.
BLOCK_FRAMES = 100
#: The fine tracker's frames: the mean of a block of them is a frame of the coarse one.
FINE_FRAME_S = reaching.FRAME_S / BLOCK_FRAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInputs:
    """Recordings by the names of their files (``path_of``), each of ``frames_count`` rows.

    ``kept_count`` last frames of each are wanted; both counts are whole blocks.
    """

    names: tuple[str, ...]
    frames_count: int
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutputs:
    """Means of shape ``(recordings, blocks, channels)``, and last frames of shape ``(recordings, kept, channels)``."""

    means: FloatArray
    latest: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> FileInputs:
    """Draw recordings for ``size`` and write them; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(FILES, size)
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, 5)
    return draw_recordings(draw, goals, extents)


def draw_recordings(draw: Draw, goals: FloatArray, extents: dict[str, int]) -> FileInputs:
    """Draw one reach for each of ``extents["recordings"]``, of ``frames`` rows, and write them."""
    frames_count = extents["frames"]
    return FileInputs(
        names=tuple(_written(_recording(draw, goals, frames_count)) for _ in range(extents["recordings"])),
        frames_count=frames_count,
        kept_count=extents["kept"],
    )


def _recording(draw: Draw, goals: FloatArray, frames_count: int) -> FloatArray:
    """Return a hand's place, elbow's place, and two more channels of the tracker's own noise."""
    hand = reaching.draw_reach(draw, goals, frames_count, FINE_FRAME_S).positions
    noise = reaching.NOISE_M * draw.between(-1.0, 1.0, frames_count, CHANNELS_COUNT - 4)
    return np.column_stack([hand, 0.6 * hand + 0.1, noise])


def _written(recording: FloatArray) -> str:
    data = np.ascontiguousarray(recording)
    name = f"recording-{zlib.crc32(data.data):08x}-{len(data)}.npy"
    if not path_of(name).exists():
        np.save(path_of(name), data)
    return name


def path_of(name: str) -> Path:
    """Return where this process keeps a recording."""
    return Path(_folder().name) / name


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="perfwatch-intent-")


def reference(recorded: FileInputs) -> FileOutputs:
    """Load each recording whole, one after the other."""

    def read(path: Path) -> tuple[FloatArray, FloatArray]:
        rows = np.load(path)
        return _means(rows), rows[-recorded.kept_count :]

    return _collected(recorded, read)


def memmap(recorded: FileInputs) -> FileOutputs:
    """Map each recording into memory, and let the system fetch what is asked for."""

    def read(path: Path) -> tuple[FloatArray, FloatArray]:
        rows = np.load(path, mmap_mode="r")
        return _means(rows), np.array(rows[-recorded.kept_count :])

    return _collected(recorded, read)


def chunks(recorded: FileInputs) -> FileOutputs:
    """Read each recording block by block, and keep the last blocks."""

    def read(path: Path) -> tuple[FloatArray, FloatArray]:
        means = np.empty((recorded.frames_count // BLOCK_FRAMES, CHANNELS_COUNT))
        last: deque[FloatArray] = deque(maxlen=recorded.kept_count // BLOCK_FRAMES)
        with path.open("rb") as file:
            _skip_header(file, recorded.frames_count)
            for block in range(len(means)):
                rows = np.empty((BLOCK_FRAMES, CHANNELS_COUNT))
                _fill(file, rows)
                rows.mean(axis=0, out=means[block])
                last.append(rows)
        return means, np.concatenate(last)

    return _collected(recorded, read)


def ring_buffer(recorded: FileInputs) -> FileOutputs:
    """Read each recording block by block into one ring, which holds the last blocks."""
    ring = np.empty((recorded.kept_count, CHANNELS_COUNT))

    def read(path: Path) -> tuple[FloatArray, FloatArray]:
        means = np.empty((recorded.frames_count // BLOCK_FRAMES, CHANNELS_COUNT))
        place = 0
        with path.open("rb") as file:
            _skip_header(file, recorded.frames_count)
            for block in range(len(means)):
                rows = ring[place : place + BLOCK_FRAMES]
                _fill(file, rows)
                rows.mean(axis=0, out=means[block])
                place = (place + BLOCK_FRAMES) % len(ring)
        return means, np.concatenate([ring[place:], ring[:place]])

    return _collected(recorded, read)


def _collected(recorded: FileInputs, read: Callable[[Path], tuple[FloatArray, FloatArray]]) -> FileOutputs:
    blocks_count = recorded.frames_count // BLOCK_FRAMES
    means = np.empty((len(recorded.names), blocks_count, CHANNELS_COUNT))
    latest = np.empty((len(recorded.names), recorded.kept_count, CHANNELS_COUNT))
    for number, name in enumerate(recorded.names):
        means[number], latest[number] = read(path_of(name))
    return FileOutputs(means=means, latest=latest)


def _means(rows: FloatArray) -> FloatArray:
    """Return the mean of each block, added up row by row as ``mean`` does for one."""
    found = np.empty((len(rows) // BLOCK_FRAMES, CHANNELS_COUNT))
    for block, mean in enumerate(found):
        rows[block * BLOCK_FRAMES : (block + 1) * BLOCK_FRAMES].mean(axis=0, out=mean)
    return found


def _skip_header(file: BinaryIO, frames_count: int) -> None:
    """Read up to the first number; raises ``ValueError`` for a file of another shape."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("the recording is of a later version of NumPy's format")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    if (shape, by_columns, dtype) != ((frames_count, CHANNELS_COUNT), False, np.dtype(np.float64)):
        raise ValueError(
            f"the recording holds {dtype} of shape {shape}, not float64 of {(frames_count, CHANNELS_COUNT)}"
        )


def _fill(file: BinaryIO, rows: FloatArray) -> None:
    if file.readinto(rows.data.cast("B")) != rows.nbytes:  # type: ignore[attr-defined]
        raise ValueError("the recording ends in the middle")
