"""The page's own scripts, set into it, and the digests by which its policy lets them run and nothing else.

It must not hold a script: they stand beside the templates. A page asks nobody for anything, so a script
is inline; what is not ours, a browser refuses.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script's text as it stands between its tags, and its digest as a content security policy writes it."""

    name: str
    text: str
    digest: str


def inlined(folder: Path, names: Sequence[str]) -> tuple[Script, ...]:
    """Return the scripts of a folder in the order of their names given."""
    return tuple(_script(folder / name) for name in names)


def _script(path: Path) -> Script:
    text = path.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Script(name=path.name, text=text, digest=f"sha256-{digest}")
