"""Reports in which every text is somebody's attack: the records are walked, nothing is left out."""

from __future__ import annotations

import itertools
from dataclasses import fields, is_dataclass, replace
from enum import Enum

MARKUP = "<script>window.pwned=1;alert(1)</script>\"'><img src=x onerror=alert(1)></style></title>&amp;"
TEMPLATE = "{{ 7 * 7 }}{% raw %}{# #}"
RICH = "[bold red]loud[/bold red][link=file:///etc/passwd]x[/link][/]"
TERMINAL = "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b31m\x00\x08\r"
BIDI = "\u202etxt.exe\u2066\u200b\u200f"
SURROGATE = "\udc80\ud800"
LONG = "n" * 10_000

#: Every attack by its name.
ATTACKS = {
    "markup": MARKUP,
    "template": TEMPLATE,
    "rich": RICH,
    "terminal": TERMINAL,
    "bidi": BIDI,
    "surrogate": SURROGATE,
    "long": LONG,
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
