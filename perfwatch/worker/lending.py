"""Serve profilers that are missing in the target's environment from perfwatch's own.

A finder behind all others answers for listed names only, so that nothing else
of ours can reach the target, and whatever the target has itself comes first.
"""

from __future__ import annotations

import importlib.machinery
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


class _Lender:
    """Finds the lent top-level names in the lending folders."""

    def __init__(self, names: Sequence[str], folders: Sequence[str]) -> None:
        self.names = frozenset(names)
        self.folders = list(folders)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a module of the lent names from our folders, else ``None``."""
        if path is not None or name not in self.names:
            return None
        return importlib.machinery.PathFinder.find_spec(name, self.folders, target)


def install(lent: dict[str, Any]) -> None:
    """Put the finder last; nothing happens where nothing is lent."""
    if lent["names"]:
        sys.meta_path.append(_Lender(lent["names"], lent["folders"]))
