"""Proofs by hand: one with sizes and a crossover, one by name of size, one that fails, one of another answer."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from builders import make_report

from perfwatch.records.proof import (
    AnswerDifference,
    AnswerRule,
    Cold,
    Crossover,
    Proof,
    ProofVerdict,
    SizeProof,
)
from perfwatch.records.proofs import Proofs

NEAR = AnswerDifference(
    equal=True,
    where="[0]",
    index=(3,),
    greatest_ratio=2e-13,
    greatest_ulp_count=4,
    elements_count=500,
)


def make_size(size, ratio, **changes):
    """A size that was timed: slower beyond a ratio of 1."""
    verdict = ProofVerdict.PROVED if ratio < 1 else ProofVerdict.SLOWER
    facts = {
        "size": str(size),
        "verdict": verdict,
        "reason": f"size {size} was {verdict.value}",
        "difference": NEAR,
        "ratio": ratio,
        "interval": (ratio * 0.95, ratio * 1.05),
        "reference_ns": 2e6,
        "candidate_ns": 2e6 * ratio,
        "clock": "wall",
        "pairs_count": 12,
        "memory_ratio": 0.5,
    }
    return SizeProof(**{**facts, **changes})


def make_proof(**changes):
    """Faster from size 58 on, with a first call that pays back."""
    cold = Cold(reference_ns=2e6, candidate_ns=4e8, payback_calls_count=140.0, payback_interval=(120.0, inf))
    facts = {
        "name": "fast form",
        "reference": "growth:plain",
        "candidate": "growth:vectorised",
        "verdict": ProofVerdict.PROVED,
        "reason": "the same answers, 4.00 to 40.0 times as fast",
        "condition": "from size 58 on [52 to 66]",
        "rule": AnswerRule(),
        "margin_ratio": 0.05,
        "sizes": (make_size(10, 2.5), make_size(1_000, 0.25, cold=cold), make_size(100_000, 0.025)),
        "crossover": Crossover(size=58.0, interval=(52.0, 66.0)),
        "notes": ("both hold the same",),
        "duration_ns": 20_000_000_000,
    }
    return Proof(**{**facts, **changes})


def make_other(verdict, reason, difference=None, **changes):
    """A proof of one size without a name, which came to its end before it was timed."""
    size = SizeProof(size="", verdict=verdict, reason=reason, difference=difference)
    plain = make_proof(condition="", sizes=(size,), crossover=None, notes=())
    return replace(plain, verdict=verdict, reason=reason, **changes)


def make_proofs(*proofs):
    """What one command proved."""
    return Proofs(header=make_report().run.header, proofs=proofs)


def every_word():
    """Proofs of several words, sizes by number and by name."""
    apart = AnswerDifference(
        equal=False,
        reason="3 differ",
        where="['a'].x",
        greatest_ratio=inf,
        differing_count=3,
        elements_count=10,
    )
    named = (make_size("small", 1.2), make_size("large", 0.2))
    return make_proofs(
        make_proof(),
        make_proof(name="named", sizes=named, crossover=None),
        make_other(ProofVerdict.DIFFERENT_ANSWER, "['a'].x: 3 of 10 elements differ", apart, name="wrong"),
        make_other(ProofVerdict.FAILS, "ArithmeticError: it does not converge", name="raises"),
        make_other(ProofVerdict.UNDECIDED, "the answers cannot be compared", name="lock"),
    )
