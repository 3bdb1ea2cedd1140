"""The rule about models that are fitted again: where it must speak, and which look-alikes it must leave alone."""

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
]
SPARES = [
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
