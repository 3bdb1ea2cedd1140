"""Hand-built claims, proofs and figures for the tests of the ledger."""

from dataclasses import replace

from perfwatch.records.claim import Claim, ClaimKind, Figure, Witness
from perfwatch.records.proof import (
    AnswerDifference,
    AnswerRule,
    Experiment,
    Proof,
    ProofVerdict,
    SizeProof,
    Stated,
)

SAME = AnswerDifference(equal=True)
OTHER = AnswerDifference(equal=False, reason="[3] differs by 0.1 of itself")
WORDS = {True: ProofVerdict.PROVED, False: ProofVerdict.SLOWER}


def a_claim(kind=ClaimKind.SPEED, stated=None, **more) -> Claim:
    """A claim of four times the speed."""
    return Claim(
        id="X01",
        text="it is faster",
        source="a document",
        kind=kind,
        stated=stated or Stated(text="4x", low=4.0, high=4.0),
        experiment=Experiment(name="x", reference="a:old", candidate="a:new"),
        **more,
    )


def a_figure_claim(kind, stated, judged="held_bytes", unit="") -> Claim:
    """A claim about what a witness measures."""
    return replace(
        a_claim(kind, stated), experiment=None, witness=Witness(function="a:b", judged=judged, unit=unit)
    )


def a_size(size="", gain=None, verdict=None, **more) -> SizeProof:
    """One size at which the candidate is ``gain`` times as fast, within two percent."""
    if gain is None:
        return SizeProof(
            size=size, verdict=verdict or ProofVerdict.UNDECIDED, reason="it was not measured", **more
        )
    ratio = 1 / gain
    more.setdefault("difference", SAME)
    return SizeProof(
        size=size,
        verdict=verdict or WORDS[gain > 1],
        reason="",
        ratio=ratio,
        interval=(ratio * 0.98, ratio * 1.02),
        **more,
    )


def a_proof(*sizes, **more) -> Proof:
    """A proof with these sizes."""
    more.setdefault("verdict", sizes[-1].verdict if sizes else ProofVerdict.UNDECIDED)
    return Proof(
        name="x",
        reference="a:old",
        candidate="a:new",
        reason="",
        rule=AnswerRule(),
        margin_ratio=0.05,
        sizes=tuple(sizes),
        **more,
    )


def a_figure(value, interval="narrow", name="held_bytes", size="small") -> Figure:
    """A figure from six processes, within two percent where nothing else is said."""
    if interval == "narrow":
        interval = (value * 0.98, value * 1.02)
    return Figure(name=name, size=size, value=value, interval=interval, processes_count=6)
