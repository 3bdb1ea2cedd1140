"""Write ``docs/rules.md`` from the table of rules: ``python docs/rules_page.py``.

What a rule needs, looks for and cannot see is the rule's own to say; the examples stand
here. A test holds the page to what this script makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.diagnose.table import RULES

if TYPE_CHECKING:
    from perfwatch.diagnose.rule import Rule

PAGE = Path(__file__).with_name("rules.md")
#: For each rule: what to do, the code before, the code after.
EXAMPLES = {
    "small-blas-threads": (
        "Time the run with the pool at one thread: on small problems threads wait for each other longer than they compute.",
        "python fit.py",
        "OPENBLAS_NUM_THREADS=1 python fit.py",
    ),
    "lock-bound": (
        "Hold the lock only where shared things change.",
        "with guard:\n    answers.append(ask(name))",
        "answer = ask(name)\nwith guard:\n    answers.append(answer)",
    ),
    "gil-contention": (
        "Use processes for work that is Python's own; threads pay where the time is spent waiting.",
        "with ThreadPoolExecutor(2) as pool:\n    scores = list(pool.map(align, pairs))",
        "with ProcessPoolExecutor(2) as pool:\n    scores = list(pool.map(align, pairs, chunksize=64))",
    ),
    "io-bound": (
        "Write many records for one flush and one fsync; have several requests under way at a time.",
        "for record in records:\n    log.write(record)\n    os.fsync(log.fileno())",
        "log.writelines(records)\nos.fsync(log.fileno())",
    ),
    "sleep": (
        "Wait for the event itself instead of asking again after a while.",
        "while not job.done:\n    time.sleep(0.05)",
        "job.finished.wait()  # a threading.Event",
    ),
    "subprocess-loop": (
        "Hand all items to one process, or do its work in Python.",
        'for name in names:\n    subprocess.run(["solve", name], check=True)',
        'subprocess.run(["solve", *names], check=True)',
    ),
    "tiny-tasks": (
        "Hand over larger pieces: a task costs about 0.1 ms beside its own work.",
        "pool.map(score, tasks)",
        "pool.map(score, tasks, chunksize=256)",
    ),
    "single-queries": (
        "Hand all rows over at once, ask for all that is wanted by one query, open the file once.",
        'for row in rows:\n    db.execute("insert into t values (?, ?)", row)',
        'db.executemany("insert into t values (?, ?)", rows)',
    ),
    "jit-cold": (
        "Keep what was compiled from run to run, or leave so short a run uncompiled.",
        "@numba.njit\ndef step(x): ...",
        "@numba.njit(cache=True)\ndef step(x): ...",
    ),
    "jax-retrace": (
        "Make the compiled function once, and call that.",
        "for _ in range(n):\n    w = w - rate * jax.grad(loss)(w)",
        "slope = jax.jit(jax.grad(loss))\nfor _ in range(n):\n    w = w - rate * slope(w)",
    ),
    "jax-scalar-flow": (
        "Keep the choice on the device.",
        "if torque > limit:\n    angle = angle - torque",
        "angle = jnp.where(torque > limit, angle - torque, angle)",
    ),
    "cache-misses": (
        "Let the cache hold all that is asked again before it is thrown out, or leave it out.",
        "@lru_cache(maxsize=32)\ndef absorption(level): ...",
        "@lru_cache(maxsize=None)\ndef absorption(level): ...",
    ),
    "frame-rows": (
        "Compute with whole columns.",
        'for _, row in orders.iterrows():\n    total += row["price"] * row["pieces"]',
        'total = (orders["price"] * orders["pieces"]).sum()',
    ),
    "quadratic-growth": (
        "Collect the parts in a list, and join them once.",
        "for part in parts:\n    table = np.vstack([table, part])",
        "table = np.vstack(parts)",
    ),
    "list-membership": (
        "Search a set.",
        "[p for p in papers if p not in cited]",
        "known = set(cited)\n[p for p in papers if p not in known]",
    ),
    "numpy-vectorize": (
        "Write the function with whole arrays, or compile it.",
        "np.vectorize(lambda x: x if x > 0 else 0.1 * x)(values)",
        "np.where(values > 0, values, 0.1 * values)",
    ),
    "model-refit": (
        "Refit every few observations, update what is there, or use a formula for what is left out.",
        "for i in range(n):\n    model.fit(np.delete(x, i, 0), np.delete(y, i))",
        "model = RidgeCV(store_cv_results=True).fit(x, y)  # all left-out errors by one fit",
    ),
    "single-predict": (
        "Gather the rows, and ask once.",
        "answers = [model.predict([x])[0] for x in rows]",
        "answers = model.predict(np.vstack(rows))",
    ),
    "generator-rebuilt": (
        "Make one generator and hand it on.",
        "def step():\n    return np.random.default_rng().normal()",
        "rng = np.random.default_rng()\n\n\ndef step():\n    return rng.normal()",
    ),
    "regex-recompiled": (
        "Compile the pattern once.",
        "[re.search(word, text) for text in texts]",
        "pattern = re.compile(word)\n[pattern.search(text) for text in texts]",
    ),
    "deepcopy": (
        "Copy only what is changed afterwards.",
        "child = copy.deepcopy(parent)\nchild.genes[k] = 1",
        "child = replace(parent, genes=parent.genes.copy())\nchild.genes[k] = 1",
    ),
    "logging-hot": (
        "Ask for the level first, hand values over instead of a made text, write once in a while.",
        'log.debug(f"step {i}: {state}")',
        'log.debug("step %s: %s", i, state)',
    ),
    "sort-for-extremes": (
        "Ask for the few themselves.",
        "best = np.argsort(scores)[:k]",
        "best = np.argpartition(scores, k)[:k]",
    ),
    "needless-copy": (
        "Take the part first and copy that, or copy once before the loop.",
        'row = table.astype("f8")[i]',
        'row = table[i].astype("f8")',
    ),
    "sorted-again": (
        "Read or sort once and keep it; keep what grows in order.",
        "queue.append(job)\nqueue.sort()",
        "bisect.insort(queue, job)",
    ),
    "loop-invariant": (
        "Compute it once, before the loop.",
        "for trace in traces:\n    found.append(np.fft.rfft(reference) * trace)",
        "spectrum = np.fft.rfft(reference)\nfor trace in traces:\n    found.append(spectrum * trace)",
    ),
    "same-arguments": (
        "Keep the answers: cache the function, or make a table before the loop.",
        "def envelope(mass): ...\n\n\nfor peak in peaks:\n    compare(peak, envelope(peak.nominal))",
        "@functools.cache\ndef envelope(mass): ...\n\n\nfor peak in peaks:\n    compare(peak, envelope(peak.nominal))",
    ),
    "dense-for-sparse": (
        "Assemble a sparse matrix, and use the sparse solver.",
        "A = np.zeros((n, n))\n...\nx = np.linalg.solve(A, b)",
        "A = scipy.sparse.coo_array((values, (rows, columns))).tocsc()\nx = scipy.sparse.linalg.spsolve(A, b)",
    ),
    "explicit-inverse": (
        "Solve instead of inverting.",
        "x = np.linalg.inv(K) @ z",
        "x = np.linalg.solve(K, z)",
    ),
    "ode-closed-form": (
        "Use the matrix exponential, or for one equation exp.",
        "solve_ivp(lambda t, y: A @ y, (0, t), y0)",
        "scipy.linalg.expm(A * t) @ y0",
    ),
    "recursion-without-memo": (
        "Keep the answers by the arguments, or fill a table from the small cases up.",
        "def ways(n, k):\n    return ways(n - 1, k - 1) + ways(n - 1, k) if 0 < k < n else 1",
        "@functools.cache\ndef ways(n, k):\n    return ways(n - 1, k - 1) + ways(n - 1, k) if 0 < k < n else 1",
    ),
    "scipy-callback": (
        "Make fewer calls, all points at once, or cheaper ones.",
        "[quad(density, 0, b)[0] for b in ends]",
        "quad_vec(lambda x: density(x * ends) * ends, 0, 1)[0]",
    ),
    "all-pairs": (
        "Put the points into a tree once, and ask it for the neighbours.",
        "for i in range(n):\n    for j in range(i):\n        if dist(p[i], p[j]) < radius:\n            ...",
        "scipy.spatial.cKDTree(p).query_pairs(radius)",
    ),
    "exceptions-as-flow": (
        "Ask before trying.",
        "try:\n    found.append(table[key])\nexcept KeyError:\n    found.append(None)",
        "found.append(table.get(key))",
    ),
    "attribute-chains": (
        "Read the values into local names once.",
        "for _ in range(n):\n    x += config.model.rate * config.model.dt",
        "rate, dt = config.model.rate, config.model.dt\nfor _ in range(n):\n    x += rate * dt",
    ),
    "compile-candidate": (
        "Compile the function: whole arrays do not help where each turn needs the last.",
        "def orbit(r, steps):\n    for _ in range(steps):\n        x = r * x * (1 - x)",
        "@numba.njit\ndef orbit(r, steps):\n    for _ in range(steps):\n        x = r * x * (1 - x)",
    ),
    "array-elements": (
        "Take slices instead of elements.",
        "for i in range(1, n - 1):\n    out[i] = h[i - 1] + h[i + 1]",
        "out[1:-1] = h[:-2] + h[2:]",
    ),
    "scalar-loop": (
        "Write it with whole arrays.",
        "total = sum(0.5 * a * math.cos(a) for a in angles)",
        "total = (0.5 * angles * np.cos(angles)).sum()",
    ),
    "scalar-ufunc": ("Use math's function for single numbers.", "np.exp(-0.5 * i)", "math.exp(-0.5 * i)"),
    "side-by-side": (
        "Compile the body or use whole arrays where that is possible; else let processes evaluate, many items a task.",
        "found = []\nfor design in designs:\n    found.append(shortfall(design))",
        "with ProcessPoolExecutor() as pool:\n    found = list(pool.map(shortfall, designs, chunksize=16))",
    ),
    "import-time": (
        "Import where it is needed, or the one part that is.",
        "import pandas as pd  # for one branch",
        "def exported(rows):\n    import pandas as pd\n\n    ...",
    ),
    "unbounded-growth": (
        "Keep only what is read later.",
        "past.append(field.copy())",
        "means.append(field.mean())",
    ),
    "whole-file": (
        "Go through the open file, or read in pieces.",
        "for line in path.read_text().splitlines():\n    ...",
        "with path.open() as lines:\n    for line in lines:\n        ...",
    ),
    "finite-differences": (
        "Differentiate by the formula, or automatically: one evaluation gives all slopes.",
        "slope = (f(x + h) - f(x - h)) / (2 * h)",
        "value, slope = jax.value_and_grad(f)(x)",
    ),
    "fresh-memory": (
        "Make a large array once, and write into it in each turn.",
        "for image in images:\n    scratch = image * gain - dark",
        "scratch = np.empty_like(images[0])\nfor image in images:\n    np.multiply(image, gain, out=scratch)\n    scratch -= dark",
    ),
    "small-arrays": (
        "Do it for all parts at once.",
        "for k in range(len(a)):\n    found[k] = a[k] @ b[k]",
        'found = np.einsum("kp,kp->k", a, b)',
    ),
    "narrowed-later": (
        "Draw in the precision that is kept.",
        "noise = generator.normal(0, s, n)\nframe[:] = noise.astype(np.float32)",
        "noise = generator.standard_normal(n, dtype=np.float32)\nnoise *= s",
    ),
    "peak-temporaries": (
        "Work in blocks of rows, or in place.",
        "index = (nir - red) / (nir + red)",
        "index = nir - red\nindex /= nir + red",
    ),
    "wide-dtype": (
        "Give an array the type that its values need. Never changed without being asked.",
        "seen = np.zeros((n, m))",
        "seen = np.zeros((n, m), dtype=bool)",
    ),
}
HEAD = """\
# What the diagnosis looks for

A rule speaks only where the run paid for what the code shows: it reads the statements at the dear lines, and what these
call, beside what the passes measured there. What has less of the time, or of the peak of memory, than would make the
whole 1.05 times as fast, or as small, is not told, however ugly it looks. A rule that cannot tell its cause from
something that looks alike says *low* confidence, or nothing.

A stored run is diagnosed again, by the rules of the day, each time it is shown:

```console
$ perfwatch report RUN
```

Each section below gives the passes that a rule needs, the shape of code that it looks for, what it cannot see, and what it
rests on. The names of the sections are those in the reports (`findings[].rule` in [report.json](reference/report-json.md));
they never change.

"""
TAIL = """\
## Rules of other packages

A package adds a rule by an entry point of the group `perfwatch.rules`; it is asked after ours, in every report.

```toml
[project.entry-points."perfwatch.rules"]
slow-mesh = "our_solver.perfwatch:RULE"
```

The entry gives a `perfwatch.diagnose.rule.Rule`: a slug of small letters, digits and hyphens, a title, the passes it needs
(a frozenset of `perfwatch.records.run.PassName`), its shape, limits and source in a sentence each, and `find`, a function from a
`perfwatch.diagnose.scene.Scene` to `Suspect`s. It reads and returns, and changes nothing:

```python
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName


def find(scene):
    for site, call, count in scene.repeated_calls(100):
        if site.module.dotted(call.func) == "our_solver.Mesh":
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"the mesh was built {count:,.0f} times",
                advice=Advice(summary="Build the mesh once.", reference="https://example.org/mesh"),
                sure=Grade.HIGH,
            )


RULE = Rule(
    slug="slow-mesh",
    title="A mesh built again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="our_solver.Mesh at a place that runs 100 times and more",
    limits="whether the mesh is the same each time is not told",
    source="https://example.org/mesh",
    find=find,
)
```

A rule that cannot be loaded, that is no `Rule`, or whose slug is taken, is named in the report's notes and left out; so is one
that raises. The others go on. Such a rule is code of that package and runs with your rights, in perfwatch's own process.
"""


def page() -> str:
    """Return the page."""
    return HEAD + "\n".join(section(rule) for rule in sorted(RULES, key=lambda one: one.slug)) + "\n" + TAIL


def section(rule: Rule) -> str:
    """Return what the page says of one rule."""
    advice, before, after = EXAMPLES[rule.slug]
    kind = "text" if before.startswith("python ") else "python"
    needs = ", ".join(sorted(rule.needs))
    source = "; ".join(f"<{one}>" if one.startswith("https://") else one for one in rule.source.split("; "))
    return f"""\
## {rule.slug}

{rule.title}. {advice}

Before:

```{kind}
{before}
```

After:

```{kind}
{after}
```

Needs
: the passes {needs}

Looks for
: {escaped(rule.shape)}

Cannot see
: {escaped(rule.limits)}

Rests on
: {source}
"""


def escaped(text: str) -> str:
    """Keep names with underscores from being read as emphasis, and stars from being lists."""
    return text.replace("_", r"\_").replace("*", r"\*")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
