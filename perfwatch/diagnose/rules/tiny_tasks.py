"""Tasks too small for the workers that they are handed to."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.pools import hands_over, is_handed_to_pool
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.records.experiment import Experiment, ExperimentKind
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor"
_CHUNKED = frozenset({"map", "imap", "imap_unordered", "starmap"})
_TASK_NS_AT_MOST = 1e6
_LEAST_LIBRARY = 0.1
#: What a pool has of the time for one process to be tried, and how long its workers' own code may have computed
#: beside the whole: a share of the time that the system spent on processes is not work.
_POOL_AT_LEAST, _COMPUTED_AT_MOST = 0.2, 1.5
#: How many times as fast one process must be; see ``_is_faster``.
_FASTER_AT_LEAST = 1.2
_PAIRS_MANY, _FASTER_OF_MANY, _EACH_OF_MANY = 6, 1.1, 1.05


def ask(scene: Scene) -> Iterator[Experiment]:
    """Want to know how long it takes in one process, where handing work to a pool of processes has a share worth it.

    Workers that computed for longer than the whole took would have nobody wait less in one process.
    """
    handing = scene.evidence.in_library(hands_over)
    for site, call in _handed(scene):
        share = max(site.share, handing)
        # ``Parallel`` has processes of its own sort, which nothing stands in for.
        if isinstance(call.func, ast.Call) or share < _POOL_AT_LEAST or _computed(scene) > _COMPUTED_AT_MOST:
            continue
        yield Experiment(
            kind=ExperimentKind.ONE_PROCESS,
            target=scene.evidence.benchmark.target,
            benchmark=scene.evidence.benchmark.name,
            share_ratio=share,
        )
        return


def find(scene: Scene) -> Iterator[Suspect]:
    """``map`` or ``submit`` to a pool of processes: slower than one process, where that was tried; else as it looks."""
    measured = [one.figures for one in scene.evidence.tried(ExperimentKind.ONE_PROCESS) if one.figures]
    if measured and _is_faster(measured[0]):
        yield from (_beaten(site, call, measured[0]) for site, call in itertools.islice(_handed(scene), 1))
        return
    for site, call in _handed(scene):
        suspect = None if _in_chunks(call) else _as_it_looks(scene, site, call)
        # Whether one process does it sooner is known better where it was tried.
        if suspect is not None and not (measured and "work_ratio" in suspect.evidence):
            yield suspect
            return


def _handed(scene: Scene) -> Iterator[tuple[Site, ast.Call]]:
    """The calls at dear places that hand work to processes, dearest first."""
    for site in scene.sites:
        for call in site.calls():
            if is_handed_to_pool(scene, site, call):
                yield site, call


def _is_faster(figures: Mapping[str, float]) -> bool:
    """Whether one process was faster by more than chance makes two processes of the same programme differ.

    Each of them may be off by 8% and more on a shared machine, so the ratio of a pair by 11%. By
    chance alone, two pairs of two are above 1.2 in one case of 350, and six of six above 1.05 in one of 730:
    so many pairs that agree need not be as far apart each. Both bounds hold for the worst pair.
    """
    many = figures["executions_count"] >= 2 * _PAIRS_MANY
    least, each = (_FASTER_OF_MANY, _EACH_OF_MANY) if many else (_FASTER_AT_LEAST, _FASTER_AT_LEAST)
    return figures["speed_ratio"] >= least and figures["least_speed_ratio"] >= each


def _beaten(site: Site, call: ast.Call, figures: Mapping[str, float]) -> Suspect:
    """Of a pool that one process was faster than."""
    ratio, pairs = figures["speed_ratio"], round(figures["executions_count"] / 2)
    alone, plain = units.time(figures["one_process_wall_ns"]), units.time(figures["wall_ns"])
    return Suspect(
        module=site.module,
        node=site.statement,
        share=1 - 1 / ratio,
        mechanism=f"with the pool's work done in one process it took {alone} instead of {plain}: {ratio:.2f} times as fast, and in "
        f"none of {pairs} pairs less than {figures['least_speed_ratio']:.2f} times",
        evidence=dict(figures),
        advice=Advice(
            summary="Do it in this process: starting the workers, handing over and waiting take longer than they save.",
            code=_without_pool(call),
            risk="With more work than this run had, or more processors, the workers may pay. What a task changes of its arguments or of "
            "a module stays changed in one process.",
            reference=_REFERENCE,
        ),
        sure=Grade.HIGH,
    )


def _without_pool(call: ast.Call) -> str:
    """A plain call of ``map`` as it is without a pool; nothing of other ways to hand over."""
    if called_name(call) not in {"map", "imap", "imap_unordered"}:
        return ""
    handed = [one for one in call.args if not isinstance(one, ast.Starred)]
    if len(handed) != len(call.args) or len(handed) < 2:
        return ""
    # What stands behind the items of a ``Pool.map`` is a chunk's size.
    if any(isinstance(one, ast.Constant) for one in handed[1:]):
        return ""
    return f"list(map({', '.join(map(ast.unparse, handed))}))"


def _as_it_looks(scene: Scene, site: Site, call: ast.Call) -> Suspect | None:
    """Tasks that are small, or that all together are less work than waiting for them, with the time spent on handing over."""
    handing = scene.evidence.in_library(hands_over)
    share, tasks = max(site.share, handing), _tasks(scene, site, call)
    if handing < _LEAST_LIBRARY:
        return None
    work = _work(scene)
    if 0 < work <= site.share / 2:
        return _outweighed(site, work)
    if tasks and share * scene.evidence.whole_ns / tasks > _TASK_NS_AT_MOST:
        return None
    io = scene.evidence.io
    if not tasks and (io is None or (io.serialisation_ratio or 0.0) < _LEAST_LIBRARY):
        return None  # waiting for long tasks looks the same
    return Suspect(
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


def _computed(scene: Scene) -> float:
    """What all children computed in their own code, held against the time of the whole; 0 where it is not known."""
    io = scene.evidence.io
    if io is None or not scene.evidence.whole_ns:
        return 0.0
    return sum(one.user_cpu_ns for one in io.children) / scene.evidence.whole_ns


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


RULE = Rule(
    slug="tiny-tasks",
    title="Tasks too small for their pool",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="map, submit or their like of a pool of processes with a fifth of the time, where the same was faster with the work done in one "
    "process: 1.2 times in each of a few pairs, or 1.1 times in the median of six and 1.05 in each; and without chunks, a tenth of the "
    "time in the pool, and below 1 ms a task, or all children together on processors for less than half as long as was waited for them",
    limits="where the tasks are not counted, long ones are told apart by the time spent in pickling alone; pools with an initializer, and those "
    "of joblib, are not tried in one process, and what other processes did meanwhile is in both times",
    source=_REFERENCE,
    find=find,
    ask=ask,
)
