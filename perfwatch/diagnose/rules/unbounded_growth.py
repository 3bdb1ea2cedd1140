"""Things that are kept in each turn, and never let go."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade, Resource
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/collections.html#collections.deque"
_KEEPS = frozenset({"append", "add", "appendleft", "setdefault", "update", "extend"})
_MANY = 10


def find(scene: Scene) -> Iterator[Suspect]:
    """The statement that puts something of size into a container, again and again, and holds much of the peak."""
    for holder in holders(scene):
        name = _container(holder.statement)
        count = scene.evidence.hits(holder.module.file, holder.statement.lineno, holder.statement.end_lineno)
        if not name or count < _MANY:
            continue
        yield Suspect(
            module=holder.module,
            node=holder.statement,
            share=holder.share,
            resource=Resource.MEMORY,
            mechanism=f"{name} was added to {times(count)} and holds {units.size(holder.held_bytes)} of the peak of "
            f"{units.size(holder.peak_bytes)}: {units.size(holder.held_bytes / count)} more with each turn",
            evidence={"additions_count": count, "held_bytes": holder.held_bytes},
            advice=Advice(
                summary=f"Keep in {name} only what is read later: the figure that is wanted of each, the last few, or a file.",
                code=f"{name} = collections.deque(maxlen=...)  # or keep the one number",
                risk="What is not kept cannot be looked at afterwards.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )
        return


def _container(statement: ast.AST) -> str:
    """What a statement adds to; empty where it adds to nothing."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and called_name(call) in _KEEPS:
            return ast.unparse(call.func.value)
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        place = statement.targets[0].slice
        parts = place.elts if isinstance(place, ast.Tuple) else [place]
        if not any(isinstance(one, ast.Slice) for one in parts):
            return ast.unparse(statement.targets[0].value)
    return ""


RULE = Rule(
    slug="unbounded-growth",
    title="Kept in each turn, never let go",
    needs=frozenset({PassName.LINES, PassName.MEMORY}),
    shape="append, add or an assignment to a key, ten times and more, of what holds 5% of the peak and more",
    limits="whether what is kept is read later is not told",
    source=_REFERENCE,
    find=find,
)
