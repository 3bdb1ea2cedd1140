"""Rules that rest on what one process or several were tried to do: where each must speak, ask, and keep silent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scenes import Case, Library, Measured, check_fires, check_spares, found_by, run_of

from perfwatch.diagnose import experiments_of
from perfwatch.diagnose.table import RULES
from perfwatch.records.experiment import ExperimentKind, FunctionPlace
from perfwatch.records.finding import Grade
from perfwatch.records.profile import CpuUse, FileUse, ThreadPool

POOL = Library(function="get", file="multiprocessing/pool.py", share=0.70, under="gathered")
ALONE = ExperimentKind.ONE_PROCESS
BESIDE = ExperimentKind.SIDE_BY_SIDE


def one_process(ratio, least=None, executions=12):
    """What came of doing a pool's work in one process, of 10 s."""
    figures = {
        "wall_ns": 10e9,
        "one_process_wall_ns": 10e9 / ratio,
        "executions_count": executions,
        "speed_ratio": ratio,
        "least_speed_ratio": ratio if least is None else least,
    }
    return {ALONE: {name: float(value) for name, value in figures.items()}}


def copies(ratio=1.9, least=None, start_ns=20e6, count=2, **more):
    """What came of copies side by side, of 10 s."""
    figures = {
        "wall_ns": 10e9,
        "copies_wall_ns": 10e9 / ratio,
        "copies_count": count,
        "executions_count": 4,
        "speed_ratio": ratio,
        "least_speed_ratio": ratio if least is None else least,
        "pool_start_ns": start_ns,
        **more,
    }
    return {BESIDE: {name: float(value) for name, value in figures.items()}}


LENT = """
    import contextlib
    import multiprocessing

    def draw(batch):
        return [x * x for x in range(batch)]

    @contextlib.contextmanager
    def workers(count):
        pool = multiprocessing.get_context().Pool(count)     #@ 8% 1x
        try:
            yield pool
        finally:
            pool.terminate()

    def gathered(batches):
        with workers(2) as pool:                             #@ 10% own=0% 2x
            parts = pool.map(draw, batches, chunksize=1)     #@ 82% 1x <-
        return parts                                         #@ 1% 1x
"""
EVALUATED = """
    import math

    def shortfall(design, steps):
        left = 1.0                                     #@ 0% 100x
        for n in range(steps):                         #@ 20% 100100x
            left -= 0.5 * left * math.exp(-design / (n + 1))     #@ 75% 100000x
        return left                                    #@ 1% 100x

    def collected(designs, steps):
        found = []                                     #@ 0% 1x
        for design in designs:                         #@ 0% 101x
            found.append(shortfall(design, steps))     #@ 96% own=0% 100x <-
        return found                                   #@ 0% 1x
"""
#: The same where lines were sampled alone.
SAMPLED = """
    import math

    def shortfall(design, steps):
        left = 1.0
        for n in range(steps):
            left -= 0.5 * left * math.exp(-design / (n + 1))     #@ 96%
        return left

    def collected(designs, steps):
        found = []
        for design in designs:
            found.append(shortfall(design, steps))     #@ 96% own=0% <-
        return found
"""
BUSY = ThreadPool(library="OpenBLAS", kind="openblas", threads_count=2, cpu_over_wall=1.9)

FIRES = [
    Case(
        claim="a pool lent by a function of the user's that one process beats",
        rule="tiny-tasks",
        source=LENT,
        measured=Measured(libraries=[POOL], tried=one_process(1.22, 1.06)),
        share=1 - 1 / 1.22,
        says=("8.20 s instead of 10.0 s", "1.22 times", "none of 6 pairs less than 1.06 times"),
        advises=("in this process", "list(map(draw, batches))", "more processors"),
    ),
    Case(
        claim="evaluations that are collected one after the other",
        rule="side-by-side",
        source=EVALUATED,
        measured=Measured(tried=copies()),
        share=0.96 * (1 - 1 / 1.9) - 0.002,
        says=("shortfall (line 3)", "100 times", "96%", "2 copies", "1.90 times as much", "20.0 ms to start"),
        advises=(
            "compiled",
            "# instead of: found.append(shortfall(design, steps))",
            "with ProcessPoolExecutor() as pool:",
            "found = list(pool.map(shortfall, designs, repeat(steps), chunksize=13))",
            "pickled",
            "__main__",
        ),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="evaluations whose lines were sampled and whose calls were counted by the experiment",
        rule="side-by-side",
        source=SAMPLED,
        measured=Measured(tried=copies(calls_count=100)),
        share=0.96 * (1 - 1 / 1.9) - 0.002,
        says=("100 times",),
        advises=("chunksize=13",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="a comprehension in a loop whose turns are as independent",
        rule="side-by-side",
        source="""
            def yielded(design, *, steps):
                return sum(design ** n for n in range(steps))     #@ 94% 400x

            def study(rounds, designs):
                for one in range(rounds):                                             #@ 0% 5x
                    print([yielded(d[0], steps=9000) for d in designs[one]])          #@ 95% own=1% 4x <-
        """,
        measured=Measured(tried=copies(ratio=3.6, count=4)),
        share=0.94 * (1 - 1 / 3.6) - 0.002,
        says=("400 times", "4 copies"),
        advises=(
            "as pool:  # once, around line 5",
            "pool.map(partial(yielded, steps=9000), [d[0] for d in designs[one]], chunksize=7)",
        ),
        sure=Grade.MEDIUM,
    ),
]


def changed(source, *pairs):
    for old, new in pairs:
        assert old in source
        source = source.replace(old, new)
    return source


def spared(claim, source=EVALUATED, *, pairs=(), **measured):
    measured = {"tried": copies(), **measured}
    return Case(
        claim=claim, rule="side-by-side", source=changed(source, *pairs), measured=Measured(**measured)
    )


APPEND = "found.append(shortfall(design, steps))"
SPARES = [
    Case(
        claim="a pool that nobody tried to do without",
        rule="tiny-tasks",
        source=LENT,
        measured=Measured(libraries=[POOL]),
    ),
    *(
        Case(
            claim=f"a pool that one process was tried against: {ratio} times as fast, {least} in the worst of {executions / 2:.0f} pairs",
            rule="tiny-tasks",
            source=LENT,
            measured=Measured(libraries=[POOL], children=0.2, tried=one_process(ratio, least, executions)),
        )
        for ratio, least, executions in [(0.6, 0.5, 12), (1.3, 1.02, 12), (1.08, 1.06, 12), (1.3, 1.1, 4)]
    ),
    spared("evaluations that nobody tried side by side", tried={}),
    spared("a machine without room for a second one", tried=copies(ratio=1.02)),
    spared("copies that got more done by chance", tried=copies(ratio=1.6, least=1.1)),
    spared("a pool that takes as long to start as the loop", tried=copies(start_ns=4e9)),
    spared("cheap turns", pairs=[("own=0% 100x", "own=0% 900000x")], tried=copies(start_ns=1e6)),
    spared("turns that nobody counted", SAMPLED),
    spared("one turn for two workers", pairs=[("own=0% 100x", "own=0% 1x"), ("101x", "2x")]),
    spared("a pool of threads that uses all processors", pools=[BUSY]),
    spared(
        "a function that notes what it saw",
        pairs=[("return left ", "SEEN.append(left); return left ")],
    ),
    spared("a function that draws", pairs=[("left -= 0.5", "left -= random.random()")]),
    spared(
        "a function that waits",
        pairs=[("75% 100000x", "75% 100000x wait=90%")],
    ),
    spared(
        "a turn that reads what the turn before wrote",
        pairs=[(APPEND, "state = shortfall(state, steps)")],
    ),
    spared(
        "a turn that reads the last answer",
        pairs=[(APPEND, "found.append(shortfall(found[-1] + design, steps))")],
    ),
    spared(
        "a search that asks what to try by what it was told",
        pairs=[(APPEND, "x = search.ask(); search.tell(x, shortfall(x, steps))")],
    ),
    spared(
        "a search that ends at the first that suits",
        pairs=[(APPEND, "if shortfall(design, steps) < 0.1: break")],
    ),
    spared(
        "a total that the next turn goes on from",
        pairs=[(APPEND, "steps += shortfall(design, steps)")],
    ),
    spared("a loop that goes on while it may", pairs=[("for design in designs:", "while designs:         ")]),
    spared(
        "a generator that is left at the first answer",
        """
            def yielded(design):
                return sum(design ** n for n in range(9000))        #@ 94% 400x

            print(next(yielded(one) for one in DESIGNS))            #@ 95% own=1% 1x
        """,
    ),
    spared(
        "evaluations handed to a pool",
        """
            from concurrent.futures import ProcessPoolExecutor

            def yielded(design):
                return sum(design ** n for n in range(9000))        #@ 60% 400x

            def study(designs):
                first = [yielded(one) for one in designs]           #@ 60% own=1% 1x
                with ProcessPoolExecutor(2) as pool:
                    return first, list(pool.map(yielded, designs, chunksize=9))     #@ 38% 1x
        """,
    ),
    spared(
        "a function whose answers are kept",
        pairs=[("def shortfall", "@functools.cache\n    def shortfall")],
    ),
    spared(
        "a method, which has an object",
        """
            class Model:
                def yielded(self, design):
                    return sum(design ** n for n in range(9000))    #@ 94% 400x

            model = Model()
            print([model.yielded(one) for one in range(400)])       #@ 95% own=1% 1x
        """,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)


# Asking


def asked(source, **measured):
    return {one.kind: one for one in experiments_of(run_of(source, Measured(**measured)), RULES)}


def test_one_process_is_asked_for_where_a_pool_has_a_share_and_its_workers_did_not_compute_longer():
    assert asked(LENT, libraries=[POOL])[ALONE].share_ratio == pytest.approx(0.82)
    assert ALONE in asked(LENT, libraries=[POOL], children=1.4)
    assert ALONE not in asked(LENT, libraries=[POOL], children=1.6)
    cheap = changed(LENT, ("82% 1x", "15% 1x"))
    assert ALONE not in asked(cheap, libraries=[replace(POOL, share=0.1)])
    assert ALONE not in asked(LENT.replace(".Pool(", ".ThreadPool("))
    assert ALONE not in asked(LENT, libraries=[POOL], tried=one_process(0.9))


def test_copies_are_asked_for_where_turns_could_be_done_apart_by_what_two_could_win():
    wanted = asked(EVALUATED)[BESIDE]
    assert wanted.share_ratio == pytest.approx(0.96 / 2)
    assert wanted.functions == (FunctionPlace(file="script.py", line=3, name="shortfall"),)
    assert BESIDE in asked(SAMPLED)


@pytest.mark.parametrize(
    "case", [one for one in SPARES if one.rule == "side-by-side" and one.source not in (EVALUATED, SAMPLED)]
)
def test_copies_are_not_asked_for_where_the_source_or_the_counts_say_no(case):
    if case.claim != "turns that nobody counted":
        assert BESIDE not in asked(case.source, tried={}, pools=case.measured.pools)


def test_copies_are_not_asked_for_where_they_would_write_the_same_files_or_wait():
    def kinds(change):
        run = run_of(EVALUATED)
        (benchmark,) = run.benchmarks
        benchmark = replace(benchmark, profiles=change(benchmark.profiles))
        return [one.kind for one in experiments_of(replace(run, benchmarks=(benchmark,)))]

    def writing(profiles, count):
        file = FileUse(path="out.csv", opened_count=1, write_opens_count=count)
        return replace(profiles, io=replace(profiles.io, files=(file,)))

    def computing(profiles, cpu_ns):
        return replace(profiles, cpu_use=CpuUse(wall_ns=10e9, cpu_ns=cpu_ns))

    assert BESIDE in kinds(lambda one: writing(one, 0))
    assert BESIDE not in kinds(lambda one: writing(one, 1))
    assert BESIDE in kinds(lambda one: computing(one, 9.9e9))
    assert BESIDE not in kinds(lambda one: computing(one, 4e9))
    assert BESIDE not in kinds(lambda one: computing(one, 18e9))
    short = run_of(EVALUATED, Measured(whole_ns=8e6))
    assert BESIDE not in [one.kind for one in experiments_of(short)]


# Concluding


def test_a_pool_that_was_tried_and_is_better_is_not_called_outweighed():
    case = Case(claim="", rule="tiny-tasks", source=LENT, measured=Measured(libraries=[POOL], children=0.2))
    (guess,) = found_by(case)
    assert "all that the workers did" in guess.mechanism
    tried = replace(case, measured=replace(case.measured, tried=one_process(0.8)))
    assert found_by(tried) == []


def test_few_pairs_must_be_further_apart_than_many():
    def told(*figures):
        measured = Measured(libraries=[POOL], tried=one_process(*figures))
        return bool(found_by(Case(claim="", rule="tiny-tasks", source=LENT, measured=measured)))

    assert [told(1.25, 1.21, 4), told(1.25, 1.19, 4), told(1.19, 1.19, 8)] == [True, False, False]
    assert [told(1.1, 1.05, 12), told(1.09, 1.05, 12), told(1.2, 1.04, 12)] == [True, False, False]
