"""Nothing to do in Python: where most of the time passes in compiled code, how far that is from what the machine can, and what is left.

It must not be asked where a rule has found something.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.places import place_of
from perfwatch.diagnose.source import COMPREHENSIONS, FUNCTIONS
from perfwatch.records.experiment import Experiment, ExperimentKind, StatementPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfwatch.diagnose.scene import Scene, Site

_MOST = 0.5
#: A statement that takes three times what its operations would at the machine's best is bound by something else;
#: factors of matrices take twice as long as products with as many operations.
_NEAR = 1 / 3
#: Statements whose amount of work can be told.
_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
#: What a watch of the statement can tell the amount of; where anything else is in it, watching would be in vain.
_OPERATORS = (ast.MatMult, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr, ast.BitXor)
TOLD = frozenset({
    "numpy.dot", "numpy.matmul", "numpy.linalg.cholesky", "numpy.linalg.inv", "numpy.linalg.solve",
    "numpy.linalg.det", "scipy.linalg.cholesky", "scipy.linalg.inv", "scipy.linalg.solve", "scipy.linalg.det",
    "numpy.add", "numpy.subtract", "numpy.multiply", "numpy.divide", "numpy.maximum", "numpy.minimum",
    "numpy.absolute", "numpy.square", "numpy.negative", "numpy.copy", "numpy.ravel", "numpy.transpose",
})  # fmt: skip
TOLD_METHODS = frozenset({"dot", "copy", "astype", "reshape", "ravel", "transpose"})
_NUMBERS = frozenset({"len", "float", "int", "bool"})
_LEFT = "fewer or larger calls, another algorithm, a narrower type, threads, or other hardware"


def ask(scene: Scene) -> Iterator[Experiment]:
    """Want to know how far the dearest statement is from the machine's limit, where compiled code has half of the time."""
    sites, share = _compiled(scene)
    if share < _MOST or not _is_told(sites[0]):
        return
    first = sites[0]
    function = first.module.function_of(first.statement)
    if isinstance(function, ast.Lambda):
        return
    yield Experiment(
        kind=ExperimentKind.LIMIT,
        target=scene.evidence.benchmark.target,
        benchmark=scene.evidence.benchmark.name,
        share_ratio=first.own,
        statement=StatementPlace(
            function=place_of(first.module, function if isinstance(function, FUNCTIONS) else None),
            line_start=first.first,
            line_end=first.last,
            text=ast.unparse(first.statement),
        ),
    )


def _is_told(site: Site) -> bool:
    """Whether the amount of what a statement does can be told, as far as its source shows."""
    statement, at_work = site.statement, False
    if not isinstance(statement, _PLAIN):
        return False
    for one in ast.walk(statement):
        if isinstance(one, ast.Call):
            full = site.module.dotted(one.func)
            method = isinstance(one.func, ast.Attribute) and not full and one.func.attr in TOLD_METHODS
            if full not in TOLD | _NUMBERS and not method:
                return False
            at_work |= full not in _NUMBERS
        elif isinstance(one, ast.BinOp):
            if not isinstance(one.op, _OPERATORS):
                return False
            at_work = True
        elif isinstance(one, (ast.Lambda, ast.IfExp, ast.BoolOp, *COMPREHENSIONS)):
            return False
    return at_work or isinstance(statement, ast.AugAssign)


def in_compiled_code(scene: Scene) -> str:
    """Return a sentence on the lines whose time is compiled code's; empty where these have less than half of the time."""
    sites, share = _compiled(scene)
    if share < _MOST:
        return ""
    first = sites[0]
    where = (
        f"{share:.0%} of the time passes in compiled code, most of it at {first.module.file}:{first.first}"
    )
    for tried in scene.evidence.tried(ExperimentKind.LIMIT):
        place = tried.statement
        if (
            tried.figures
            and place is not None
            and (place.function.file, place.line_start) == (first.module.file, first.first)
        ):
            return f"{where}. {_against_the_limit(tried.figures)}"
    return f"{where}: what is left to try there is {_LEFT}."


def _against_the_limit(figures: Mapping[str, float]) -> str:
    """How much of the machine's speed a statement reaches, and what that leaves to try."""
    reached = figures["reached_ratio"]
    by_arithmetic = figures["arithmetic_ns"] >= figures["memory_ns"]
    wall_s = figures["wall_ns"] / 1e9
    if by_arithmetic:
        speed = units.arithmetic(figures["flops_count"] / wall_s)
        most = f"{units.arithmetic(figures['product_flops_per_s'])} by a product of large matrices"
    else:
        speed = f"{units.size(figures['moved_bytes'] / wall_s)}/s"
        most = f"{units.size(figures['memory_bytes_per_s'])}/s by passes over as much ({units.size(figures['tried_bytes'])} a time)"
    faster = "this machine reaches" if reached <= 1 else "nothing was faster on this machine:"
    said = f"It does {speed}; tried in the same process, {faster} {most}"
    sides = _sides(figures)
    if by_arithmetic and sides:
        said += f" (its own largest is {sides})"
    if reached < _NEAR:
        return (
            f"{said}. At these speeds its operations would take {units.portion(reached)} of its time: it is bound by neither, but by the "
            "calls themselves, by small or thin pieces, or by memory that is met for the first time. Try fewer and larger calls, "
            "and arrays that are kept."
        )
    kind = "arithmetic" if by_arithmetic else "memory"
    left = (
        "another algorithm, a narrower type, more threads, or other hardware"
        if by_arithmetic
        else "fewer passes over the arrays, a narrower type, or other hardware"
    )
    return f"{said}: {units.portion(min(1.0, reached))} of the machine's limit, which is its {kind}. What is left to try there is {left}."


def _sides(figures: Mapping[str, float]) -> str:
    names = ("rows_count", "inner_count", "columns_count")
    if not all(name in figures for name in names):
        return ""
    rows, inner, columns = (units.whole(round(figures[name])) for name in names)
    return f"{rows} x {inner} by {inner} x {columns}"


def _compiled(scene: Scene) -> tuple[list[Site], float]:
    """The statements whose time is compiled code's, dearest first, and the share that they have together."""
    sites = sorted((one for one in scene.sites if _is_compiled(scene, one)), key=lambda one: -one.own)
    return sites, min(1.0, sum(one.own for one in sites))


def _is_compiled(scene: Scene, site: Site) -> bool:
    stats = [scene.evidence.line(site.module.file, line) for line in range(site.first, site.last + 1)]
    spent = sum(one.time_ns or 0.0 for one in stats if one is not None)
    native = sum((one.time_ns or 0.0) * (one.native_ratio or 0.0) for one in stats if one is not None)
    return spent > 0 and native >= _MOST * spent
