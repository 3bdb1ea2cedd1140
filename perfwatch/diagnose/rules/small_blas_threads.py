"""Threads of BLAS that cost more than they give."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://github.com/joblib/threadpoolctl"
_ALGEBRA = ("numpy.linalg.", "scipy.linalg.")
_PRODUCTS = frozenset({"numpy.dot", "numpy.matmul", "numpy.einsum", "numpy.tensordot"})
_POOLS = frozenset({"openblas", "mkl", "blis", "flexiblas", "openmp"})
_BUSY_AT_LEAST = 1.2
_MANY = 500
_SMALL_NS = 5e6


def find(scene: Scene) -> Iterator[Suspect]:
    """Many small problems handed to a pool of several threads, with more processor time than elapsed time."""
    io = scene.evidence.io
    pools = [] if io is None else [one for one in io.pools if one.threads_count > 1 and one.kind in _POOLS]
    used = max((one.cpu_over_wall or 0.0 for one in pools), default=0.0)
    if used < _BUSY_AT_LEAST:
        return
    sites = [site for site in scene.sites if _is_algebra(site) and _is_small(scene, site)]
    if not sites:
        return
    first, share = sites[0], min(1.0, sum(site.own for site in sites))
    each_ns = first.own * scene.evidence.whole_ns / first.hits
    # Of a time on several threads that no thread made shorter, all but one thread's part is waste.
    wasted = share * (1 - 1 / used)
    yield Suspect(
        module=first.module,
        node=first.statement,
        share=wasted,
        mechanism=f"{times(first.hits)} a problem of {units.time(each_ns)} goes to a pool of {pools[0].threads_count} threads "
        f"({pools[0].library}): {used:.1f} s of processor time for each second",
        evidence={"calls_count": first.hits, "cpu_over_wall_ratio": used},
        advice=Advice(
            summary="Try one thread: below a few hundred rows the threads wait for each other longer than they compute.",
            code="OPENBLAS_NUM_THREADS=1 python ...  # or threadpoolctl.threadpool_limits(1)",
            risk="Large problems elsewhere in the programme lose their threads, too.",
            reference=_REFERENCE,
        ),
        sure=Grade.MEDIUM,
    )


def _is_algebra(site: Site) -> bool:
    return any(
        (isinstance(one, ast.BinOp) and isinstance(one.op, ast.MatMult))
        or (
            isinstance(one, ast.Call)
            and (
                site.module.dotted(one.func).startswith(_ALGEBRA) or site.module.dotted(one.func) in _PRODUCTS
            )
        )
        for one in site.parts
    )


def _is_small(scene: Scene, site: Site) -> bool:
    """Whether a statement ran many times and took little each time."""
    return site.hits >= _MANY and site.own * scene.evidence.whole_ns / site.hits < _SMALL_NS


RULE = Rule(
    slug="small-blas-threads",
    title="Threads for problems too small for them",
    needs=frozenset({PassName.CPU, PassName.LINES, PassName.IO}),
    shape="matrix products and numpy.linalg 500 times and more below 5 ms each, in a pool of two threads and more that is busy",
    limits="whether one thread is faster is known only once it is tried",
    source=_REFERENCE,
    find=find,
)
