"""Makes untrusted text visible, one line or many.

Names, paths and output come from whoever is measured. Whatever could steer a
terminal, reorder a line or break an encoding is shown as a mark instead of
obeyed. This module must not escape for HTML or rich: the renderers do.
"""

from __future__ import annotations

import re
import unicodedata

#: A name longer than this many characters is cut, with its length told.
NAME_LIMIT = 120
#: A line of source longer than this is cut.
LINE_LIMIT = 240

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: Control, format (bidirectional marks, zero widths), surrogate, line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DELETE = 0x7F
_PICTURES = 0x2400


def _mark(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    return f"\N{MATHEMATICAL LEFT ANGLE BRACKET}U+{code:04X}\N{MATHEMATICAL RIGHT ANGLE BRACKET}"


def _marked(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_mark(c) if unicodedata.category(c) in _UNSAFE else c for c in text)


def visible(text: str, limit: int = NAME_LIMIT) -> str:
    """Return ``text`` as one printable line of about ``limit`` characters at most."""
    shown = _marked(text[: limit + 1])
    if len(text) <= limit and len(shown) <= 2 * limit:
        return shown
    return f"{shown[:limit]}\N{HORIZONTAL ELLIPSIS} ({len(text)} characters)"


def visible_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Return a line of source: tabs expanded, its end stripped, cut at ``limit``."""
    return visible(text.rstrip().expandtabs(4), limit)


def visible_block(text: str, lines: int = 20) -> str:
    """Return the last ``lines`` lines of output; colours are dropped, other controls marked."""
    plain = _COLOUR.sub("", text).replace("\r\n", "\n").rstrip("\n")
    kept = plain.split("\n")[-lines:]
    return "\n".join(visible_line(line) for line in kept)


def encodable(text: str) -> str:
    """Return ``text`` with each lone surrogate as its escape, so that it can be written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
