"""Python that waits for single numbers of a device."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.devices import compiled_names, is_device
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import FUNCTIONS, called_name, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Function

_REFERENCE = "https://docs.jax.dev/en/latest/control-flow.html"
_PULLS = frozenset({"float", "int", "bool", "item", "tolist", "block_until_ready", "device_get"})
_MANY = 8
_CONVERTS = frozenset({"numpy.asarray", "numpy.array", "jax.device_get", "float", "int"})


def find(scene: Scene) -> Iterator[Suspect]:
    """``float(x)``, ``x.item()`` and ``if x > 0`` of JAX's arrays, in a loop."""
    if not any(
        name.startswith("jax") for module in scene.program.naming("jax") for name in module.imports.values()
    ):
        return
    for site in scene.sites:
        pulled = _pulled(site) or _handed_over(scene, site)
        if not pulled or site.hits < _MANY:
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=max(site.share, scene.loop_share_of(site)),
            mechanism=f"{pulled} asks the device and waits for its answer: {each(scene, site)}",
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
    """The expression that brings a number over, or an array in each turn of a loop; empty where there is none."""
    for call in site.calls():
        name = called_name(call)
        argument = call.args[0] if call.args else getattr(call.func, "value", None)
        # An array is handed over once at the end; in a loop each turn waits for it.
        in_turns = site.module.dotted(call.func) in _CONVERTS and site.module.loops_around(site.statement)
        if (name in _PULLS or in_turns) and argument is not None and is_device(site.module, argument):
            return site.module.words(call)
    test = getattr(site.statement, "test", None)
    if isinstance(site.statement, (ast.If, ast.While)) and test is not None and is_device(site.module, test):
        return site.module.words(test)
    return ""


def _handed_over(scene: Scene, site: Site) -> str:
    """The expression that hands a compiled part's answer to NumPy, where both came in as arguments; empty where there is none."""
    function = site.module.function_of(site.statement)
    if not isinstance(function, FUNCTIONS) or not site.module.loops_around(site.statement):
        return ""
    for call in site.calls():
        asked = call.args[0] if call.args else None
        if not isinstance(call.func, ast.Name) or not isinstance(asked, ast.Call):
            continue
        converts = any(
            module.dotted(one) in _CONVERTS for module, one in scene.program.given(function, call.func.id)
        )
        owner = asked.func.value if isinstance(asked.func, ast.Attribute) else None
        if converts and isinstance(owner, ast.Name) and _is_compiled(scene, function, owner.id):
            return site.module.words(call)
    return ""


def _is_compiled(scene: Scene, function: Function, name: str) -> bool:
    """Whether an argument is made by a function of the user's that speaks of what JAX compiles."""
    for module, one in scene.program.given(function, name):
        found = scene.program.defined(module, one) if isinstance(one, ast.Call) else None
        if found is not None and compiled_names(found[0]) & names_in(found[1]):
            return True
    return False


RULE = Rule(
    slug="jax-scalar-flow",
    title="Waiting for single numbers of a device",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="float, int, bool, item, if or while on what JAX computed, or NumPy's asarray of what a compiled part answered in a loop, eight times and more",
    limits="arrays that come through the user's own classes are followed where these are made of compiled functions and handed to the loop's own function",
    source=_REFERENCE,
    find=find,
)
