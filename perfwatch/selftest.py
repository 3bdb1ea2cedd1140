"""The gate tried on slowdowns of our making: how often it finds them here, and how often it errs without one.

It must not change how a gate measures or judges: it plays the gate's own pairs on
copies of one tree, and asks the gate's own rules.

Method: in each round every benchmark is judged once, at a slowdown that chance
chose for it; every block of rounds has each slowdown once, so that the machine's
mood falls on none in particular. Head's processes make so much work more in every
turn, counted: whole calls, and rounds of an empty loop for what is less than one
(``worker.extra``). Each benchmark is judged as if it alone had changed, which is
what one change usually does: Holm over many others that were slowed on purpose
would make every confirmation stricter than a gate's.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare import verdicts, void_reason, wanted
from perfwatch.errors import NotComparable, NothingMeasured, TargetFailed, Terminated
from perfwatch.measure.setting import Setting
from perfwatch.measure.two_sides import Sided, Terms, measure_sides
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import ExtraWork, PairTiming, Side, Stage, Want
from perfwatch.records.plan import Noted, Plan, Policy
from perfwatch.records.run import RunHeader
from perfwatch.records.selftest import BenchmarkRates, LevelRate, Rate, Selftest, Trial
from perfwatch.stats.interval import variance
from perfwatch.stats.location import mean, median, percentile
from perfwatch.stats.proportion import wilson

if TYPE_CHECKING:
    from perfwatch.measure.side_by_side import Wanted
    from perfwatch.records.plan import Progress
    from perfwatch.records.run import Target

#: In percent; 0 is the same work on both sides.
LEVELS = (0, 2, 5, 10)
#: What errs where nothing was slowed.
_ERRS = (Verdict.SLOWER, Verdict.FASTER)
_NO_PAIR = "no pair of processes came to its end in its time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is tried, and for how long.

    ``plan`` is that of one gate, ``budget_ns`` what all trials together may take;
    ``trials_count`` how many of each level are wanted of each benchmark, ``None`` for
    as many as fit. ``chosen`` says in words what is measured.
    """

    header: RunHeader
    seats: Mapping[Side, Setting]
    plan: Plan
    policy: Policy
    budget_ns: int
    levels: tuple[int, ...] = LEVELS
    trials_count: int | None = None
    chosen: tuple[str, ...] = ()
    unbuilt: Mapping[Side, str] = field(default_factory=dict)
    coin: Random = field(default_factory=Random)


def measure_selftest(asked: Asked, progress: Progress) -> tuple[Selftest, BaseException | None]:
    """Play rounds until as many are there as are wanted, or fit; and the signal that came in between.

    Raises ``TargetFailed`` and ``NothingMeasured`` where no benchmark came to a
    verdict, ``NotComparable`` where a gate here could never give one.
    """
    course = _Course(asked, progress)
    stop: BaseException | None = None
    try:
        while stop is None and course.has_room():
            stop = course.play()
    except (KeyboardInterrupt, Terminated) as reason:
        stop = reason
    if not course.trials:
        raise stop or _nothing(course)
    return course.result(interrupted=stop is not None), stop


def _nothing(course: _Course) -> Exception:
    if course.failures:
        return TargetFailed(
            next(iter(course.failures)),
            means="The gate could not be tried on it: no benchmark came to a verdict.",
            do="perfwatch run shows the failure with its traceback.",
        )
    return NothingMeasured(
        "The gate could not be tried: no pair of processes came to its end.",
        means="There is no benchmark that is timed, or none fits into the time.",
        do="perfwatch run --list shows the benchmarks; --per-benchmark and --budget give them more time.",
    )


class _Course:
    """The rounds so far."""

    def __init__(self, asked: Asked, progress: Progress) -> None:
        self.trials: list[Trial] = []
        self.failures: dict[str, None] = {}
        self._asked = asked
        self._progress = progress
        self._header = asked.header
        self._left_out: set[str] = set()
        self._blocks: dict[tuple[str, str], list[int]] = {}
        self._drawn: dict[str, dict[str, int]] = {}
        self._began = time.perf_counter_ns()
        self._rounds_ns: list[int] = []
        self._void_count = 0
        self._notes: dict[str, None] = {}

    def has_room(self) -> bool:
        """Whether another round is wanted, can bring something, and ends within the budget if it is like the longest."""
        if not self._header.targets or (self._rounds_ns and not self.trials):
            return False
        if len(self._rounds_ns) >= (self._wanted_count() or len(self._rounds_ns) + 1):
            return False
        spent_ns = time.perf_counter_ns() - self._began
        return not self._rounds_ns or spent_ns + max(self._rounds_ns) <= self._asked.budget_ns

    def play(self) -> BaseException | None:
        """Play one round; the signal that cut it short, and then it does not count."""
        asked, began = self._asked, time.perf_counter_ns()
        terms = Terms(
            plan=replace(asked.plan, left_out=frozenset(self._left_out)),
            progress=self._progress,
            wanted=lambda names: _wanted_alone(names, asked.policy),
            differ=lambda _base, _head: False,
            coin=asked.coin,
            unbuilt=asked.unbuilt,
            slowed=self._draw,
        )
        sided = measure_sides(self._header, asked.seats, terms)
        stop = next((one.stop for one in sided if one.stop is not None), None)
        if stop is None:
            for one in sided:
                self._take(one)
            self._rounds_ns.append(time.perf_counter_ns() - began)
            self._tell()
        return stop

    def result(self, *, interrupted: bool) -> Selftest:
        """Everything that complete rounds brought."""
        asked = self._asked
        wanted_count, each_ns = self._wanted_count(), mean([float(one) for one in self._rounds_ns])
        return Selftest(
            chosen=asked.chosen,
            margin_ratio=asked.policy.margin_ratio,
            budget_ns=asked.budget_ns,
            per_benchmark_ns=asked.plan.per_benchmark_ns,
            levels=level_rates(self.trials, asked.levels),
            benchmarks=_by_benchmark(self.trials, asked.levels),
            trials=tuple(self.trials),
            rounds_count=len(self._rounds_ns),
            wanted_count=wanted_count,
            needed_ns=None if wanted_count is None else round(wanted_count * each_ns),
            void_count=self._void_count,
            failures=tuple(self.failures),
            notes=tuple(self._notes),
            interrupted=interrupted,
            duration_ns=time.perf_counter_ns() - self._began,
        )

    def _wanted_count(self) -> int | None:
        count = self._asked.trials_count
        return None if count is None else count * len(self._asked.levels)

    def _draw(self, target: Target, names: Sequence[str]) -> dict[str, int]:
        """A level for each benchmark: the next of its block, which holds every level once."""
        levels, drawn = self._asked.levels, {}
        for name in names:
            block = self._blocks.setdefault((target.key, name), [])
            if not block:
                block += self._asked.coin.sample(levels, len(levels))
            drawn[name] = block.pop()
        self._drawn[target.key] = drawn
        return drawn

    def _take(self, one: Sided) -> None:
        """Judge what a round brought of one target; who failed is not tried again."""
        if one.crossed:
            raise NotComparable(
                f"A gate here could give no verdict: {one.crossed}.",
                means="Every gate of this project is void while that is so.",
                do="Mend that first, then try the gate.",
            )
        for side, failure in one.found.failures:
            message = next(iter(failure.message.splitlines()), failure.kind.value)
            self.failures[
                f"{failure.benchmark or one.target.name} failed on the side of {side.value}: {message}"
            ] = None
        failed, drawn = one.found.failed(), self._drawn.pop(one.target.key, {})
        self._left_out |= failed
        if one.untimed:
            self._notes[f"These give a figure of their own instead of a time: {', '.join(one.untimed)}"] = (
                None
            )
        timings = one.found.timings
        judged = [name for name in drawn if name not in failed] if timings else []
        if not judged:
            targets = tuple(target for target in self._header.targets if target != one.target)
            self._header = replace(self._header, targets=targets)
            return
        self._void_count += bool(void_reason(timings, self._asked.policy))
        self.trials += [trial_of(one, name, drawn[name], self._asked.policy) for name in judged]

    def _tell(self) -> None:
        count, each_ns = len(self._rounds_ns), max(self._rounds_ns)
        spent_ns = time.perf_counter_ns() - self._began
        room = max(0, (self._asked.budget_ns - spent_ns) // each_ns)
        wanted_count = self._wanted_count()
        room = room if wanted_count is None else min(room, wanted_count - count)
        said = f"Round {count} took {units.time(self._rounds_ns[-1])}"
        self._progress(Noted(text=f"{said}; about {room} more" if room else said))


def _wanted_alone(names: Sequence[str], policy: Policy) -> Wanted:
    """Ask of each benchmark as if it alone were gated; what is to be confirmed waits until all are screened, as ever."""

    def asked(timings: Sequence[PairTiming], over: frozenset[str]) -> tuple[Want, ...]:
        wants = tuple(want for name in names for want in wanted(timings, (name,), policy, over))
        return tuple(want for want in wants if want.stage is Stage.SCREEN) or wants

    return asked


def trial_of(one: Sided, name: str, percent: int, policy: Policy) -> Trial:
    """The gate's word on one benchmark of a round, and what it cost."""
    timings = one.found.timings
    mine = [timing for timing in timings if timing.benchmark == name]
    against_head = [timing for timing in mine if timing.against is Side.HEAD]
    plain = Trial(
        target=one.target.key,
        benchmark=name,
        slowdown_ratio=percent / 100,
        verdict=Verdict.UNDECIDED,
        reason=_NO_PAIR,
        duration_ns=sum(_gate_ns(timing, timings) for timing in mine),
        pairs_count=len(against_head),
    )
    for comparison in verdicts(timings, (name,), policy):
        return replace(
            plain,
            verdict=comparison.verdict,
            reason=comparison.reason,
            ratio=comparison.ratio,
            clock=comparison.clock or plain.clock,
            loops_count=against_head[0].loops_count,
            extra=against_head[0].extra,
            extra_error_ratio=_extra_error(against_head),
        )
    return plain


def _extra_error(pairs: Sequence[PairTiming]) -> float:
    """The standard error of what rounds added in these pairs, as a share of a turn.

    A round and a call do not always change their speeds together: how much the number of
    rounds differs from pair to pair tells more than how well it was found in each.
    """
    extras = [pair.extra for pair in pairs if pair.extra is not None]
    rounds = [float(extra.rounds_count) for extra in extras]
    if not any(rounds):
        return 0.0
    share = extras[0].percent / 100 - extras[0].calls_count / pairs[0].loops_count
    between = share * math.sqrt(variance(rounds) or 0.0) / mean(rounds)
    within = median([extra.error_ratio for extra in extras])
    return max(between, within) / math.sqrt(len(rounds))


def _gate_ns(timing: PairTiming, timings: Sequence[PairTiming]) -> int:
    """What a pair cost one of its benchmarks, without its share of what no gate does."""
    together = [one for one in timings if one.pair == timing.pair]
    weighing_ns = sum(one.extra.spent_ns for one in together if one.extra is not None)
    return max(0, timing.spent_ns - weighing_ns // len(together))


def level_rates(trials: Sequence[Trial], levels: Sequence[int]) -> tuple[LevelRate, ...]:
    """How often these trials were flagged, by slowdown in percent; those that had no trial have no rate."""
    return tuple(
        _level_rate(level / 100, [trial for trial in trials if trial.slowdown_ratio == level / 100])
        for level in levels
    )


def _level_rate(level: float, trials: Sequence[Trial]) -> LevelRate:
    flags = (Verdict.SLOWER,) if level else _ERRS
    flagged = sum(trial.verdict in flags for trial in trials)
    errors = [abs(trial.ratio / (1 + level) - 1) for trial in trials if trial.ratio is not None]
    extras = [trial.extra_error_ratio for trial in trials if trial.extra is not None]
    return LevelRate(
        slowdown_ratio=level,
        flagged=Rate(
            flagged_count=flagged,
            trials_count=len(trials),
            rate_ratio=flagged / len(trials) if trials else None,
            interval=wilson(flagged, len(trials)),
        ),
        verdicts=dict(sorted(Counter(trial.verdict.value for trial in trials).items())),
        error_median_ratio=median(errors) if errors else None,
        error_90th_ratio=percentile(errors, 0.9) if errors else None,
        ways=dict(sorted(Counter(_way(trial.extra) for trial in trials if trial.extra is not None).items())),
        extra_error_ratio=median(extras) if extras else 0.0,
        trial_ns=round(median([float(trial.duration_ns) for trial in trials])) if trials else None,
    )


def _way(extra: ExtraWork) -> str:
    """What the extra work was made of."""
    made_of = {"calls": extra.calls_count, "rounds": extra.rounds_count}
    return " and ".join(word for word, count in made_of.items() if count) or "nothing"


def _by_benchmark(trials: Sequence[Trial], levels: Sequence[int]) -> tuple[BenchmarkRates, ...]:
    named = dict.fromkeys((trial.target, trial.benchmark) for trial in trials)
    return tuple(
        BenchmarkRates(
            target=target,
            benchmark=name,
            levels=level_rates(
                [one for one in trials if (one.target, one.benchmark) == (target, name)], levels
            ),
        )
        for target, name in named
    )
