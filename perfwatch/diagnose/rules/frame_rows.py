"""Rows of a table taken one by one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each, each_alone, times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_WALKS = frozenset({"iterrows", "itertuples"})
_PLACES = frozenset({"loc", "iloc", "at", "iat"})
_REFERENCE = "https://pandas.pydata.org/docs/user_guide/enhancingperf.html"
_MANY = 200
#: A row that takes longer than this takes it for what is done with it, not for being a row.
_ROW_NS_AT_MOST = 1e6


def find(scene: Scene) -> Iterator[Suspect]:
    """Walks over rows, functions applied to each row, and cells taken one at a time."""
    for module, loop, share in scene.loops:
        if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call) and called_name(loop.iter) in _WALKS:
            rows = scene.evidence.hits(module.file, loop.body[0].lineno)
            if rows >= _MANY and share * scene.evidence.whole_ns / rows > _ROW_NS_AT_MOST:
                share = scene.evidence.share(module.file, loop.lineno)  # noqa: PLW2901 - making the rows alone
            if rows >= _MANY and share >= LEAST_SHARE:
                yield Suspect(
                    module=module,
                    node=loop,
                    share=share,
                    mechanism=f"{module.words(loop.iter)} makes an object of each row, {times(rows)}; "
                    f"the loop has {share:.0%} of the time",
                    evidence={"rows_count": rows},
                    advice=_advice(f"compute with whole columns of {module.words(loop.iter.func.value)}"),  # type: ignore[attr-defined]
                    sure=Grade.HIGH,
                    effort=Grade.MEDIUM,
                )
    for site in scene.sites:
        yield from _applied(scene, site)
        yield from _cells(scene, site)


def _applied(scene: Scene, site: Site) -> Iterator[Suspect]:
    for call in site.calls():
        if called_name(call) not in {"apply", "map", "applymap", "transform", "agg"} or not call.args:
            continue
        if isinstance(call.args[0], ast.Constant) or _is_slow(scene, site, call.args[0]):
            continue
        by_row = any(
            one.arg == "axis" and isinstance(one.value, ast.Constant) and one.value.value in {1, "columns"}
            for one in call.keywords
        )
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        of_series = (
            owner is not None
            and scene.kind(site, owner) is Kind.SERIES
            and isinstance(call.args[0], (ast.Lambda, ast.Name))
        )
        if by_row or (of_series and called_name(call) in {"apply", "map"}):
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"{site.module.words(call.func)} calls a Python function for each row: {each(scene, site)}",
                advice=_advice("write the function with whole columns, and call it once"),
                sure=Grade.HIGH if by_row else Grade.MEDIUM,
                effort=Grade.MEDIUM,
            )


def _is_slow(scene: Scene, site: Site, applied: ast.AST) -> bool:
    """Whether a function of the user's takes so long for a row that the calling does not matter."""
    found = site.module.functions.get(applied.id, []) if isinstance(applied, ast.Name) else []
    entered = scene.calls_of(site.module, found[0]) if len(found) == 1 else 0.0
    return bool(entered) and site.share * scene.evidence.whole_ns / entered > _ROW_NS_AT_MOST


def _cells(scene: Scene, site: Site) -> Iterator[Suspect]:
    for part in site.parts:
        if (
            isinstance(part, ast.Subscript)
            and isinstance(part.value, ast.Attribute)
            and part.value.attr in _PLACES
            and site.hits >= _MANY
            and _is_table(scene, site, part.value)
        ):
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.own,
                mechanism=f"{site.module.words(part)} looks one cell up: {each_alone(scene, site)}",
                evidence={"lookups_count": site.hits},
                advice=_advice(
                    f"take the columns out once ({site.module.words(part.value.value)}[...].to_numpy()), or compute with whole columns"
                ),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
            )
            return


def _is_table(scene: Scene, site: Site, place: ast.Attribute) -> bool:
    """Whether ``loc`` and its like are a table's: no other thing of note has ``loc`` or ``iloc``."""
    kind = scene.kind(site, place.value)
    return kind in {Kind.FRAME, Kind.SERIES} or (kind is Kind.UNKNOWN and place.attr in {"loc", "iloc"})


def _advice(what: str) -> Advice:
    return Advice(
        summary=f"Instead of row by row, {what}.",
        risk="The order of sums changes, and with it the last digits.",
        reference=_REFERENCE,
    )


RULE = Rule(
    slug="frame-rows",
    title="Rows of a table one by one",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a loop over iterrows or itertuples, apply along rows, or loc, iloc, at, iat inside a loop",
    limits="a table that is handed in from where the source does not show it is not known as one",
    source=_REFERENCE,
    find=find,
)
