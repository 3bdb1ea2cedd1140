"""Full matrices of which hardly an element was ever set."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.naming import all_names, names_of
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name, names_in
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.scipy.org/doc/scipy/reference/sparse.linalg.html"
_DENSE = ("numpy.linalg.", "scipy.linalg.")
_PRODUCTS = frozenset({"dot", "matmul"})
_MAKERS = frozenset({"numpy.zeros", "numpy.eye", "numpy.identity", "numpy.diag", "numpy.zeros_like"})
_SET_AT_MOST = 0.1
_ELEMENT_BYTES = 8
#: Dense algebra on less is over before a sparse solver has begun.
_ELEMENTS_AT_LEAST = 10_000


def find(scene: Scene) -> Iterator[Suspect]:
    """Dense algebra at a dear place, on a matrix that was made of zeros and filled element by element."""
    filled = _filled(scene)
    if filled is None:
        return
    ratio, elements, names = filled
    for site in scene.sites:
        if not any(_is_dense(site, one, names) for one in site.parts):
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.own,
            mechanism=f"a matrix of {elements:,.0f} elements is treated as full, and {units.percent(ratio)} of them at most were "
            f"ever set: {each_alone(scene, site)}",
            evidence={"elements_count": elements, "set_ratio": ratio},
            advice=Advice(
                summary="Assemble it as a sparse matrix and use the sparse solver; factor it once where it stays the same.",
                code="A = scipy.sparse.coo_array((values, (rows, columns))).tocsc()\nx = scipy.sparse.linalg.spsolve(A, b)",
                risk="The order of the elimination changes, and with it the last digits.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )
        return


def _is_dense(site: Site, node: ast.AST, names: set[str]) -> bool:
    """Whether a node is algebra on what goes by one of the matrix's names."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return bool(names & all_names(node))
    if not isinstance(node, ast.Call) or not any(names & all_names(one) for one in node.args):
        return False
    full = site.module.dotted(node.func)
    return full.startswith(_DENSE) or (full.startswith("numpy.") and called_name(node) in _PRODUCTS)


def _filled(scene: Scene) -> tuple[float, float, set[str]] | None:
    """The share of a matrix's elements that were set at most, how many it has, and its names: measured bytes, counted writes."""
    for module in scene.measured:
        for node in module.nodes(ast.Assign):
            if not isinstance(node.value, ast.Call):
                continue
            if module.dotted(node.value.func) not in _MAKERS or not _is_square(node.value):
                continue
            stat = scene.evidence.line(module.file, node.lineno)
            made = scene.evidence.hits(module.file, node.lineno)
            if stat is None or not stat.allocated_bytes or not made:
                continue
            elements = stat.allocated_bytes / made / _ELEMENT_BYTES
            names = {name for target in node.targets for name in names_in(target)}
            scope = module.function_of(node) or module.tree
            writes = _writes(scene, module.file, scope, names) / made
            if elements >= _ELEMENTS_AT_LEAST and 0 < writes < _SET_AT_MOST * elements:
                return writes / elements, elements, names_of(scene.program, names)
    return None


def _is_square(call: ast.Call) -> bool:
    """Whether a maker is asked for two axes."""
    return bool(call.args) and (not isinstance(call.args[0], ast.Tuple) or len(call.args[0].elts) == 2)


def _writes(scene: Scene, file: str, scope: ast.AST, names: set[str]) -> float:
    """How often single elements of a name were assigned; 0 where a slice of it is."""
    count = 0.0
    for one in ast.walk(scope):
        if not isinstance(one, (ast.Assign, ast.AugAssign)):
            continue
        for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
            if isinstance(target, ast.Subscript) and names_in(target.value) & names:
                places = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
                if len(places) != 2 or any(isinstance(part, ast.Slice) for part in places):
                    return 0.0
                count += scene.evidence.hits(file, one.lineno, one.end_lineno)
    return count


RULE = Rule(
    slug="dense-for-sparse",
    title="A full matrix of zeros",
    needs=frozenset({PassName.CPU, PassName.LINES, PassName.MEMORY}),
    shape="dense solvers, factorisations or products, in a programme that fills a matrix of 10,000 zeros and more element by element",
    limits="matrices that come from a file or a library, or are filled by slices, are not looked into; one is followed by its names through assignments, returns and arguments",
    source=_REFERENCE,
    find=find,
)
