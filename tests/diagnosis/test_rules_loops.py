"""Rules about Python's own loops over numbers and rows: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade

FIRES = [
    Case(
        claim="a loop over numbers, each turn for itself",
        rule="scalar-loop",
        source="""
            import math

            def heights(angles):
                total = 0.0
                for angle in angles:                     #@ 8% 500000x
                    slope = 0.5 * angle                  #@ 30% 500000x
                    total += slope * math.cos(angle) + 2.0 * slope ** 2   #@ 58% 500000x <-
                return total
        """,
        share=0.96,
        says=("single numbers", "500,000 times", "96%"),
        advises=("whole arrays",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="elements of an array of another name, in a method",
        rule="array-elements",
        source="""
            import numpy as xp

            class Field:
                def __init__(self, size):
                    self.values = xp.zeros((size, size))

                def smooth(self):
                    out = xp.empty_like(self.values)
                    for row in range(1, 99):
                        for column in range(1, 99):                      #@ 5% 9604x
                            out[row, column] = self.values[row - 1, column] + self.values[row, column]  #@ 80% 9604x <-
                    return out
        """,
        share=0.85,
        says=("elements of arrays", "9,604 times"),
        advises=("slices",),
    ),
    Case(
        claim="a state that each step moves on",
        rule="compile-candidate",
        source="""
            def orbit(rate, steps):
                x = 0.4
                for _ in range(steps):         #@ 10% 1000001x
                    x = rate * x * (1.0 - x)   #@ 85% 1000000x <-
                return x
        """,
        share=0.95,
        says=("1,000,000 times", "needs the one before"),
        advises=("def orbit",),
    ),
    Case(
        claim="a state that is added a step of its own to",
        rule="compile-candidate",
        source="""
            def decay(k, dt, steps):
                y = 1.0
                while steps > 0:          #@ 20% 40000x
                    slope = -k * y        #@ 30% 40000x
                    y += dt * slope       #@ 40% 40000x <-
                    steps -= 1            #@ 5% 40000x
                return y
        """,
        share=0.95,
        advises=("numba", "def decay"),
    ),
    Case(
        claim="rows of a table that a method walks over",
        rule="frame-rows",
        source="""
            import pandas as pd

            def billed(path):
                orders = pd.read_csv(path)
                total = 0.0
                for _, row in orders.iterrows():              #@ 60% 5001x <-
                    total += row["price"] * row["pieces"]     #@ 30% 5000x
                return total
        """,
        measured=Measured(whole_ns=3e9),
        share=0.90,
        says=("orders.iterrows()", "5,000 times", "90%"),
        advises=("orders",),
    ),
    Case(
        claim="cells looked up in a comprehension's stead",
        rule="frame-rows",
        source="""
            from pandas import DataFrame

            def shares(counts):
                table = DataFrame(counts)
                found = []
                for place in range(4000):
                    found.append(table.loc[place, "n"])    #@ 70% 4000x <-
                return found
        """,
        share=0.70,
        says=('table.loc[place, "n"]', "4,000 times"),
        advises=("table[...]",),
    ),
    Case(
        claim="a function decorated with vectorize",
        rule="numpy-vectorize",
        source="""
            import numpy as np

            @np.vectorize
            def step(x):
                return x if x > 0 else 0.1 * x    #@ 60% 200000x

            def activate(layers):
                return [step(layer) for layer in layers]     #@ 90% own=30% 10x <-
        """,
        share=0.90,
        says=("numpy.vectorize",),
        advises=("np.where",),
    ),
    Case(
        claim="an integrand that quad asks point by point",
        rule="scipy-callback",
        source="""
            from scipy.integrate import quad

            def density(x, width):
                return x * x / width      #@ 50% 84000x

            def masses(widths):
                found = []
                for width in widths:
                    found.append(quad(density, 0.0, 1.0, args=(width,)))     #@ 88% own=38% 4000x <-
                return found
        """,
        share=0.88,
        says=("density", "84,000 times", "50%", "38%"),
        advises=("LowLevelCallable", "quad_vec"),
    ),
    Case(
        claim="an objective by keyword, and no advice that minimize cannot take",
        rule="scipy-callback",
        source="""
            import scipy.optimize as so

            class Fit:
                def cost(self, x):
                    return (x[0] - 1) ** 2     #@ 40% 20000x

                def run(self):
                    return so.minimize(fun=self.cost, x0=[0.0])     #@ 80% own=40% 1x <-
        """,
        share=0.80,
        says=("cost", "20,000 times"),
        advises=("jac=", "numba.njit"),
    ),
]

SPARES = [
    Case(
        claim="answers that a function tries to read, in a comprehension",
        rule="scalar-loop",
        source="""
            def number(text, seen):
                try:                                             #@ 5% 90000x
                    return float(text) * 2.0                     #@ 20% 90000x
                except ValueError:                               #@ 30% 60000x
                    seen[text] = seen.get(text, 0) + 1           #@ 20% 60000x
                    return 0.0                                   #@ 5% 60000x

            def read(rows, seen):
                return [number(one, seen) for one in rows]       #@ 95% own=5% 1x
        """,
    ),
    Case(
        claim="a loop whose time is the compiled library's",
        rule="scalar-loop",
        source="""
            import numpy as np

            def norms(blocks, scale):
                total = 0.0
                for place in range(5000):                            #@ 1% 5000x
                    total += scale * float(np.linalg.norm(blocks[place]))    #@ 95% lib=97% 5000x
                return total
        """,
    ),
    Case(
        claim="an ugly loop that costs nothing",
        rule="scalar-loop",
        source="""
            def total(values):
                found = 0.0
                for value in values:           #@ 1% 9000x
                    found += 2.0 * value       #@ 2% 9000x
                return found
        """,
    ),
    Case(
        claim="a sequential loop is no candidate for whole arrays",
        rule="array-elements",
        source="""
            import numpy as np

            def filtered(n):
                y = np.zeros(n)
                for i in range(1, n):                    #@ 10% 90000x
                    y[i] = 0.9 * y[i - 1] + 0.1 * y[i]   #@ 85% 90000x
                return y
        """,
    ),
    Case(
        claim="plain lists are no arrays",
        rule="array-elements",
        source="""
            def paired(left):
                right = list(left)
                found = 0.0
                for i in range(90000):              #@ 10% 90000x
                    found += right[i] * 2.0         #@ 85% 90000x
                return found
        """,
    ),
    Case(
        claim="a total does not make a loop sequential",
        rule="compile-candidate",
        source="""
            def total(values):
                found = 0.0
                for value in values:              #@ 10% 90000x
                    found += 2.0 * value + 1.0    #@ 85% 90000x
                return found
        """,
    ),
    Case(
        claim="a short sequential loop of dear steps",
        rule="compile-candidate",
        source="""
            def evolve(state, steps):
                for _ in range(steps):                  #@ 1% 50x
                    state = 0.5 * state + 1.0           #@ 95% 50x
                return state
        """,
    ),
    Case(
        claim="rows whose work is another function's",
        rule="frame-rows",
        source="""
            import pandas as pd

            def simulate(row):
                return row                                   #@ 96% 300x

            def all_of(path):
                for row in pd.read_csv(path).itertuples():   #@ 1% 301x
                    simulate(row)                            #@ 97% own=1% 300x
        """,
    ),
    Case(
        claim="an aggregate by name along the rows",
        rule="frame-rows",
        source="""
            import pandas as pd

            def means(path):
                table = pd.read_csv(path)
                return table.agg("mean", axis=1)     #@ 80% 1x
        """,
    ),
    Case(
        claim="a walk over few rows",
        rule="frame-rows",
        source="""
            import pandas as pd

            def printed(path):
                for _, row in pd.read_csv(path).iterrows():    #@ 50% 21x
                    print(row["name"])                         #@ 30% 20x
        """,
    ),
    Case(
        claim="a method of one's own called vectorize",
        rule="numpy-vectorize",
        source="""
            class Text:
                def vectorize(self, words):
                    return [len(word) for word in words]    #@ 80% 10x

            def all_of(text, pages):
                return [text.vectorize(page) for page in pages]    #@ 85% own=5% 1x
        """,
    ),
    Case(
        claim="whole arrays through numpy's own where",
        rule="numpy-vectorize",
        source="""
            import numpy as np

            def rectified(layers):
                return [np.where(layer > 0, layer, 0.0) for layer in layers]    #@ 90% 1x
        """,
    ),
    Case(
        claim="a solver that asks a few hundred times",
        rule="scipy-callback",
        source="""
            from scipy.optimize import minimize

            def cost(x):
                return simulate(x)               #@ 98% own=0% 300x

            def fitted():
                return minimize(cost, [1.0])     #@ 99% own=1% 1x
        """,
    ),
    Case(
        claim="a quad of one's own",
        rule="scipy-callback",
        source="""
            def quad(f, a, b):
                return sum(f(a + (b - a) * i / 9000) for i in range(9000))   #@ 60% 9x

            def area(x):
                return x * x         #@ 30% 81000x

            total = [quad(area, 0, b) for b in range(9)]      #@ 90% own=1% 1x
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
