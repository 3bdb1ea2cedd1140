"""Holds a head run against a stored base run and says, with evidence, what changed.

This module must not measure, read a store or print, and must not decide exit
codes: it makes ``Comparison`` records, once, and everybody else only shows them.

Time. Base and head were not measured side by side, so the machine's mood is in
the difference. It is judged by how much sessions of the base's own code differ
(``stats.difference.against_sessions``, on logarithms of each process's median
time per call, on the clock that ``session_clock`` chooses), and only where enough
such sessions are stored. Otherwise ratio and interval are shown and the verdict is
``undecided``.

- ``slower``, ``faster``: the 95% interval lies wholly beyond the margin, and the
  benchmark stands among all those compared at a false discovery rate of 5%;
- ``same``: the 90% interval lies wholly inside the margin (two one-sided tests);
- identical times everywhere are ``same`` by the same rules, without an error;
- a process whose median is 0 ns saw no tick of the clock: ``undecided``.

Amounts (bytes, counts) are compared by ``amounts``. One that a side lacks is not
compared; the passes of that run say why it is missing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare.amounts import FLOORS, REPEATING, UNJUDGED, amount_reason, decide_amount
from perfwatch.compare.environments import environment_difference
from perfwatch.compare.own import own_figures
from perfwatch.compare.paired import CPU, WALL
from perfwatch.compare.policies import policy_for
from perfwatch.compare.session_clock import session_clock
from perfwatch.records.comparison import Comparison, Summary, Verdict
from perfwatch.records.plan import Policy
from perfwatch.records.run import PassName, Run, RunState
from perfwatch.records.timing import per_call_ns
from perfwatch.stats.difference import Difference, against_sessions, interval, p_beyond, p_equivalent, welch
from perfwatch.stats.interval import exponential
from perfwatch.stats.location import geometric_mean, mean
from perfwatch.stats.multiplicity import q_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.records.run import Benchmark, Failure
    from perfwatch.records.timing import ProcessTiming, Timing

#: The headline metric: wall time per call, in nanoseconds.
TIME = "time"
#: How every verdict starts that stored runs cannot give.
NOT_SIDE_BY_SIDE = "not measured side by side; use perfwatch gate"

_CHANGED = (Verdict.SLOWER, Verdict.FASTER)
_OF_TIME = (*_CHANGED, Verdict.SAME, Verdict.UNDECIDED, Verdict.NEW, Verdict.REMOVED, Verdict.ACCEPTED)
_OF_AMOUNTS = (Verdict.HIGHER, Verdict.LOWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What every benchmark of one comparison shares."""

    base: Run
    head: Run
    policy: Policy
    sessions: tuple[Run, ...]
    obstacle: str


def compare(
    base: Run | None, head: Run, policy: Policy, sessions: Sequence[Run] = ()
) -> tuple[Comparison, ...]:
    """Compare every benchmark of ``head`` with its partner in ``base``.

    ``sessions`` are stored runs of the base's code; ``base`` itself counts
    whether it is among them or not, ``head`` never, and so does none whose code
    digest or environment key is not the base's. For each benchmark time comes
    first, then the amounts, then figures of its own; benchmarks stand in head's order, removed ones last.
    Without a base there is nothing to compare, and nothing is returned. The
    policy's confidence level lies between 0.5 and 1, else ``ValueError``.
    """
    if base is None:
        return ()
    scene = _Scene(
        base=base,
        head=head,
        policy=policy,
        sessions=_of_the_same_code(base, head, sessions),
        obstacle=environment_difference(base.header.environment, head.header.environment),
    )
    comparisons: list[Comparison] = []
    for old, new in _pairs(base, head):
        name = new.name if new is not None else old.name if old is not None else ""
        of_this = replace(scene, policy=policy_for(name, policy))
        if not _counts_memory_alone(old, new):
            comparisons.append(_headline(old, new, of_this))
        if old is not None and new is not None:
            comparisons.extend(_amounts(old, new, of_this))
            obstacle = of_this.obstacle or _other_work(old, new) or _partly_known_words(of_this)
            sides = ((base, old), (head, new))
            comparisons.extend(own_figures(sides, of_this.sessions, of_this.policy.margin_ratio, obstacle))
    return _among_all(comparisons, policy)


def summarise(comparisons: Sequence[Comparison], head: Run, findings_count: int = 0) -> Summary:
    """Count the verdicts: ``higher`` and ``lower`` of amounts, all others of the headline, time.

    ``failed`` also counts benchmarks that failed in ``head`` and have no
    comparison, because there was no base or no benchmark came of them.
    """
    times = Counter(c.verdict for c in comparisons if c.metric == TIME)
    amounts = Counter(c.verdict for c in comparisons if c.metric != TIME)
    told = {c.benchmark for c in comparisons} | {b.name for b in head.benchmarks if is_timed(b)}
    failed = {f.benchmark for f in head.failures if f.benchmark is not None} - told
    counts = {v.value: times[v] for v in _OF_TIME} | {v.value: amounts[v] for v in _OF_AMOUNTS}
    return Summary(**counts, failed=times[Verdict.FAILED] + len(failed), findings=findings_count)


def decide(difference: Difference, margin: float, alpha: float) -> Verdict:
    """Say the word for a difference of logarithms; ``margin`` is one too.

    ``alpha`` is the error rate: of calling a change within the margin ``slower``
    or ``faster``, and of calling one at or beyond it ``same``.
    """
    if p_beyond(difference, margin) <= alpha and abs(difference.value) > margin:
        return Verdict.SLOWER if difference.value > 0 else Verdict.FASTER
    if p_equivalent(difference, margin) <= alpha and abs(difference.value) < margin:
        return Verdict.SAME
    return Verdict.UNDECIDED


def process_values(timing: Timing, clock: str = WALL) -> tuple[float, ...]:
    """Return each process's median time per call after warm-up, in ns; without samples it has none."""
    values = [per_call_ns(one, one.cpu_ns if clock == CPU else one.wall_ns) for one in timing.processes]
    return tuple(value for value in values if value is not None)


def is_timed(benchmark: Benchmark | None) -> bool:
    """Tell whether the benchmark has a sample that counts, or a summary of samples that were not kept."""
    return _level(benchmark) is not None


def _of_the_same_code(base: Run, head: Run, sessions: Sequence[Run]) -> tuple[Run, ...]:
    """Return the base and the other runs of its code and environment, each once; never head."""
    chosen = {base.header.id: base}
    for run in sessions:
        same_code = bool(base.header.code_digest) and run.header.code_digest == base.header.code_digest
        if same_code and run.header.environment.key == base.header.environment.key:
            chosen.setdefault(run.header.id, run)
    chosen.pop(head.header.id, None)
    return tuple(chosen.values())


def _pairs(base: Run, head: Run) -> list[tuple[Benchmark | None, Benchmark | None]]:
    """Pair benchmarks by target and name, or by name where that is unambiguous (a moved file)."""
    by_key = {(b.target, b.name): b for b in base.benchmarks}
    claimed = {(b.target, b.name) for b in head.benchmarks}
    seeking = Counter(b.name for b in head.benchmarks if (b.target, b.name) not in by_key)
    left: dict[str, list[Benchmark]] = {}
    for key, old in by_key.items():
        if key not in claimed:
            left.setdefault(old.name, []).append(old)
    pairs: list[tuple[Benchmark | None, Benchmark | None]] = []
    for new in head.benchmarks:
        partner = by_key.get((new.target, new.name))
        if partner is None and seeking[new.name] == 1 and len(left.get(new.name, ())) == 1:
            partner = left.pop(new.name)[0]
        pairs.append((partner, new))
    pairs.extend((old, None) for group in left.values() for old in group)
    return pairs


def _headline(old: Benchmark | None, new: Benchmark | None, scene: _Scene) -> Comparison:
    verdict, reason = _presence(old, new, scene)
    name = new.name if new is not None else old.name if old is not None else ""
    plain = Comparison(
        benchmark=name,
        metric=TIME,
        verdict=verdict,
        reason=reason,
        clock=WALL,
        base_run=scene.base.header.id,
        base_value=_level(old),
        head_value=_level(new),
        margin_ratio=scene.policy.margin_ratio,
    )
    if old is None or new is None or not (is_timed(old) and is_timed(new)):
        return plain
    obstacle = scene.obstacle or _other_work(old, new) or _obstacle(old, new)
    plain = replace(plain, ratio=_ratio(plain.base_value, plain.head_value), reason=obstacle)
    return plain if obstacle else _judged(plain, old, new, scene)


def _presence(old: Benchmark | None, new: Benchmark | None, scene: _Scene) -> tuple[Verdict, str]:
    """Say what becomes of a benchmark that one side does not have, or could not time."""
    known = new or old
    if known is None or (is_timed(new) and is_timed(old)):
        return Verdict.UNDECIDED, ""
    if not is_timed(new) and (failure := _failure_of(known, scene.head)):
        return Verdict.FAILED, f"it failed in head: {_first_line(failure)}"
    if new is None:
        unfinished = f"head's run is {scene.head.state.value} and did not get to it"
        complete = scene.head.state is RunState.COMPLETE
        return (Verdict.REMOVED, "only base has it") if complete else (Verdict.UNDECIDED, unfinished)
    failure = None if old is None or not is_timed(new) else _failure_of(old, scene.base)
    if old is None or failure:
        why = f"it failed in base: {_first_line(failure)}" if failure else "only head has it"
        return Verdict.NEW, why
    lacking = [side for side, benchmark in (("base", old), ("head", new)) if not is_timed(benchmark)]
    return Verdict.UNDECIDED, f"there is no time for it in {' and '.join(lacking)}"


def _failure_of(benchmark: Benchmark, run: Run) -> Failure | None:
    """Find the failure that names the benchmark, or its whole target before anything was timed."""
    for failure in run.failures:
        whole = failure.benchmark is None and failure.pass_name is PassName.TIMING
        if failure.target == benchmark.target and (whole or failure.benchmark == benchmark.name):
            return failure
    return None


def _first_line(failure: Failure) -> str:
    return next(iter(failure.message.strip().splitlines()), failure.kind.value)


def _other_work(old: Benchmark, new: Benchmark) -> str:
    names = sorted({name for name, _ in old.parameters.items() ^ new.parameters.items()})
    if not names and old.code_version and new.code_version and old.code_version != new.code_version:
        return "the benchmark's own code is not the same in base and head"
    return f"base and head ran with different parameters: {', '.join(names)}" if names else ""


def _obstacle(old: Benchmark, new: Benchmark) -> str:
    """Name what forbids a verdict on this benchmark's time alone; "" for nothing."""
    for side, benchmark in (("base", old), ("head", new)):
        if benchmark.timing is not None and not benchmark.timing.for_verdicts:
            why = next(iter(benchmark.timing.notes), "its run says so")
            return f"{side}'s times are not for verdicts: {why}"
    for side, benchmark in (("base", old), ("head", new)):
        if benchmark.timing is not None and _logs(benchmark.timing) is None:
            return f"a process of {side} measured 0 ns: its samples are too short for the clock"
    return ""


def _judged(plain: Comparison, old: Benchmark, new: Benchmark, scene: _Scene) -> Comparison:
    timings = [timing for run in scene.sessions if (timing := _session_timing(old, run))]
    needed = max(2, scene.policy.sessions_needed_count)
    if len(timings) < needed or _partly_known(scene):
        shown = _with_interval(plain, welch(_logs(old.timing) or [], _logs(new.timing) or []), scene.policy)
        alone = "" if shown.interval else "; a single process on one side gives no interval"
        there = f"{len(timings)} of the {needed} sessions of base's code that a verdict needs are stored"
        there = _partly_known_words(scene) or there
        return replace(shown, reason=f"{NOT_SIDE_BY_SIDE}; {there}{alone}", noise_floor_ratio=None)
    clock, why = session_clock([one for timing in timings for one in timing.processes], _processes(new))
    sessions, after = [_logs(timing, clock) or [] for timing in timings], _logs(new.timing, clock) or []
    level, head_level = math.exp(mean([mean(session) for session in sessions])), math.exp(mean(after))
    plain = replace(
        plain, clock=clock, base_value=level, head_value=head_level, ratio=_ratio(level, head_level)
    )
    difference = against_sessions(sessions, after) if len(after) > 1 else None
    if difference is None:
        return replace(plain, reason="a single process on one side gives no interval")
    margin, alpha = math.log1p(scene.policy.margin_ratio), 1 - scene.policy.confidence_level
    verdict, p_value = decide(difference, margin, alpha), p_beyond(difference, margin)
    judged = replace(_with_interval(plain, difference, scene.policy), verdict=verdict, p_value=p_value)
    narrower = interval(difference, 1 - 2 * alpha)
    by = f"{len(sessions)} stored sessions" + (f" on the processor clock ({why})" if clock == CPU else "")
    return replace(judged, reason=_reason(judged, narrower, by))


def _partly_known(scene: _Scene) -> bool:
    """Tell whether a side came from another tool's file, which has no key."""
    return not all(run.header.environment.key for run in (scene.base, scene.head))


def _partly_known_words(scene: _Scene) -> str:
    return (
        "a result file tells too little of its machine and code for a verdict" if _partly_known(scene) else ""
    )


def _with_interval(plain: Comparison, difference: Difference | None, policy: Policy) -> Comparison:
    if difference is None:
        return plain
    low, high = interval(difference, policy.confidence_level)
    return replace(
        plain,
        interval=(exponential(low), exponential(high)),
        confidence_level=policy.confidence_level,
        noise_floor_ratio=exponential((high - low) / 2) - 1,
    )


def _reason(judged: Comparison, narrower: tuple[float, float], by: str) -> str:
    level, bounds, place = judged.confidence_level or 0.0, judged.interval, "neither inside nor beyond"
    if judged.verdict is Verdict.SAME:
        level, bounds, place = 2 * level - 1, (exponential(narrower[0]), exponential(narrower[1])), "inside"
    elif judged.verdict in _CHANGED:
        place = "beyond"
    floor = units.change(1 + (judged.noise_floor_ratio or 0.0))
    unsure = f"; the smallest visible change is {floor}" if judged.verdict is Verdict.UNDECIDED else ""
    return (
        f"{units.time(judged.head_value)} against {units.time(judged.base_value)}: {units.change(judged.ratio)}, "
        f"{units.percent(level)} interval {units.change_interval(bounds)} {place} the margin of "
        f"{units.percent(judged.margin_ratio)}, judged by {by}{unsure}"
    )


def _among_all(comparisons: list[Comparison], policy: Policy) -> tuple[Comparison, ...]:
    """Give each judged time its q value, and take back what does not stand among all of them."""
    judged = [index for index, c in enumerate(comparisons) if c.p_value is not None]
    for index, q in zip(judged, q_values([comparisons[i].p_value or 0.0 for i in judged]), strict=True):
        comparison = replace(comparisons[index], q_value=q)
        if comparison.verdict in _CHANGED and q > 1 - policy.confidence_level:
            doubt = f"{comparison.reason}; among {len(judged)} benchmarks compared that is no rarity"
            comparison = replace(comparison, verdict=Verdict.UNDECIDED, reason=doubt)
        comparisons[index] = comparison
    return tuple(comparisons)


def _amounts(old: Benchmark, new: Benchmark, scene: _Scene) -> Iterator[Comparison]:
    """Compare the amounts that both sides have, in the order of the table."""
    obstacle = scene.obstacle or _other_work(old, new)
    # What a timed run of ours has beside these stands in its own table; of others there is nothing else to show.
    unjudged = UNJUDGED if _partly_known(scene) or _counts_memory_alone(old, new) else ()
    for metric in (*REPEATING, *unjudged):
        base, head = old.metrics.get(metric), new.metrics.get(metric)
        if base is None or head is None or not (0 <= base < math.inf and 0 <= head < math.inf):
            continue
        margin, why = scene.policy.margin_ratio, obstacle or UNJUDGED.get(metric, "")
        verdict = Verdict.UNDECIDED if why else decide_amount(base, head, margin, FLOORS[metric])
        yield Comparison(
            benchmark=new.name,
            metric=metric,
            verdict=verdict,
            reason=why or amount_reason(metric, base, head, margin),
            base_run=scene.base.header.id,
            base_value=base,
            head_value=head,
            ratio=_ratio(base, head),
            margin_ratio=margin,
        )


def _counts_memory_alone(old: Benchmark | None, new: Benchmark | None) -> bool:
    """Tell whether both sides are a memory benchmark of another tool, which has no time."""
    if old is None or new is None or old.timing is not None or new.timing is not None:
        return False
    return any(metric in old.metrics and metric in new.metrics for metric in UNJUDGED)


def _level(benchmark: Benchmark | None) -> float | None:
    if benchmark is None or benchmark.timing is None:
        return None
    if not benchmark.timing.processes:
        return benchmark.timing.median_ns
    values = process_values(benchmark.timing)
    return geometric_mean(values) if values else None


def _ratio(base: float | None, head: float | None) -> float | None:
    return head / base if base and head is not None else None


def _logs(timing: Timing | None, clock: str = WALL) -> list[float] | None:
    """Return the logarithms of the process values, or ``None`` where one has none."""
    values = process_values(timing, clock) if timing is not None else ()
    return [math.log(value) for value in values] if values and min(values) > 0 else None


def _processes(benchmark: Benchmark) -> tuple[ProcessTiming, ...]:
    return benchmark.timing.processes if benchmark.timing is not None else ()


def _session_timing(benchmark: Benchmark, run: Run) -> Timing | None:
    """Find the benchmark's timing in another run, where it may carry a verdict."""
    wanted = (benchmark.target, benchmark.name, benchmark.parameters)
    for other in run.benchmarks:
        if (other.target, other.name, other.parameters) == wanted and other.timing is not None:
            return other.timing if other.timing.for_verdicts and _logs(other.timing) else None
    return None
