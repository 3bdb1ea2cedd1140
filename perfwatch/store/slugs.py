"""What a benchmark is called in addresses and file names.

This module must not look anything up: names are never turned back from slugs.
"""

from __future__ import annotations

import hashlib
import re

_OTHERS = re.compile(r"[^A-Za-z0-9]+")
_WORDS_LIMIT = 60
_DIGITS_COUNT = 10


def slug_of(target: str, name: str) -> str:
    """Return ASCII letters, digits and hyphens: what can be read of the name, and a digest of both.

    In lower case, since some file systems take two names for one that differ in case alone.
    """
    words = _OTHERS.sub("-", name).strip("-").lower()[:_WORDS_LIMIT].strip("-")
    whole = f"{target}\0{name}".encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(whole).hexdigest()[:_DIGITS_COUNT]
    return f"{words}-{digest}" if words else digest
