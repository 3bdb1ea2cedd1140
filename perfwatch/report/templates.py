"""Our templates, ready to be filled; what is filled into them is escaped.

Compiling a page's templates takes longer than filling them, so their byte code is kept
beside them as Python keeps its own: where that folder may be written, and where nobody
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


def _byte_code(folder: Path) -> BytecodeCache | None:
    """Return where byte code is kept, ``None`` where it cannot be; a template that changed is compiled anew."""
    from jinja2 import FileSystemBytecodeCache

    class Kept(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            # Without it, the next process compiles as this one did.
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)

    if sys.dont_write_bytecode:
        return None
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        return Kept(str(folder), "%s.jinja")
    return None
