"""Rules about start-up, compilers and devices: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Library, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade

COMPILES = Library(function="_compile_for_args", file="numba/core/dispatcher.py", share=0.6, under="main")

FIRES = [
    Case(
        claim="a small script that imports a large library",
        rule="import-time",
        source="""
            import sys
            import pandas as pd            #@ 70% 1x <-

            print(len(sys.argv))
        """,
        measured=Measured(imports=0.72),
        share=0.70,
        says=("import pandas as pd", "72%"),
        advises=("where it is needed",),
    ),
    Case(
        claim="half of the time in importing for a branch that was not taken",
        rule="import-time",
        source="""
            import sys
            import pandas as pd            #@ 50% 1x <-

            def exported(rows):
                return pd.DataFrame(rows)

            def main():
                print(len(sys.argv))       #@ 45% 1x
        """,
        measured=Measured(imports=0.5),
        share=0.50,
        sure=Grade.MEDIUM,
        says=("import pandas as pd", "50%", "nothing else that ran names it"),
        advises=("where it is needed",),
    ),
    Case(
        claim="a short run of a compiled loop",
        rule="jit-cold",
        source="""
            import numba

            @numba.njit
            def step(x):
                return x + 1

            def main():
                print(step(1.0))          #@ 65% 1x <-
        """,
        measured=Measured(libraries=[COMPILES]),
        share=0.60,
        says=("numba compiles for 6.00 s", "60%"),
        advises=("cache=True",),
    ),
    Case(
        claim="a gradient made in each step",
        rule="jax-retrace",
        source="""
            from jax import grad

            def fitted(loss, w, n):
                for _ in range(n):
                    w = w - 0.1 * grad(loss)(w)       #@ 92% 500x <-
                return w
        """,
        share=0.92,
        says=("grad(loss)", "500 times"),
        advises=("jax.jit(grad(loss))",),
    ),
    Case(
        claim="a gradient made once and never compiled",
        rule="jax-retrace",
        source="""
            import jax

            slope = jax.grad(loss)

            def fitted(w, n):
                for _ in range(n):
                    w = w - 0.1 * slope(w)       #@ 92% 500x <-
                return w
        """,
        share=0.92,
        says=("slope was never compiled", "500 times"),
        advises=("slope = jax.jit(jax.grad(loss))",),
    ),
    Case(
        claim="a branch on what the device computed",
        rule="jax-scalar-flow",
        source="""
            import jax.numpy as jnp

            def swing(n):
                angle = jnp.float32(0.1)
                for _ in range(n):                     #@ 2% 3000x
                    torque = jnp.sin(angle)            #@ 30% 3000x
                    if torque > 0.5:                   #@ 50% 3000x <-
                        angle = angle - torque         #@ 10% 900x
                return angle
        """,
        share=0.92,
        says=("torque > 0.5", "3,000 times"),
        advises=("jnp.where",),
    ),
    Case(
        claim="an array that is brought over in each turn",
        rule="jax-scalar-flow",
        source="""
            import jax
            import jax.numpy as jnp
            import numpy as np

            @jax.jit
            def stepped(state):
                return jnp.sin(state)

            def recorded(state, n):
                trace = []
                for _ in range(n):
                    state = stepped(state)                     #@ 30% 400x
                    trace.append(np.asarray(stepped(state)))   #@ 60% 400x <-
                return trace
        """,
        share=0.90,
        says=("np.asarray(stepped(state))", "400 times"),
        advises=("one transfer at the end",),
    ),
    Case(
        claim="compiled parts whose answers are handed to NumPy step by step",
        rule="jax-scalar-flow",
        source="""
            import jax
            import numpy as np

            @jax.jit
            def predicted(step):
                return step @ step

            def parts_of(asked):
                return Parts(predict=predicted)

            def walk(asked, parts, handed):
                step = asked.start
                for _ in range(asked.steps):
                    gain = handed(parts.predict(step))     #@ 60% 30x <-
                    step = step * gain                     #@ 30% 30x
                return step

            def reference(asked):
                return walk(asked, parts_of(asked), np.asarray)      #@ 95% own=0% 1x
        """,
        share=0.90,
        says=("handed(parts.predict(step))", "30 times"),
        advises=("lax.scan",),
    ),
]

SPARES = [
    Case(
        claim="half of the time in importing what the run needs",
        rule="import-time",
        source="""
            import pandas as pd            #@ 50% 1x

            print(
                sorted(
                    pd.unique([1, 2, 1])   #@ 50% 1x
                )
            )
        """,
        measured=Measured(imports=0.5),
    ),
    Case(
        claim="imports in a long run",
        rule="import-time",
        source="""
            import pandas as pd            #@ 6% 1x

            work()                         #@ 94% own=0% 1x
        """,
        measured=Measured(imports=0.06),
    ),
    Case(
        claim="a third in imports, none of them the user's lines",
        rule="import-time",
        source="""
            def main():
                work()                     #@ 94% own=0% 1x
        """,
        measured=Measured(imports=0.4),
    ),
    Case(
        claim="a long run of what was compiled quickly",
        rule="jit-cold",
        source="""
            import numba

            @numba.njit
            def step(x):
                return x + 1

            def main():
                print(step(1.0))          #@ 95% 1x
        """,
        measured=Measured(
            libraries=[
                Library(
                    function="_compile_for_args", file="numba/core/dispatcher.py", share=0.05, under="main"
                )
            ]
        ),
    ),
    Case(
        claim="a compile of one's own",
        rule="jit-cold",
        source="""
            def main():
                print(compile_all())          #@ 95% 1x
        """,
        measured=Measured(
            libraries=[Library(function="compile", file="jinja2/environment.py", share=0.9, under="main")]
        ),
    ),
    Case(
        claim="a gradient compiled under its own name",
        rule="jax-retrace",
        source="""
            import jax

            slope = jax.grad(loss)
            slope = jax.jit(slope)

            def fitted(w, n):
                for _ in range(n):
                    w = w - 0.1 * slope(w)       #@ 92% 500x
                return w
        """,
    ),
    Case(
        claim="a gradient traced once, inside what is compiled",
        rule="jax-retrace",
        source="""
            import jax

            @jax.jit
            def step(w):
                return w - 0.1 * jax.grad(loss)(w)       #@ 30% 1x

            def fitted(w, n):
                for _ in range(n):
                    w = step(w)                          #@ 60% own=30% 500x
                return w
        """,
    ),
    Case(
        claim="a shape is known without waiting",
        rule="jax-scalar-flow",
        source="""
            import jax.numpy as jnp

            def swing(n, angles):
                angles = jnp.asarray(angles)
                for _ in range(n):
                    if angles.shape[0] > 3:            #@ 50% 3000x
                        angles = jnp.sin(angles)       #@ 40% 3000x
        """,
    ),
    Case(
        claim="compiled parts whose answers stay on the device",
        rule="jax-scalar-flow",
        source="""
            import jax

            @jax.jit
            def predicted(step):
                return step @ step

            def parts_of(asked):
                return Parts(predict=predicted)

            def walk(asked, parts, handed):
                step = asked.start
                for _ in range(asked.steps):
                    gain = handed(parts.predict(step))     #@ 60% 30x
                    step = step * gain                     #@ 30% 30x
                return step

            def kept(asked):
                return walk(asked, parts_of(asked), lambda value: value)      #@ 95% own=0% 1x
        """,
    ),
    Case(
        claim="parts that NumPy computes, handed to NumPy",
        rule="jax-scalar-flow",
        source="""
            import jax
            import numpy as np

            def parts_of(asked):
                return Parts(predict=np.dot)

            def walk(asked, parts, handed):
                step = asked.start
                for _ in range(asked.steps):
                    step = handed(parts.predict(step, step))     #@ 90% 30x
                return step

            def plain(asked):
                return walk(asked, parts_of(asked), np.asarray)      #@ 95% own=0% 1x
        """,
    ),
    Case(
        claim="an array that is brought over at the end",
        rule="jax-scalar-flow",
        source="""
            import jax
            import numpy as np

            @jax.jit
            def stepped(state):
                return state * 2

            def final(state):
                return np.asarray(stepped(state))      #@ 90% 400x
        """,
    ),
    Case(
        claim="numbers of numpy",
        rule="jax-scalar-flow",
        source="""
            import jax
            import numpy as np

            def swing(n, angle):
                for _ in range(n):
                    torque = np.sin(angle)
                    if float(torque) > 0.5:             #@ 50% 3000x
                        angle = angle - torque          #@ 10% 900x
        """,
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
