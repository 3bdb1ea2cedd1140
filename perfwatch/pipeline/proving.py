"""A candidate against its reference: the answers first, and the times only where these are the same."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from perfwatch.compare import verdicts, wanted
from perfwatch.measure.alone import NOT_ALONE, measuring_alone
from perfwatch.measure.experiment import (
    Bench,
    left_ns,
    peaks_of,
    programme_of,
    seats_of,
    time_sides,
)
from perfwatch.measure.request import size_name
from perfwatch.measure.side_by_side import SideBySide
from perfwatch.measure.two_sides import process_of
from perfwatch.pipeline.answering import DISAGREES, Proving, look, sized
from perfwatch.pipeline.surroundings import header_for, setting_for
from perfwatch.proving.crossover import next_size
from perfwatch.proving.printed import compare_programmes
from perfwatch.proving.proofs import Seen, size_proof, whole
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Policy
from perfwatch.records.proof import Aspect, Experiment, Proof, ProofVerdict
from perfwatch.stats.location import median
from perfwatch.target.experiment import PROGRAMMES, experiment_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfwatch.config import Config
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.plan import Progress
    from perfwatch.records.run import RunHeader
    from perfwatch.target.choice import TargetChoice

#: So many sizes at most are added to find where the faster one changes.
ADDED_AT_MOST = 5


def prove(
    experiment: Experiment, choice: TargetChoice, config: Config, place: Place, progress: Progress
) -> Proof:
    """Hold the candidate against its reference, and say what comes of it.

    Raises ``TargetError`` for sides that cannot be held against each other. A
    reference that fails is no error: the proof says so.
    """
    experiment, reference, candidate = experiment_targets(experiment, choice)
    started = time.perf_counter_ns()
    with setting_for((reference, candidate), config, place) as (_, setting), measuring_alone() as alone:
        bench = Bench(settings=seats_of(setting), plan=config.plan(), progress=progress)
        proving = Proving(
            experiment=experiment,
            targets={Side.BASE: reference, Side.HEAD: candidate},
            bench=bench,
            started_ns=started,
        )
        proof = held(proving)
    notes = [] if alone else [NOT_ALONE]
    notes += [note for one in proving.seen.values() if one.difference for note in one.difference.notes]
    return replace(proof, notes=tuple(dict.fromkeys(notes)), duration_ns=time.perf_counter_ns() - started)


def held(proving: Proving) -> Proof:
    """Hold the candidate of an experiment that is set up against its reference."""
    return _programmes(proving) if proving.reference.kind in PROGRAMMES else _callables(proving)


def header_of(
    experiments: Sequence[Experiment], choice: TargetChoice, config: Config, place: Place
) -> RunHeader:
    """What is known of all experiments before the first; raises ``TargetError`` for a side that is not there."""
    targets = [target for one in experiments for target in experiment_targets(one, choice)[1:]]
    return header_for(targets, config, place)


def _plain(proving: Proving) -> Proof:
    experiment = proving.experiment
    return Proof(
        name=experiment.name,
        reference=experiment.reference,
        candidate=experiment.candidate,
        verdict=ProofVerdict.UNDECIDED,
        reason="nothing was measured",
        rule=experiment.rule,
        margin_ratio=experiment.margin_ratio,
    )


def _told(proving: Proving) -> Proof:
    """The proof, from all that was seen so far."""
    proof = whole(_plain(proving), [size_proof(one) for one in _in_order(proving.seen.values())])
    if not proving.reference_failure:
        return proof
    reason = f"the reference itself fails: {proving.reference_failure}"
    return replace(proof, verdict=ProofVerdict.UNDECIDED, reason=reason, reference_failed=True)


def _in_order(seen: Iterable[Seen]) -> list[Seen]:
    """By size where sizes are numbers, else as they were asked for."""
    listed = list(seen)
    if all(one.size.replace(".", "", 1).isdigit() for one in listed):
        return sorted(listed, key=lambda one: float(one.size))
    return listed


def _callables(proving: Proving) -> Proof:
    sizes = proving.experiment.sizes or ("",)
    look(proving, sizes)
    if Aspect.TIME in proving.experiment.aspects:
        _time_through(proving, sizes)
    if Aspect.MEMORY in proving.experiment.aspects:
        _weigh(proving)
    return _told(proving)


def _time_through(proving: Proving, sizes: Sequence[str]) -> None:
    """Time these sizes, and add some where the faster one changes in between."""
    _time(proving, sizes)
    for _ in range(ADDED_AT_MOST):
        proof = _told(proving)
        size = next_size(proof.sizes)
        if size is None or str(size) in proving.seen or left_ns(proving.bench.plan, proving.started_ns) <= 0:
            break
        look(proving, (str(size),))
        _time(proving, (str(size),))


# Times


def _time(proving: Proving, sizes: Sequence[str]) -> None:
    """Measure those sizes whose answers are the same, and judge the times."""
    right = [size for size in sizes if size in proving.seen and _is_right(proving.seen[size])]
    names = [size_name(size) for size in right]
    if not names:
        return
    policy = Policy(margin_ratio=proving.experiment.margin_ratio)
    targets = {side: sized(target, right) for side, target in proving.targets.items()}
    plan = replace(proving.bench.plan, budget_ns=max(0, left_ns(proving.bench.plan, proving.started_ns)))
    found = SideBySide()
    asks = partial(wanted, names=names, policy=policy)
    time_sides(
        replace(proving.bench, plan=plan), targets, names, lambda pairs, over: asks(pairs, over=over), found
    )
    told = {one.benchmark: one for one in verdicts(found.timings, names, policy)}
    failures = {failure.benchmark: failure.message for side, failure in found.failures if side is Side.HEAD}
    for size, name in zip(right, names, strict=True):
        pairs = [one for one in found.timings if one.benchmark == name and one.against is Side.HEAD]
        failure = failures.get(name) or failures.get(None, "")
        proving.seen[size] = replace(
            proving.seen[size], comparison=told.get(name), pairs=tuple(pairs), failure=failure
        )
    proving.found.timings += found.timings


def _is_right(seen: Seen) -> bool:
    """Whether both sides gave an answer, and the same one."""
    if seen.difference is None or seen.unanswered or seen.failure:
        return False
    return seen.difference.equal and not seen.difference.uncertain


def _weigh(proving: Proving) -> None:
    """Take the peak memory of both sides at the sizes whose answers are the same, and that were timed if any were."""
    timing = Aspect.TIME in proving.experiment.aspects
    timed = {size: one for size, one in proving.seen.items() if _is_right(one) and (one.pairs or not timing)}
    if not timed:
        return
    peaks: dict[str, dict[str, float]] = {size: {} for size in timed}
    for side, role in ((Side.BASE, "reference"), (Side.HEAD, "candidate")):
        target = proving.targets[side]
        whole_program = target.kind in PROGRAMMES
        names = {target.name if whole_program else size_name(size): size for size in timed}
        clean = {name: _clean_ns(timed[size], side) for name, size in names.items()}
        found = peaks_of(
            proving.bench,
            side,
            target if whole_program else sized(target, list(timed)),
            clean,
            lambda name, side=side, names=names: [process_of(one, side) for one in timed[names[name]].pairs],  # type: ignore[misc]
        )
        for name, peak in found.items():
            peaks[names[name]][role] = peak
    for size, one in timed.items():
        proving.seen[size] = replace(one, peaks=peaks[size])


def _clean_ns(seen: Seen, side: Side) -> float:
    """The time of one call; none of what was not timed, so that no overhead is told of it."""
    if not seen.pairs:
        return 0.0
    turns = [
        turn.wall_ns / pair.loops_count
        for pair in seen.pairs
        for quad in pair.warm
        for turn in (quad.base if side is Side.BASE else quad.head)
    ]
    return median(turns)


# Programmes


def _programmes(proving: Proving) -> Proof:
    files = proving.experiment.files
    first, again = (programme_of(proving.bench, Side.BASE, proving.reference, files) for _ in range(2))
    if first.failure is not None:
        proving.reference_failure = first.failure.message
        return _told(proving)
    head = programme_of(proving.bench, Side.HEAD, proving.candidate, files)
    rule = proving.experiment.rule
    itself = compare_programmes(first, again, rule)
    if head.failure is not None:
        proving.seen[""] = Seen(size="", failure=head.failure.message)
    elif not itself.equal:
        proving.seen[""] = Seen(size="", unanswered=DISAGREES.format(reason=itself.reason))
    elif head.exit_code and not first.exit_code:
        proving.seen[""] = Seen(size="", failure=f"it ends with {head.exit_code}")
    else:
        proving.seen[""] = Seen(size="", difference=compare_programmes(first, head, rule), calls=False)
    _time(proving, ("",))
    if Aspect.MEMORY in proving.experiment.aspects:
        _weigh(proving)
    return _told(proving)
