"""Find the benchmarks of both sides of a gate, and measure those that both have in turns.

It must not judge: what is wanted is asked of a function that is handed in.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from perfwatch.collect.clock import summarise
from perfwatch.errors import Terminated
from perfwatch.measure import tool_pass
from perfwatch.measure.answering import Asking, ask_sides
from perfwatch.measure.assemble import assemble
from perfwatch.measure.crossing import crossed_in
from perfwatch.measure.instructions import Counted, count_sides
from perfwatch.measure.side_by_side import SideBySide, Table, Wanted, target_in
from perfwatch.measure.side_profiles import BUDGET_SHARE, Clean, SideProfiles, clean_ns, profile_sides
from perfwatch.measure.target_run import TargetRun
from perfwatch.records.answer_change import AnswerChange
from perfwatch.records.pairing import PairTiming, Side
from perfwatch.records.plan import Plan, Progress
from perfwatch.records.run import Benchmark, Failure, FailureKind, PassName, PassResult, Run, RunState, Target
from perfwatch.records.timing import ProcessTiming
from perfwatch.records.witness import Witness, WitnessName

if TYPE_CHECKING:
    from perfwatch.measure.setting import Served, Setting, SidePlace
    from perfwatch.records.run import RunHeader


#: Said of benchmarks that a gate passes over.
UNTIMED = "These give a figure of their own instead of a time, and are not gated"
#: Bytes and counts by benchmark and metric, of one execution.
Amounts = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sided:
    """One target as both sides have it: the names of its benchmarks, and what the pairs brought.

    ``amounts`` are those of each side's executions in the memory pass: one, or
    two where the first ones differed, ``counts`` those of the second witness.
    ``stop`` is the signal that cut the measuring short. ``profiled`` holds the
    call trees of benchmarks that were found slower. ``crossed`` says that a side
    imported the other's code. ``untimed`` are benchmarks that give a figure of
    their own instead of a time. ``answers`` are what became of what they return,
    where that was asked for; asking took ``asking_ns``.
    """

    target: Target
    base_names: tuple[str, ...]
    head_names: tuple[str, ...]
    found: SideBySide
    benchmarks: tuple[Benchmark, ...]
    amounts: Mapping[Side, tuple[Amounts, ...]] = field(default_factory=dict)
    counts: Mapping[Side, tuple[Amounts, ...]] = field(default_factory=dict)
    witness: Witness | None = None
    stop: BaseException | None = None
    crossed: str = ""
    untimed: tuple[str, ...] = ()
    profiled: SideProfiles = field(default_factory=SideProfiles)
    answers: tuple[AnswerChange, ...] = ()
    asking_ns: int = 0

    def failures(self) -> dict[tuple[Side, str], str]:
        """The first line of each failure, by side and benchmark; "" stands for a whole side."""
        return {
            (side, failure.benchmark or ""): next(iter(failure.message.splitlines()), failure.kind.value)
            for side, failure in self.found.failures
        }


def seats_in(setting: Setting, places: Mapping[Side, SidePlace]) -> dict[Side, Setting]:
    """Return a setting for each side, from the project's own and where the side takes place."""
    seats = {}
    for side, place in places.items():
        root, interpreter, served = place.root, place.interpreter, place.served
        inside = setting.cwd.relative_to(setting.root) if setting.cwd.is_relative_to(setting.root) else Path()
        cwd = root / inside if (root / inside).is_dir() else root
        folder = setting.folder / f"seat-{side.value}"
        folder.mkdir(exist_ok=True)
        known = setting.environment.get("PYTHONPATH")
        environment = {
            **setting.environment,
            **place.environment,
            "PYTHONPATH": os.pathsep.join([*map(str, place.import_roots), *([known] if known else [])]),
        }
        libraries = (interpreter.prefix, interpreter.stdlib, *interpreter.site_folders)
        own = (str(Path(folder) / name) for folder in interpreter.site_folders for name in _files_of(served))
        seats[side] = replace(
            setting,
            root=root,
            cwd=cwd,
            folder=folder,
            environment=environment,
            interpreter=interpreter.executable,
            lent_names=tuple(name for tool in place.lending.lent.values() for name in tool.names),
            lent_folders=tuple(folder for tool in place.lending.lent.values() for folder in tool.folders),
            missing=place.lending.refused,
            served=served,
            ownership=replace(
                setting.ownership,
                root=root,
                cwd=cwd,
                libraries=(*setting.ownership.libraries, *libraries),
                own=(*setting.ownership.own, *own),
                _known={},
                _places={},  # the same short path is another file on each side
            ),
        )
    return seats


def _files_of(served: Served) -> tuple[str, ...]:
    """What the project's names may be called in a folder of packages."""
    return tuple(file for name in served.names for file in (name, f"{name}.py"))


def run_of(header: RunHeader, sided: Sequence[Sided], duration_ns: int) -> Run:
    """Return what was measured of head as a run; failures of base are no failures of it."""
    results = [
        PassResult(
            target=one.target.key,
            pass_name=PassName.TIMING,
            benchmarks=one.benchmarks,
            provenance=one.found.provenance.get(Side.HEAD, ()),
            failures=tuple(failure for side, failure in one.found.failures if side is Side.HEAD),
        )
        for one in sided
    ]
    state = RunState.COMPLETE if any(one.benchmarks for one in sided) else RunState.FAILED
    if any(one.stop for one in sided):
        state = RunState.INTERRUPTED
    return assemble(header, results, state=state, duration_ns=duration_ns, notes=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a gate measures.

    ``wanted`` says, for the names of a target, which pairs its timings still
    want; ``differ`` whether the amounts of two executions are far enough apart
    to be looked at again; ``slower``, for timings and names, which benchmarks are
    confirmed to be slower. ``unbuilt`` says by side why it has nothing to execute.
    ``asking`` says whose answers are compared, and how; ``None`` compares none.
    ``slowed`` says of which of the names head makes so many percent of extra work.
    """

    plan: Plan
    progress: Progress
    wanted: Callable[[Sequence[str]], Wanted]
    differ: Callable[[Amounts, Amounts], bool]
    slower: Callable[[Sequence[PairTiming], Sequence[str]], Sequence[str]] = lambda _timings, _names: ()
    coin: Random = field(default_factory=Random)
    unbuilt: Mapping[Side, str] = field(default_factory=dict)
    slowed: Callable[[Target, Sequence[str]], Mapping[str, int]] = lambda _target, _names: {}
    asking: Asking | None = None


def measure_sides(header: RunHeader, settings: Mapping[Side, Setting], terms: Terms) -> tuple[Sided, ...]:
    """Measure every target of the header; the budget is shared equally by those that are left."""
    results = []
    left_ns = terms.plan.budget_ns
    for position, target in enumerate(header.targets):
        share = replace(terms.plan, budget_ns=left_ns // (len(header.targets) - position))
        result = _measured(target, settings, replace(terms, plan=share))
        left_ns -= sum(result.found.spent_ns.values()) + result.profiled.spent_ns + result.asking_ns
        results.append(result)
        if result.stop is not None:
            break
    return tuple(results)


def _measured(target: Target, settings: Mapping[Side, Setting], terms: Terms) -> Sided:
    base, base_failures = _looked(target, settings, Side.BASE, terms)
    head, head_failures = _looked(target, settings, Side.HEAD, terms)
    if Side.HEAD in terms.unbuilt:
        head.names, head.found = base.names, base.found  # each of them failed
    timed = [name for name in head.names if head.found[name].get("kind", "time") == "time"]
    both = () if terms.unbuilt else tuple(name for name in timed if name in base.found)
    runs = {Side.BASE: base, Side.HEAD: head}
    found, amounts, stop = SideBySide(), dict[Side, tuple[Amounts, ...]](), None
    counted: Counted | None = None
    answers, asking_ns = tuple[AnswerChange, ...](), 0
    profiled, started = SideProfiles(), time.perf_counter_ns()
    try:
        if both:
            # The answers first: before the times there is time for them.
            answers = (
                () if terms.asking is None else ask_sides(runs, both, terms.asking, terms.plan.budget_ns)
            )
            asking_ns = time.perf_counter_ns() - started
            terms = replace(terms, plan=replace(terms.plan, budget_ns=terms.plan.budget_ns - asking_ns))
            started += asking_ns
            table = Table(target, settings, for_pairs(terms.plan), terms.progress, terms.coin)
            table.measure(both, terms.wanted(both), found, terms.slowed(target, both))
            amounts = _amounts(runs, found, terms)
            counted = _counted(runs, found, terms)
            left_ns = terms.plan.budget_ns - (time.perf_counter_ns() - started)
            _profile(runs, found, terms.slower(found.timings, both), left_ns, profiled)
    except (KeyboardInterrupt, Terminated) as reason:
        stop = reason  # what was complete is judged all the same
    found.failures += [(Side.BASE, one) for one in base_failures]
    found.failures += [(Side.HEAD, one) for one in head_failures]
    first = _first_of_head(amounts, {} if counted is None else counted.amounts)
    return Sided(
        target=target,
        amounts=amounts,
        counts={} if counted is None else counted.amounts,
        witness=None if counted is None else counted.witness,
        base_names=base.names,
        head_names=head.names,
        found=found,
        stop=stop,
        crossed=crossed_in(found, settings),
        answers=answers,
        asking_ns=asking_ns,
        untimed=tuple(name for name in head.names if name not in timed),
        profiled=profiled,
        benchmarks=tuple(
            replace(head.named(_benchmark(target, name, found.timings)), metrics=dict(first.get(name, {})))
            for name in head.names
            if name in both
        ),
    )


def _amounts(
    runs: Mapping[Side, TargetRun], found: SideBySide, terms: Terms
) -> dict[Side, tuple[Amounts, ...]]:
    """Execute both sides under the memory pass; once more where they differ, or nothing where it was not asked for."""
    timed = {one.benchmark for one in found.timings} - found.failed()
    if PassName.MEMORY not in terms.plan.passes or not timed:
        return {}
    once = {side: _amounts_of(run, found.timings, timed) for side, run in runs.items()}
    if not terms.differ(once[Side.BASE], once[Side.HEAD]):
        return {side: (one,) for side, one in once.items()}
    return {side: (one, _amounts_of(runs[side], found.timings, timed)) for side, one in once.items()}


def _counted(runs: Mapping[Side, TargetRun], found: SideBySide, terms: Terms) -> Counted | None:
    """Let the second witness count what was timed on both sides, where it was asked for."""
    failed = found.failed()
    timed = [one.benchmark for one in found.timings if one.benchmark not in failed]
    if WitnessName.INSTRUCTIONS not in terms.plan.witnesses or not timed:
        return None
    left_ns = terms.plan.budget_ns - sum(found.spent_ns.values())
    return count_sides(runs, found.timings, tuple(dict.fromkeys(timed)), left_ns, terms.differ)


def _first_of_head(*executions: Mapping[Side, tuple[Amounts, ...]]) -> Amounts:
    """The metrics of head's first execution of each kind, by benchmark."""
    metrics: dict[str, dict[str, float]] = {}
    for kind in executions:
        for name, amounts in (kind[Side.HEAD][0] if kind else {}).items():
            metrics.setdefault(name, {}).update(amounts)
    return metrics


def for_pairs(plan: Plan) -> Plan:
    """The plan of the pairs: what they must leave for the CPU passes of a benchmark that is found slower."""
    if PassName.CPU not in plan.passes:
        return plan
    return replace(plan, budget_ns=round((1 - BUDGET_SHARE) * plan.budget_ns))


def _profile(
    runs: Mapping[Side, TargetRun],
    found: SideBySide,
    names: Sequence[str],
    left_ns: int,
    profiled: SideProfiles,
) -> None:
    """Take call trees of both sides of what was found slower, where CPU passes were not left out."""
    if not names or PassName.CPU not in runs[Side.HEAD].plan.passes:
        return
    pairs = {name: [one for one in found.timings if one.benchmark == name] for name in names}
    clean = {
        side: {
            name: Clean(
                wall_ns=clean_ns(found.timings, name, side),
                processes=tuple(process_of(one, side) for one in pairs[name] if one.against is Side.HEAD),
            )
            for name in names
        }
        for side in runs
    }
    started = time.perf_counter_ns()
    try:
        profile_sides(runs, clean, left_ns, profiled)
    finally:
        profiled.spent_ns = time.perf_counter_ns() - started


def _amounts_of(run: TargetRun, timings: Sequence[PairTiming], timed: set[str]) -> Amounts:
    """The memory pass's figures of one side's execution; empty for a benchmark that it brought nothing of."""
    for name in timed:
        turns = [
            turn.wall_ns / one.loops_count
            for one in timings
            if one.benchmark == name
            for quad in one.warm
            for turn in quad.base
        ]
        run.clean_ns[name] = statistics.median(turns)
        run.processes[name] = [process_of(one, Side.BASE) for one in timings if one.benchmark == name]
    result = tool_pass.run(run, PassName.MEMORY)
    return {one.name: one.metrics for one in result.benchmarks if one.metrics}


def _looked(
    target: Target, settings: Mapping[Side, Setting], side: Side, terms: Terms
) -> tuple[TargetRun, tuple[Failure, ...]]:
    run = TargetRun(
        target=target_in(target, settings[Side.HEAD], settings[side]),
        plan=terms.plan,
        setting=settings[side],
        progress=terms.progress,
        budget_ns=terms.plan.budget_ns,
    )
    if side in terms.unbuilt:
        return run, (_unbuilt(target, side, terms.unbuilt[side]),)
    return run, run.discover()


def _unbuilt(target: Target, side: Side, said: str) -> Failure:
    last = next(iter(reversed(said.strip().splitlines())), "its build said nothing")
    return Failure(
        target=target.key,
        pass_name=PassName.TIMING,
        kind=FailureKind.PREPARE,
        message=f"{side.value} does not build: {last.strip()[:300]}",
        stderr_tail=said,
        advice="Try the build by hand in that tree, or name a command that works: [tool.perfwatch.gate] build.",
    )


def _benchmark(target: Target, name: str, timings: Sequence[PairTiming]) -> Benchmark:
    """Head's timing; the processes of base stand beside those of head, and are in no figure of it."""
    pairs = [one for one in timings if one.benchmark == name and one.against is Side.HEAD]
    heads = tuple(process for pair in pairs if (process := process_of(pair, Side.HEAD)))
    bases = tuple(process for pair in pairs if (process := process_of(pair, Side.BASE)))
    timing = summarise(heads) if heads else None
    return Benchmark(
        name=name,
        target=target.key,
        timing=None if timing is None else replace(timing, processes=(*heads, *bases)),
    )


def process_of(pair: PairTiming, side: Side) -> ProcessTiming:
    """One side of a pair as the timing of a process."""
    place = 0 if side is Side.BASE else 1
    turns = [turn for quad in pair.quads for turn in (quad.base if side is Side.BASE else quad.head)]
    return ProcessTiming(
        id=f"{side.value}{pair.pair + 1}",
        pair=pair.pair,
        side=side.value,
        order=0 if pair.first is side else 1,
        loops_count=pair.loops_count,
        wall_ns=tuple(turn.wall_ns for turn in turns),
        cpu_ns=tuple(turn.cpu_ns for turn in turns),
        started_ns=tuple(turn.started_ns for turn in turns),
        warmup_count=2 * pair.warmup_count,
        cold_ns=pair.cold_ns[place],
        compile_ns=(pair.first_calls[place].compile_ns or None) if pair.first_calls is not None else None,
    )
