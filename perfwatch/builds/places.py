"""Where a side's tree is put, so that its path is as long as head's; it must not put anything there."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Said where no place is short enough.
UNLIKE = (
    "{base} and {head} are not equally long, and there is no shorter place for base: paths lie in memory, and what "
    "lies there moves what comes after it, so a difference of 2.5% was seen between copies of the same code. A project at a longer path, or "
    "a shorter TMPDIR, avoids it"
)
_NAME_AT_MOST = 200
#: So many random characters, and a name is free.
_RANDOM_AT_LEAST = 6


def place_for(name: str, folder: Path, like: Path | None) -> Path:
    """Return a place for a tree at a path as long as that of ``like``, below ``folder`` where that can be.

    Where ``folder`` lies too deep it is one in the system's folder for temporary
    files, which is to be vacated in the end; where no place is short enough,
    the one below ``folder``.
    """
    place = folder / name
    if like is None:
        return place
    missing = len(str(like)) - len(str(place))
    if missing >= 0:
        return folder / _parted(name + "-" * missing)
    above = Path(tempfile.gettempdir())
    room = len(str(like)) - len(str(above / "x")) + 1
    return place if room < _RANDOM_AT_LEAST else above / secrets.token_hex(room)[:room]


def vacate(places: Iterable[Path]) -> None:
    """Remove what is left at places that trees were put at."""
    for place in places:
        shutil.rmtree(place, ignore_errors=True)


def _parted(name: str) -> str:
    """As long a path of names that file systems take."""
    last = len(name) - 1
    return "".join(
        "/" if number % (_NAME_AT_MOST + 1) == _NAME_AT_MOST and number < last else letter
        for number, letter in enumerate(name)
    )
