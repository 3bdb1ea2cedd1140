"""What functions of the user's take in a dear statement is theirs: no rule may lay it on the statement that calls them."""

from __future__ import annotations

import pytest
from scenes import Case, check_fires, check_spares

from perfwatch.records.finding import Grade

SPARES = [
    Case(
        claim="an array that grows by what takes long to compute",
        rule="quadratic-growth",
        source="""
            import numpy as np

            def quality(design):
                return simulate(design)                                           #@ 88% 400x

            def searched(designs):
                found = np.empty(0)
                for design in designs:
                    found = np.concatenate([found, [quality(design)]])            #@ 90% own=2% 400x
                return found
        """,
    ),
    Case(
        claim="a deep copy handed to what takes long",
        rule="deepcopy",
        source="""
            import copy

            def settled(plant):
                return plant.run()                                #@ 93% 300x

            def outcomes(plant, moves):
                for move in moves:
                    yield settled(copy.deepcopy(plant))           #@ 95% own=2% 300x
        """,
    ),
    Case(
        claim="an inverse of a matrix that takes long to assemble",
        rule="explicit-inverse",
        source="""
            import numpy as np

            def stiffness(mesh):
                return assemble(mesh)                             #@ 80% 20x

            def displaced(mesh, load):
                return np.linalg.inv(stiffness(mesh)) @ load      #@ 83% own=3% 20x
        """,
    ),
    Case(
        claim="a generator made in the statement that draws for long",
        rule="generator-rebuilt",
        source="""
            import numpy as np

            def walked(generator):
                return generator.normal(size=100_000).cumsum()          #@ 95% 500x

            def walks(count):
                for seed in range(count):
                    yield walked(np.random.default_rng(seed))           #@ 97% own=2% 500x
        """,
    ),
    Case(
        claim="the least of what takes long to score",
        rule="sort-for-extremes",
        source="""
            def scores(models):
                return [fit(model) for model in models]           #@ 96% 1x

            def best(models):
                return sorted(scores(models))[:3]                 #@ 97% own=1% 1x
        """,
    ),
    Case(
        claim="one exponential beside a long integral",
        rule="scalar-ufunc",
        source="""
            import numpy as np

            def integral(upper: float) -> float:
                return sum(step(upper, i) for i in range(1000))           #@ 92% 3000x

            def weighed(upper: float) -> float:
                return float(np.exp(-upper)) * integral(upper)            #@ 95% own=3% 3000x
        """,
    ),
    Case(
        claim="a copy made once a turn beside what uses it for long",
        rule="needless-copy",
        source="""
            import numpy as np

            def smoothed(field):
                return relax(field)                                          #@ 90% 200x

            def repeated(image, count):
                for _ in range(count):
                    yield smoothed(image.astype(np.float32))                 #@ 94% own=4% 200x alloc=80MB
        """,
    ),
    Case(
        claim="a cell looked up for a long simulation",
        rule="frame-rows",
        source="""
            import pandas as pd

            def simulated(rate):
                return integrate(rate)                                       #@ 95% 5000x

            def outcomes(table: pd.DataFrame):
                for place in range(len(table)):
                    yield simulated(table.loc[place, "rate"])                #@ 98% own=3% 5000x
        """,
    ),
    Case(
        claim="a row written for each long computation",
        rule="single-queries",
        source="""
            import sqlite3

            def energy(molecule):
                return relax(molecule)                                                 #@ 95% 300x

            def fill(connection, molecules):
                for molecule in molecules:
                    connection.execute("insert into e values (?)", (energy(molecule),))  #@ 98% own=3% 300x
        """,
    ),
    Case(
        claim="a progress line printed with what takes long to know",
        rule="logging-hot",
        source="""
            def residual(state):
                return norm(state)                                #@ 95% 2000x

            def watched(states):
                for state in states:
                    print("residual", residual(state))            #@ 97% own=2% 2000x
        """,
    ),
]

FIRES = [
    Case(
        claim="the same exponential, of which most is the call's own",
        rule="scalar-ufunc",
        source="""
            import numpy as np

            def shifted(upper: float) -> float:
                return upper - 1.0                                        #@ 15% 300000x

            def weighed(upper: float) -> float:
                return float(np.exp(-upper)) * shifted(upper)             #@ 80% own=65% 300000x <-
        """,
        share=0.65,
        says=("300,000 times", "65% of the time"),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="a message that is made by a function of the user's and not wanted",
        rule="logging-hot",
        source="""
            import logging

            log = logging.getLogger(__name__)

            def summary(state):
                return ", ".join(map(str, state))                 #@ 60% 9000x

            def watched(states):
                for state in states:
                    log.debug("state %s", summary(state))         #@ 66% own=6% 9000x <-
        """,
        share=0.66,
        says=("66% of the time",),
    ),
    Case(
        claim="a sort by a key of the user's, of what does not change",
        rule="sorted-again",
        source="""
            def distance(star):
                return abs(star.parallax)                         #@ 40% 90000x

            def nearest(stars, epochs):
                for epoch in epochs:
                    order = sorted(stars, key=distance)           #@ 85% own=45% 300x <-
                    yield epoch, order
        """,
        share=0.85,
        says=("stars", "85% of the time"),
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: case.claim)
def test_what_the_statement_does_itself_is_found(case: Case) -> None:
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: case.claim)
def test_what_it_calls_is_not_laid_on_it(case: Case) -> None:
    check_spares(case)
