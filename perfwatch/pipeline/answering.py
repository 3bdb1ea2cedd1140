"""What both sides of an experiment answer, and whether it is the same; it must not time anything."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfwatch.measure.experiment import Answered, Bench, answers_of
from perfwatch.measure.request import size_name
from perfwatch.measure.side_by_side import SideBySide
from perfwatch.proving.answers import compare_answers, unseen_pairs
from perfwatch.proving.distributions import compare_draws
from perfwatch.proving.proofs import Seen
from perfwatch.proving.written import Answer
from perfwatch.records.pairing import Side
from perfwatch.records.proof import AnswerDifference, Experiment
from perfwatch.records.run import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.proving.parts import Held, Pair


#: A candidate may take so many times its reference's time for its answer, and so much more; then it hangs.
PATIENCE_RATIO, PATIENCE_NS = 20, 30_000_000_000
#: Draws of so many seeds are pooled where answers are compared as distributions.
SEEDS_COUNT = 20
DISAGREES = (
    "the reference disagrees with itself from one process to the next ({reason}): seed it, or let the answers be "
    "compared as distributions (--statistical, or a rule of your own)"
)


@dataclass(slots=True)
class Proving:
    """An experiment under way; ``patience_ns`` is how long a side may take for its answers."""

    experiment: Experiment
    targets: Mapping[Side, Target]
    bench: Bench
    started_ns: int
    patience_ns: int | None = None
    reference_failure: str = ""
    seen: dict[str, Seen] = field(default_factory=dict)
    found: SideBySide = field(default_factory=SideBySide)

    @property
    def reference(self) -> Target:
        """The side that is right."""
        return self.targets[Side.BASE]

    @property
    def candidate(self) -> Target:
        """The side that is held against it."""
        return self.targets[Side.HEAD]


def look(proving: Proving, sizes: Sequence[str]) -> None:
    """Ask both sides for their answers at these sizes, the reference twice, and compare them."""
    if proving.experiment.rule.function:
        _judge(proving, sizes)
        return
    seeds = SEEDS_COUNT if proving.experiment.rule.statistical else 1
    answered: dict[str, Answered] = {}
    began = time.perf_counter_ns()
    answered["first"] = _answered(proving, Side.BASE, sizes, seeds)
    proving.patience_ns = PATIENCE_RATIO * (time.perf_counter_ns() - began) + PATIENCE_NS
    if answered["first"].failure is not None:
        proving.reference_failure = answered["first"].failure.message
        return
    answered["again"] = _answered(proving, Side.BASE, sizes, seeds)
    answered["head"] = _answered(proving, Side.HEAD, sizes, seeds)
    for size in sizes:
        proving.seen[size] = _compared(proving, size, seeds, answered)


def _answered(proving: Proving, side: Side, sizes: Sequence[str], seeds: int) -> Answered:
    target = sized(proving.targets[side], sizes, seeds)
    names = [size_name(size, seed if seeds > 1 else None) for size in sizes for seed in range(seeds)]
    return answers_of(_patient(proving), side, target, names)


def _patient(proving: Proving) -> Bench:
    """The bench, where a side that hangs is ended as soon as it is known how long the reference takes."""
    bench = proving.bench
    if proving.patience_ns is None or bench.plan.timeout_ns is not None:
        return bench
    return replace(bench, plan=replace(bench.plan, timeout_ns=proving.patience_ns))


def sized(target: Target, sizes: Sequence[str], seeds: int = 1, **more: str) -> Target:
    """Return a target that is to be called at these sizes, with as many seeds; ``more`` is told it besides."""
    told = {"sizes": ",".join(sizes), "seeds": ",".join(map(str, range(seeds)))}
    return replace(target, parameters={**target.parameters, **told, **more})


def _compared(proving: Proving, size: str, seeds: int, answered: Mapping[str, Answered]) -> Seen:
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
    difference = compare_answers(first[0], other[0], proving.experiment.rule)
    if difference.equal and difference.uncertain:
        held = _held(proving, size, unseen_pairs(first[0], other[0], proving.experiment.rule))
        difference = compare_answers(first[0], other[0], proving.experiment.rule, held=held)
    return Seen(size=size, difference=difference)


def _held(proving: Proving, size: str, pairs: Sequence[Pair]) -> dict[Pair, Held]:
    """Let objects that show nothing of what they hold say themselves whether they are equal, in a worker that holds both sides'."""
    if not pairs:
        return {}
    name = f"{proving.candidate.module}:{proving.candidate.function}"
    asked = ",".join(f"{base}:{head}" for base, head in pairs)
    target = sized(proving.reference, (size,), pairs=asked, candidate=name)
    answered = answers_of(_patient(proving), Side.BASE, target, (size_name(size),))
    record = answered.records.get(size_name(size))
    if record is None or record["value"]["is"] != "str":
        why = "" if answered.failure is None else f": {answered.failure.message}"
        return dict.fromkeys(pairs, (None, f"nor could both sides be held in one process{why}"))
    said = json.loads(Answer(record=record, data=memoryview(answered.data)).text(record["value"]))
    return {pair: (same, way) for pair, (same, way) in zip(pairs, said, strict=False)}


def _mark(proving: Proving, *answers: Answer) -> None:
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


def _judge(proving: Proving, sizes: Sequence[str]) -> None:
    """Let the user's rule judge the values of both sides, in a worker that holds them."""
    rule = proving.experiment.rule
    name = f"{proving.candidate.module}:{proving.candidate.function}"
    judged = sized(proving.reference, sizes, rule.seeds_count, rule=rule.function, candidate=name)
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


def _raised(proving: Proving, size: str, record: Mapping[str, object]) -> Seen:
    """Find out who raised where a rule's three parties were in one process: each side once more, alone."""
    value: Mapping[str, object] = record["value"]  # type: ignore[assignment]
    text = f"{value['class']}: {value['text']}"
    name = size_name(size)
    for side in (Side.BASE, Side.HEAD):
        alone = answers_of(proving.bench, side, sized(proving.targets[side], (size,)), (name,))
        answer = alone.records.get(name)
        if alone.failure is not None or (answer is not None and answer["value"]["is"] == "error"):
            if side is Side.HEAD:
                return Seen(size=size, failure=text)
            proving.reference_failure = text
    return Seen(size=size, unanswered=f"the rule {proving.experiment.rule.function} raises {text}")
