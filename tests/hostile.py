"""Reports in which every text is somebody's attack: records and their types are walked, nothing is left out."""

from __future__ import annotations

import itertools
import types
import typing
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum

MARKUP = "<script>window.pwned=1;alert(1)</script>\"'><img src=x onerror=alert(1)></style></title>&amp;"
TEMPLATE = "{{ 7 * 7 }}{% raw %}{# #}"
RICH = "[bold red]loud[/bold red][link=file:///etc/passwd]x[/link][/]"
TERMINAL = "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b31m\x00\x08\r"
BIDI = "\u202etxt.exe\u2066\u200b\u200f"
SURROGATE = "\udc80\ud800"
LONG = "n" * 10_000
EMOJI = "\N{GRINNING FACE}\N{ZERO WIDTH JOINER}\N{FIRE}" * 40
FORMULA = "=cmd|' /C calc'!A0,+1+1;-1;@SUM(1)\t\r"
MARKDOWN = "| a ``` @somebody #1 [x](https://example.org/p.png) ![y](z) </details> <!-- {0} --> \n# big\n"
XML = "]]> <![CDATA[ \x00\x0b\x0c\x1f\ufffe\uffff &#0; <?xml ?>"

#: Every attack by its name.
ATTACKS = {
    "markup": MARKUP,
    "template": TEMPLATE,
    "rich": RICH,
    "terminal": TERMINAL,
    "bidi": BIDI,
    "surrogate": SURROGATE,
    "long": LONG,
    "emoji": EMOJI,
    "formula": FORMULA,
    "markdown": MARKDOWN,
    "xml": XML,
}


def with_text(record, text):
    """Return the record with ``text`` and a number in place of every string in it, however deep."""
    numbers = itertools.count()
    names: dict[str, str] = {}

    def changed(value):
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            # The same name stays the same, so that lines still find their sources.
            return names.setdefault(value, f"{text}{next(numbers)}") if value else value
        if is_dataclass(value):
            return replace(value, **{f.name: changed(getattr(value, f.name)) for f in fields(value)})
        if isinstance(value, tuple):
            return tuple(changed(item) for item in value)
        if isinstance(value, dict):
            return {changed(key): changed(item) for key, item in value.items()}
        return value

    return changed(record)


def with_numbers(record, number, *, whole=False):
    """Return the record with ``number`` in place of every float in it, and with ``whole`` of every integer, too."""

    def changed(value):
        if isinstance(value, bool | Enum):
            return value
        if isinstance(value, float) or (whole and isinstance(value, int)):
            return number
        if is_dataclass(value):
            return replace(value, **{f.name: changed(getattr(value, f.name)) for f in fields(value)})
        if isinstance(value, tuple):
            return tuple(changed(item) for item in value)
        if isinstance(value, dict):
            return {key: changed(item) for key, item in value.items()}
        return value

    return changed(record)


def filled(kind, text, turn=0, depth=0):
    """Return a value of a type in which nothing is missing: every text is ``text``, every tuple has one item.

    ``turn`` chooses among an enumeration's words. A record that holds its own kind ends, empty, some levels down.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return filled(next(each for each in arguments if each is not type(None)), text, turn, depth)
    if origin is tuple:
        items = arguments[:1] if arguments[-1] is Ellipsis else arguments
        return tuple(filled(each, text, turn, depth + 1) for each in items) if depth < 12 else ()
    if origin is frozenset:
        return frozenset({filled(arguments[0], text, turn, depth)})
    if origin is not None:
        return {filled(arguments[0], text, turn, depth): filled(arguments[1], text, turn, depth)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[turn % len(kind)]
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: filled(hints[f.name], text, turn, depth + 1) for f in fields(kind)})
    return {str: text, int: 3, float: 1.5, bool: turn % 2 == 0, date: date(2026, 3, 14)}[kind]
