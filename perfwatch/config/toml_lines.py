"""Where each key of a TOML text stands; must not be asked about text that does not parse.

``tomllib`` reads values and forgets lines, and a message about a setting needs its line.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# Three quotes first: two of them would read as an empty string. A closing run
# may hold two quotes more, which belong to the text.
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN_VALUE = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every key, table and array element of a valid TOML text.

    A path is the keys from the outermost in; elements of arrays, also of arrays
    of tables, are numbered from 0. A table that is only implied has the line of
    the first key that implies it.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    """Reads once through the text and notes lines; it trusts ``tomllib`` to have checked the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._newlines = [index for index, character in enumerate(text) if character == "\n"]
        self._tables: dict[Path, int] = {}

    def document(self) -> None:
        """Note every statement of the text."""
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            start = self.at
            if self.text.startswith("[", start):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
            if self.at == start:
                return  # not TOML after all: what is known so far has to do

    def _header(self) -> Path:
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        parts = self._key()
        self.at += 2 if is_array else 1
        path: Path = ()
        for depth, part in enumerate(parts, 1):
            path = (*path, part)
            if is_array and depth == len(parts):
                self._tables[path] = self._tables.get(path, -1) + 1
            self._note(path, start)
            if path in self._tables:
                path = (*path, self._tables[path])
        self._note(path, start)
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _key(self) -> list[str]:
        """Read a dotted key and the blanks around it."""
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            quoted = _STRING.match(self.text, self.at)
            match = quoted or _BARE_KEY.match(self.text, self.at)
            if match is None:
                return parts
            self.at = match.end()
            parts.append(_unquoted(match.group()) if quoted else match.group())
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _value(self, path: Path) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self._skip(_STRING if opening in {'"', "'"} else _PLAIN_VALUE)

    def _array(self, path: Path) -> None:
        index = 0
        while self._has_next("]"):
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        while self._has_next("}"):
            self._pair(path)

    def _has_next(self, closing: str) -> bool:
        """Step over the opening bracket or the comma; say whether an element follows."""
        self._skip(_BLANK)
        if not self.text.startswith(closing, self.at):
            self.at += 1
        self._skip(_BLANK)
        # After the last element stand its closing bracket, or a comma that closes nothing.
        if self.at >= len(self.text) or self.text.startswith(closing, self.at):
            self.at += 1
            return False
        return True

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def _note(self, path: Path, position: int) -> None:
        self.lines.setdefault(path, bisect_left(self._newlines, position) + 1)


def _unquoted(quoted: str) -> str:
    return str(tomllib.loads(f"key = {quoted}")["key"])
