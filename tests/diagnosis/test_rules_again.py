"""Rules about work done again: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade
from perfwatch.records.profile import FileUse

FIRES = [
    Case(
        claim="a spectrum that no turn changes",
        rule="loop-invariant",
        source="""
            import numpy as np

            def compared(reference, traces):
                found = []
                for trace in traces:
                    found.append(np.fft.rfft(reference) * trace)      #@ 80% 400x <-
                return found
        """,
        share=0.80,
        says=("np.fft.rfft(reference)", "400 times"),
        advises=("value = np.fft.rfft(reference)",),
    ),
    Case(
        claim="a pure helper's helper in a comprehension's condition",
        rule="loop-invariant",
        source="""
            def limit(levels):
                return scaled(levels)                    #@ 88% own=1% 900x

            def scaled(levels):
                return sum(sorted(levels)) / 2           #@ 87% 900x

            class Filter:
                def kept(self, samples, levels):
                    return [s for s in samples if s < limit(levels)]    #@ 92% own=4% 1x <-
        """,
        share=0.88,
        says=("limit(levels)",),
        advises=("limit(levels)",),
    ),
    Case(
        claim="an attribute sorted anew by each question",
        rule="sorted-again",
        source="""
            import numpy as np

            class Catalogue:
                def __init__(self, peaks):
                    self.peaks = peaks

                def rank(self, value):
                    ordered = np.sort(self.peaks)             #@ 85% 6000x <-
                    return np.searchsorted(ordered, value)    #@ 2% 6000x
        """,
        share=0.85,
        says=("np.sort(self.peaks)", "6,000 times"),
        advises=("Sort self.peaks once",),
    ),
    Case(
        claim="a queue sorted after each addition",
        rule="sorted-again",
        source="""
            class Scheduler:
                def __init__(self):
                    self.waiting = []

                def push(self, job):
                    self.waiting.append(job)       #@ 1% 9000x
                    self.waiting.sort()            #@ 75% 9000x <-
        """,
        share=0.75,
        says=("self.waiting.sort()", "9,000 times"),
        advises=("bisect.insort(self.waiting, item)",),
    ),
    Case(
        claim="a table read anew in each turn",
        rule="sorted-again",
        source="""
            import pandas

            def joined(sites, path):
                found = []
                for site in sites:
                    weather = pandas.read_csv(path)           #@ 90% 40x <-
                    found.append(weather[weather.site == site])   #@ 3% 40x
                return found
        """,
        share=0.90,
        says=("pandas.read_csv(path)", "40 times"),
        advises=("Read it once",),
    ),
    Case(
        claim="a file that the run saw opened again and again",
        rule="sorted-again",
        source="""
            import csv

            def layout(path):
                with open(path) as handle:                   #@ 6% 300x
                    return list(csv.DictReader(handle))      #@ 70% 300x <-
        """,
        measured=Measured(
            files=[FileUse(path="layout.csv", opened_count=300, read_opens_count=300, read_again=True)]
        ),
        share=0.70,
        says=("300 times",),
        advises=("cache the function",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="binomials by Pascal's rule",
        rule="recursion-without-memo",
        source="""
            def ways(n, k):
                if k in (0, n):                                #@ 30% 900000x
                    return 1                                   #@ 5% 450000x
                return ways(n - 1, k - 1) + ways(n - 1, k)     #@ 97% own=60% 450000x <-
        """,
        share=0.97,
        says=("ways", "2 places", "900,000 times"),
        advises=("def ways(n, k)", "functools.cache"),
    ),
    Case(
        claim="one call in a loop over the steps",
        rule="recursion-without-memo",
        source="""
            class Purse:
                def least(self, amount):
                    if amount <= 0:                            #@ 20% 50000x
                        return 0                               #@ 5% 20000x
                    best = amount                              #@ 5% 30000x
                    for coin in self.coins:
                        best = min(best, 1 + self.least(amount - coin))    #@ 90% own=60% 49999x <-
                    return best
        """,
        share=0.90,
        says=("least", "50,000 times"),
        advises=("least",),
    ),
    Case(
        claim="a cache a little too small for its cycle",
        rule="cache-misses",
        source="""
            from functools import lru_cache

            @lru_cache(maxsize=32)
            def absorption(level):                     #@ 1% 1x <-
                total = 0                              #@ 5% 1900x
                return total + level                   #@ 80% 1900x

            def profile(days):
                for _ in range(days):
                    for level in range(40):
                        absorption(level)              #@ 88% own=1% 2000x
        """,
        share=0.85,
        says=("2,000 times", "1,900 times", "5"),
        advises=("maxsize=None",),
    ),
]

SPARES = [
    Case(
        claim="a state that a method moves on unseen",
        rule="loop-invariant",
        source="""
            def energies(model, n):
                found = []
                for _ in range(n):
                    model.advance()                        #@ 5% 500x
                    found.append(model.field.sum())        #@ 80% 500x
                return found
        """,
    ),
    Case(
        claim="a thing that a function of the user's changes",
        rule="loop-invariant",
        source="""
            import numpy as np

            def relax(field):
                field[0] = 0.0                    #@ 1% 500x

            def norms(field, n):
                for _ in range(n):
                    relax(field)                  #@ 1% own=0% 500x
                    print(np.linalg.norm(field))  #@ 80% 500x
        """,
    ),
    Case(
        claim="a step that changes its own state by another name",
        rule="loop-invariant",
        source="""
            class Vessel:
                def step(self):
                    g = self.state                     #@ 1% 48000x
                    g.x += 0.1                         #@ 95% 48000x
                    return g.x

            def run(vessel, n):
                level = 0.0
                for _ in range(n):
                    vessel.step()                      #@ 99% own=1% 48000x
                    level = max(level, vessel.step())  #@ 99% own=1% 48000x
        """,
    ),
    Case(
        claim="a draw of chance is another each time",
        rule="loop-invariant",
        source="""
            import numpy as np

            def noise(n, size):
                return [np.random.normal(0, 1, size) for _ in range(n)]    #@ 90% 500x
        """,
    ),
    Case(
        claim="an invariant call that costs nothing",
        rule="loop-invariant",
        source="""
            import math

            def circles(radii, unit):
                for r in radii:
                    print(r * math.sqrt(unit))     #@ 2% 500x
        """,
    ),
    Case(
        claim="each group sorted once",
        rule="sorted-again",
        source="""
            def medians(groups):
                found = []
                for group in groups:
                    ordered = sorted(group)                       #@ 85% 5000x
                    found.append(ordered[len(ordered) // 2])      #@ 2% 5000x
                return found
        """,
    ),
    Case(
        claim="each line parsed once, by a function",
        rule="sorted-again",
        source="""
            import json

            def parsed(line):
                return json.loads(line)        #@ 85% 50000x
        """,
    ),
    Case(
        claim="a file read block by block",
        rule="sorted-again",
        source="""
            def block(handle, size):
                return handle.read(size)       #@ 85% 5000x
        """,
        measured=Measured(files=[FileUse(path="data.bin", opened_count=1, read_opens_count=1)]),
    ),
    Case(
        claim="a walk over a tree",
        rule="recursion-without-memo",
        source="""
            def depth(node):
                if node is None:                                        #@ 20% 90000x
                    return 0                                            #@ 5% 50000x
                return 1 + max(depth(node.left), depth(node.right))     #@ 90% own=60% 40000x
        """,
    ),
    Case(
        claim="halves that are each met once",
        rule="recursion-without-memo",
        source="""
            def merged(items):
                if len(items) < 2:                                    #@ 20% 90000x
                    return items                                      #@ 5% 45000x
                half = len(items) // 2                                #@ 5% 45000x
                return join(merged(items[:half]), merged(items[half:]))   #@ 90% own=60% 45000x
        """,
    ),
    Case(
        claim="places on a board that are tried with all before them",
        rule="recursion-without-memo",
        source="""
            def queens(row, taken, size):
                if row == size:                                             #@ 10% 90000x
                    return 1                                                #@ 5% 45000x
                total = 0                                                   #@ 5% 45000x
                for column in range(size):
                    total += queens(row + 1, taken + [column], size)        #@ 90% own=60% 89999x
                return total
        """,
    ),
    Case(
        claim="a cache that hits",
        rule="cache-misses",
        source="""
            from functools import cache

            @cache
            def absorption(level):
                return level * 2            #@ 80% 200x

            def profile(levels):
                for level in levels:
                    absorption(level)       #@ 88% own=1% 2000x
        """,
    ),
    Case(
        claim="a cache whose calls a comprehension hides",
        rule="cache-misses",
        source="""
            import functools

            @functools.lru_cache
            def absorption(level):
                return level * 2            #@ 80% 200x

            def profile(levels):
                return [absorption(level) for level in levels]       #@ 88% own=1% 1x
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
