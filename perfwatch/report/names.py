"""Names of benchmarks for reading: what all of them begin with is said once, not in every row.

It must not make two names equal: only what all of them share is taken off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Where the parameters begin: in them, no name is cut.
_PARAMETERS = re.compile(r"[\[(]")
_PATH_ENDS = ("/", "::")
_DOTTED_ENDS = (".", "::")
#: A shorter beginning is no burden to read again.
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Names:
    """How the names of one report are shown; ``prefix`` is taken off each."""

    prefix: str = ""

    def short(self, name: str) -> str:
        """Return the name without the shared beginning, printable."""
        return visible(name.removeprefix(self.prefix))

    def said(self, title: str) -> str:
        """Return a sentence about what was taken off, or nothing where ``title`` has said it."""
        if not self.prefix or title.startswith(self.prefix):
            return ""
        return f"All names begin with {visible(self.prefix)}"


def _common(texts: list[str]) -> str:
    """Return what all texts begin with: what the least and the greatest of them do."""
    if not texts:
        return ""
    least, greatest = min(texts), max(texts)
    same = (a == b for a, b in zip(least, greatest, strict=False))
    return least[: next((i for i, equal in enumerate(same) if not equal), min(len(least), len(greatest)))]


def names_of(names: Iterable[str]) -> Names:
    """Return how these names are best shown: cut where a folder, file, module or class ends."""
    known = list(dict.fromkeys(names))
    heads = [_PARAMETERS.split(name, maxsplit=1)[0] for name in known]
    common = _common(heads)
    # A name of one's own may end at any of its dots ("fit.py"); of several, the shared ones are modules.
    dotted = len(known) > 1 and not any("/" in head for head in heads)
    ends = [common.rfind(end) + len(end) for end in (_DOTTED_ENDS if dotted else _PATH_ENDS) if end in common]
    prefix = common[: max(ends, default=0)]
    if len(prefix) < _SHORTEST or any(len(name) == len(prefix) for name in known):
        return Names()
    return Names(prefix)
