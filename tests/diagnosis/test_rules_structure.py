"""Rules about algorithms and structures: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, check_fires, check_spares

FIRES = [
    Case(
        claim="rows stacked onto an attribute by a method",
        rule="quadratic-growth",
        source="""
            import numpy as np

            class Table:
                def add(self, *row):
                    self.rows = np.vstack((self.rows, row))      #@ 85% 4000x <-
        """,
        share=0.85,
        says=("self.rows", "4,000 times"),
        advises=("self.rows = np.concatenate(parts)",),
    ),
    Case(
        claim="tables joined under a condition",
        rule="quadratic-growth",
        source="""
            from pandas import concat as join

            def collected(parts):
                table = None
                for part in parts:
                    table = join([table, part])     #@ 70% 60x <-
                return table
        """,
        share=0.70,
        says=("table is copied whole", "60 times"),
        advises=("table = pd.concat(parts)",),
    ),
    Case(
        claim="text added to an attribute",
        rule="quadratic-growth",
        source="""
            class Report:
                def __init__(self):
                    self.text = ""

                def fill(self, rows):
                    for row in rows:
                        self.text += str(row)        #@ 65% 90000x <-
        """,
        share=0.65,
        says=("self.text", "90,000 times"),
        advises=('self.text = "".join(parts)',),
    ),
    Case(
        claim="a list asked in a comprehension's condition",
        rule="list-membership",
        source="""
            def fresh(papers, cited):
                known = sorted(cited)
                return [p for p in papers if p not in known]     #@ 92% 1x <-
        """,
        share=0.92,
        says=("known is a list",),
        advises=("set(known)",),
    ),
    Case(
        claim="a list that a method is asked for the place in",
        rule="list-membership",
        source="""
            class Graph:
                def __init__(self):
                    self.nodes = []

                def edge(self, a):
                    return self.nodes.index(a)      #@ 75% 30000x <-
        """,
        share=0.75,
        says=("self.nodes", "30,000 times"),
        advises=("set(self.nodes)",),
    ),
    Case(
        claim="near pairs by two loops over the same points",
        rule="all-pairs",
        source="""
            from math import hypot

            def contacts(points, radius):
                found = []
                for i in range(len(points)):                          #@ 1% 2000x
                    for j in range(i + 1, len(points)):               #@ 15% 1999000x <-
                        dx = points[i][0] - points[j][0]              #@ 25% 1999000x
                        dy = points[i][1] - points[j][1]              #@ 25% 1999000x
                        if hypot(dx, dy) < radius:                    #@ 30% 1999000x
                            found.append((i, j))                      #@ 1% 900x
                return found
        """,
        share=0.97,
        says=("range(len(points))", "1,999,000 times"),
        advises=("cKDTree",),
    ),
    Case(
        claim="a full matrix of distances held against a radius",
        rule="all-pairs",
        source="""
            from scipy.spatial import distance

            def friends(galaxies, linking):
                apart = distance.cdist(galaxies, galaxies)     #@ 80% 1x <-
                return (apart < linking).nonzero()             #@ 10% 1x
        """,
        share=0.80,
        says=("few of them are used",),
        advises=("cKDTree",),
    ),
    Case(
        claim="the best few by a whole order turned round",
        rule="sort-for-extremes",
        source="""
            import numpy as np

            def best(scores, k):
                order = np.argsort(scores)[::-1]        #@ 84% 900x <-
                return order[:k]
        """,
        share=0.84,
        says=("np.argsort(scores)", "900 times"),
        advises=("argpartition",),
    ),
]

SPARES = [
    Case(
        claim="a window that moves on",
        rule="quadratic-growth",
        source="""
            import numpy as np

            def running(values, window):
                for value in values:
                    window = np.append(window[1:], value)      #@ 70% 50000x
                    yield window.mean()
        """,
    ),
    Case(
        claim="a row made anew in each turn",
        rule="quadratic-growth",
        source="""
            import numpy as np

            def padded(rows):
                for row in rows:
                    line = row.copy()
                    line = np.append(line, 1.0)          #@ 70% 50000x
                    yield line
        """,
    ),
    Case(
        claim="a local name that each call makes for itself",
        rule="quadratic-growth",
        source="""
            import numpy as np

            def with_bias(x):
                x = np.append(x, 1.0)          #@ 70% 50000x
                return x
        """,
    ),
    Case(
        claim="a set",
        rule="list-membership",
        source="""
            def fresh(papers, cited):
                known = set(cited)
                return [p for p in papers if p not in known]     #@ 92% 1x
        """,
    ),
    Case(
        claim="three items written out",
        rule="list-membership",
        source="""
            BASES = ["a", "c", "g"]

            def counted(text):
                for letter in text:
                    if letter in BASES:         #@ 60% 900000x
                        yield letter
        """,
    ),
    Case(
        claim="a dear question in the same line",
        rule="list-membership",
        source="""
            def kept(papers, read):
                known = list(read)
                for paper in papers:
                    if paper in known and relevant(paper):     #@ 90% own=2% 50x
                        yield paper
        """,
    ),
    Case(
        claim="pixels and their distance from a centre",
        rule="all-pairs",
        source="""
            import math

            def disc(n, cx, cy, r):
                count = 0
                for y in range(n):                                         #@ 1% 1001x
                    for x in range(n):                                     #@ 10% 1000000x
                        if math.hypot(x - cx, y - cy) < r:                 #@ 80% 1000000x
                            count += 1                                     #@ 3% 9000x
                return count
        """,
    ),
    Case(
        claim="a sum that needs all pairs",
        rule="all-pairs",
        source="""
            import math

            def energy(charges, places):
                total = 0.0
                for i in range(len(places)):                                                    #@ 1% 1000x
                    for j in range(i):                                                          #@ 10% 499500x
                        total += charges[i] * charges[j] / math.dist(places[i], places[j])      #@ 85% 499500x
                return total
        """,
    ),
    Case(
        claim="a kernel of all distances",
        rule="all-pairs",
        source="""
            import numpy as np
            from scipy.spatial.distance import cdist

            def kernel(x, scale):
                apart = cdist(x, x)                   #@ 80% 10x
                return np.exp(-apart / scale)         #@ 10% 10x
        """,
    ),
    Case(
        claim="the middle of an order",
        rule="sort-for-extremes",
        source="""
            def middle(values):
                ordered = sorted(values)                  #@ 85% 900x
                return ordered[len(ordered) // 2]

            def lower_half(values):
                return sorted(values)[: len(values) // 2]     #@ 84% 900x
        """,
    ),
    Case(
        claim="an order that is used whole, too",
        rule="sort-for-extremes",
        source="""
            import numpy as np

            def ranked(scores, k):
                order = np.argsort(scores)           #@ 85% 900x
                return order[:k], scores[order]
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
