"""Caches of arrays: in memory, on disk, and one in front of the other.

A key is the digest of an argument's content, type and shape: equal arrays have equal keys in
every process. What a disk cache finds is taken for an answer only where it is whole and its
own: an entry that is torn, foreign or of another key is a miss, and is replaced. Entries are
written beside their place and moved there in one step, so that nobody reads half of one, and
nothing is ever unpickled.

Each cache counts nothing: who computes knows best how often it had to. This module must not know
what is computed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import tempfile
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]

DIGEST_BYTES = 16
_MAGIC = b"perfwatch cache 1\n"
_SUFFIX = ".entry"


def key_of(argument: Array) -> bytes:
    """Return the digest of an array's content, type and shape."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    digest.update(f"{argument.dtype.str}{argument.shape}".encode())
    digest.update(np.ascontiguousarray(argument).data)
    return digest.digest()


class Cache(Protocol):
    """Anything that keeps arrays by key."""

    def get(self, key: bytes) -> Array | None:
        """Return what is kept under the key, if anything; not to be changed."""

    def put(self, key: bytes, value: Array) -> None:
        """Keep an array under a key, if there is room."""


def answered(cache: Cache, argument: Array, compute: Callable[[Array], Array]) -> Array:
    """Return what the cache keeps for an argument, else compute it and let the cache have it."""
    key = key_of(argument)
    kept = cache.get(key)
    if kept is not None:
        return kept
    value = compute(argument)
    cache.put(key, value)
    return value


class MemoryCache:
    """Keeps the arrays asked for last, ``limit_count`` at most, none of them longer than ``ttl_s``."""

    def __init__(
        self, limit_count: int, ttl_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit_count = limit_count
        self._ttl_s = ttl_s
        self._clock = clock
        self._entries: OrderedDict[bytes, tuple[float, Array]] = OrderedDict()

    def get(self, key: bytes) -> Array | None:
        """Return what is kept under the key, unless it is too old."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._clock() - entry[0] > self._ttl_s:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def put(self, key: bytes, value: Array) -> None:
        """Keep an array; the one that was asked for longest ago makes room for it."""
        self._entries[key] = (self._clock(), value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._limit_count:
            self._entries.popitem(last=False)


class DiskCache:
    """Keeps arrays in the files of a folder, ``limit_bytes`` at most, for every process that uses the folder.

    A folder that cannot be written costs the cache, not the answer: it is tried again for the
    next entry. ``why_not_kept`` is the last reason, empty as long as all went well.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self.why_not_kept = ""

    def get(self, key: bytes) -> Array | None:
        """Return what is kept under the key; ``None`` for anything that is not this cache's whole entry."""
        path = self._path(key)
        data = _regular_file(path, self._limit_bytes)
        value = None if data is None else _unpacked(data, key)
        if value is not None:
            # So that it is not the next to go; what was read is whole even if it is gone by now.
            with contextlib.suppress(OSError):
                os.utime(path)
        return value

    def put(self, key: bytes, value: Array) -> None:
        """Keep an array in the place of whatever is there; those used longest ago make room for it."""
        data = _packed(key, value)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._replace(self._path(key), data)
            self._make_room()
        except OSError as error:
            self.why_not_kept = f"{self._folder}: {error.strerror or error}"

    def _path(self, key: bytes) -> Path:
        return self._folder / f"{key.hex()}{_SUFFIX}"

    def _replace(self, path: Path, data: bytes) -> None:
        handle, beside = tempfile.mkstemp(dir=self._folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(beside, path)  # noqa: PTH105 - the call that promises to be one step
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    def _make_room(self) -> None:
        """Remove entries, those used longest ago first, until the rest is small enough."""
        found = []
        for path in self._folder.glob(f"*{_SUFFIX}"):
            try:
                known = path.stat()
            except OSError:
                continue  # another process was quicker
            found.append((known.st_mtime_ns, known.st_size, path))
        left = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if left <= self._limit_bytes:
                break
            path.unlink(missing_ok=True)
            left -= size


class TwoLevelCache:
    """A cache in front of another: what the second knows, the first knows from then on."""

    def __init__(self, near: Cache, far: Cache) -> None:
        self._near = near
        self._far = far

    def get(self, key: bytes) -> Array | None:
        """Return what either keeps under the key."""
        value = self._near.get(key)
        if value is None:
            value = self._far.get(key)
            if value is not None:
                self._near.put(key, value)
        return value

    def put(self, key: bytes, value: Array) -> None:
        """Let both keep an array."""
        self._near.put(key, value)
        self._far.put(key, value)


def _packed(key: bytes, value: Array) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, value, allow_pickle=False)
    payload = file.getvalue()
    return _MAGIC + key + _seal(payload) + payload


def _unpacked(data: bytes, key: bytes) -> Array | None:
    head = _MAGIC + key
    begin = len(head) + DIGEST_BYTES
    payload = data[begin:]
    if not data.startswith(head) or data[len(head) : begin] != _seal(payload):
        return None
    try:
        return np.asarray(np.lib.format.read_array(io.BytesIO(payload), allow_pickle=False))
    except (ValueError, EOFError, OSError):
        return None


def _seal(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=DIGEST_BYTES, person=b"cache entry").digest()


def _regular_file(path: Path, bytes_at_most: int) -> bytes | None:
    """Return the content of a plain file that is no longer than that; anything else could block or be endless."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        known = os.fstat(handle)
        if not stat.S_ISREG(known.st_mode) or known.st_size > bytes_at_most:
            return None
        with open(handle, "rb", closefd=False) as file:
            return file.read(bytes_at_most)
    except OSError:
        return None
    finally:
        os.close(handle)
