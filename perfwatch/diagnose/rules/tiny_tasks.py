"""Tasks too small for the workers that they are handed to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.pools import is_handed_to_pool
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor"
_CHUNKED = frozenset({"map", "imap", "imap_unordered", "starmap"})
_TASK_NS_AT_MOST = 1e6
_LEAST_LIBRARY = 0.1


def find(scene: Scene) -> Iterator[Suspect]:
    """``map`` or ``submit`` to a pool of processes, with the time spent on handing over."""
    for site in scene.sites:
        for call in site.calls():
            if not is_handed_to_pool(site, call) or _in_chunks(call):
                continue
            handing = scene.evidence.in_library(_hands_over)
            share, tasks = max(site.share, handing), _tasks(scene, site, call)
            if handing < _LEAST_LIBRARY:
                continue
            work = _work(scene)
            if 0 < work <= site.share / 2:
                yield _outweighed(site, work)
                return
            if tasks and share * scene.evidence.whole_ns / tasks > _TASK_NS_AT_MOST:
                continue
            io = scene.evidence.io
            if not tasks and (io is None or (io.serialisation_ratio or 0.0) < _LEAST_LIBRARY):
                continue  # waiting for long tasks looks the same
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=share,
                mechanism=f"{_words(scene, share, tasks)}pickled, sent, waited for and unpickled one at a time: "
                f"{handing:.0%} of the time is in the pool",
                evidence={"tasks_count": tasks},
                advice=Advice(
                    summary="Hand over larger pieces (chunksize, or one block of items per worker), or do without workers: handing a "
                    "task over costs about 0.1 ms and its data twice over the pipe.",
                    code=f"{site.module.words(call.func)}(..., chunksize=256)"
                    if called_name(call) in _CHUNKED
                    else "",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH if tasks else Grade.MEDIUM,
            )
            return


def _outweighed(site: Site, work: float) -> Suspect:
    """Of workers that took longer to be handed the work than all of it takes, their own beginning included."""
    return Suspect(
        module=site.module,
        node=site.statement,
        share=site.share - work,
        mechanism=f"all that the workers did, their beginning included, is {work:.0%} of the time of processor; handing over to "
        f"them and waiting took {site.share:.0%}",
        evidence={"work_ratio": work, "pool_ratio": site.share},
        advice=Advice(
            summary="Do it in this process, or hand over so much at a time that computing outweighs the pickling.",
            risk="With more work than this run had, the workers may pay.",
            reference=_REFERENCE,
        ),
        sure=Grade.HIGH,
    )


def _work(scene: Scene) -> float:
    """What the system says that all children computed, held against the time of the whole; 0 where it is not known.

    Samples would not do: of short-lived workers a sampler sees a part alone.
    """
    io = scene.evidence.io
    if io is None or not scene.evidence.whole_ns:
        return 0.0
    spent = sum(one.user_cpu_ns + one.system_cpu_ns for one in io.children)
    return spent / scene.evidence.whole_ns


def _words(scene: Scene, share: float, tasks: float) -> str:
    if not tasks:
        return "tasks are "
    return f"{tasks:,.0f} tasks of {units.time(share * scene.evidence.whole_ns / tasks)} each, all told, are "


def _tasks(scene: Scene, site: Site, call: ast.Call) -> float:
    """How many tasks were handed over: one a call, else as many as the loop over the answers had turns; 0 if it is not seen."""
    if called_name(call) in {"submit", "apply", "apply_async"}:
        return scene.times(site, call)
    if isinstance(site.statement, ast.For):
        return scene.evidence.hits(site.module.file, site.statement.body[0].lineno)
    return 0.0


def _in_chunks(call: ast.Call) -> bool:
    return any(
        one.arg in {"chunksize", "batch_size"}
        and not (isinstance(one.value, ast.Constant) and one.value.value == 1)
        for one in call.keywords
    )


def _hands_over(_function: str, file: str) -> bool:
    return (
        file.startswith(("multiprocessing/", "concurrent/futures/", "joblib/"))
        or "multiprocessing/connection" in file
    )


RULE = Rule(
    slug="tiny-tasks",
    title="Tasks too small for their pool",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="map, submit or their like of a pool of processes without chunks, a tenth of the time in the pool, and below 1 ms a task, or all children together on processors for less than half as long as was waited for them",
    limits="where the tasks are not counted, long ones are told apart by the time spent in pickling alone",
    source=_REFERENCE,
    find=find,
)
