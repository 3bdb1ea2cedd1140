"""The table of settings that a project starts with: targets in, TOML text out; must not write any file."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from perfwatch.config.load import PROJECT_FILE
from perfwatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING_WRITTEN = "Nothing was written."


def starting_table(targets: Sequence[str], *, prefix: str) -> str:
    """Return the settings as TOML; ``prefix`` is ``tool.perfwatch`` in pyproject.toml and empty elsewhere."""
    head = f"[{prefix}]\n" if prefix else ""
    gate = f"{prefix}.gate" if prefix else "gate"
    if targets:
        listed = "".join(f"    {quoted(target)},\n" for target in targets)
        what = f"targets = [\n{listed}]\n"
    else:
        what = '# targets = ["scripts/fit.py", "package.module:function", "tests/test_speed.py::test_fit"]\n'
    return (
        f"{head}# What perfwatch run and perfwatch gate measure, each written as on a command line.\n{what}\n"
        f"[{gate}]\n# The change that still counts as none: between it and nothing lies the word same.\n"
        'margin = "1%"\n'
    )


def with_table(text: str, table: str) -> str:
    """Return the text of a pyproject.toml with the table at its end; nothing in it is changed.

    Raises ``ConfigError`` for a text that cannot take the table.
    """
    before = _parsed(text, "this is not valid TOML")
    tool = before.get("tool", {})
    if isinstance(tool, dict) and "perfwatch" in tool:
        raise ConfigError(
            f"{PROJECT_FILE} has a table [tool.perfwatch] already.",
            means=f"{NOTHING_WRITTEN} Settings are never overwritten.",
            do="Edit it there. The workflow alone: perfwatch init --only workflow",
        )
    ends = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else ends if text.endswith("\n") else ends * 2
    made = text + gap + table.replace("\n", ends)
    after = _parsed(made, "it cannot take another table at its end")
    after["tool"].pop("perfwatch", None)
    if {**before, "tool": tool} != after:
        raise ConfigError(
            f"{PROJECT_FILE} would mean something else with a table at its end.",
            means=NOTHING_WRITTEN,
            do=f"Write the table yourself:\n{table}",
        )
    return made


def quoted(text: str) -> str:
    """Return the text as a TOML basic string, which is one of YAML's, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parsed(text: str, wrong: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(
            f"{PROJECT_FILE}: {wrong}: {error}.",
            means=NOTHING_WRITTEN,
            do="Mend it, or keep the settings in a perfwatch.toml of their own.",
        ) from error
