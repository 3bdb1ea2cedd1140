"""Rules about models that are fitted and objects that are made again: where they must speak, and what they must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, check_fires, check_spares

FIRES = [
    Case(
        claim="a ridge fitted for each sample that is left out",
        rule="model-refit",
        source="""
            from sklearn.linear_model import Ridge

            class LeaveOneOut:
                def fit(self, x, y, i):
                    keep = [j for j in range(len(y)) if j != i]     #@ 5% 200x
                    return Ridge().fit(x[keep], y[keep])            #@ 85% 200x <-
        """,
        share=0.85,
        says=("Ridge().fit", "200 times"),
        advises=("partial_fit",),
    ),
    Case(
        claim="groups that are looked for from the same beginning each time",
        rule="model-refit",
        source="""
            from sklearn.cluster import KMeans

            def levels(campaign):
                found = []
                for samples in campaign:
                    model = KMeans(5, init="random").fit(samples)      #@ 85% 200x <-
                    found.append(model.labels_)
                return found
        """,
        share=0.85,
        says=("200 times",),
    ),
    Case(
        claim="matrices of one plant, made for each step",
        rule="loop-invariant",
        source="""
            import numpy as np

            class Condensed:
                def __init__(self, plant):
                    self._free = np.empty((plant.horizon, 4))        #@ 10% 400x
                    for step in range(plant.horizon):
                        self._free[step] = plant.motion ** step      #@ 45% 4000x

                def program(self, state):
                    return self._free @ state                        #@ 5% 400x

            class Controller:
                def __init__(self, plant):
                    self._plant = plant

                def control(self, state):
                    return Condensed(self._plant).program(state)     #@ 62% own=2% 400x <-
        """,
        share=0.55,
        says=("Condensed(self._plant)", "400 times"),
        advises=("where its object is made",),
    ),
]

SPARES = [
    Case(
        claim="a generator, which can be gone through once",
        rule="loop-invariant",
        source="""
            def rows(table):
                return (one * 2 for one in sorted(table))            #@ 50% 400x

            def scored(table, candidates):
                return [score(candidate, rows(table)) for candidate in candidates]     #@ 90% own=5% 1x
        """,
    ),
    Case(
        claim="an object that is made anew because it is changed",
        rule="loop-invariant",
        source="""
            class Walk:
                def __init__(self, plant):
                    self.place = heavy(plant)                        #@ 55% 400x

                def go(self, step):
                    self.place += step                               #@ 1% 400x
                    return self.place

            class Controller:
                def __init__(self, plant):
                    self._plant = plant

                def control(self, step):
                    return Walk(self._plant).go(step)                #@ 62% own=2% 400x
        """,
    ),
    Case(
        claim="an object that is told where it comes from by a class above",
        rule="loop-invariant",
        source="""
            class Condensed(Registered):
                def __init__(self, plant):
                    self.free = sorted(plant)                        #@ 55% 400x

            class Controller:
                def __init__(self, plant):
                    self._plant = plant

                def control(self, state):
                    return Condensed(self._plant)                    #@ 62% own=2% 400x
        """,
    ),
    Case(
        claim="a fit of the user's own",
        rule="model-refit",
        source="""
            class Process:
                def fit(self, x):
                    return solve(x)         #@ 85% own=0% 500x

            class Other:
                def fit(self, x):
                    return x                #@ 1% 1x

            def run(model, xs):
                for x in xs:
                    model.fit(x)            #@ 86% own=1% 500x
        """,
    ),
    Case(
        claim="groups that begin where those of the level before ended",
        rule="model-refit",
        source="""
            from sklearn.cluster import KMeans

            def levels(campaign, centres):
                for samples in campaign:
                    model = KMeans(5, init=centres).fit(samples)       #@ 85% 200x
                    centres = model.cluster_centers_
        """,
    ),
    Case(
        claim="a forest that keeps its trees",
        rule="model-refit",
        source="""
            from sklearn.ensemble import RandomForestRegressor

            def grown(batches):
                forest = RandomForestRegressor(warm_start=True)
                for x, y in batches:
                    forest.fit(x, y)                                   #@ 85% 200x
                    forest.n_estimators += 10
        """,
    ),
    Case(
        claim="a scaler that is fitted beside a long fit of the user's own",
        rule="model-refit",
        source="""
            from sklearn.preprocessing import StandardScaler

            def update(recipes, values):
                return searched(StandardScaler().fit(recipes), recipes, values)     #@ 60% own=2% 200x

            def searched(scaler, recipes, values):
                return solve(recipes, values)                                       #@ 58% 200x
        """,
    ),
    Case(
        claim="one fit of many rows",
        rule="model-refit",
        source="""
            from sklearn.linear_model import Ridge

            model = Ridge().fit(x, y)         #@ 85% 1x
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
