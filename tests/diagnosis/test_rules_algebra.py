"""Rules about linear algebra, formulas and batches: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Library, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade
from perfwatch.records.profile import FileUse

HANDING = Library(function="result_iterator", file="concurrent/futures/process.py", share=0.7, under="all_of")

FIRES = [
    Case(
        claim="a conductance matrix that two functions hand on",
        rule="dense-for-sparse",
        source="""
            import numpy as np

            def assemble(n):
                matrix = np.zeros((n, n))                 #@ 1% 10x alloc=80MB
                for i in range(n):
                    matrix[i, i] = 4.0                    #@ 1% 10000x
                return matrix

            def heads(n, wells):
                system = assemble(n)                      #@ 3% own=0% 10x
                return np.linalg.solve(system, wells)     #@ 90% 10x <-
        """,
        share=0.90,
        says=("1,000,000 elements", "0.1"),
        advises=("scipy.sparse",),
    ),
    Case(
        claim="an inverse that is multiplied two lines later",
        rule="explicit-inverse",
        source="""
            import numpy.linalg as la

            def kriged(K, z, k):
                Ki = la.inv(K)            #@ 80% 300x <-
                return k @ (Ki @ z)       #@ 5% 300x
        """,
        share=0.80,
        says=("K is computed as a matrix", "300 times"),
        advises=("np.linalg.solve(K, z)",),
    ),
    Case(
        claim="an inverse that nobody is seen to multiply",
        rule="explicit-inverse",
        source="""
            import numpy as np

            def precision(covariance):
                return np.linalg.inv(covariance)        #@ 80% 300x <-
        """,
        share=0.80,
        says=("covariance",),
        sure=Grade.LOW,
    ),
    Case(
        claim="compartments that empty at constant rates",
        rule="ode-closed-form",
        source="""
            from scipy.integrate import solve_ivp

            class Drug:
                def flow(self, t, y):
                    gut, blood = y
                    return [-self.ka * gut, self.ka * gut - self.ke * blood]      #@ 40% 90000x

                def course(self, doses, times):
                    return [
                        solve_ivp(self.flow, (0, 24), dose, t_eval=times)         #@ 90% own=50% 500x <-
                        for dose in doses
                    ]
        """,
        share=0.90,
        says=("flow is linear",),
        advises=("expm",),
    ),
    Case(
        claim="one row in brackets",
        rule="single-predict",
        source="""
            class Monitor:
                def on_call(self, x):
                    return self.model.predict_proba([x])[0]     #@ 85% 4000x <-
        """,
        share=0.85,
        says=("self.model.predict_proba", "4,000 times"),
        advises=("self.model.predict_proba(np.vstack(rows))",),
    ),
    Case(
        claim="many short questions of a tree, of unknown form",
        rule="single-predict",
        source="""
            from scipy.spatial import cKDTree

            def near(tree, points):
                return [one(tree, p) for p in points]     #@ 80% own=1% 1x

            def one(tree, point):
                return tree.query(point)                  #@ 75% 90000x <-
        """,
        share=0.75,
        says=("90,000 times",),
        advises=("query once",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="permutations handed to processes one by one",
        rule="tiny-tasks",
        source="""
            from concurrent.futures import ProcessPoolExecutor

            def all_of(tasks):
                with ProcessPoolExecutor(2) as pool:
                    for value in pool.map(permuted, tasks):     #@ 72% 40001x <-
                        keep(value)                             #@ 5% 40000x
        """,
        measured=Measured(libraries=[HANDING]),
        share=0.72,
        says=("40,000 tasks", "70%"),
        advises=("pool.map(..., chunksize=256)",),
    ),
    Case(
        claim="a row looked up at a time in a loop",
        rule="single-queries",
        source="""
            import sqlite3

            def named(db, ids):
                for i in ids:
                    yield db.execute("select name from taxon where id = ?", (i,)).fetchone()     #@ 75% 8000x <-
        """,
        share=0.75,
        says=("8,000 times",),
        advises=("db.executemany",),
    ),
    Case(
        claim="one log opened for each record",
        rule="single-queries",
        source="""
            def note(path, record):
                with open(path, "a") as handle:     #@ 70% 3000x <-
                    handle.write(record)            #@ 5% 3000x
        """,
        measured=Measured(files=[FileUse(path="log.txt", opened_count=3000, write_opens_count=3000)]),
        share=0.70,
        says=("3,000 times",),
        advises=("Open the file once",),
    ),
    Case(
        claim="lognormal numbers that are clipped and kept as singles",
        rule="narrowed-later",
        source="""
            import numpy as np

            def drawn(generator, ranges, n):
                columns = {}
                for name, (low, high) in ranges.items():
                    values = generator.lognormal(low, 0.5, size=n)                          #@ 80% 4x alloc=6MB peak=2MB allocs=4 <-
                    columns[name] = np.clip(values, low, high).astype(np.float32)       #@ 15% 4x
                return columns
        """,
        share=0.80 * 0.36,
        says=("values is drawn in double precision",),
        advises=("single precision", "36%", "dtype=np.float32", "np.exp(values, out=values)"),
        sure=Grade.MEDIUM,
    ),
]

SPARES = [
    Case(
        claim="numbers of which doubles are used, too",
        rule="narrowed-later",
        source="""
            def drawn(generator, n):
                values = generator.normal(0.0, 1.0, n)      #@ 80% 4x alloc=6MB peak=2MB allocs=4
                return values.astype("float32"), values.sum()
        """,
    ),
    Case(
        claim="numbers that are drawn as singles",
        rule="narrowed-later",
        source="""
            import numpy as np

            def drawn(generator, n):
                values = generator.standard_normal(n, dtype=np.float32)      #@ 80% 4x alloc=6MB peak=2MB allocs=4
                return (values * 2.0).astype(np.float32)
        """,
    ),
    Case(
        claim="a full matrix beside a sparse one",
        rule="dense-for-sparse",
        source="""
            import numpy as np

            def mask(n):
                marks = np.zeros((n, n))                  #@ 1% 10x alloc=80MB
                for i in range(n):
                    marks[i, i] = 1.0                     #@ 1% 10000x
                return marks.any()

            def weights(covariance, target):
                return np.linalg.solve(covariance, target)     #@ 90% 10x
        """,
    ),
    Case(
        claim="a matrix of which every element is set",
        rule="dense-for-sparse",
        source="""
            import numpy as np

            def solved(n, b):
                matrix = np.zeros((n, n))                 #@ 1% 1x alloc=8MB
                for i in range(n):
                    for j in range(n):
                        matrix[i, j] = 1 / (1 + i + j)    #@ 30% 1000000x
                return np.linalg.solve(matrix, b)         #@ 60% 1x
        """,
    ),
    Case(
        claim="errors read from an inverse's diagonal",
        rule="explicit-inverse",
        source="""
            import numpy as np

            def errors(J):
                covariance = np.linalg.inv(J.T @ J)            #@ 80% 300x
                return np.sqrt(np.diag(covariance))            #@ 5% 300x
        """,
    ),
    Case(
        claim="a cheap inverse",
        rule="explicit-inverse",
        source="""
            import numpy as np

            def kriged(K, z):
                return np.linalg.inv(K) @ z        #@ 4% 300x
        """,
    ),
    Case(
        claim="rates that change with the time",
        rule="ode-closed-form",
        source="""
            from scipy.integrate import solve_ivp

            def flow(t, y):
                return -RATES[int(t)] * y        #@ 40% 90000x

            answer = solve_ivp(flow, (0, 24), [1.0])      #@ 90% own=50% 1x
        """,
    ),
    Case(
        claim="growth that its own total slows down",
        rule="ode-closed-form",
        source="""
            from scipy.integrate import odeint

            def flow(y, t):
                return y * (1 - y.sum())        #@ 40% 90000x

            answer = odeint(flow, [0.1, 0.2], TIMES)      #@ 90% own=50% 1x
        """,
    ),
    Case(
        claim="blocks of rows",
        rule="single-predict",
        source="""
            def answers(model, x):
                for i in range(0, len(x), 500):
                    yield model.predict(x[i : i + 500])     #@ 85% 400x
        """,
    ),
    Case(
        claim="a table asked by a condition",
        rule="single-predict",
        source="""
            import pandas as pd

            def parts(path, names):
                table = pd.read_csv(path)
                for name in names:
                    yield table.query("name == @name")     #@ 85% 4000x
        """,
    ),
    Case(
        claim="long tasks",
        rule="tiny-tasks",
        source="""
            from concurrent.futures import ProcessPoolExecutor

            def all_of(tasks):
                with ProcessPoolExecutor(2) as pool:
                    for value in pool.map(simulated, tasks):     #@ 72% 41x
                        keep(value)                              #@ 5% 40x
        """,
        measured=Measured(libraries=[HANDING]),
    ),
    Case(
        claim="the map of plain Python beside a pool",
        rule="tiny-tasks",
        source="""
            from concurrent.futures import ProcessPoolExecutor

            def all_of(tasks, table):
                for value in map(permuted, tasks):     #@ 72% 40001x
                    table.apply(value)                 #@ 25% 40000x
        """,
        measured=Measured(libraries=[HANDING]),
    ),
    Case(
        claim="a command that is executed without a database",
        rule="single-queries",
        source="""
            def run(tasks):
                for task in tasks:
                    task.execute()     #@ 75% 8000x
        """,
    ),
    Case(
        claim="a file of its own for each item",
        rule="single-queries",
        source="""
            def written(frames):
                for name, frame in frames.items():
                    frame.to_csv(f"{name}.csv")       #@ 75% 800x
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
