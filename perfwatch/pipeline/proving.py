"""A candidate against its reference: the answers first, and the times only where these are the same."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from perfwatch.compare import verdicts, wanted
from perfwatch.measure.alone import NOT_ALONE, measuring_alone
from perfwatch.measure.experiment import (
    Answered,
    Bench,
    answers_of,
    left_ns,
    peaks_of,
    programme_of,
    seats_of,
    time_sides,
)
from perfwatch.measure.request import size_name
from perfwatch.measure.side_by_side import SideBySide
from perfwatch.measure.two_sides import process_of
from perfwatch.pipeline.surroundings import header_for, setting_for
from perfwatch.proving.answers import compare_answers
from perfwatch.proving.crossover import next_size
from perfwatch.proving.distributions import compare_draws
from perfwatch.proving.printed import compare_programmes
from perfwatch.proving.proofs import Seen, size_proof, whole
from perfwatch.proving.written import Answer
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Policy
from perfwatch.records.proof import AnswerDifference, Experiment, Proof, ProofVerdict
from perfwatch.records.run import RunHeader, Target
from perfwatch.stats.location import median
from perfwatch.target.experiment import PROGRAMMES, experiment_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfwatch.config import Config
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.plan import Progress
    from perfwatch.target.choice import TargetChoice

#: A candidate may take so many times its reference's time for its answer, and so much more; then it hangs.
PATIENCE_RATIO, PATIENCE_NS = 20, 30_000_000_000
#: So many sizes at most are added to find where the faster one changes.
ADDED_AT_MOST = 5
#: Draws of so many seeds are pooled where answers are compared as distributions.
SEEDS_COUNT = 20
DISAGREES = (
    "the reference disagrees with itself from one process to the next ({reason}): seed it, or let the answers be "
    "compared as distributions (--statistical, or a rule of your own)"
)


@dataclass(slots=True)
class _Proving:
    """An experiment under way."""

    experiment: Experiment
    targets: Mapping[Side, Target]
    bench: Bench
    started_ns: int
    reference_failure: str = ""
    seen: dict[str, Seen] = field(default_factory=dict)
    found: SideBySide = field(default_factory=SideBySide)

    @property
    def reference(self) -> Target:
        return self.targets[Side.BASE]

    @property
    def candidate(self) -> Target:
        return self.targets[Side.HEAD]


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
        proving = _Proving(
            experiment=experiment,
            targets={Side.BASE: reference, Side.HEAD: candidate},
            bench=bench,
            started_ns=started,
        )
        proof = _programmes(proving) if reference.kind in PROGRAMMES else _callables(proving)
    notes = [] if alone else [NOT_ALONE]
    notes += [note for one in proving.seen.values() if one.difference for note in one.difference.notes]
    return replace(proof, notes=tuple(dict.fromkeys(notes)), duration_ns=time.perf_counter_ns() - started)


def header_of(
    experiments: Sequence[Experiment], choice: TargetChoice, config: Config, place: Place
) -> RunHeader:
    """What is known of all experiments before the first; raises ``TargetError`` for a side that is not there."""
    targets = [target for one in experiments for target in experiment_targets(one, choice)[1:]]
    return header_for(targets, config, place)


def _plain(proving: _Proving) -> Proof:
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


def _told(proving: _Proving) -> Proof:
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


def _callables(proving: _Proving) -> Proof:
    sizes = proving.experiment.sizes or ("",)
    _look(proving, sizes)
    _time(proving, sizes)
    for _ in range(ADDED_AT_MOST):
        proof = _told(proving)
        size = next_size(proof.sizes)
        if size is None or str(size) in proving.seen or left_ns(proving.bench.plan, proving.started_ns) <= 0:
            break
        _look(proving, (str(size),))
        _time(proving, (str(size),))
    _weigh(proving)
    return _told(proving)


# Answers


def _look(proving: _Proving, sizes: Sequence[str]) -> None:
    """Ask both sides for their answers at these sizes, the reference twice, and compare them."""
    if proving.experiment.rule.function:
        _judge(proving, sizes)
        return
    seeds = SEEDS_COUNT if proving.experiment.rule.statistical else 1
    answered: dict[str, Answered] = {}
    began = time.perf_counter_ns()
    answered["first"] = _answered(proving, Side.BASE, sizes, seeds)
    took = time.perf_counter_ns() - began
    if answered["first"].failure is not None:
        proving.reference_failure = answered["first"].failure.message
        return
    answered["again"] = _answered(proving, Side.BASE, sizes, seeds)
    answered["head"] = _answered(proving, Side.HEAD, sizes, seeds, patience_ns=took)
    for size in sizes:
        proving.seen[size] = _compared(proving, size, seeds, answered)


def _answered(
    proving: _Proving, side: Side, sizes: Sequence[str], seeds: int, *, patience_ns: int | None = None
) -> Answered:
    target = _sized(proving.targets[side], sizes, seeds)
    names = [size_name(size, seed if seeds > 1 else None) for size in sizes for seed in range(seeds)]
    bench = proving.bench
    if patience_ns is not None and bench.plan.timeout_ns is None:
        patience_ns = PATIENCE_RATIO * patience_ns + PATIENCE_NS
        bench = replace(bench, plan=replace(bench.plan, timeout_ns=patience_ns))
    return answers_of(bench, side, target, names)


def _sized(target: Target, sizes: Sequence[str], seeds: int = 1, **more: str) -> Target:
    told = {"sizes": ",".join(sizes), "seeds": ",".join(map(str, range(seeds)))}
    return replace(target, parameters={**target.parameters, **told, **more})


def _compared(proving: _Proving, size: str, seeds: int, answered: Mapping[str, Answered]) -> Seen:
    names = [size_name(size, seed if seeds > 1 else None) for seed in range(seeds)]
    head = answered["head"]
    if head.failure is not None and not all(name in head.records for name in names):
        return Seen(size=size, failure=head.failure.message)
    first, again, other = (
        [Answer(record=one.records[name], data=memoryview(one.data)) for name in names if name in one.records]
        for one in (answered["first"], answered["again"], head)
    )
    if len(first) != len(names) or len(again) != len(names):
        return Seen(size=size, unanswered="the reference gave no answer")
    raised = other[0].record["value"]
    if raised["is"] == "error" and first[0].record["value"]["is"] != "error":
        return Seen(size=size, failure=f"{raised['class']}: {raised['text']}")
    if proving.experiment.rule.statistical:
        return Seen(size=size, difference=compare_draws(first, other))
    itself = compare_answers(first[0], again[0], proving.experiment.rule)
    if not itself.equal:
        return Seen(size=size, unanswered=DISAGREES.format(reason=itself.reason))
    if raised["is"] == "error" and first[0].record["value"]["is"] == "error":
        difference = compare_answers(first[0], other[0], proving.experiment.rule)
        return Seen(size=size, difference=difference, unanswered="both raise, so there is nothing to time")
    _mark(proving, first[0], other[0])
    return Seen(size=size, difference=compare_answers(first[0], other[0], proving.experiment.rule))


def _mark(proving: _Proving, *answers: Answer) -> None:
    """Remember what the times must heed: arguments that are changed, generators that must be drawn from."""
    marks = {}
    if any(one.record.get("changed") for one in answers):
        marks["fresh"] = "yes"
    if any(one.record["value"].get("drawn") for one in answers):
        marks["drawn"] = "yes"
    proving.targets = {
        side: replace(target, parameters={**target.parameters, **marks})
        for side, target in proving.targets.items()
    }


def _judge(proving: _Proving, sizes: Sequence[str]) -> None:
    """Let the user's rule judge the values of both sides, in a worker that holds them."""
    rule = proving.experiment.rule
    name = f"{proving.candidate.module}:{proving.candidate.function}"
    judged = _sized(proving.reference, sizes, rule.seeds_count, rule=rule.function, candidate=name)
    names = [size_name(size) for size in sizes]
    answered = answers_of(proving.bench, Side.BASE, judged, names)
    for size in sizes:
        record = answered.records.get(size_name(size))
        if record is None:
            why = "no answer" if answered.failure is None else answered.failure.message
            proving.seen[size] = Seen(
                size=size, unanswered=f"the rule {rule.function} could not judge: {why}"
            )
        elif record["value"]["is"] == "error":
            proving.seen[size] = _raised(proving, size, record)
        else:
            said = Answer(record=record, data=memoryview(answered.data)).text(record["value"])
            difference = AnswerDifference(
                equal=not said, reason=said[:500], differing_count=int(bool(said)), elements_count=1
            )
            proving.seen[size] = Seen(size=size, difference=difference)


def _raised(proving: _Proving, size: str, record: Mapping[str, object]) -> Seen:
    """Find out who raised where a rule's three parties were in one process: each side once more, alone."""
    value: Mapping[str, object] = record["value"]  # type: ignore[assignment]
    text = f"{value['class']}: {value['text']}"
    name = size_name(size)
    for side in (Side.BASE, Side.HEAD):
        alone = answers_of(proving.bench, side, _sized(proving.targets[side], (size,)), (name,))
        answer = alone.records.get(name)
        if alone.failure is not None or (answer is not None and answer["value"]["is"] == "error"):
            if side is Side.HEAD:
                return Seen(size=size, failure=text)
            proving.reference_failure = text
    return Seen(size=size, unanswered=f"the rule {proving.experiment.rule.function} raises {text}")


# Times


def _time(proving: _Proving, sizes: Sequence[str]) -> None:
    """Measure those sizes whose answers are the same, and judge the times."""
    right = [
        size
        for size in sizes
        if (one := proving.seen.get(size)) is not None
        and one.difference is not None
        and one.difference.equal
        and not (one.unanswered or one.difference.uncertain)
    ]
    names = [size_name(size) for size in right]
    if not names:
        return
    policy = Policy(margin_ratio=proving.experiment.margin_ratio)
    targets = {side: _sized(target, right) for side, target in proving.targets.items()}
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


def _weigh(proving: _Proving) -> None:
    """Take the peak memory of both sides at the sizes that were timed."""
    timed = {size: one for size, one in proving.seen.items() if one.pairs and not one.failure}
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
            target if whole_program else _sized(target, list(timed)),
            clean,
            lambda name, side=side, names=names: [process_of(one, side) for one in timed[names[name]].pairs],  # type: ignore[misc]
        )
        for name, peak in found.items():
            peaks[names[name]][role] = peak
    for size, one in timed.items():
        proving.seen[size] = replace(one, peaks=peaks[size])


def _clean_ns(seen: Seen, side: Side) -> float:
    turns = [
        turn.wall_ns / pair.loops_count
        for pair in seen.pairs
        for quad in pair.warm
        for turn in (quad.base if side is Side.BASE else quad.head)
    ]
    return median(turns)


# Programmes


def _programmes(proving: _Proving) -> Proof:
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
    _weigh(proving)
    return _told(proving)
