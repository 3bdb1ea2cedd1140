"""Byte code of both sides, made before anything is measured and read from nowhere else.

Python takes byte code for fresh where the source's size and its time in whole
seconds agree: a work tree that was edited within a second of its last run would be
measured as it was before. It must not write into anybody's tree.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from perfwatch.measure.runner import Execution, execute

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from perfwatch.measure.setting import SidePlace

#: Compiling what is never imported is no loss; a folder of a million files is.
TIMEOUT_NS = 120_000_000_000
PREFIX = "PYTHONPYCACHEPREFIX"


def environment_of(folder: Path) -> dict[str, str]:
    """Return the variables under which byte code is kept below ``folder`` alone, by the full path of its source."""
    return {PREFIX: str(folder), "PYTHONDONTWRITEBYTECODE": ""}


def byte_compile(place: SidePlace, environment: Mapping[str, str], folder: Path) -> None:
    """Compile the project's own files of one side; what cannot be compiled fails where it is imported."""
    paths = [
        str(path)
        for served in place.served.folders
        for name in place.served.names
        for path in (served / name, served / f"{name}.py")
        if path.exists()
    ]
    if not paths:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stdin = os.open(os.devnull, os.O_RDONLY)
    try:
        execute(
            Execution(
                command=(place.interpreter.executable, "-m", "compileall", "-q", *paths),
                cwd=place.root,
                environment={**environment, **place.environment},
                folder=folder,
                stdin=stdin,
                timeout_ns=TIMEOUT_NS,
            )
        )
    finally:
        os.close(stdin)
