"""Arrays computed in double precision and kept in single."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://numpy.org/doc/stable/reference/random/generator.html"
#: What drawing standard numbers as singles and scaling them in place saves of the time, by the method that draws
#: doubles: measured by benchmarks/narrow_drawing.py, numpy 2 on x86-64, medians.
_SAVED = {"random": 0.20, "uniform": 0.40, "normal": 0.18, "exponential": 0.25, "lognormal": 0.36}
_NARROW = frozenset({"float32", "single", "float16", "half", "f4", "f2"})
_LEAST_BYTES = 1e6


def find(scene: Scene) -> Iterator[Suspect]:
    """Random numbers that are drawn, at a dear place, as doubles, and of which only a narrowed copy is used."""
    for site in scene.sites:
        name, method = _drawn(site)
        if not name or scene.allocated_each(site) < _LEAST_BYTES:
            continue
        function = site.module.function_of(site.statement)
        if function is None or not _is_only_narrowed(site.module, function, site.statement, name):
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.own * _SAVED[method],
            mechanism=f"{name} is drawn in double precision, and all that is used of it is narrowed: {each(scene, site)}",
            evidence={"allocated_bytes": scene.allocated_each(site), "saved_ratio": _SAVED[method]},
            advice=Advice(
                summary=f"Draw standard numbers in single precision, and scale them in place: that saved {_SAVED[method]:.0%} of {method}'s time where it "
                "was measured, and half of its memory.",
                code=_instead(name, method),
                risk="Other numbers than before, of the same distribution; seven digits while they are scaled.",
                reference=_REFERENCE,
            ),
            sure=Grade.MEDIUM,
            risk=Grade.MEDIUM,
        )


def _instead(name: str, method: str) -> str:
    standard = {
        "normal": "standard_normal",
        "lognormal": "standard_normal",
        "exponential": "standard_exponential",
    }
    lines = [f"{name} = generator.{standard.get(method, 'random')}(size, dtype=np.float32)"]
    lines += [] if method == "random" else [f"{name} *= scale"]
    lines += [f"{name} += place"] if method in {"normal", "lognormal", "uniform"} else []
    lines += [f"np.exp({name}, out={name})"] if method == "lognormal" else []
    return "\n".join(lines)


def _drawn(site: Site) -> tuple[str, str]:
    """The name that a statement binds to numbers which it draws in double precision, and by which method; else empty."""
    statement = site.statement
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return "", ""
    target, value = statement.targets[0], statement.value
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
        return "", ""
    method = called_name(value) if isinstance(value.func, ast.Attribute) else ""
    told = any(one.arg in {"dtype", "out"} for one in value.keywords)
    return (target.id, method) if method in _SAVED and not told else ("", "")


def _is_only_narrowed(module: Module, function: ast.AST, bound: ast.stmt, name: str) -> bool:
    """Whether every use of a name stands inside what is narrowed as a whole."""
    uses = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
    ]
    binds = [
        one
        for one in ast.walk(function)
        if isinstance(one, (ast.Assign, ast.AugAssign)) and one is not bound and name in _bound(one)
    ]
    return bool(uses) and not binds and all(any(_narrows(part) for part in module.above(one)) for one in uses)


def _bound(statement: ast.Assign | ast.AugAssign) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {name for one in targets for name in names_in(one)}


def _narrows(node: ast.AST) -> bool:
    """Whether a node is ``x.astype(np.float32)``."""
    if not (isinstance(node, ast.Call) and called_name(node) == "astype" and node.args):
        return False
    told = node.args[0]
    word = told.value if isinstance(told, ast.Constant) else getattr(told, "attr", getattr(told, "id", ""))
    return word in _NARROW


RULE = Rule(
    slug="narrowed-later",
    title="Doubles drawn to be singles",
    needs=frozenset({PassName.CPU, PassName.LINES, PassName.MEMORY}),
    shape="random numbers, 1 MB of them and more at a time, every use of which stands inside an astype to single precision",
    limits="what is computed in double precision without being drawn is left alone: its digits may be needed on the way",
    source=_REFERENCE,
    find=find,
)
