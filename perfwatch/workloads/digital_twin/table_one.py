"""The first half of the digital twin's table: data and its making, phases, parameters, rates.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Expectation, Size, Stage, Variant

_PACKAGE = "perfwatch.workloads.digital_twin"
_RULES = f"{_PACKAGE}.rules"
_REPORT = "performance report on a CsPbBr3 digital twin"

DATASET = Stage(
    name="dataset",
    title="A table of recipes and what each synthesis ends in",
    source=f"{_REPORT}, section 1.2: the sample generation loop",
    inputs=f"{_PACKAGE}.dataset:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_PACKAGE}.dataset:reference",
            note="one simulation per sample, a dict for each, the frame at the end",
            requires=("pandas",),
        ),
        Variant(
            name="batched",
            function=f"{_PACKAGE}.dataset:batched",
            note="one simulation per batch of samples; still a dict for each sample",
            requires=("pandas",),
        ),
        Variant(
            name="preallocated",
            function=f"{_PACKAGE}.dataset:preallocated",
            note="one simulation per batch; columns allocated once and filled",
            requires=("pandas",),
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_frames",
        note="the same columns, types and rows in the same order; numbers to 1e-12 of themselves",
    ),
    sizes={
        "small": Size(
            items_count=300,
            extents={"samples": 300, "steps": 100},
            note="a quarter of a second for the reference",
        ),
        "medium": Size(
            items_count=5_000, extents={"samples": 5_000, "steps": 200}, note="some 5 s for the reference"
        ),
    },
    optimized="preallocated",
)

HISTORY = Stage(
    name="history",
    title="Simulated annealing of a recipe, and the history it keeps",
    source=f"{_REPORT}, section 1.3: training history storage",
    inputs=f"{_PACKAGE}.history:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_PACKAGE}.history:reference",
            note="a list of dicts that grows with every iteration",
        ),
        Variant(
            name="ring",
            function=f"{_PACKAGE}.history:ring",
            note="a deque that lets go of the oldest dict",
        ),
        Variant(
            name="columns",
            function=f"{_PACKAGE}.history:columns",
            note="arrays for the last records, written over in turn",
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_last_records",
        note="the last 1,000 records equal, number by number",
    ),
    sizes={
        "small": Size(
            items_count=5_000,
            extents={"iterations": 5_000, "kept": 1_000},
            note="a tenth of a second for the reference, which keeps 5 MB",
        ),
        "medium": Size(
            items_count=50_000,
            extents={"iterations": 50_000, "kept": 1_000},
            note="some 0.7 s for the reference, which keeps 46 MB: the question is memory, not time",
        ),
        "large": Size(
            items_count=100_000,
            extents={"iterations": 100_000, "kept": 1_000},
            note="some 1.5 s for the reference, which keeps 92 MB",
        ),
    },
    optimized="columns",
)

PHASES = Stage(
    name="phases",
    title="Phase labels drawn from each recipe's probabilities",
    source=f"{_REPORT}, section 2.1: sampling of phase outcomes",
    inputs=f"{_PACKAGE}.phases:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_PACKAGE}.phases:reference",
            note="argmax over cumulative probabilities, all rows at once",
        ),
        Variant(
            name="seed-choice",
            function=f"{_PACKAGE}.phases:seed_choice",
            note="the document's advice: choice with probabilities, row by row",
        ),
        Variant(
            name="searchsorted",
            function=f"{_PACKAGE}.phases:searchsorted",
            note="one binary search over the cumulative probabilities of all rows",
        ),
        Variant(
            name="gumbel",
            function=f"{_PACKAGE}.phases:gumbel",
            note="the greatest of log probability plus noise, as a race of exponentials",
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:drawn_from_probabilities",
        seeds_count=3,
        note="labels of each group of rows against their probabilities: chi-square, level 1e-6",
    ),
    sizes={
        "small": Size(
            items_count=2_000,
            extents={"rows": 2_000},
            note="0.15 ms for the reference, 30 ms for the document's form, which sets these sizes",
        ),
        "medium": Size(
            items_count=20_000,
            extents={"rows": 20_000},
            note="some 2 ms for the reference, 0.3 s for the document's form",
        ),
        "large": Size(
            items_count=100_000,
            extents={"rows": 100_000},
            note="some 8 ms for the reference, 1.4 s for the document's form",
        ),
    },
    # Measured at all three sizes: no other form is faster than the document's "bottleneck".
    optimized="reference",
)

PARAMETERS = Stage(
    name="parameters",
    title="Concentrations drawn lognormal, within what can be done",
    source=f"{_REPORT}, section 2.2: memory allocation of synthesis parameters",
    inputs=f"{_PACKAGE}.parameters:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_PACKAGE}.parameters:reference",
            note="draw, clip, convert: three arrays for each parameter",
        ),
        Variant(
            name="seed-out",
            function=f"{_PACKAGE}.parameters:seed_out",
            note="the document's advice: lognormal with out=, an argument that does not exist",
            expected=Expectation.FAILS,
        ),
        Variant(
            name="in-place",
            function=f"{_PACKAGE}.parameters:in_place",
            note="standard normal numbers drawn, scaled, exponentiated and clipped in one array",
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_distributions",
        seeds_count=2,
        note="each parameter, and each one over the next: Kolmogorov-Smirnov, level 1e-6",
    ),
    sizes={
        "small": Size(items_count=200_000, extents={"samples": 200_000}, note="some 45 ms for the reference"),
        "medium": Size(
            items_count=10_000_000,
            extents={"samples": 10_000_000},
            note="some 2 s for the reference, with a peak of 320 MB: memory sets this size",
            peak_bytes=320_000_000,
        ),
    },
    optimized="in-place",
)

KINETICS = Stage(
    name="kinetics",
    title="Growth rates over phase, temperature, crystal size and supersaturation",
    source=f"{_REPORT}, section 4.1: mathematical redundancy of growth rates",
    inputs=f"{_PACKAGE}.kinetics:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_PACKAGE}.kinetics:reference",
            note="two exponentials for each rate, asked for one by one",
        ),
        Variant(
            name="seed-cache",
            function=f"{_PACKAGE}.kinetics:seed_cache",
            note="the document's advice: exponentials kept under rounded keys, which changes them",
            expected=Expectation.DIFFERS,
        ),
        Variant(
            name="lru",
            function=f"{_PACKAGE}.kinetics:lru",
            note="exponentials kept under their exact arguments, the latest alone",
        ),
        Variant(
            name="vectorised",
            function=f"{_PACKAGE}.kinetics:vectorised",
            note="each exponential once, all rates of a phase in one expression",
        ),
    ),
    equality=Equality(rtol=1e-12),
    sizes={
        "small": Size(
            items_count=96_000,
            extents={"temperatures": 40, "sizes": 20, "supersaturations": 40},
            note="some 0.2 s for the reference",
        ),
        "medium": Size(
            items_count=2_880_000,
            extents={"temperatures": 200, "sizes": 60, "supersaturations": 80},
            note="some 5 s for the reference",
        ),
    },
    optimized="vectorised",
)
