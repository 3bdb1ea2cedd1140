"""A Python function that a solver of scipy's calls very often."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.LowLevelCallable.html"
_REFERENCES = {
    "integrate": _REFERENCE,
    "optimize": "https://docs.scipy.org/doc/scipy/reference/optimize.html",
    "interpolate": "https://docs.scipy.org/doc/scipy/reference/interpolate.html",
    "ndimage": _REFERENCE,
}
_MODULES = ("scipy.integrate.", "scipy.optimize.", "scipy.interpolate.", "scipy.ndimage.")
_MANY = 10_000
#: A solver that is itself asked again and again has its own set-up and steps to pay for, too.
_MANY_AGAIN, _SOLVED_AGAIN = 2_000, 20


def find(scene: Scene) -> Iterator[Suspect]:
    """Solvers of scipy's whose function, of the user's own, was entered 10,000 times and more, or 2,000 in many solutions."""
    for site in scene.sites:
        for call in site.calls():
            full = site.module.dotted(call.func)
            if not full.startswith(_MODULES):
                continue
            for name, entered, inside in _callbacks(scene, site, call):
                if entered < (_MANY_AGAIN if site.hits >= _SOLVED_AGAIN else _MANY):
                    continue
                yield Suspect(
                    module=site.module,
                    node=site.statement,
                    share=site.share,
                    mechanism=f"{full} called {name} {times(entered)}, {inside:.0%} of the time is {name}'s and "
                    f"{max(0.0, site.share - inside):.0%} the calling's",
                    evidence={"calls_count": entered},
                    advice=Advice(
                        summary=f"Make fewer calls ({_fewer(full)}), or cheaper ones (compile {name} with {_cheaper(full)}).",
                        risk="A looser tolerance gives up digits.",
                        reference=_REFERENCES[full.split(".")[1]],
                    ),
                    sure=Grade.HIGH,
                    effort=Grade.MEDIUM,
                    risk=Grade.MEDIUM,
                )
                return


def _fewer(full: str) -> str:
    return {
        "integrate": "integrate all at once with quad_vec or fixed nodes, an analytic form, a looser tolerance",
        "optimize": "a gradient or Jacobian handed over as jac=, all candidates at once with vectorized=True, a looser tolerance",
    }.get(full.split(".")[1], "hand whole arrays over instead of single points")


def _cheaper(full: str) -> str:
    """What takes a compiled function: only some solvers know a LowLevelCallable."""
    low = full.rpartition(".")[2] in {
        "quad",
        "nquad",
        "dblquad",
        "tplquad",
        "generic_filter",
        "generic_filter1d",
        "geometric_transform",
    }
    return "numba.cfunc and hand it over as a scipy.LowLevelCallable" if low else "numba.njit"


def _callbacks(scene: Scene, site: Site, call: ast.Call) -> Iterator[tuple[str, float, float]]:
    given = [one.value for one in call.keywords if one.arg in {"fun", "func", "f"}]
    for argument in (*call.args[:2], *given):
        if isinstance(argument, ast.Lambda):
            yield "the lambda", scene.evidence.hits(site.module.file, argument.body.lineno), 0.0
        name = (
            argument.id
            if isinstance(argument, ast.Name)
            else argument.attr
            if isinstance(argument, ast.Attribute)
            else ""
        )
        if not name:
            continue
        for module, function in scene.program.functions_named(name):
            entered = scene.calls_of(module, function)
            inside = scene.evidence.share(module.file, function.lineno + 1, function.end_lineno)
            yield name, entered, inside


RULE = Rule(
    slug="scipy-callback",
    title="A solver that calls Python very often",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function of scipy.integrate, optimize, interpolate or ndimage that is handed a function of the user's own, entered 10,000 times and more, or 2,000 times where the solver was called 20 times and more",
    limits="a partial or a method that is built on the way is not followed",
    source=_REFERENCE,
    find=find,
)
