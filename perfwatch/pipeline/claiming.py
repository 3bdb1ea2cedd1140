"""Claims, one after the other: each is held against a proof, or against figures of a witness."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from perfwatch.claims import aspects_of, judge, unmeasured
from perfwatch.errors import TargetError
from perfwatch.measure.experiment import Bench, answers_of, seats_of
from perfwatch.measure.request import size_name
from perfwatch.pipeline.proving import prove
from perfwatch.pipeline.surroundings import setting_for
from perfwatch.proving.written import Answer, figures_of
from perfwatch.records.claim import PROVED_KINDS, Claim, ClaimKind, Figure, LedgerRow, Witness
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Noted
from perfwatch.records.run import Target, TargetKind
from perfwatch.stats.location import median
from perfwatch.stats.order import median_interval
from perfwatch.target.identity import target_key
from perfwatch.workloads.definition import install_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.config import Config
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.plan import Progress
    from perfwatch.records.proof import Experiment, Proof
    from perfwatch.target.choice import TargetChoice

#: The fewest from whose order an interval for the median holds 95%.
PROCESSES_COUNT = 6
_ASKED = "perfwatch.workloads.seeding:asked"
#: What a witness said, by function and sizes: claims about one computation share its executions.
Said = dict[tuple[str, tuple[str, ...]], tuple[Figure, ...] | str]


def rows_of(
    claims: Sequence[Claim], choice: TargetChoice, config: Config, place: Place, progress: Progress
) -> Iterator[LedgerRow]:
    """Hold each claim against measurements made now, on this machine; a row is ready as soon as it is measured."""
    said: Said = {}
    for claim in claims:
        progress(Noted(text=f"{claim.id}: {claim.text}"))
        began = time.perf_counter_ns()
        row = _row(claim, said, (choice, config, place, progress))
        yield replace(row, duration_ns=time.perf_counter_ns() - began)


def claimed(experiment: Experiment, proof: Proof) -> LedgerRow:
    """What a proof says of the statement that its experiment carries."""
    assert experiment.stated is not None  # noqa: S101 - asked by whoever calls
    claim = Claim(
        id=experiment.name,
        text=experiment.claim or f"{experiment.candidate} is {experiment.stated.text}",
        source=experiment.source,
        kind=ClaimKind.SPEED,
        stated=experiment.stated,
        experiment=experiment,
    )
    return judge(claim, proof)


def _row(claim: Claim, said: Said, means: tuple[TargetChoice, Config, Place, Progress]) -> LedgerRow:
    choice, config, place, progress = means
    missing = [name for name in claim.requires if find_spec(name) is None]
    if missing:
        return unmeasured(claim, f"{', '.join(missing)} is not installed: {install_line(missing)}")
    figures: tuple[Figure, ...] = ()
    if claim.witness is not None:
        found = _figures(claim.witness, said, config, place, progress)
        if isinstance(found, str):
            return unmeasured(claim, found)
        figures = found
    proof = None
    if claim.experiment is not None and claim.kind in PROVED_KINDS:
        try:
            asked = replace(claim.experiment, aspects=aspects_of(claim.kind))
            proof = prove(asked, choice, config, place, progress)
        except TargetError as error:
            return unmeasured(claim, str(error))
    return judge(claim, proof, figures)


def _figures(
    witness: Witness, said: Said, config: Config, place: Place, progress: Progress
) -> tuple[Figure, ...] | str:
    """What a witness measures at each of its sizes; a text where it does not run."""
    key = (witness.function, witness.sizes)
    if key not in said:
        said[key] = _asked(witness, config, place, progress)
    return said[key]


def _asked(witness: Witness, config: Config, place: Place, progress: Progress) -> tuple[Figure, ...] | str:
    module, _, function = witness.function.partition(":")
    target = Target(
        kind=TargetKind.EXPERIMENT,
        name=witness.function,
        key=target_key(TargetKind.EXPERIMENT, witness.function, setup=_ASKED),
        module=module,
        function=function,
        setup=_ASKED,
        parameters={"sizes": ",".join(witness.sizes)},
    )
    names = [size_name(size) for size in witness.sizes]
    values: dict[tuple[str, str], list[float]] = {}
    with setting_for((target,), config, place) as (_, setting):
        bench = Bench(settings=seats_of(setting), plan=config.plan(), progress=progress)
        for seed in range(PROCESSES_COUNT):
            seeded = replace(target, parameters={**target.parameters, "seeds": str(seed)})
            found = answers_of(bench, Side.BASE, seeded, names)
            if found.failure is not None:
                return found.failure.message
            for size, name in zip(witness.sizes, names, strict=True):
                answer = Answer(record=found.records[name], data=memoryview(found.data))
                raised = answer.record["value"]
                if raised["is"] == "error":
                    return str(raised["text"])
                for figure, value in figures_of(answer).items():
                    values.setdefault((size, figure), []).append(value)
    return tuple(
        Figure(
            name=figure,
            size=size,
            value=median(seen),
            interval=median_interval(seen),
            processes_count=len(seen),
        )
        for (size, figure), seen in values.items()
    )
