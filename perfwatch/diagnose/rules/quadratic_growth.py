"""A thing that is copied whole each time something is added to it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.shapes import outlives_turn
from perfwatch.diagnose.source import names_in
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_JOINS = frozenset(
    ["append", "concatenate", "vstack", "hstack", "column_stack", "row_stack", "insert", "r_", "c_", "concat"]
)
_MANY = 10
_REFERENCE = "https://numpy.org/doc/stable/reference/generated/numpy.append.html"


def find(scene: Scene) -> Iterator[Suspect]:
    """``a = np.append(a, …)`` and its like, ``text += …`` and ``a = a + [..]`` in a loop."""
    for site in scene.sites:
        statement = site.statement
        if site.hits < _MANY or not outlives_turn(site, _target(statement)):
            continue
        grown = _joined(site) or _added(scene, site)
        if grown is None:
            continue
        name, what = grown
        yield Suspect(
            module=site.module,
            node=statement,
            share=site.own,
            mechanism=f"{name} is copied whole to add to it: {each_alone(scene, site)}; the cost grows with the square of its length",
            evidence={"copies_count": site.hits},
            advice=Advice(
                summary=f"Collect {what} in a list, and join them once after the loop.",
                code=_code(name, what),
                risk="The parts are all held until they are joined.",
                reference=_REFERENCE,
            ),
            # A name's own text is mostly made longer in place by CPython, an attribute's never.
            sure=Grade.MEDIUM
            if what == "the pieces of text" and isinstance(_target(statement), ast.Name)
            else Grade.HIGH,
        )


def _target(statement: ast.stmt) -> ast.AST | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.targets[0]
    return statement.target if isinstance(statement, (ast.AugAssign, ast.AnnAssign)) else None


def _joined(site: Site) -> tuple[str, str] | None:
    target = _target(site.statement)
    if target is None or not isinstance(site.statement, ast.Assign):
        return None
    name = site.module.words(target)
    for call in site.calls():
        full = site.module.dotted(call.func)
        library = full.startswith(("numpy.", "pandas.", "jax.numpy.", "torch."))
        if library and full.rpartition(".")[2] in _JOINS and _holds(site, call, target):
            return name, "the tables" if full.startswith("pandas.") else "the parts"
    return None


def _holds(site: Site, call: ast.Call, target: ast.AST) -> bool:
    """Whether what is assigned to is among what is joined, whole: a window that moves on does not grow."""
    name = site.module.words(target)
    joined = [
        one
        for part in call.args
        for one in (part.elts if isinstance(part, (ast.List, ast.Tuple)) else [part])
    ]
    return any(site.module.words(one) == name for one in joined)


def _added(scene: Scene, site: Site) -> tuple[str, str] | None:
    statement, target = site.statement, _target(site.statement)
    if target is None:
        return None
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
        kind, name = scene.kind(site, target), site.module.words(target)
        if Kind.TEXT in {kind, scene.kind(site, statement.value)}:
            return name, "the pieces of text"
        return None
    value = getattr(statement, "value", None)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and isinstance(target, ast.Name):
        leftmost = value
        while isinstance(leftmost.left, ast.BinOp):
            leftmost = leftmost.left
        if target.id in names_in(leftmost.left) and isinstance(leftmost.left, ast.Name):
            kinds = {scene.kind(site, leftmost.left), scene.kind(site, value.right)}
            if Kind.TEXT in kinds:
                return target.id, "the pieces of text"
            if Kind.LIST in kinds:
                return target.id, "the items"
    return None


def _code(name: str, what: str) -> str:
    if what == "the pieces of text":
        return f'parts.append(...)  # in the loop\n{name} = "".join(parts)  # after it'
    if what == "the items":
        return f"{name}.extend(...)"
    join = "pd.concat(parts)" if what == "the tables" else "np.concatenate(parts)"
    return f"parts.append(...)  # in the loop\n{name} = {join}  # after it"


RULE = Rule(
    slug="quadratic-growth",
    title="Copied whole at each addition",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="10 times and more, a name assigned what joins itself with something: append, concatenate, concat, + of text or lists",
    limits="growth through a function of the user's own that returns the longer thing is not followed",
    source=_REFERENCE,
    find=find,
)
