"""Evaluations one after the other that could go side by side, in processes.

That the machine has room for them, and what a pool's start costs, is measured: without
that the rule says nothing.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.apart import PartedLoop, entries_of, parted_loops
from perfwatch.diagnose.places import place_of
from perfwatch.diagnose.pools import hands_over, is_handed_to_pool
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import names_in
from perfwatch.diagnose.wording import times
from perfwatch.records.experiment import Experiment, ExperimentKind
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor"
_SHARE_AT_LEAST = 0.5
#: Processor time over elapsed time of one thread that computes.
_COMPUTING = (0.8, 1.2)
_WAITING_AT_MOST = 0.2
_IN_POOLS_AT_MOST = 0.05
#: Handing a task over costs about as much where tasks are not handed over in chunks.
_TURN_NS_AT_LEAST = 1e5
#: Each entry of the loop lasts so many times as long as the start of a pool, and no start is shorter than this.
_STARTS, _START_NS_AT_LEAST = 3, 3e6
#: Copies get so many times as much done in each pair that was tried: a machine without room for a second one
#: gives 1, and two processes of the same programme differ by 8% and more on a shared machine.
_MORE_AT_LEAST = 1.2
#: As many workers as every machine has that has several: what is asked for ranks by what two could win.
_WORKERS_ASKED = 2
_BATCHES_PER_WORKER = 4


def ask(scene: Scene) -> Iterator[Experiment]:
    """Want to know what copies get done side by side, where a loop of evaluations has most of the time of one thread."""
    if not _is_one_at_work(scene) or _writes(scene):
        return
    for loop in _dear(scene):
        turns, entries = scene.times(loop.site, loop.call), entries_of(scene, loop.module, loop.loop)
        whole_ns = loop.share * scene.evidence.whole_ns
        if turns and (turns < 2 * max(1.0, entries) or whole_ns / turns < _TURN_NS_AT_LEAST):
            continue
        if whole_ns / max(1.0, entries) >= _STARTS * _START_NS_AT_LEAST:
            yield Experiment(
                kind=ExperimentKind.SIDE_BY_SIDE,
                target=scene.evidence.benchmark.target,
                benchmark=scene.evidence.benchmark.name,
                share_ratio=loop.share * (1 - 1 / _WORKERS_ASKED),
                functions=(place_of(loop.where, loop.function),),
            )
            return


def find(scene: Scene) -> Iterator[Suspect]:
    """The dearest loop of evaluations, where copies side by side got more done and the start of a pool is paid for."""
    figures = next(
        (one.figures for one in scene.evidence.tried(ExperimentKind.SIDE_BY_SIDE) if one.figures), None
    )
    if figures is None or min(figures["speed_ratio"], figures["least_speed_ratio"]) < _MORE_AT_LEAST:
        return
    if not _is_one_at_work(scene):
        return
    for loop in _dear(scene):
        turns = scene.times(loop.site, loop.call) or figures.get("calls_count", 0.0)
        entries = entries_of(scene, loop.module, loop.loop)
        if turns and entries and _pays(scene, loop, figures, (turns, entries)):
            yield _suspect(scene, loop, figures, (turns, entries))
            return


def _dear(scene: Scene) -> Iterator[PartedLoop]:
    """The loops with most of the benchmark's time in their calls, that time spent computing."""
    for one in parted_loops(scene):
        if one.share >= _SHARE_AT_LEAST and _waits(scene, one) <= _WAITING_AT_MOST:
            yield one


def _waits(scene: Scene, loop: PartedLoop) -> float:
    """The part of the time of the function's own lines that was off the processor; 0 where it is not known."""
    function = loop.function
    stats = [
        stat
        for line in range(function.lineno, (function.end_lineno or function.lineno) + 1)
        if (stat := scene.evidence.line(loop.where.file, line)) is not None
    ]
    spent = sum(one.time_ns or 0.0 for one in stats)
    waited = sum((one.time_ns or 0.0) * (one.waiting_ratio or 0.0) for one in stats)
    return waited / spent if spent else 0.0


def _is_one_at_work(scene: Scene) -> bool:
    """Whether one thread computes nearly all the time, and nothing is handed to processes already."""
    timing, use, io = scene.evidence.benchmark.timing, scene.evidence.cpu_use, scene.evidence.io
    wall_ns = timing.median_ns if timing is not None else None
    cpu_ns = timing.cpu_median_ns if timing is not None else None
    if not (wall_ns and cpu_ns) and use is not None:
        wall_ns, cpu_ns = use.wall_ns, use.cpu_ns
    if wall_ns and cpu_ns:
        computing = _COMPUTING[0] <= cpu_ns / wall_ns <= _COMPUTING[1]
    else:
        computing = io is None or all((one.cpu_over_wall or 0.0) <= _COMPUTING[1] for one in io.pools)
    handed = scene.evidence.in_library(hands_over) > _IN_POOLS_AT_MOST or any(
        is_handed_to_pool(scene, site, call) for site in scene.sites for call in site.calls()
    )
    return computing and not handed


def _writes(scene: Scene) -> bool:
    """Whether the benchmark writes files: copies of it at the same time would write to the same ones."""
    io = scene.evidence.io
    return io is None or any(one.write_opens_count for one in io.files)


def _pays(scene: Scene, loop: PartedLoop, figures: Mapping[str, float], counts: tuple[float, float]) -> bool:
    """Whether there is a turn for each worker, no turn is cheap, and each entry lasts several starts of a pool."""
    turns, entries = counts
    spent_ns = loop.share * scene.evidence.whole_ns
    return (
        turns / _entries_inside(scene, loop, entries) >= figures["copies_count"]
        and spent_ns / turns >= _TURN_NS_AT_LEAST
        and spent_ns / entries >= _STARTS * figures["pool_start_ns"]
    )


def _entries_inside(scene: Scene, loop: PartedLoop, entries: float) -> float:
    """How often the innermost loop around the call is entered; as often as the outermost where that is not known."""
    return entries_of(scene, loop.module, loop.innermost) or entries


def _suspect(
    scene: Scene, loop: PartedLoop, figures: Mapping[str, float], counts: tuple[float, float]
) -> Suspect:
    """The most to be won by Amdahl's law, with what copies got done and what the pool's start at each entry costs."""
    turns, entries = counts
    whole_ns, speed, copies = scene.evidence.whole_ns, figures["speed_ratio"], figures["copies_count"]
    started = entries * figures["pool_start_ns"] / whole_ns
    each_ns = loop.share * whole_ns / turns
    return Suspect(
        module=loop.module,
        node=loop.site.statement,
        share=loop.share * (1 - 1 / speed) - started,
        mechanism=f"{loop.function.name} (line {loop.function.lineno}) was called {times(turns)}, {units.time(each_ns)} each, "
        f"{loop.share:.0%} of the time, one call after the other on one thread, and no call needs another's answer; "
        f"{units.count(copies)} copies of the benchmark side by side got {speed:.2f} times as much done as one, and a pool of "
        f"as many workers took {units.time(figures['pool_start_ns'])} to start and to end",
        evidence={**figures, "turns_count": turns, "entries_count": entries},
        advice=_advice(
            loop, math.ceil(turns / _entries_inside(scene, loop, entries) / (copies * _BATCHES_PER_WORKER))
        ),
        sure=Grade.MEDIUM,
        effort=Grade.MEDIUM,
        risk=Grade.MEDIUM,
    )


def _advice(loop: PartedLoop, chunk: int) -> Advice:
    name = loop.function.name
    return Advice(
        summary=f"First see whether the body of {name} can be compiled, or done for all at once with whole arrays: that wins more, and "
        "needs no processes. Where it cannot, let processes evaluate it, many items a task.",
        code=_code(loop, chunk),
        risk="Arguments and answers are pickled, each worker has a memory of its own, and a script that starts workers needs "
        '`if __name__ == "__main__":` around what it does.',
        reference=_REFERENCE,
    )


def _code(loop: PartedLoop, chunk: int) -> str:
    """The call's line as it is, and as a pool's ``map``; nothing where the items cannot be told from the source."""
    words = _iterables(loop)
    if words is None:
        return ""
    called, answers = ", ".join(words), _collected(loop)
    once = "" if loop.loop is loop.innermost else f"  # once, around line {loop.loop.lineno}"  # type: ignore[attr-defined]
    return (
        f"# instead of: {ast.unparse(loop.site.statement).splitlines()[0]}\n"
        f"with ProcessPoolExecutor() as pool:{once}\n"
        f"    {answers} = list(pool.map({called}, chunksize={max(1, chunk)}))"
    )


def _iterables(loop: PartedLoop) -> list[str] | None:
    """The function, and for each of its arguments what ``map`` goes through; ``None`` where the loop is not as plain as that."""
    inside = loop.innermost
    if isinstance(inside, ast.For):
        target, items, others = inside.target, inside.iter, _assigned(inside)
    else:
        (one, *more) = inside.generators  # type: ignore[attr-defined]
        target, items, others = one.target, one.iter, set()
        if more or one.ifs:
            return None
    own = names_in(target)
    fixed = all(each.arg and not names_in(each.value) & (own | others) for each in loop.call.keywords)
    given = {name for argument in loop.call.args for name in names_in(argument)}
    if not fixed or given & others or not given & own:
        return None
    if any(isinstance(argument, ast.Starred) for argument in loop.call.args):
        return None
    function = ast.unparse(loop.call.func)
    if loop.call.keywords:
        function = f"partial({function}, {', '.join(ast.unparse(each) for each in loop.call.keywords)})"
    return [function, *(_iterable(one, target, items) for one in loop.call.args)]


def _iterable(argument: ast.expr, target: ast.expr, items: ast.expr) -> str:
    if isinstance(argument, ast.Name) and isinstance(target, ast.Name) and argument.id == target.id:
        return ast.unparse(items)
    if not names_in(argument) & names_in(target):
        return f"repeat({ast.unparse(argument)})"
    return f"[{ast.unparse(argument)} for {ast.unparse(target)} in {ast.unparse(items)}]"


def _assigned(loop: ast.For) -> set[str]:
    """The names that a loop's body binds."""
    return {
        one.id
        for statement in loop.body
        for one in ast.walk(statement)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def _collected(loop: PartedLoop) -> str:
    """The name of the list that the answers go to, and nothing else; else one of ours."""
    user = loop.module.parents.get(loop.call)
    statement = loop.site.statement
    if isinstance(user, ast.Call) and isinstance(user.func, ast.Attribute) and user.func.attr == "append":
        return ast.unparse(user.func.value)
    if isinstance(statement, ast.Assign) and statement.value is loop.innermost:
        return ast.unparse(statement.targets[0])
    return "answers"


RULE = Rule(
    slug="side-by-side",
    title="Evaluations that could go side by side",
    needs=frozenset({PassName.CPU, PassName.LINES, PassName.IO}),
    shape="a loop or comprehension with half of the time in calls of a pure function of a module, 0.1 ms and more each, on one thread "
    "that computes, whose turns do not need each other's answers: where copies of the benchmark side by side got 1.2 times as much "
    "done and more, and each entry of the loop lasts three starts of a pool",
    limits="methods, inner functions, functions with a decorator, and benchmarks that write files are not asked about; what handing the arguments over costs is not "
    "measured, and what other processes did meanwhile is in all times",
    source=_REFERENCE,
    find=find,
    ask=ask,
)
