"""Python that waits for single numbers of a device."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.jax.dev/en/latest/control-flow.html"
_PULLS = frozenset({"float", "int", "bool", "item", "tolist", "block_until_ready", "device_get"})
_JAX = ("jax.", "jax.numpy.")
_MANY = 50


def find(scene: Scene) -> Iterator[Suspect]:
    """``float(x)``, ``x.item()`` and ``if x > 0`` of JAX's arrays, in a loop."""
    if not any(
        name.startswith("jax") for module in scene.program.naming("jax") for name in module.imports.values()
    ):
        return
    for site in scene.sites:
        pulled = _pulled(site)
        if not pulled or site.hits < _MANY:
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=max(site.share, scene.loop_share_of(site)),
            mechanism=f"{pulled} asks the device for one number and waits for it: {each(scene, site)}",
            evidence={"transfers_count": site.hits},
            advice=Advice(
                summary="Keep the choice on the device: jnp.where for the branch, lax.scan or lax.while_loop for the steps, and one "
                "transfer at the end.",
                code="state, record = jax.lax.scan(step, state, xs=None, length=steps)",
                risk="Both branches of jnp.where are computed.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )
        return


def _pulled(site: Site) -> str:
    """The expression that brings a number over; empty where there is none."""
    for call in site.calls():
        name = called_name(call)
        argument = call.args[0] if call.args else getattr(call.func, "value", None)
        if name in _PULLS and argument is not None and _is_device(site.module, argument):
            return site.module.words(call)
    test = getattr(site.statement, "test", None)
    if isinstance(site.statement, (ast.If, ast.While)) and test is not None and _is_device(site.module, test):
        return site.module.words(test)
    return ""


def _is_device(module: Module, node: ast.AST) -> bool:
    """Whether an expression holds a call of JAX, or a name that was assigned from one, or from a compiled function."""
    compiled = _compiled(module)
    parts = list(_values(node))
    names = {one.id for one in parts if isinstance(one, ast.Name)}
    if any(isinstance(one, ast.Call) and _from_jax(module, one, compiled) for one in parts):
        return True
    for one in module.nodes(ast.Assign):
        if (
            isinstance(one, ast.Assign)
            and isinstance(one.value, ast.Call)
            and _from_jax(module, one.value, compiled)
        ):
            bound = {
                each.id for target in one.targets for each in ast.walk(target) if isinstance(each, ast.Name)
            }
            if bound & names:
                return True
    return False


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression whose values are asked for: a shape, a type or a length is known without waiting."""
    known = isinstance(node, ast.Attribute) and node.attr in {"shape", "ndim", "size", "dtype"}
    if known or (isinstance(node, ast.Call) and called_name(node) == "len"):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _values(child)


def _from_jax(module: Module, call: ast.Call, compiled: set[str]) -> bool:
    return module.dotted(call.func).startswith(_JAX) or called_name(call) in compiled


def _compiled(module: Module) -> set[str]:
    """Functions that were compiled, by decorator or by assignment."""
    found = set()
    for node in module.nodes(ast.FunctionDef, ast.Assign):
        if isinstance(node, ast.FunctionDef):
            decorators = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
            partial = [one.args[0] for one in node.decorator_list if isinstance(one, ast.Call) and one.args]
            if any(module.dotted(one) == "jax.jit" for one in (*decorators, *partial)):
                found.add(node.name)
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and module.dotted(node.value.func) == "jax.jit"
        ):
            found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return found


RULE = Rule(
    slug="jax-scalar-flow",
    title="Waiting for single numbers of a device",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="float, int, bool, item, if or while on what JAX computed, 50 times and more",
    limits="arrays that come through the user's own classes are not followed",
    source=_REFERENCE,
    find=find,
)
