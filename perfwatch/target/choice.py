"""What was said about a target besides its own words; must not look at the target itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from perfwatch.records.run import TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChoice:
    """Where a target's words are read from, and what settles a doubt about them.

    ``root`` is the project's folder and ``cwd`` the folder that relative paths
    start from; both are absolute. ``as_kind`` is the reading that ``--as``
    asks for, ``setup`` the callable (``package.module:function``) that makes a
    callable's arguments, ``setup_option`` how the user says so, ``setup_given`` the names of
    what it is called with. ``version`` is the major and minor version of the interpreter that
    will run the target, ``None`` for our own.
    """

    root: Path
    cwd: Path
    as_kind: TargetKind | None = None
    setup: str | None = None
    setup_option: str = "--setup"
    setup_given: tuple[str, ...] = ()
    version: tuple[int, int] | None = None
