"""Rules about functions that are evaluated too often, or by too many: where each must speak, and what it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Library, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade

POOL = Library(function="get", file="multiprocessing/pool.py", share=0.70, under="sampled")

FIRES = [
    Case(
        claim="central differences in two lines",
        rule="finite-differences",
        source="""
            def gradient(model, place, step, count):
                found = []
                for column in range(count):
                    above = model.predict(place + step)[0]      #@ 45% own=5% 1200x <-
                    below = model.predict(place - step)[0]      #@ 45% own=5% 1200x
                    found.append((above - below) / (2 * H))     #@ 2% 1200x
                return found
        """,
        share=0.90,
        says=("predict", "2,400 times"),
        advises=("one evaluation gives all slopes", "value_and_grad"),
    ),
    Case(
        claim="a fit without a Jacobian, as the sampler saw it",
        rule="finite-differences",
        source="""
            from scipy.optimize import curve_fit

            def fitted(model, x, y, start, jacobian):
                return curve_fit(model, x, y, start, jac=jacobian)      #@ 95% own=90% 16x <-
        """,
        measured=Measured(
            libraries=[
                Library(
                    function="approx_derivative",
                    file="scipy/optimize/_numdiff.py",
                    share=0.47,
                    under="fitted",
                )
            ]
        ),
        share=0.47,
        says=("curve_fit", "47%"),
        advises=("jac=",),
    ),
    Case(
        claim="forward differences on one line",
        rule="finite-differences",
        source="""
            def slope(f, x, h):
                return (f(x + h) - f(x)) / h      #@ 80% own=10% 5000x <-
        """,
        share=0.80,
        says=("10,000 times",),
    ),
    Case(
        claim="a model of one's own that takes rows and gets one",
        rule="single-predict",
        source="""
            import numpy as np

            class Process:
                def predict(self, designs):
                    return self.level + designs @ self.weights      #@ 60% 1200x

            def singly(process, designs):
                return np.array([process.predict(design[np.newaxis])[0] for design in designs])     #@ 70% own=10% 3x <-
        """,
        share=0.70,
        says=("predict takes rows",),
        advises=("once with all the rows",),
    ),
    Case(
        claim="a gradient of one's own, row by row in a loop",
        rule="single-predict",
        source="""
            def together(weights, rows, values):
                return rows.T @ (rows @ weights - values)            #@ 60% 640x

            def singly(weights, rows, values):
                total = 0.0
                for row, value in zip(rows, values):
                    total += together(weights, row[None], value[None])       #@ 75% own=15% 640x <-
                return total
        """,
        share=0.75,
        says=("640 times",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="a solver that is called for each case",
        rule="scipy-callback",
        source="""
            import math

            from scipy.integrate import solve_ivp

            def growth(t, y):
                return math.sin(y[0]) - t * y[0] ** 3                #@ 5% 8000x

            def grown(cases):
                found = []
                for case in cases:
                    found.append(solve_ivp(growth, (0, 1), case))    #@ 96% own=91% 96x <-
                return found
        """,
        share=0.96,
        says=("8,000 times",),
    ),
    Case(
        claim="descents from many starts, each by itself",
        rule="small-arrays",
        source="""
            def slope(model, place):
                return model.weights @ place                         #@ 70% 1600x

            def descended(model, start, count):
                place = start
                for _ in range(count):                               #@ 5% 1616x
                    place = place - 0.1 * slope(model, place)        #@ 94% own=24% 1600x
                return place

            def best(model, starts):
                return min(descended(model, start, 100) for start in starts)      #@ 99% own=1% 16x <-
        """,
        measured=Measured(whole_ns=12e6),
        share=0.99,
        says=("16 things", "1,600 times"),
        advises=("a row for each",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="quadratic forms one by one",
        rule="small-arrays",
        source="""
            import numpy as np

            def value(jacobian, gradient, step):
                moved = jacobian @ step                              #@ 35% 1600x
                return 0.5 * moved @ moved + gradient @ step         #@ 50% 1600x

            def values(jacobian, gradient, steps):
                found = np.empty(len(steps))
                for k in range(len(steps)):                          #@ 2% 1601x
                    found[k] = value(jacobian[k], gradient[k], steps[k])     #@ 97% own=12% 1600x <-
                return found
        """,
        measured=Measured(whole_ns=6e6),
        share=0.99,
        says=("1,600 times", "3.71 µs a turn"),
        advises=("einsum",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="workers who wait longer than they work",
        rule="tiny-tasks",
        source="""
            from multiprocessing import Pool

            def draw(batch):
                return batch * 2                                     #@ 3% 25x

            def sampled(batches):
                with Pool(2) as pool:
                    return pool.map(draw, batches, chunksize=1)      #@ 80% 1x <-
        """,
        measured=Measured(libraries=[POOL], children=0.20),
        share=0.60,
        says=("20%", "80%"),
        advises=("in this process",),
    ),
    Case(
        claim="a stepped simulation and the arithmetic that it calls",
        rule="compile-candidate",
        source="""
            import math

            def boltzmann(barrier, kelvin):
                return math.exp(-barrier / (8.314 * kelvin))         #@ 30% 64000x

            def simulated(count, kelvin):
                radius = 1.0
                for step in range(count):
                    radius = radius + 0.1 * boltzmann(radius, kelvin)       #@ 90% own=60% 64000x <-
                return radius
        """,
        share=0.90,
        advises=("numba",),
    ),
]
SPARES = [
    Case(
        claim="a descent from one start, and one from where it ended",
        rule="small-arrays",
        source="""
            def descended(model, start, count):
                place = start
                for _ in range(count):                               #@ 5% 1616x
                    place = place - model.weights @ place            #@ 94% 1600x
                return place

            def refined(models, start):
                place = start
                for model in models:
                    place = descended(model, place, 100)             #@ 99% own=1% 16x
                return place
        """,
        measured=Measured(whole_ns=12e6),
    ),
    Case(
        claim="products of matrices that are large",
        rule="small-arrays",
        source="""
            def products(a, b, found):
                for k in range(len(a)):
                    found[k] = a[k] @ b[k]      #@ 99% 1600x
        """,
    ),
    Case(
        claim="a chain of small products, each of which needs the last",
        rule="small-arrays",
        source="""
            def chained(matrices, state):
                for k in range(len(matrices)):
                    state = matrices[k] @ state      #@ 99% 1600x
                return state
        """,
        measured=Measured(whole_ns=6e6),
    ),
    Case(
        claim="a rate of change between measurements",
        rule="finite-differences",
        source="""
            def rates(reader, times):
                found = []
                for k in range(1, len(times)):
                    found.append((reader.at(times[k]) - reader.at(times[k - 1])) / (times[k] - times[k - 1]))     #@ 90% 5000x
                return found
        """,
    ),
    Case(
        claim="a difference of two functions",
        rule="finite-differences",
        source="""
            def contrast(f, g, x, h):
                return (f(x + h) - g(x)) / h      #@ 80% 5000x
        """,
    ),
    Case(
        claim="a fit that has its Jacobian",
        rule="finite-differences",
        source="""
            from scipy.optimize import curve_fit

            def fitted(model, x, y, start, jacobian):
                return curve_fit(model, x, y, start, jac=jacobian)      #@ 95% own=90% 16x
        """,
        measured=Measured(
            libraries=[
                Library(function="svd", file="scipy/linalg/_decomp_svd.py", share=0.47, under="fitted")
            ]
        ),
    ),
    Case(
        claim="one slope",
        rule="finite-differences",
        source="""
            def slope(f, x, h):
                return (f(x + h) - f(x - h)) / (2 * h)      #@ 80% 3x
        """,
    ),
    Case(
        claim="a function of one's own that is handed a list of one, which need be no row",
        rule="single-predict",
        source="""
            def simulate(settings):
                return run(settings)                     #@ 90% 500x

            def all_of(cases):
                return [simulate([case]) for case in cases]      #@ 95% own=5% 1x
        """,
    ),
    Case(
        claim="a descent whose next place is the last one's answer",
        rule="single-predict",
        source="""
            def slope(places):
                return places * 2                        #@ 60% 500x

            def descended(start, count):
                place = start
                for _ in range(count):
                    place = place - slope(place[None])[0]      #@ 80% own=20% 500x
                return place
        """,
    ),
    Case(
        claim="workers of whose computing nothing is known but what a sampler saw",
        rule="tiny-tasks",
        source="""
            from multiprocessing import Pool

            def simulate(case):
                return case * 2                                      #@ 3% 25x

            def all_of(cases):
                with Pool(2) as pool:
                    return pool.map(simulate, cases, chunksize=1)    #@ 80% 1x
        """,
        measured=Measured(libraries=[POOL]),
    ),
    Case(
        claim="workers who work for most of the time that is waited for them",
        rule="tiny-tasks",
        source="""
            from multiprocessing import Pool

            def simulate(case):
                return case * 2                                      #@ 85% 25x

            def all_of(cases):
                with Pool(2) as pool:
                    return pool.map(simulate, cases, chunksize=8)    #@ 80% 1x
        """,
        measured=Measured(libraries=[POOL], children=0.85),
    ),
    Case(
        claim="a solver that is called once for a few thousand steps",
        rule="scipy-callback",
        source="""
            import math

            from scipy.integrate import solve_ivp

            def growth(t, y):
                return math.sin(y[0]) - t * y[0] ** 3    #@ 5% 8000x

            found = solve_ivp(growth, (0, 1), [1.0])     #@ 96% own=91% 1x
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
