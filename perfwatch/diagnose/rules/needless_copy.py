"""Copies of whole arrays of which a part is used, or nothing is changed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import bound_in, called_name, names_in
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://numpy.org/doc/stable/user/basics.copies.html"
_FUNCTIONS = frozenset({"numpy.array", "numpy.copy", "numpy.ascontiguousarray", "numpy.asfortranarray"})
_METHODS = frozenset({"astype", "copy", "flatten"})
#: Copies that are made to be written into.
_PROTECT = frozenset({"copy", "array", "flatten"})
_MANY = 10
_LEAST_BYTES = 10_000


def find(scene: Scene) -> Iterator[Suspect]:
    """A copy that is indexed at once, or made anew in each turn of a loop that does not change it."""
    for site in scene.sites:
        if site.hits < _MANY or scene.allocated_each(site) < _LEAST_BYTES:
            continue
        for call in site.calls():
            copied = _copied(site, call)
            if copied is None:
                continue
            indexed = _is_indexed(site, call)
            if not indexed and not _is_steady(site, call):
                continue
            name, amount = site.module.words(copied), units.size(scene.allocated_each(site))
            why = "one part of it is used" if indexed else "nothing in the loop changes it"
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.own,
                mechanism=f"{name} is copied whole, {amount} at a time, and {why}: {each_alone(scene, site)}",
                evidence={"copies_count": site.hits, "copied_bytes": scene.allocated_each(site)},
                advice=Advice(
                    summary=f"Take the part first and copy that, or copy {name} once before the loop.",
                    code=f"{name}[...].astype(...)"
                    if indexed
                    else f"copied = {site.module.words(call)}  # once",
                    risk="A part without a copy is a view: what is written into it is written into the whole.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
            )
            break


def _copied(site: Site, call: ast.Call) -> ast.AST | None:
    """What a call copies whole."""
    if site.module.dotted(call.func) in _FUNCTIONS and call.args:
        return call.args[0] if isinstance(call.args[0], (ast.Name, ast.Attribute)) else None
    if isinstance(call.func, ast.Attribute) and called_name(call) in _METHODS:
        return call.func.value if isinstance(call.func.value, (ast.Name, ast.Attribute)) else None
    return None


def _is_indexed(site: Site, call: ast.Call) -> bool:
    parent = site.module.parents.get(call)
    return isinstance(parent, ast.Subscript) and parent.value is call


def _is_steady(site: Site, call: ast.Call) -> bool:
    """Whether the innermost loop changes neither what is copied nor the copy, which would then protect it."""
    loops = site.module.loops_around(call)
    if not loops or names_in(call) & bound_in(loops[0]):
        return False
    if called_name(call) not in _PROTECT:
        return True
    made = site.statement
    if not (isinstance(made, ast.Assign) and made.value is call and isinstance(made.targets[0], ast.Name)):
        return False
    return not _is_changed(site, loops[0], made.targets[0].id)


def _is_changed(site: Site, loop: ast.AST, name: str) -> bool:
    """Whether a loop writes into what a name holds, or hands it to somebody who may."""
    for one in ast.walk(loop):
        if isinstance(one, (ast.Subscript, ast.Attribute)) and isinstance(one.ctx, (ast.Store, ast.Del)):
            if name in names_in(one.value):
                return True
        elif isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name) and one.target.id == name:
            return True
        elif isinstance(one, ast.Call) and not site.module.dotted(one.func).startswith(("numpy.", "scipy.")):
            held = one.func.value if isinstance(one.func, ast.Attribute) else None
            if any(isinstance(part, ast.Name) and part.id == name for part in (held, *one.args)):
                return True
    return False


RULE = Rule(
    slug="needless-copy",
    title="Whole arrays copied for a part",
    needs=frozenset({PassName.CPU, PassName.LINES, PassName.MEMORY}),
    shape="astype, copy, numpy.array of a whole name, 10 kB and more at a time, indexed at once or steady in its loop",
    limits="whether the copy protects the original from being changed elsewhere is not told",
    source=_REFERENCE,
    find=find,
)
