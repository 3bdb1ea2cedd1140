"""Our templates, ready to be filled; what is filled into them is escaped.

Compiling a page's templates takes longer than filling them, so their byte code is kept
beside them as Python keeps its own: written where that folder may be, and where nobody
has said ``PYTHONDONTWRITEBYTECODE``.
"""

from __future__ import annotations

import contextlib
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.report.scripts import Scripts

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jinja2.bccache import Bucket, BytecodeCache


def template_dir() -> Path:
    """Return the folder of templates: the packaged one, else the checkout's (editable installs)."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


def template(name: str) -> Template:
    """Return a template of ours; what is filled into it is escaped."""
    return _templates().get_template(name)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = template_dir()
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_byte_code(folder / "__pycache__"),
    )
    # A page that names no scripts of its own allows none at all.
    made.globals["scripts"] = Scripts()
    return made


def _byte_code(folder: Path) -> BytecodeCache:
    """Return where byte code is kept; that of a template that changed since is not used."""
    from jinja2 import FileSystemBytecodeCache

    class Kept(FileSystemBytecodeCache):
        """Where it cannot be read or written, a process compiles for itself."""

        def load_bytecode(self, bucket: Bucket) -> None:
            with contextlib.suppress(OSError):
                super().load_bytecode(bucket)

        def dump_bytecode(self, bucket: Bucket) -> None:
            if sys.dont_write_bytecode:
                return
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                super().dump_bytecode(bucket)

    return Kept(str(folder), "%s.jinja")
