"""Records as compressed documents, and back.

A document is MessagePack under zlib. JSON would do but for one thing: it has
no NaN and no infinity, and a figure that a target recorded about itself may be
either. Neither form can run code when read.
This module must not know what a run is.
"""

from __future__ import annotations

import zlib
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

#: What ``unpack`` raises for bytes that are no document of the kind asked for.
#: A validation error of msgspec is a decode error.
UNREADABLE = (zlib.error, msgspec.DecodeError, UnicodeDecodeError)


def pack(record: object) -> bytes:
    r"""Encode and compress a record.

    Text that is not valid Unicode (a file name or output in another encoding,
    carried as surrogates) keeps its bytes readably, as ``\udcff``. Raises
    ``RecursionError`` where a call tree nests some 300 levels deep, and
    ``OverflowError`` for integers beyond 64 bits.
    """
    try:
        data = msgspec.msgpack.encode(record)
    except UnicodeEncodeError:
        data = msgspec.msgpack.encode(_readable_values(msgspec.to_builtins(record)))
    return zlib.compress(data)


def unpack(data: bytes, kind: type[T]) -> T:
    """Decompress, decode and validate a document; raises one of ``UNREADABLE``."""
    return msgspec.msgpack.decode(zlib.decompress(data), type=kind)


def readable(text: str) -> str:
    r"""Return the text with lone surrogates written out as ``\udcff``; others stay as they are."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _readable_values(value: Any) -> Any:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {_readable_values(key): _readable_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readable_values(item) for item in value]
    return value
