"""Diagnosis of whatever parses, with whatever was measured: it never raises, and what it says stays within its bounds."""

from __future__ import annotations

import ast
from dataclasses import replace

from builders import make_run
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import WHOLE_NS

from perfwatch.diagnose import FINDINGS_AT_MOST, diagnose
from perfwatch.records.finding import Grade
from perfwatch.records.profile import CallNode, CpuUse, LineStat, MemoryProfile, Profiles
from perfwatch.records.run import Benchmark, Pass, PassName, PassState, SourceFile

FILE = "study.py"
WEIGHTS = {Grade.HIGH: 1.0, Grade.MEDIUM: 0.7, Grade.LOW: 0.4}
NAMES = st.sampled_from(
    ["x", "rows", "self", "np", "pd", "model", "re", "log", "known", "f", "pool", "n", "jax"]
)
CALLED = st.sampled_from(
    [
        "np.exp", "np.append", "np.zeros", "np.linalg.inv", "np.linalg.solve", "np.vectorize(f)", "np.argsort", "f", "model.fit",
        "model.predict", "rows.append", "rows.sort", "sorted", "len", "re.search", "re.compile", "log.debug", "print", "open",
        "pool.map", "pool.submit", "cdist", "minimize", "quad", "solve_ivp", "jax.grad(f)", "jax.jit", "float", "x.item", "x.copy",
        "x.astype", "time.sleep", "os.fsync", "subprocess.run", "copy.deepcopy", "pd.concat", "pd.read_csv", "rows.iterrows",
        "rows.apply", "db.execute", "default_rng", "range", "self.f", "self.rows.append", "guard.acquire", "rows.index",
    ]
)  # fmt: skip
IMPORTS = """
import copy, os, re, sqlite3, subprocess, threading, time, logging
import jax, numba
import numpy as np
import pandas as pd
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from numpy.random import default_rng
from scipy.integrate import quad, solve_ivp
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
log = logging.getLogger("x")
guard = threading.Lock()
pool = ProcessPoolExecutor()
""".strip()


def expressions():
    def grow(inner):
        return st.one_of(
            st.builds(
                lambda a, op, b: f"({a} {op} {b})",
                inner,
                st.sampled_from(["+", "-", "*", "/", "@", "in", "<", "**"]),
                inner,
            ),
            st.builds(lambda f, parts: f"{f}({', '.join(parts)})", CALLED, st.lists(inner, max_size=3)),
            st.builds(
                lambda a, b: f"{a}[{b}]",
                NAMES,
                st.one_of(inner, st.sampled_from(["1:", ":-1", "::-1", "0, 1", "None"])),
            ),
            st.builds(lambda a, b: f"[{a} for x in {b}]", inner, inner),
            st.builds(lambda a: f"(lambda x: {a})", inner),
            st.builds(lambda a, b: f"[{a}, {b}]", inner, inner),
            st.builds(lambda a: f"{a}.model.rate", NAMES),
        )

    return st.recursive(
        st.one_of(NAMES, st.integers(-3, 300).map(str), st.just("'text'"), st.just("f'{x}'")),
        grow,
        max_leaves=5,
    )


def blocks():
    value, name = expressions(), NAMES
    simple = st.one_of(
        value,
        st.builds(lambda a, b: f"{a} = {b}", name, value),
        st.builds(lambda a, b: f"{a} += {b}", name, value),
        st.builds(lambda a, b, c: f"{a}[{b}] = {c}", name, value, value),
        st.builds(lambda a: f"self.rows = {a}", value),
        st.builds(lambda a: f"return {a}", value),
    )

    def indented(lines):
        return "\n".join("    " + line for part in lines for line in part.splitlines())

    def grow(inner):
        body = st.lists(inner, min_size=1, max_size=3).map(indented)
        return st.one_of(
            st.builds(
                lambda a, b, c: f"for {a} in {b}:\n{c}", st.sampled_from(["x", "n", "(n, x)"]), value, body
            ),
            st.builds(lambda a, b: f"while {a}:\n{b}", value, body),
            st.builds(lambda a, b: f"if {a}:\n{b}", value, body),
            st.builds(lambda a, b: f"try:\n{a}\nexcept ValueError:\n{b}", body, body),
            st.builds(lambda a, b: f"with {a}:\n{b}", value, body),
            st.builds(
                lambda d, f, a: f"{d}def {f}(self, x, n=1):\n{a}",
                st.sampled_from(["", "@lru_cache\n", "@np.vectorize\n", "@jax.jit\n"]),
                st.sampled_from(["f", "fit", "__getattr__", "predict"]),
                body,
            ),
            st.builds(lambda a: f"class Thing:\n{a}", body),
        )

    return st.recursive(simple, grow, max_leaves=8)


def inside_a_function(parts):
    lines = [line for part in parts for line in part.splitlines()]
    return IMPORTS + "\n\n\ndef main(self, x, n):\n" + "\n".join("    " + line for line in lines) + "\n"


PROGRAMMES = st.lists(blocks(), min_size=1, max_size=6).map(inside_a_function)
RATIOS = st.one_of(st.none(), st.floats(0, 1))
AMOUNTS = st.one_of(st.none(), st.floats(0, 1e9))


def stats(lines):
    return st.lists(
        st.builds(
            LineStat,
            file=st.just(FILE),
            line=st.integers(1, lines + 2),
            function=st.just("main"),
            time_ns=st.one_of(st.none(), st.floats(0, 2 * WHOLE_NS)),
            total_ns=st.one_of(st.none(), st.floats(0, 2 * WHOLE_NS)),
            hits_count=st.one_of(st.none(), st.sampled_from([0.0, 1.0, 7.5, 60.0, 3e4, 1e7])),
            waiting_ratio=RATIOS,
            library_ratio=RATIOS,
            allocated_bytes=AMOUNTS,
            peak_bytes=AMOUNTS,
            without_bytes=AMOUNTS,
        ),
        max_size=25,
    )


@st.composite
def runs(draw):
    text = draw(PROGRAMMES)
    tree = CallNode(function="main", file=FILE, line=1, time_ns=0, total_ns=WHOLE_NS, user=True)
    profiles = Profiles(
        cpu=draw(st.sampled_from([None, tree])),
        cpu_use=draw(
            st.sampled_from([None, CpuUse(), CpuUse(wall_ns=WHOLE_NS, gil_ratio=0.9, import_ratio=0.5)])
        ),
        lines=tuple(draw(stats(text.count("\n")))),
        memory=draw(
            st.sampled_from(
                [None, MemoryProfile(peak_bytes=100_000_000, allocated_bytes=None, allocations_count=1)]
            )
        ),
    )
    done = tuple(Pass(name=name, state=PassState.DONE) for name in PassName)
    benchmark = Benchmark(name="study", target="t", passes=done, profiles=profiles)
    return replace(
        make_run(), benchmarks=(benchmark,), sources=(SourceFile(file=FILE, digest="d", text=text),)
    )


@settings(max_examples=80, deadline=None)
@given(runs())
def test_what_parses_is_diagnosed_within_bounds(run):
    assert ast.parse(run.sources[0].text)
    found = diagnose(run)
    assert not [note for note in found.notes if "failed" in note], found.notes
    assert [one.rank for one in found.ranked] == list(range(1, len(found.ranked) + 1))
    promised = [(one.ceiling_ratio - 1) * WEIGHTS[one.confidence] for one in found.ranked]
    assert promised == sorted(promised, reverse=True)
    assert len(found.ranked) <= FINDINGS_AT_MOST
    for one in found.ranked:
        assert 1.0499 <= one.ceiling_ratio <= 1000
        assert 0 <= one.share_ratio <= 1
        assert 1 <= one.line_start <= one.line_end
        assert one.mechanism
        assert one.advice.summary
    assert bool(found.absent) is not bool(found.ranked)
