"""Serve the project's own packages from one side's folders, whatever else offers them.

An editable install answers for the project ahead of ``sys.path`` (meson-python,
scikit-build-core), behind it (setuptools), or by an entry in it (a ``.pth`` file):
each would give both sides of a comparison the same work tree. This file must not
import anything of ours: it is also copied into environments that a gate builds.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys

TYPE_CHECKING = False  # typing takes milliseconds, and some processes need nothing else of it
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

_STANDARD = (
    importlib.machinery.BuiltinImporter,
    importlib.machinery.FrozenImporter,
    importlib.machinery.PathFinder,
)


class _Own:
    """Finds the project's top-level names in its folders, ahead of everything else."""

    def __init__(self, names: frozenset[str], folders: Sequence[str]) -> None:
        self.names = names
        self.folders = list(folders)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a module of the project; ``None`` for what is none of it, or is missing on this side."""
        if name.partition(".")[0] not in self.names:
            return None
        if path is not None:
            return importlib.machinery.PathFinder.find_spec(name, path, target)
        spec = importlib.machinery.PathFinder.find_spec(name, self.folders, target)
        if spec is not None and spec.origin is None and spec.submodule_search_locations is not None:
            # A namespace: a list does not grow by itself when ``sys.path`` does.
            ours = list(spec.submodule_search_locations)
            spec.submodule_search_locations = ours + _portions(name, without=ours)
        return spec


class _Without:
    """Somebody else's finder, not asked for the project's names; for all else it is that finder."""

    def __init__(self, finder: Any, names: frozenset[str]) -> None:
        self._finder = finder
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Ask the finder, except for the project's names."""
        find = getattr(self._finder, "find_spec", None)
        return None if find is None or name.partition(".")[0] in self._names else find(name, path, target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

    def __eq__(self, other: object) -> bool:
        # Its owner may take it out of the list again.
        return other is self or other is self._finder

    def __hash__(self) -> int:
        return hash(self._finder)


def install(own: dict[str, Any]) -> None:
    """Put the project's finder first; ``names``, ``folders``, and ``hidden``: entries that leave ``sys.path``."""
    # A project's file may be called as a module of the standard library, which others need.
    names = frozenset(own["names"]) - sys.stdlib_module_names - {"__main__", "__init__"}
    hidden = {os.path.realpath(folder) for folder in own.get("hidden", ())}
    if hidden:
        sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) not in hidden]
    if not names:
        return
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]  # imported by a .pth file, from wherever it found it
    others = [
        finder if finder in _STANDARD else _Without(finder, names)
        for finder in sys.meta_path
        if not isinstance(finder, _Own)
    ]
    sys.meta_path[:] = [_Own(names, own["folders"]), *others]


def _portions(name: str, without: list[str]) -> list[str]:
    """Other distributions' parts of a namespace."""
    places = dict.fromkeys(os.path.join(entry, name) for entry in sys.path if entry)  # noqa: PTH118
    return [
        place
        for place in places
        if place not in without
        and os.path.isdir(place)  # noqa: PTH112
        and not os.path.exists(os.path.join(place, "__init__.py"))  # noqa: PTH110, PTH118
    ]
