"""The settings file of airspeed velocity, ``asv.conf.json``; must not look for benchmarks."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

#: asv's own default for ``benchmark_dir``.
DEFAULT_FOLDER = "benchmarks"

# A string (kept whole, for "//" is common inside one), a comment, or a comma that closes nothing.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(\s*[}\]])', re.DOTALL)


class SettingsUnreadableError(Exception):
    """The settings cannot be read; the text says why."""


def read_settings(path: Path) -> dict[str, object]:
    """Read JSON with ``//`` and ``/* */`` comments and trailing commas, as asv allows.

    Raises ``SettingsUnreadableError``.
    """
    try:
        content = json.loads(without_comments(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsUnreadableError(f"it is not readable as JSON with comments ({error})") from error
    if not isinstance(content, dict):
        raise SettingsUnreadableError("it holds no JSON object")
    return content


def without_comments(text: str) -> str:
    """Return the text as plain JSON with every value on the line that it was on."""

    def cleaned(match: re.Match[str]) -> str:
        token = match.group()
        return token if token.startswith('"') else "\n" * token.count("\n")

    return _LAST_COMMA.sub(lambda match: match.group(1) or match.group(2), _TOKEN.sub(cleaned, text))


def benchmark_folder(path: Path) -> Path:
    """Return the folder that the settings at ``path`` name; it need not exist.

    Raises ``SettingsUnreadableError``.
    """
    named = read_settings(path).get("benchmark_dir", DEFAULT_FOLDER)
    if not isinstance(named, str):
        raise SettingsUnreadableError("its benchmark_dir is not a text")
    # "../benchmarks" and "benchmarks" have to give the same file names; links stay as they are.
    return Path(os.path.normpath(path.parent / named))
