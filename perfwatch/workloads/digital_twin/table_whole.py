"""The digital twin's whole: which form each stage takes in it, and how much work it does.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import OPTIMIZED, Equality, Expectation, Size, Stage, Variant

_HERE = "perfwatch.workloads.digital_twin"
_REQUIRES = ("pandas", "scipy", "sklearn")

WHOLE = Stage(
    name="digital-twin",
    title="Digital twin of a CsPbBr3 nanocrystal synthesis: all stages, in one process",
    source="performance report on a CsPbBr3 digital twin, sections 1 to 6 and 8",
    inputs=f"{_HERE}.whole:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.whole:reference",
            note="every stage in its reference form",
            requires=_REQUIRES,
        ),
        Variant(
            name=OPTIMIZED,
            function=f"{_HERE}.whole:optimized",
            note="every stage in its best working form",
            requires=_REQUIRES,
        ),
        Variant(
            name="seed-advice",
            function=f"{_HERE}.whole:seed_advice",
            note="every stage as the document advises, where its advice runs: another answer",
            expected=Expectation.DIFFERS,
            requires=_REQUIRES,
        ),
    ),
    equality=Equality(
        rule=f"{_HERE}.rules_whole:same_twin",
        note="each stage's answer to what it was handed is its reference's, by the stage's own rule; of "
        "bayesopt the choices that the same model makes, of regions the boxes alone",
    ),
    sizes={
        "small": Size(
            items_count=20_000,
            extents={
                "screened": 20_000,
                "pilots": 40,
                "pilot_steps": 400,
                "recipes": 160,
                "steps": 100,
                "pool": 20_000,
                "processes": 2,
                "temperatures": 20,
                "diameters": 12,
                "supersaturations": 40,
                "times": 60,
                "annealing": 4_000,
                "kept": 1_000,
                "campaign": 12,
                "candidates": 32,
                "samples": 1_500,
                "clusters": 4,
                "levels": 6,
                "adaptive": 500,
                "copies": 25,
                "energies": 500,
            },
            note="about a second for the reference",
        ),
        "medium": Size(
            items_count=200_000,
            extents={
                "screened": 200_000,
                "pilots": 200,
                "pilot_steps": 400,
                "recipes": 700,
                "steps": 150,
                "pool": 100_000,
                "processes": 2,
                "temperatures": 64,
                "diameters": 20,
                "supersaturations": 80,
                "times": 100,
                "annealing": 20_000,
                "kept": 1_000,
                "campaign": 32,
                "candidates": 60,
                "samples": 4_000,
                "clusters": 4,
                "levels": 10,
                "adaptive": 2_000,
                "copies": 25,
                "energies": 1_000,
            },
            note="some 5 s for the reference",
        ),
    },
    optimized=OPTIMIZED,
)

#: The forms that stages take in ``seed-advice``; a stage that is not named takes its reference. The
#: report's form of ``parameters`` does not run, and so it is not among them.
SEED_ADVICE = {
    "physics": "vectorised",
    "dataset": "batched",
    "history": "ring",
    "phases": "seed-choice",
    "parallel": "shared-memory",
    "bayesopt": "seed-scaler",
    "kinetics": "seed-cache",
    "growth-ode": "seed-linear",
    "diversity": "seed-subsample",
    "regions": "seed-cache",
    "shared-cache": "seed-cache",
    "array-pool": "seed-pool",
}
