"""Every item held against every other."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.shapes import is_grid, measures_distance
from perfwatch.diagnose.source import called_name, names_in
from perfwatch.diagnose.wording import each_alone, times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.spatial.cKDTree.html"
_FULL = ("scipy.spatial.distance.cdist", "scipy.spatial.distance.pdist", "scipy.spatial.distance_matrix",
         "sklearn.metrics.pairwise_distances", "sklearn.metrics.pairwise.euclidean_distances")  # fmt: skip
_FEW = frozenset({"argmin", "argpartition", "argsort", "min", "partition", "sort"})
_REDUCES = frozenset({"sum", "norm", "hypot", "sqrt", "abs", "einsum", "argmin", "min"})
_MANY, _MANY_ROWS = 5_000, 300


def find(scene: Scene) -> Iterator[Suspect]:
    """Two nested loops over the same things with a distance inside, or a full matrix of distances that is then narrowed."""
    for module, loop, share in scene.loops:
        inner = next((one for one in loop.body for one in ast.walk(one) if isinstance(one, ast.For)), None)  # type: ignore[attr-defined]
        if not isinstance(loop, ast.For) or inner is None or not measures_distance(inner):
            continue
        if not _same_things(module, loop, inner) or not _keeps_few(inner) or is_grid(loop, inner):
            continue
        pairs = max(
            (scene.evidence.hits(module.file, one.lineno, one.end_lineno) for one in inner.body), default=0.0
        )
        if pairs >= _MANY:
            yield Suspect(
                module=module,
                node=inner,
                share=share,
                mechanism=f"each thing of {module.words(loop.iter)} is held against each other: {times(pairs)}, {share:.0%} of the "
                "time, four times as long for twice as many",
                evidence={"pairs_count": pairs},
                advice=_advice(),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
            )
    for module, loop, share in scene.loops:
        statement = _against_all(loop)
        turns = (
            0.0
            if statement is None
            else scene.evidence.hits(module.file, statement.lineno, statement.end_lineno)
        )
        if statement is not None and turns >= _MANY_ROWS:
            yield Suspect(
                module=module,
                node=statement,
                share=share,
                mechanism=f"each of the things is held against all the others, a row of distances at a time: {times(turns)}, "
                f"{share:.0%} of the time, four times as long for twice as many",
                evidence={"rows_count": turns},
                advice=_advice(),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
            )
    for site in scene.sites:
        for call in site.calls():
            if site.module.dotted(call.func) in _FULL and _narrowed(site):
                yield Suspect(
                    module=site.module,
                    node=site.statement,
                    share=site.own,
                    mechanism=f"all distances are computed, and few of them are used: {each_alone(scene, site)}",
                    advice=_advice(),
                    sure=Grade.HIGH,
                    effort=Grade.MEDIUM,
                )


def _against_all(loop: ast.stmt) -> ast.stmt | None:
    """The statement of a loop's body that takes the distances of one thing from all those that are looped over."""
    if not isinstance(loop, ast.For):
        return None
    one = names_in(loop.target)
    all_of_them = names_in(loop.iter) - {"range", "len", "enumerate", "zip"}
    for statement in (
        part for part in ast.walk(loop) if isinstance(part, (ast.Assign, ast.Expr, ast.Return))
    ):
        differences = [part for part in ast.walk(statement) if _is_difference(part)]
        held = any(
            (names_in(part.left) & all_of_them and names_in(part.right) & (one | all_of_them))  # type: ignore[attr-defined]
            or (names_in(part.right) & all_of_them and names_in(part.left) & (one | all_of_them))  # type: ignore[attr-defined]
            for part in differences
        )
        reduced = any(
            isinstance(part, ast.Call) and called_name(part) in _REDUCES for part in ast.walk(statement)
        )
        if held and reduced and (names_in(statement) & one):
            return statement
    return None


def _is_difference(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)


def _same_things(module: Module, outer: ast.For, inner: ast.For) -> bool:
    """Whether two loops go over the same thing, or over the same range of places."""
    one, other = module.words(outer.iter), module.words(inner.iter)
    names = {each.id for each in ast.walk(outer.iter) if isinstance(each, ast.Name)}
    others = {each.id for each in ast.walk(inner.iter) if isinstance(each, ast.Name)}
    builtin = {"range", "len", "enumerate", "zip"}
    return one == other or bool((names & others) - builtin)


def _keeps_few(inner: ast.For) -> bool:
    """Whether a pair is asked for being near: without that all pairs are wanted, and a tree does not help."""
    return any(
        isinstance(one, ast.Compare) or (isinstance(one, ast.Call) and called_name(one) == "min")
        for one in ast.walk(inner)
    )


def _narrowed(site: Site) -> bool:
    """Whether a matrix of distances is only asked for its least ones, or held against a radius."""
    function = site.module.function_of(site.statement) or site.module.tree
    targets = {
        one.id
        for one in ast.walk(site.statement)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    later = any(_asks_for_few(one) and names_in(one) & targets for one in ast.walk(function))
    return later or any(_asks_for_few(one) for one in site.parts)


def _asks_for_few(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and called_name(node) in _FEW)


def _advice() -> Advice:
    return Advice(
        summary="Put the points into a tree once, and ask it for the neighbours: the work grows with n log n.",
        code="tree = scipy.spatial.cKDTree(points)\ntree.query_pairs(radius)  # or tree.query(points, k=2)",
        risk="A tree pays for few dimensions, below about ten.",
        reference=_REFERENCE,
    )


RULE = Rule(
    slug="all-pairs",
    title="Every pair computed",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="nested loops over the same things with a distance inside that is held against another, or a full matrix of distances held against a radius or asked for its least",
    limits="a sum over all pairs needs all pairs, and is left alone; a comparison of something else in the loop is taken for one of the distance",
    source=_REFERENCE,
    find=find,
)
