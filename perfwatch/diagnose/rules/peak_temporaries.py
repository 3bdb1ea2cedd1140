"""Arrays that live for one expression, and make the peak."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.memory import Holder, holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.records.finding import Advice, Grade, Resource
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://numpy.org/doc/stable/reference/ufuncs.html#optional-keyword-arguments"
_STEPS = 2
#: Of a part of the peak below this, another statement is likely to be the next to hold it.
_MUCH = 0.3
_BLAS_BLOCK_BYTES, _BLOCK_SLACK = 2**24, 0.02
_BY_BLAS = frozenset({"dot", "matmul", "einsum", "tensordot", "polyfit", "cov", "corrcoef", "lstsq", "inner"})
_MADE_OF_SHAPES = ("numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full", "numpy.random.", "numpy.arange", "numpy.linspace",
                   "numpy.load", "numpy.fromfile", "numpy.genfromtxt")  # fmt: skip


def find(scene: Scene) -> Iterator[Suspect]:
    """The statement of arithmetic on arrays without which the peak would be lower most."""
    for holder in holders(scene):
        steps = _steps(scene, holder.module, holder.statement)
        if steps < _STEPS or _is_library_buffer(holder):
            continue
        yield Suspect(
            module=holder.module,
            node=holder.statement,
            share=holder.share,
            resource=Resource.MEMORY,
            mechanism=f"{steps} steps of arithmetic each make a whole array: at the peak of {units.size(holder.peak_bytes)} this "
            f"statement holds {units.size(holder.held_bytes)}, and without it the peak is {units.size(holder.without_bytes)}",
            evidence={"steps_count": float(steps), "without_bytes": holder.without_bytes},
            advice=Advice(
                summary="Work in blocks of rows, or in place (out=, *=), so that one array in between is alive at a time.",
                code="np.multiply(a, b, out=a)",
                risk="What is written in place is gone; a block's edge wants care where neighbours are read.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if holder.share >= _MUCH else Grade.MEDIUM,
            effort=Grade.MEDIUM,
        )
        return


def _is_library_buffer(holder: Holder) -> bool:
    """Whether what is held are the blocks that OpenBLAS sets aside at its first call, 16 MiB for a thread, and no arrays."""
    algebra = any(
        (isinstance(one, ast.BinOp) and isinstance(one.op, ast.MatMult))
        or (isinstance(one, ast.Call) and _is_algebra(holder.module, one))
        for one in ast.walk(holder.statement)
    )
    blocks = holder.held_bytes / _BLAS_BLOCK_BYTES
    return algebra and round(blocks) >= 1 and abs(blocks - round(blocks)) < _BLOCK_SLACK


def _is_algebra(module: Module, call: ast.Call) -> bool:
    full = module.dotted(call.func)
    return full.startswith(("numpy.linalg.", "scipy.linalg.")) or full.rpartition(".")[2] in _BY_BLAS


def _steps(scene: Scene, module: Module, node: ast.AST) -> int:
    """How many operations of an expression make an array, as far as it shows: none in a place, a shape, or of numbers."""
    if isinstance(node, ast.Call) and module.dotted(node.func).startswith(_MADE_OF_SHAPES):
        return 1
    found = 0
    if isinstance(node, ast.BinOp):
        found = int(scene.kinds.of(module, node) not in {Kind.NUMBER, Kind.TEXT, Kind.LIST})
    elif isinstance(node, ast.Call):
        found = int(
            module.dotted(node.func).startswith("numpy.") or getattr(node.func, "attr", "") == "astype"
        )
    children = [node.value] if isinstance(node, ast.Subscript) else ast.iter_child_nodes(node)
    return found + sum(_steps(scene, module, one) for one in children)


RULE = Rule(
    slug="peak-temporaries",
    title="Arrays in between make the peak",
    needs=frozenset({PassName.MEMORY}),
    shape="a statement with two and more array operations, without which the peak would be 5% lower and more",
    limits="the peak without a line is computed from what the line allocated; the next highest moment may lie elsewhere",
    source=_REFERENCE,
    find=find,
)
