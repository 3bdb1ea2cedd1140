"""Things that are kept in each turn, and never let go."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade, Resource
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.python.org/3/library/collections.html#collections.deque"
_KEEPS = frozenset({"append", "add", "appendleft", "setdefault", "update", "extend"})
_MANY = 10


def find(scene: Scene) -> Iterator[Suspect]:
    """The statement that puts something of size into a container, again and again, and holds much of the peak."""
    for holder in holders(scene):
        container = _container(holder.statement)
        if container is None or scene.kinds.of(holder.module, container) in {Kind.ARRAY, Kind.FRAME}:
            continue
        name = holder.module.words(container)
        count = scene.evidence.hits(holder.module.file, holder.statement.lineno, holder.statement.end_lineno)
        if count < _MANY:
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
            sure=_sure(holder.module, name),
            effort=Grade.MEDIUM,
        )
        return


def _sure(module: Module, name: str) -> Grade:
    """How sure it is that the past is not wanted: nobody reads it, it is gone through, it is joined or handed on whole."""
    last = name.rpartition(".")[2]
    sure = Grade.HIGH
    for one in module.nodes(ast.Name, ast.Attribute):
        if last != (one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")):
            continue
        above = module.parents.get(one)
        adding = isinstance(above, ast.Attribute) and above.attr in _KEEPS
        if adding or not isinstance(getattr(one, "ctx", None), ast.Load) or _is_last_asked(above, one):
            continue
        if isinstance(above, (ast.Return, ast.Call, ast.keyword)) and not _is_length(above):
            return Grade.LOW
        sure = Grade.HIGH if isinstance(above, ast.Call) else Grade.MEDIUM
    return sure


def _is_length(above: ast.AST) -> bool:
    return isinstance(above, ast.Call) and called_name(above) == "len"


def _is_last_asked(above: ast.AST | None, node: ast.AST) -> bool:
    """Whether one place is asked for, as the last thing is, or one is put in."""
    if not (isinstance(above, ast.Subscript) and above.value is node):
        return False
    return not isinstance(above.ctx, ast.Load) or isinstance(above.slice, (ast.UnaryOp, ast.Constant))


def _container(statement: ast.AST) -> ast.expr | None:
    """What a statement adds to; ``None`` where it adds to nothing."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and called_name(call) in _KEEPS:
            return call.func.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        place = statement.targets[0].slice
        parts = place.elts if isinstance(place, ast.Tuple) else [place]
        if not any(isinstance(one, ast.Slice) for one in parts):
            return statement.targets[0].value
    return None


RULE = Rule(
    slug="unbounded-growth",
    title="Kept in each turn, never let go",
    needs=frozenset({PassName.LINES, PassName.MEMORY}),
    shape="append, add or an assignment to a key, ten times and more, of what holds 5% of the peak and more",
    limits="what is gone through later is less sure, and what is handed on whole hardly: it may all be wanted",
    source=_REFERENCE,
    find=find,
)
