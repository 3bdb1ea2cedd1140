"""Threads that wait for one interpreter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/glossary.html#term-global-interpreter-lock"
_HELD_RATIO = 0.85
_STARTS = frozenset(
    {"map", "submit", "start", "join", "result", "ThreadPoolExecutor", "ThreadPool", "as_completed", "wait"}
)


def find(scene: Scene) -> Iterator[Suspect]:
    """Several of the target's threads at work, with the interpreter's lock held nearly all the time."""
    use = scene.evidence.cpu_use
    if use is None or use.gil_ratio is None or use.gil_ratio < _HELD_RATIO:
        return
    busy = [
        one
        for one in use.threads
        if one.process == 0
        and one.wall_ns
        and (one.gil_ns or 0.0) > 0.05 * use.gil_ratio * scene.evidence.whole_ns
        and one.name != "MainThread"
    ]
    if len(busy) < 2:
        return
    for site in scene.sites:
        threaded = any(
            name.startswith(
                ("threading", "concurrent.futures", "multiprocessing.pool", "multiprocessing.dummy")
            )
            for name in site.module.imports.values()
        )
        if threaded and any(_hands_to_threads(call) for call in site.calls()):
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"{len(busy)} threads compute in Python and one at a time may: some thread held the interpreter's lock "
                f"{use.gil_ratio:.0%} of the time",
                evidence={"threads_count": float(len(busy)), "gil_ratio": use.gil_ratio},
                advice=Advice(
                    summary="Use processes for work that is Python's own, or no workers; threads pay where the time is spent waiting "
                    "or in compiled code that lets the lock go.",
                    code="concurrent.futures.ProcessPoolExecutor()",
                    risk="Arguments and answers of processes are pickled.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
            )
            return


def _hands_to_threads(call: ast.Call) -> bool:
    """Whether a call starts threads, hands them work or waits for them; the ``map`` and ``join`` of plain Python do not."""
    name = called_name(call)
    if name in {"ThreadPoolExecutor", "ThreadPool", "as_completed", "wait"}:
        return True
    if name not in _STARTS or not isinstance(call.func, ast.Attribute):
        return False
    return name != "join" or not call.args or isinstance(call.args[0], ast.Constant)


RULE = Rule(
    slug="gil-contention",
    title="Threads that wait for one interpreter",
    needs=frozenset({PassName.CPU}),
    shape="threads of the target's own, two and more of them with a part of the interpreter's lock, which is held 85% of the time and more",
    limits="builds without the lock do not have it",
    source=_REFERENCE,
    find=find,
)
