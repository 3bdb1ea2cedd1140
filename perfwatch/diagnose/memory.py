"""Who holds the peak of memory: statements without which it would be lower.

It must not judge: rules do.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.diagnose.source import Module

if TYPE_CHECKING:
    from perfwatch.diagnose.scene import Scene

#: A smaller peak is nobody's trouble.
PEAK_AT_LEAST = 100_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Holder:
    """A statement and what it holds at the peak; ``share`` is the part of the peak that would go with it."""

    module: Module
    statement: ast.stmt
    share: float
    peak_bytes: float
    held_bytes: float
    without_bytes: float


def holders(scene: Scene) -> list[Holder]:
    """Return the statements without which the peak would be 5% lower and more, the heaviest first.

    Empty where the peak is below 100 MB. Imports are left out: what a library holds is its own. A statement of several lines counts the line with the most.
    """
    profile = scene.evidence.memory
    if profile is None or profile.peak_bytes < PEAK_AT_LEAST:
        return []
    found: dict[int, Holder] = {}
    for (file, line), stat in scene.evidence.lines.items():
        module = scene.program.modules.get(file)
        statement = None if module is None else module.statement_at(line)
        if module is None or statement is None or stat.without_bytes is None:
            continue
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        share = max(0.0, 1 - stat.without_bytes / profile.peak_bytes)
        other = found.get(id(statement))
        if share >= LEAST_SHARE and (other is None or share > other.share):
            found[id(statement)] = Holder(
                module=module,
                statement=statement,
                share=share,
                peak_bytes=profile.peak_bytes,
                held_bytes=stat.peak_bytes or profile.peak_bytes - stat.without_bytes,
                without_bytes=stat.without_bytes,
            )
    return sorted(found.values(), key=lambda one: -one.share)
