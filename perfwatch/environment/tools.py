"""The profilers that a target's interpreter needs, and what each needs to be imported.

It must not import any of them. ``tests/test_environment.py`` holds the table
against what importing and using each tool really loads.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A distribution, its top-level modules, and the oldest version that will do."""

    distribution: str
    modules: tuple[str, ...]
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool under the name of its module: its own part first, then what it imports."""

    name: str
    parts: tuple[Part, ...]


_TYPING = Part(distribution="typing-extensions", modules=("typing_extensions",), oldest="4.0")

TOOLS = (
    Tool(
        name="pyinstrument",
        parts=(Part(distribution="pyinstrument", modules=("pyinstrument",), oldest="5.0"),),
    ),
    Tool(
        name="line_profiler",
        parts=(Part(distribution="line-profiler", modules=("line_profiler",), oldest="5.0"), _TYPING),
    ),
    Tool(
        name="memray",
        parts=(
            Part(distribution="memray", modules=("memray",), oldest="1.17"),
            Part(distribution="rich", modules=("rich",), oldest="11.2.0"),
            _TYPING,
        ),
    ),
    Tool(
        name="pytest",
        parts=(
            # Users' suites are pinned to all ages of pytest; from 7 on it can be driven.
            Part(distribution="pytest", modules=("pytest", "_pytest", "py"), oldest="7.0"),
            Part(distribution="iniconfig", modules=("iniconfig",), oldest="2"),
            Part(distribution="pluggy", modules=("pluggy",), oldest="1.6"),
            Part(distribution="packaging", modules=("packaging",), oldest="24"),
            Part(distribution="pygments", modules=("pygments",), oldest="2.15"),
        ),
    ),
)


def tools_here() -> tuple[Tool, ...]:
    """Return the tools that exist for this operating system."""
    return tuple(tool for tool in TOOLS if tool.name != "memray" or sys.platform != "win32")


def module_names() -> tuple[str, ...]:
    """Return every module of the table, each once."""
    return tuple(dict.fromkeys(module for tool in TOOLS for part in tool.parts for module in part.modules))
