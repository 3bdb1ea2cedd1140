"""What a setting is, and the readers that several tables of settings share; must not know any setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from perfwatch.config.quantities import parse_duration, parse_ratio


class WrongValueError(ValueError):
    """A value that a setting cannot take; ``within`` is the way to its wrong part.

    ``text`` is a clause that follows the setting's name; ``near`` is what was
    probably meant.
    """

    def __init__(self, text: str, *, within: tuple[str | int, ...] = (), near: str = "") -> None:
        super().__init__(text)
        self.within = within
        self.near = near


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting.

    ``name`` is its dotted name in the file, ``field`` the field of ``Config`` that
    it fills, ``kind`` what a value is in words, ``environ`` the environment variable
    that overrides the file, ``default`` and ``example`` texts for the documentation
    (``example`` in TOML). ``read`` takes a value and the folder that relative
    paths start from, and raises ``ValueError``; ``from_text`` makes a value of an
    environment variable's text.
    """

    name: str
    field: str
    kind: str
    doc: str
    example: str
    default: str
    read: Callable[[object, Path], object]
    environ: str | None = None
    from_text: Callable[[str], object] = str


def read_text(value: object, _base: Path) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise WrongValueError(f"{value!r} is not a text")
    return value


def read_duration(value: object, _base: Path) -> int:
    """Return nanoseconds."""
    return parse_duration(value)


def read_ratio(value: object, _base: Path) -> float:
    """Return a share as a number."""
    return parse_ratio(value)


def near_name(name: object, known: tuple[str, ...] | list[str]) -> str:
    """Return the known name that was probably meant, or an empty text."""
    close = get_close_matches(str(name).lower().replace("_", "-"), known, n=1)
    return close[0] if close else ""


def listed(text: str) -> list[str]:
    """``"timing, cpu"`` → its names."""
    return [part.strip() for part in text.split(",") if part.strip()]
