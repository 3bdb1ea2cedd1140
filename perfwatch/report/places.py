"""Where a line stands: paths relative to the project, with forward slashes.

It must not touch the file system: the run may come from another machine.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from perfwatch.report.visible import encodable

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


def sarif_location(file: str, root: str, lines: tuple[int, int]) -> dict[str, Any]:
    """Return lines of a file as a location of SARIF, %-encoded; below the project's root relative to it.

    Nothing where no file is known; without a line the file as a whole.
    """
    if not file:
        return {}
    path = relative(file, root)
    if _DRIVE.match(path):
        artifact = {"uri": f"file:///{_encoded(path.replace(chr(92), '/').lstrip('/'))}"}
    elif path.startswith("/"):
        artifact = {"uri": f"file://{_encoded(path)}"}
    else:
        artifact = {"uri": _encoded(path), "uriBaseId": "%SRCROOT%"}
    first, last = lines
    region = {"region": {"startLine": first, "endLine": max(first, last)}} if first > 0 else {}
    return {"physicalLocation": {"artifactLocation": artifact} | region}


def _encoded(path: str) -> str:
    return quote(encodable(path), safe="/")
