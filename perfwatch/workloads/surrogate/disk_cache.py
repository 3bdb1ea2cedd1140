"""Fitted surrogates on disk, for later sessions and for other processes at the same time.

An entry is a digest, followed by the surrogate's numbers. It is written beside its place and
moved there, so that a reader finds all of it or nothing. What is read is believed only if it has
the one length that the data ask for and if the digest, which covers key and numbers, fits:
an entry that was torn, or that somebody else left there, counts as none and is written
over. Nothing that is read is evaluated or unpickled.

This module must not fit a surrogate itself.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.surrogate.process import Process

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Key = Callable[[FloatArray, FloatArray, str], str]

_DIGEST_BYTES = hashlib.sha256().digest_size
_NUMBER = np.dtype("<f8")
#: Length, level and spread stand before the weights.
_SCALARS_COUNT = 3


def content_key(designs: FloatArray, values: FloatArray, settings: str) -> str:
    """Return a key that equal data and settings have in any process, on any day."""
    digest = hashlib.sha256(settings.encode())
    for array in (designs, values):
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def seed_key(designs: FloatArray, values: FloatArray, settings: str) -> str:
    """Return the document's key: Python's ``hash``, which is another in each process."""
    return f"gaussian_process_{hash((designs.tobytes(), values.tobytes()))}_{hash(settings)}"


class SurrogateCache:
    """A folder of surrogates; ``fits_count`` tells how many it had to have made."""

    def __init__(self, folder: str | os.PathLike[str], key: Key) -> None:
        self._folder = Path(folder)
        self._key = key
        self.fits_count = 0

    def obtain(
        self,
        designs: FloatArray,
        values: FloatArray,
        settings: str,
        fit: Callable[[], Process],
    ) -> Process:
        """Return the surrogate of these data: the folder's, else a new one, which is kept.

        Raises ``OSError`` where the folder cannot be written.
        """
        key = self._key(designs, values, settings)
        found = self._read(key, designs)
        if found is None:
            self.fits_count += 1
            found = fit()
            self._write(key, found)
        return found

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.surrogate"

    def _read(self, key: str, designs: FloatArray) -> Process | None:
        expected_bytes = _DIGEST_BYTES + _NUMBER.itemsize * (_SCALARS_COUNT + len(designs))
        try:
            with self._path(key).open("rb") as file:
                # One byte more than expected tells a longer entry; no more of it is wanted.
                entry = file.read(expected_bytes + 1)
        except OSError:
            return None
        digest, numbers = entry[:_DIGEST_BYTES], entry[_DIGEST_BYTES:]
        if len(entry) != expected_bytes or digest != _digest(key, numbers):
            return None
        length, level, spread, *_ = stored = np.frombuffer(numbers, _NUMBER).astype(np.float64)
        return Process(
            designs=designs,
            weights=stored[_SCALARS_COUNT:],
            length=float(length),
            level=float(level),
            spread=float(spread),
        )

    def _write(self, key: str, process: Process) -> None:
        scalars = (process.length, process.level, process.spread)
        numbers = np.concatenate([scalars, process.weights]).astype(_NUMBER).tobytes()
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, written = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(key, numbers) + numbers)
            Path(written).replace(self._path(key))
        except BaseException:
            Path(written).unlink(missing_ok=True)
            raise


def _digest(key: str, numbers: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + numbers).digest()
