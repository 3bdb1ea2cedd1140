"""numpy.vectorize, which is a loop."""

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

_REFERENCE = "https://numpy.org/doc/stable/reference/generated/numpy.vectorize.html"
_MAKERS = ("numpy.vectorize", "numpy.frompyfunc", "numpy.apply_along_axis", "numpy.fromiter")


def find(scene: Scene) -> Iterator[Suspect]:
    """A call of what ``np.vectorize`` made, or of ``np.apply_along_axis``."""
    for site in scene.sites:
        for call in site.calls():
            made = _made(site, call)
            if made:
                yield Suspect(
                    module=site.module,
                    node=site.statement,
                    share=site.share,
                    mechanism=f"{made} calls a Python function for each element, as a loop would: {each(scene, site)}",
                    advice=Advice(
                        summary="Write the function with whole arrays (np.where for its branches), or compile it with numba.vectorize.",
                        risk="Both branches of np.where are computed.",
                        reference=_REFERENCE,
                    ),
                    sure=Grade.HIGH,
                    effort=Grade.MEDIUM,
                )
                break


def _made(site: Site, call: ast.Call) -> str:
    module = site.module
    full = module.dotted(call.func)
    if full in {"numpy.apply_along_axis", "numpy.apply_over_axes"}:
        return full
    if isinstance(call.func, ast.Call) and module.dotted(call.func.func) in _MAKERS:
        return module.dotted(call.func.func)
    name = called_name(call)
    for node in module.nodes(ast.Assign, ast.FunctionDef):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            bound = any(
                (isinstance(one, ast.Name) and one.id == name)
                or (isinstance(one, ast.Attribute) and one.attr == name)
                for one in node.targets
            )
            if bound and module.dotted(node.value.func) in _MAKERS[:2]:
                return module.dotted(node.value.func)
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for one in node.decorator_list:
                told = module.dotted(one.func if isinstance(one, ast.Call) else one)
                if told in _MAKERS[:2]:
                    return told
    return ""


RULE = Rule(
    slug="numpy-vectorize",
    title="numpy.vectorize is a loop",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a call of what numpy.vectorize or frompyfunc made, or of numpy.apply_along_axis",
    limits="a vectorised function that is handed on under another name is not followed",
    source=_REFERENCE,
    find=find,
)
