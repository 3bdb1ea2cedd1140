"""Threads that queue for one lock."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.python.org/3/library/threading.html#lock-objects"
_LOCKS = frozenset({"threading.Lock", "threading.RLock", "threading.Semaphore", "threading.BoundedSemaphore", "threading.Condition",
                    "multiprocessing.Lock", "multiprocessing.RLock"})  # fmt: skip
_WAITS_AT_LEAST = 0.5


def find(scene: Scene) -> Iterator[Suspect]:
    """``with lock:`` and ``lock.acquire()`` at which threads stand for much of the time."""
    for site in scene.sites:
        owner = _taken(site)
        if owner is None or not _is_lock(site.module, owner):
            continue
        threads = _threads(scene)
        if len(threads) < 2 or scene.waits(site) < _WAITS_AT_LEAST:
            continue
        name = site.module.words(owner)
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{len(threads)} threads queue for {name}: {site.share:.0%} of the time some thread stands at this line, "
            "and works on when it is its turn",
            evidence={"threads_count": float(len(threads)), "waiting_ratio": scene.waits(site)},
            advice=Advice(
                summary=f"Hold {name} only where shared things change: compute, read and wait before it is taken.",
                code=f"answer = ask(...)  # without the lock\nwith {name}:\n    keep(answer)",
                risk="What is done outside the lock must not touch what it guards.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
            risk=Grade.MEDIUM,
        )
        return


def _taken(site: Site) -> ast.AST | None:
    """The lock that a statement takes."""
    if isinstance(site.statement, ast.With):
        return site.statement.items[0].context_expr
    call = next((one for one in site.calls() if called_name(one) == "acquire"), None)
    return call.func.value if call is not None and isinstance(call.func, ast.Attribute) else None


def _is_lock(module: Module, owner: ast.AST) -> bool:
    """Whether what is taken is assigned from a maker of locks anywhere in its module."""
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return any(
        isinstance(node.value, ast.Call)
        and module.dotted(node.value.func) in _LOCKS
        and any(
            (one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")) == name
            for one in node.targets
        )
        for node in module.nodes(ast.Assign)
    )


def _threads(scene: Scene) -> list[str]:
    """The target's own threads that were there beside its main one."""
    use = scene.evidence.cpu_use
    return (
        []
        if use is None
        else [one.name for one in use.threads if one.process == 0 and one.name != "MainThread"]
    )


RULE = Rule(
    slug="lock-bound",
    title="Threads that queue for a lock",
    needs=frozenset({PassName.CPU}),
    shape="with or acquire of what threading.Lock and its like made, off the processor for half of its time, with two threads and more",
    limits="locks inside libraries, and queues, are not known as locks",
    source=_REFERENCE,
    find=find,
)
