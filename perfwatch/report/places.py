"""Where a line stands: paths relative to the project, with forward slashes.

It must not touch the file system: the run may come from another machine.
"""

from __future__ import annotations

import re

_LIBRARY = re.compile(r"^.*/(?:site-packages|dist-packages|lib/python3\.\d+t?)/")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]|^\\\\")


def relative(file: str, root: str) -> str:
    """Return ``file`` relative to ``root`` where it lies inside it, with forward slashes."""
    if _DRIVE.match(file) or _DRIVE.match(root):
        file, root = file.replace("\\", "/"), root.replace("\\", "/")
    root = root.rstrip("/")
    if root and file.startswith(f"{root}/"):
        return file[len(root) + 1 :]
    return file


def short(file: str, root: str) -> str:
    """Return ``file`` as a reader wants it: from the project's root, or from the library's name on."""
    return _LIBRARY.sub("", relative(file, root))


def place(file: str, line: int, root: str) -> str:
    """Return ``file:line`` for reading."""
    return f"{short(file, root)}:{line}" if line > 0 else short(file, root)
