"""Tell the user's own source files from libraries, and shorten their paths.

It must not read the files: it looks at paths only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """Which files are the user's.

    ``root`` is the project; ``libraries`` are folders of the interpreter and its
    packages; ``own`` are folders that are the user's although they lie inside a
    library folder (an installed package or module under test, the bundled workloads).
    ``cwd`` is where the target ran: a script's own path is relative to it.
    """

    root: Path
    libraries: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    cwd: Path = Path()
    _known: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    _places: dict[str, Path] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _folders(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        def ends(paths: tuple[str, ...]) -> tuple[str, ...]:
            return tuple({os.path.realpath(path).rstrip(os.sep) + os.sep for path in paths})

        return ends(self.own), ends(self.libraries)

    def owns(self, file: str) -> bool:
        """Whether the file is the user's own source."""
        if file not in self._known:
            self._known[file] = self._decide(file)
        return self._known[file]

    def absolute(self, file: str) -> str:
        """Where the file lies, links resolved."""
        return os.path.realpath(self.cwd / file)

    def _decide(self, file: str) -> bool:
        if not file or file.startswith("<"):
            return False
        path = self.absolute(file)
        own, libraries = self._folders
        if (path + os.sep).startswith(own):
            return True
        return not (path.startswith(libraries) or f"{os.sep}site-packages{os.sep}" in path)

    def locate(self, shortened: str) -> Path:
        """The file behind a path that ``shorten`` gave, else that path below the project."""
        return self._places.get(shortened, self.root / shortened)

    def shorten(self, file: str) -> str:
        """The path relative to the project with forward slashes; libraries from their package on."""
        short = self._shortened(file)
        if short != file:
            self._places[short] = Path(self.absolute(file))
        return short

    def _shortened(self, file: str) -> str:
        if file.startswith("<") or not file:
            return file
        path = Path(self.absolute(file))
        for marker in ("site-packages", "dist-packages"):
            if marker in path.parts:
                return "/".join(path.parts[path.parts.index(marker) + 1 :])
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        for folder in self._folders[1]:
            if str(path).startswith(folder):
                return path.relative_to(folder).as_posix()
        return path.as_posix()
