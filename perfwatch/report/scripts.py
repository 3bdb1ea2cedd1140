"""The page's own scripts, and the policy that lets these through and no other.

A script is allowed by the hash of its text, so that nothing that a target's text could
smuggle into a page would run. This module must not put anything measured into a script.
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
class Scripts:
    """Scripts, marked as markup, and their part of the page's Content-Security-Policy.

    ``policy`` ends with a space where there is one, and is empty where there is no script.
    """

    texts: tuple[str, ...] = ()
    policy: str = ""


def scripts(folder: Path, names: Sequence[str]) -> Scripts:
    """Return these scripts of ours, with their hashes; a script that could end its own element is refused."""
    from markupsafe import Markup

    texts = []
    for name in names:
        # A browser reads every line's end as a single line feed, and takes the hash of what it read.
        text = (folder / name).read_text(encoding="utf-8")
        if "</script" in text.lower() or "<!--" in text:
            raise ValueError(f"{name} cannot stand in a page: it would end its own element")
        texts.append(Markup(text))  # noqa: S704  # our own file, and nothing is filled into it
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in texts)
    return Scripts(texts=tuple(texts), policy=f"script-src {hashes}; " if texts else "")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
