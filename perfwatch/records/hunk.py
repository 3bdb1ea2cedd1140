"""What a change did to one function, as a reader of diffs knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """A function's lines in base and head as a unified diff, without its headers.

    The first diffed line is ``line`` of head. ``left_out_count`` lines of the diff are not among ``lines``.
    """

    file: str
    function: str
    line: int
    lines: tuple[str, ...]
    left_out_count: int = 0
