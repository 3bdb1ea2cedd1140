"""Functions of JAX that are transformed anew for each call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.jax.dev/en/latest/jit-compilation.html"
_TRANSFORMS = frozenset(
    ["jax.grad", "jax.value_and_grad", "jax.jit", "jax.vmap", "jax.jacfwd", "jax.jacrev", "jax.hessian"]
)
_MANY = 10


def find(scene: Scene) -> Iterator[Suspect]:
    """``jax.grad(f)(x)``, or a compiled function made, where that is done many times."""
    for site in scene.sites:
        made = _made(site)
        if made is None or site.hits < _MANY:
            continue
        what = site.module.words(made)
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{what} is made anew and traced through Python: {each(scene, site)}",
            evidence={"traces_count": site.hits},
            advice=Advice(
                summary="Make the compiled function once, outside the loop, and call that: the first call traces, the others run.",
                code=f"compiled = {what if what.startswith('jax.jit') else f'jax.jit({what})'}  # once",
                risk="Arguments of another shape or type are traced again; the first call takes longer.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
        )
        return
    yield from _uncompiled(scene)


def _made(site: Site) -> ast.Call | None:
    """The outermost transformation that a statement makes."""
    found = [call for call in site.calls() if site.module.dotted(call.func) in _TRANSFORMS]
    return found[0] if found else None


def _uncompiled(scene: Scene) -> Iterator[Suspect]:
    """Calls of a gradient that was made once, and never compiled."""
    for site in scene.sites:
        if site.hits < _MANY:
            continue
        for call in site.calls():
            made = _transformed(site, call)
            if made is None:
                continue
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"{site.module.words(call.func)} was never compiled, and is traced through Python: {each(scene, site)}",
                evidence={"traces_count": site.hits},
                advice=Advice(
                    summary="Compile it once: without jax.jit a gradient is traced again at each call.",
                    code=f"{site.module.words(call.func)} = jax.jit({made})",
                    risk="Arguments of another shape or type are traced again; the first call takes longer.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
            )
            return


def _transformed(site: Site, call: ast.Call) -> str | None:
    """What a called name was assigned, where that is a transformation without ``jax.jit`` around it."""
    if not isinstance(call.func, ast.Name):
        return None
    made = [
        node.value
        for node in site.module.nodes(ast.Assign)
        if isinstance(node.value, ast.Call)
        if any(isinstance(one, ast.Name) and one.id == call.func.id for one in node.targets)
    ]
    named = [site.module.dotted(one.func) for one in made]
    if "jax.jit" in named:  # compiled later, under the same name
        return None
    return next(
        (site.module.words(one) for one, name in zip(made, named, strict=True) if name in _TRANSFORMS), None
    )


RULE = Rule(
    slug="jax-retrace",
    title="Traced anew at each call",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="jax.grad, jit, vmap or their like made at a place that runs ten times and more, or a gradient called without jax.jit",
    limits="a compiled function whose arguments change their shape is traced again, which is not told from here",
    source=_REFERENCE,
    find=find,
)
