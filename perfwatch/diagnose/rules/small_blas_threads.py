"""Threads of BLAS that cost more than they give."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import times
from perfwatch.records.experiment import Experiment, ExperimentKind
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.records.profile import ThreadPool

_REFERENCE = "https://github.com/joblib/threadpoolctl"
#: As threadpoolctl calls them.
_POOLS = frozenset({"openblas", "mkl", "blis", "flexiblas", "openmp"})
_ALGEBRA = ("numpy.linalg.", "scipy.linalg.")
_PRODUCTS = frozenset({"numpy.dot", "numpy.matmul", "numpy.einsum", "numpy.tensordot"})
_BUSY_AT_LEAST = 1.2
_MANY = 500
_SMALL_NS = 5e6
#: So many runs, each so short, may lose more by waiting for each other's threads than they win.
_WAITING_MANY, _WAITING_NS = 100, 50e6
#: With one thread it must be so many times as fast in each pair that was tried: two
#: processes of the same programme differ by 8% and more on a shared machine.
_FASTER_AT_LEAST = 1.2
#: A pool at work makes processor time and elapsed time differ, one way or the other.
_APART_AT_LEAST = 0.1


def ask(scene: Scene) -> Iterator[Experiment]:
    """Want to know how long it takes with one thread, where several share linear algebra.

    Where they are not busy, they may still wait for each other: on a machine with other
    work, a short product waits for whichever thread is not on a processor.
    """
    pool, used = _busiest(scene)
    sites = [site for site in scene.sites if _is_algebra(site)]
    waits = any(site.hits >= _WAITING_MANY and _each_ns(scene, site) < _WAITING_NS for site in sites)
    if pool is not None and sites and (used >= _BUSY_AT_LEAST or waits):
        yield Experiment(
            kind=ExperimentKind.ONE_THREAD,
            target=scene.evidence.benchmark.target,
            benchmark=scene.evidence.benchmark.name,
            share_ratio=min(1.0, sum(site.own for site in sites)),
        )


def find(scene: Scene) -> Iterator[Suspect]:
    """Linear algebra in a busy pool of several threads: slower than with one, where that was tried; else as it looks."""
    pool, used = _busiest(scene)
    if pool is None:
        return
    sites = [site for site in scene.sites if _is_algebra(site)]
    measured = [one.figures for one in scene.evidence.tried(ExperimentKind.ONE_THREAD) if one.figures]
    if measured and sites:
        yield from _as_measured(sites[0], pool, measured[0])
    elif not measured and used >= _BUSY_AT_LEAST:
        yield from _as_it_looks(scene, [site for site in sites if _is_small(scene, site)], pool, used)


def _as_measured(site: Site, pool: ThreadPool, figures: Mapping[str, float]) -> Iterator[Suspect]:
    """What the experiment says, and nothing where one thread is not faster."""
    ratio = figures["speed_ratio"]
    at_work = abs(figures["cpu_ns"] / figures["wall_ns"] - 1) >= _APART_AT_LEAST
    if min(ratio, figures["least_speed_ratio"]) < _FASTER_AT_LEAST or not at_work:
        return
    alone, plain = units.time(figures["one_thread_wall_ns"]), units.time(figures["wall_ns"])
    yield Suspect(
        module=site.module,
        node=site.statement,
        share=1 - 1 / ratio,
        mechanism=f"with one thread it took {alone} instead of {plain} with {pool.threads_count} ({pool.kind}), and "
        f"{units.time(figures['one_thread_cpu_ns'])} of processor time instead of {units.time(figures['cpu_ns'])}",
        evidence=dict(figures),
        advice=_advice("Take one thread"),
        sure=Grade.HIGH,
    )


def _as_it_looks(scene: Scene, sites: list[Site], pool: ThreadPool, used: float) -> Iterator[Suspect]:
    """Many small problems handed to a pool, with more processor time than elapsed time."""
    if not sites:
        return
    first, share = sites[0], min(1.0, sum(site.own for site in sites))
    each_ns = _each_ns(scene, first)
    # Of a time on several threads that no thread made shorter, all but one thread's part is waste.
    wasted = share * (1 - 1 / used)
    yield Suspect(
        module=first.module,
        node=first.statement,
        share=wasted,
        mechanism=f"{times(first.hits)} a problem of {units.time(each_ns)} goes to a pool of {pool.threads_count} threads "
        f"({pool.library}): {used:.1f} s of processor time for each second",
        evidence={"calls_count": first.hits, "cpu_over_wall_ratio": used},
        advice=_advice("Try one thread"),
        sure=Grade.MEDIUM,
    )


def _advice(what: str) -> Advice:
    return Advice(
        summary=f"{what}: below a few hundred rows the threads wait for each other longer than they compute.",
        code="OPENBLAS_NUM_THREADS=1 python ...  # or threadpoolctl.threadpool_limits(1)",
        risk="Large problems elsewhere in the programme lose their threads, too.",
        reference=_REFERENCE,
    )


def _busiest(scene: Scene) -> tuple[ThreadPool | None, float]:
    """The first pool of several threads, and the most processor time for each second that one of them used."""
    io = scene.evidence.io
    pools = [] if io is None else [one for one in io.pools if one.threads_count > 1 and one.kind in _POOLS]
    return (pools[0] if pools else None), max((one.cpu_over_wall or 0.0 for one in pools), default=0.0)


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
    return site.hits >= _MANY and _each_ns(scene, site) < _SMALL_NS


def _each_ns(scene: Scene, site: Site) -> float:
    """What one run of a statement takes by itself; only of those that ran."""
    return site.own * scene.evidence.whole_ns / site.hits


RULE = Rule(
    slug="small-blas-threads",
    title="Threads for problems too small for them",
    needs=frozenset({PassName.CPU, PassName.LINES, PassName.IO}),
    shape="matrix products and numpy.linalg in a pool of two threads and more that is busy, or 100 times and more below 50 ms each: "
    "timed with one thread; where that was not tried, 500 times and more below 5 ms each in a busy pool",
    limits="whether one thread is faster is known only where it was tried; what other processes did meanwhile is in both times",
    source=_REFERENCE,
    find=find,
    ask=ask,
)
