"""A result file's bytes, bounded and strictly decoded, with one way to refuse it.

Whoever wrote the file is unknown. Nothing in it is evaluated or unpickled; it is
read up to a limit, gzip counted unpacked, and decoded into typed fields. This
module must not know any tool's format.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from perfwatch.errors import UsageError
from perfwatch.store.documents import UNREADABLE

T = TypeVar("T")

#: A hundred benchmarks with ten thousand samples each take a third of it.
LIMIT_BYTES = 100_000_000
#: The largest suites that we know of have some ten thousand, every set of parameters counted.
BENCHMARKS_LIMIT = 20_000

_GZIP = b"\x1f\x8b"
#: Python's json writes these for floats that JSON does not have. A string that does not end is taken whole,
#: so that each byte is looked at once.
_NOT_FINITE = re.compile(rb'"(?:[^"\\]|\\.)*+"?+|-?Infinity|NaN', re.DOTALL)
_SHOWN = 120


def shown(text: object) -> str:
    """Return text out of a file for a message: on one line, printable, and short."""
    plain = repr(str(text)[: _SHOWN + 1])[1:-1]
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A file's path and its unpacked content, in which what is not finite stands as a text."""

    path: Path
    data: bytes

    @property
    def run_id(self) -> str:
        """The id of the run in it: equal for equal contents, and of no stored run's shape."""
        return f"file-{hashlib.sha256(self.data).hexdigest()[:12]}"

    def refused(self, detail: str, do: str = "") -> UsageError:
        """Return the error for a file that cannot be used."""
        return UsageError(
            f"{shown(self.path)} cannot be read: {detail}.",
            means="Nothing was compared.",
            do=do or "Write the file again with the tool that made it, or name another one.",
        )

    def too_new(self, tool: str, version: object, known: str) -> UsageError:
        """Return the error for a version of a format that this perfwatch does not know."""
        return UsageError(
            f"{shown(self.path)} is a file of {tool}, version {shown(version)}; known are {known}.",
            means="Its figures may mean something else than those that are known, so nothing was compared.",
            do=f"Write it with a version of {tool} that is known, or update perfwatch.",
        )

    def decoded(self, kind: type[T]) -> T:
        """Decode and validate the content."""
        found: T = self.decoded_part(self.data, kind)
        return found

    def decoded_part(self, data: bytes | msgspec.Raw, kind: Any) -> Any:
        """Decode and validate a part of the content; whatever is wrong with it raises ``UsageError``."""
        try:
            return msgspec.json.decode(data, type=kind)
        except RecursionError as error:
            raise self.refused("it is nested too deep") from error
        except UNREADABLE as error:
            raise self.refused(shown(error)) from error


def open_result(path: Path) -> ResultFile:
    """Read a file whole, or refuse it; its size is looked at before it is read."""
    content = _unpacked(path, _read(path))
    if b"NaN" in content or b"Infinity" in content:
        content = _NOT_FINITE.sub(_as_text, content)
    return ResultFile(path=path, data=content)


def _as_text(found: re.Match[bytes]) -> bytes:
    token = found[0]
    return token if token.startswith(b'"') else b'"' + token + b'"'


def _read(path: Path) -> bytes:
    file = ResultFile(path=path, data=b"")
    try:
        if path.is_dir():
            raise file.refused(
                "it is a folder", "Name one file in it; asv's are results/MACHINE/COMMIT-ENVIRONMENT.json."
            )
        # A pipe or a device has no end to wait for.
        if not path.is_file():
            raise file.refused("it is no regular file")
        if path.stat().st_size > LIMIT_BYTES:
            raise _too_large(file)
        with path.open("rb") as stream:
            data = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise file.refused(
            error.strerror or str(error), "Make the file readable, or name another."
        ) from error
    if len(data) > LIMIT_BYTES:
        raise _too_large(file)
    if not data.strip():
        raise file.refused("it is empty")
    return data


def _unpacked(path: Path, data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(path, "rb") as stream:
            unpacked = stream.read(LIMIT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ResultFile(path=path, data=b"").refused(
            f"its compression is broken ({shown(error)})"
        ) from error
    if len(unpacked) > LIMIT_BYTES:
        raise _too_large(ResultFile(path=path, data=b""))
    return unpacked


def _too_large(file: ResultFile) -> UsageError:
    return file.refused(
        f"it holds more than {LIMIT_BYTES // 1_000_000} MB",
        "Save fewer samples (pytest-benchmark: --benchmark-save without --benchmark-save-data), or fewer benchmarks.",
    )
