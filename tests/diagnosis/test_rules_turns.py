"""Rules about what a turn costs the interpreter besides the arithmetic: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Library, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade

COMPILING = Library(function="compile", file="re/_compiler.py", share=0.5, under="tagged")

FIRES = [
    Case(
        claim="numpy's exponential of one number",
        rule="scalar-ufunc",
        source="""
            import numpy as np

            def weights(n):
                total = 0.0
                for i in range(n):
                    total += np.exp(-0.5 * i)      #@ 75% 1800x <-
                return total
        """,
        share=0.75,
        says=("numpy.exp", "1,800 times"),
        advises=("math.exp",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="numpy's exponential of what annotations say are numbers",
        rule="scalar-ufunc",
        source="""
            from dataclasses import dataclass

            import numpy as np

            @dataclass(frozen=True)
            class Phase:
                surface: float
                volume: float

            def capillary(phase: Phase) -> float:
                return 2 * phase.surface * phase.volume / BOLTZMANN

            def factor(phase: Phase, size: float, kelvin: float) -> float:
                return float(np.exp(capillary(phase) / (size / 2 * kelvin)) + phase.volume)      #@ 75% 1800x <-
        """,
        share=0.75,
        says=("numpy.exp",),
        advises=("math.exp",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="numbers that do not parse, in most of the lines",
        rule="exceptions-as-flow",
        source="""
            def parsed(fields):
                found = []
                for field in fields:
                    try:
                        found.append(float(field))     #@ 35% 100000x <-
                    except ValueError:                 #@ 20% 60000x
                        found.append(None)             #@ 5% 60000x
                return found
        """,
        measured=Measured(whole_ns=1e9),
        share=0.60,
        says=("100,000 times", "60,000 times"),
        advises=("Ask before trying",),
    ),
    Case(
        claim="a tree of settings whose every name runs Python",
        rule="attribute-chains",
        source="""
            class Node(dict):
                def __getattr__(self, name):
                    return self[name]                   #@ 55% 80000x

            def step(state, config):
                for _ in range(20000):
                    state += config.model.rate * config.model.dt    #@ 85% own=30% 20000x <-
                return state
        """,
        share=0.55,
        says=("config.model", "__getattr__", "80,000 times"),
        advises=("config.model",),
    ),
    Case(
        claim="a made text handed to a logger of an instance",
        rule="logging-hot",
        source="""
            import logging

            class Walk:
                def __init__(self):
                    self._log = logging.getLogger("walk")

                def run(self, n):
                    for i in range(n):
                        self._log.debug(f"step {i}")      #@ 45% 30000x <-
        """,
        share=0.45,
        says=("self._log.debug", "30,000 times", "made"),
        advises=("self._log.isEnabledFor",),
    ),
    Case(
        claim="a whole population copied in depth for each child",
        rule="deepcopy",
        source="""
            from copy import deepcopy as clone

            def offspring(parents):
                return [mutated(p) for p in parents]     #@ 90% own=1% 1x

            def mutated(parent):
                child = clone(parent)              #@ 80% 4000x <-
                child.weight += 1.0                #@ 1% 4000x
                return child                       #@ 1% 4000x
        """,
        share=0.80,
        says=("parent", "4,000 times"),
        advises=("parent",),
    ),
    Case(
        claim="a generator made for each photon",
        rule="generator-rebuilt",
        source="""
            from numpy.random import default_rng

            def traced(seed):
                chance = default_rng(seed)           #@ 55% 20000x <-
                return chance.random()               #@ 5% 20000x

            paths = [traced(seed) for seed in range(20000)]     #@ 65% own=1% 1x
        """,
        share=0.55,
        says=("20,000 times",),
        advises=("default_rng(seed)", "once"),
    ),
    Case(
        claim="patterns looked for by a function that takes them",
        rule="regex-recompiled",
        source="""
            import re as regex

            def tagged(text, word):
                return regex.search(word, text)       #@ 90% 60000x <-
        """,
        measured=Measured(libraries=[COMPILING]),
        share=0.50,
        says=("60,000 times", "50%"),
        advises=("re.compile(word)",),
    ),
    Case(
        claim="a function that raises what its caller expects",
        rule="exceptions-as-flow",
        source="""
            def number(text):
                if not text.isdigit():                         #@ 10% 100000x
                    raise LookupError(text)                    #@ 20% 60000x
                return int(text)                               #@ 5% 40000x

            def numbers(fields):
                for field in fields:
                    try:
                        yield number(field)                    #@ 60% own=25% 100000x
                    except LookupError:                        #@ 20% 60000x <-
                        yield 0                                #@ 5% 60000x
        """,
        measured=Measured(whole_ns=1e9),
        share=0.85,
        says=("60,000 times",),
    ),
]

SPARES = [
    Case(
        claim="numpy's exponential of an array",
        rule="scalar-ufunc",
        source="""
            import numpy as np

            def weights(n):
                grid = np.linspace(0, 1, 100)
                total = 0.0
                for i in range(n):
                    total += np.exp(-i * grid).sum()      #@ 75% 1800x
                return total
        """,
    ),
    Case(
        claim="a field that one class declares a number and another an array",
        rule="scalar-ufunc",
        source="""
            import numpy as np
            from numpy.typing import NDArray

            class Phase:
                energy: float

            class Ensemble:
                energy: NDArray[np.float64]

            def weights(ensembles):
                return [np.exp(-ensemble.energy) for ensemble in ensembles]      #@ 75% 1800x
        """,
    ),
    Case(
        claim="math's own exponential",
        rule="scalar-ufunc",
        source="""
            from math import exp

            def weights(n):
                total = 0.0
                for i in range(n):
                    total += exp(-0.5 * i)      #@ 75% 1800000x
                return total
        """,
    ),
    Case(
        claim="a handler that hardly ever runs",
        rule="exceptions-as-flow",
        source="""
            def parsed(fields):
                for field in fields:
                    try:
                        yield float(field)        #@ 60% 1000000x
                    except ValueError:            #@ 1% 6000x
                        yield None                #@ 1% 6000x
        """,
    ),
    Case(
        claim="failures that cost nothing beside a dear attempt",
        rule="exceptions-as-flow",
        source="""
            import numpy as np

            def factors(blocks):
                for block in blocks:
                    try:
                        yield np.linalg.cholesky(block)        #@ 95% lib=99% 12000x
                    except np.linalg.LinAlgError:              #@ 1% 6000x
                        yield None                             #@ 1% 6000x
        """,
    ),
    Case(
        claim="long names of modules, beside a cheap hook",
        rule="attribute-chains",
        source="""
            import scipy

            class Lazy:
                def __getattr__(self, name):
                    return 1                                    #@ 6% 20000x

            def near(points):
                for p in points:
                    scipy.spatial.distance.cdist(p, p)          #@ 85% 20000x
        """,
    ),
    Case(
        claim="plain attributes of plain objects",
        rule="attribute-chains",
        source="""
            def step(self, n):
                for _ in range(n):
                    self.x += self.plant.strain.growth.rate     #@ 85% 200000x
        """,
    ),
    Case(
        claim="a catalogue that is asked for information",
        rule="logging-hot",
        source="""
            def described(catalog, names):
                for name in names:
                    catalog.info(name)           #@ 85% 20000x
        """,
    ),
    Case(
        claim="the logarithm of a number",
        rule="logging-hot",
        source="""
            import math

            def likelihood(values):
                total = 0.0
                for value in values:
                    total += math.log(value)           #@ 85% 20000x
                return total
        """,
    ),
    Case(
        claim="one deep copy of a large thing",
        rule="deepcopy",
        source="""
            import copy

            def backed_up(state):
                return copy.deepcopy(state)       #@ 60% 1x
        """,
    ),
    Case(
        claim="a shallow copy in a loop",
        rule="deepcopy",
        source="""
            import copy

            def versions(state, n):
                return [one(state) for _ in range(n)]     #@ 70% own=1% 1x

            def one(state):
                return copy.copy(state)       #@ 60% 5000x
        """,
    ),
    Case(
        claim="one generator for many draws",
        rule="generator-rebuilt",
        source="""
            import numpy as np

            rng = np.random.default_rng(1)          #@ 1% 1x

            def draws(n):
                return [rng.random() for _ in range(n)]     #@ 80% 50000x
        """,
    ),
    Case(
        claim="a generator for each of a few streams",
        rule="generator-rebuilt",
        source="""
            import numpy as np

            def streams(seeds):
                for seed in seeds:
                    yield np.random.default_rng(seed)     #@ 80% 8x
        """,
    ),
    Case(
        claim="another pattern in each turn",
        rule="regex-recompiled",
        source="""
            import re

            def tagged(words, text):
                for word in words:
                    yield re.search(rf"\\\\b{word}\\\\b", text)     #@ 90% 900x
        """,
        measured=Measured(libraries=[COMPILING]),
    ),
    Case(
        claim="searching that takes the time itself",
        rule="regex-recompiled",
        source="""
            import re

            def tagged(texts):
                return [re.search("(a+)+b", text) for text in texts]     #@ 90% 900x
        """,
        measured=Measured(
            libraries=[Library(function="compile", file="re/_compiler.py", share=0.01, under="tagged")]
        ),
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
