"""Changes of a file as a patch that ``git apply`` takes; it must not write anything."""

from __future__ import annotations

import difflib
from pathlib import PurePath

_NO_NEWLINE = "\\ No newline at end of file\n"


def patch_of(file: str, before: str, after: str) -> str:
    """Return the unified diff of two texts of a file, whose path is relative to the project."""
    path = PurePath(file).as_posix()
    # Not splitlines(): git ends lines at line feeds alone.
    base, head = _lines(before), _lines(after)
    found = difflib.unified_diff(base, head, fromfile=_quoted(f"a/{path}"), tofile=_quoted(f"b/{path}"))
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in found)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _quoted(path: str) -> str:
    """A path as git reads it: in quotes where it holds what would end it; a space is followed by a tab."""
    if all(" " < letter <= "~" and letter not in '"\\' for letter in path):
        return path
    if all(letter >= " " and letter not in '"\\\x7f' for letter in path):
        return f"{path}\t" if " " in path else path
    escaped = "".join(
        letter
        if " " <= letter <= "~" and letter not in '"\\'
        else "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape"))
        for letter in path
    )
    return f'"{escaped}"'
