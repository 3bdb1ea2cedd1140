"""This machine's smallest visible change, now: bundled bodies against themselves, by the gate's own engine.

It must not change a setting and must not judge code: it says what pairs of
processes that run the same code differ by, and what that leaves visible.

Method: the standard deviation s of the values of pairs, and the time that the turns
of one pair take, give the pairs that fit into a budget (one more in four goes to the
twin, as in a gate); ``stats.power`` then gives the smallest shift that a one-sided t test at 1% finds
with 90% power. The spread itself is known to about 1/sqrt(2(n - 1)) of its value.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from perfwatch.compare.paired import CPU, TWIN_EVERY, WALL, clock_for, pair_values
from perfwatch.errors import NothingMeasured
from perfwatch.measure.layout import OWN_LAYOUTS
from perfwatch.measure.setting import Setting
from perfwatch.measure.side_by_side import SideBySide, Table, measured_ns
from perfwatch.records.noise import BodyNoise, ClockNoise, Noise, Visible
from perfwatch.records.pairing import Side, Stage, Want
from perfwatch.records.plan import Plan
from perfwatch.records.run import Target, TargetKind
from perfwatch.stats.interval import exponential
from perfwatch.stats.location import median
from perfwatch.stats.paired import paired
from perfwatch.stats.power import visible_shift

if TYPE_CHECKING:
    from perfwatch.records.pairing import PairTiming
    from perfwatch.records.plan import Progress
    from perfwatch.records.run import Failure

#: How long pairs are begun; the last one ends about a second later.
MEASURING_NS = 18_000_000_000
BUDGETS_NS = (5_000_000_000, 15_000_000_000, 60_000_000_000)
POWER, FALSE_ALARM_RATE = 0.9, 0.01
#: A spread of fewer values says nothing.
PAIRS_AT_LEAST = 4
#: By the name that the engine gives each body: what it is called, and what it must have.
BODIES = {
    "time_loop": ("Python loop", ""),
    "Pipeline.time_pipeline": ("NumPy pipeline", "numpy"),
}
_SOURCE = Path(__file__).parent / "workloads" / "noise_bodies.py"
_FILE = "bench_noise.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where and how long: a setting whose folder is scratch, the modules its interpreter has, and a coin."""

    setting: Setting
    installed: Sequence[str]
    title: str
    measuring_ns: int = MEASURING_NS
    coin: Random = field(default_factory=Random)


def measure_noise(asked: Asked, progress: Progress) -> Noise:
    """Measure each body that can run here against itself; causes are left to whoever knows the machine.

    Raises ``NothingMeasured`` where no body brought enough pairs.
    """
    started = time.perf_counter_ns()
    names = [name for name, (_, needs) in BODIES.items() if not needs or needs in asked.installed]
    notes = [
        f"The {title} was left out: {needs} is not installed in the target's interpreter"
        for name, (title, needs) in BODIES.items()
        if name not in names
    ]
    found = _paired(asked, names, progress)
    bodies = tuple(body for name in names if (body := body_noise(name, _of(found.timings, name))) is not None)
    notes += [f"{BODIES[failure.benchmark or ''][0]}: {failure.message}" for failure in _failures(found)]
    if found.suspended_count:
        notes.append(f"{found.suspended_count} pair(s) were dropped: the machine was suspended meanwhile")
    if found.own_layouts:
        notes.append(OWN_LAYOUTS)
    if not bodies:
        raise NothingMeasured(
            "The noise of this machine could not be measured: too few pairs of processes came to their end.",
            means="; ".join(notes)
            or f"A body needs {PAIRS_AT_LEAST} pairs, and the machine was too slow for them.",
            do="perfwatch doctor shows what does not work here.",
        )
    return Noise(
        interpreter=asked.title,
        bodies=bodies,
        power=POWER,
        false_alarm_rate=FALSE_ALARM_RATE,
        notes=tuple(notes),
        duration_ns=time.perf_counter_ns() - started,
    )


def body_noise(name: str, pairs: Sequence[PairTiming]) -> BodyNoise | None:
    """Return what the pairs of one body say; ``None`` where they are too few."""
    if len(pairs) < PAIRS_AT_LEAST:
        return None
    pair_ns = round(median([float(measured_ns(one)) for one in pairs]))
    judged_by, why = clock_for(pairs)
    return BodyNoise(
        body=BODIES[name][0],
        call_ns=median([_call_ns(one) for one in pairs]),
        pair_ns=pair_ns,
        pairs_count=len(pairs),
        judged_by=judged_by,
        why=why,
        clocks=tuple(one for clock in (WALL, CPU) if (one := _clock(pairs, clock, pair_ns)) is not None),
    )


def _clock(pairs: Sequence[PairTiming], clock: str, pair_ns: int) -> ClockNoise | None:
    values = pair_values(pairs, clock)
    if values is None:
        return None  # a clock too coarse for the turns
    seen = paired(values)
    spread = 0.0 if seen is None else seen.standard_error * math.sqrt(len(values))
    return ClockNoise(
        clock=clock,
        spread_ratio=exponential(spread) - 1,
        visible=tuple(_visible(budget_ns, pair_ns, spread) for budget_ns in BUDGETS_NS),
    )


def _visible(budget_ns: int, pair_ns: int, spread: float) -> Visible:
    count = int(budget_ns / (pair_ns * (1 + 1 / TWIN_EVERY)))
    shift = visible_shift(spread, count, FALSE_ALARM_RATE, POWER)
    return Visible(
        budget_ns=budget_ns,
        pairs_count=count,
        change_ratio=exponential(shift) - 1 if math.isfinite(shift) else None,
    )


def _call_ns(pair: PairTiming) -> float:
    turns = [turn.wall_ns for quad in pair.warm for turn in (*quad.base, *quad.head)]
    return median([float(one) for one in turns]) / pair.loops_count


def _of(timings: Sequence[PairTiming], name: str) -> list[PairTiming]:
    return [one for one in timings if one.benchmark == name]


def _failures(found: SideBySide) -> list[Failure]:
    """The failures of single bodies, each once."""
    named = {one.benchmark: one for _, one in found.failures if one.benchmark in BODIES}
    return list(named.values())


def _paired(asked: Asked, names: Sequence[str], progress: Progress) -> SideBySide:
    """Play pairs of two copies of the same file, in folders whose paths are equally long."""
    setting = asked.setting
    seats = {side: _seat(setting, setting.folder / f"noise-{side.value}") for side in (Side.BASE, Side.HEAD)}
    path = str(seats[Side.HEAD].root / _FILE)
    target = Target(kind=TargetKind.ASV, name=_FILE, key=f"asv:{_FILE}", path=path)
    plan = Plan(
        budget_ns=asked.measuring_ns, per_benchmark_ns=asked.measuring_ns, timeout_ns=asked.measuring_ns
    )
    found = SideBySide()
    Table(target, seats, plan, progress, asked.coin).measure(
        names,
        lambda timings, over: tuple(_another(timings, name) for name in names if name not in over),
        found,
    )
    return found


def _seat(setting: Setting, place: Path) -> Setting:
    """A folder with the bodies, and scratch room in it."""
    scratch = place / "scratch"
    scratch.mkdir(parents=True)
    (place / _FILE).write_text(_SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    return replace(
        setting,
        root=place,
        cwd=place,
        folder=scratch,
        ownership=replace(setting.ownership, root=place, cwd=place),
    )


def _another(timings: Sequence[PairTiming], name: str) -> Want:
    """One pair more than there are: the budget alone ends it."""
    return Want(benchmark=name, stage=Stage.SCREEN, pairs_count=len(_of(timings, name)) + 1)
