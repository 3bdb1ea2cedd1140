"""Line hits are exact, whatever a function is wrapped in, and other functions stay unseen."""

from __future__ import annotations

import asyncio
import sys
import textwrap

import pytest
from serving import script, serve
from tools import need_module

from perfwatch.worker.lines import Lines
from perfwatch.worker.subject import Subject


@pytest.fixture(autouse=True)
def untouched_imports():
    """The collector stays for the life of its process; ours goes on."""
    need_module("line_profiler", "line_profiler")
    finders, modules = list(sys.meta_path), set(sys.modules)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        if name.startswith("traced_"):
            del sys.modules[name]


class Traced:
    """A module's text, executed with some of its functions traced."""

    def __init__(self, tmp_path, text, *wanted):
        self.file = tmp_path / "traced.py"
        self.file.write_text(textwrap.dedent(text), encoding="utf-8")
        functions = [{"file": str(self.file), "name": name, "line": line} for name, line in wanted]
        self.lines = Lines(0.0, functions)
        self.lines.prepare()
        code = compile(self.file.read_text(encoding="utf-8"), str(self.file), "exec")
        self.code = self.lines.instrumented(code, str(self.file))
        self.space = {"__name__": "traced"}

    def load(self):
        exec(self.code, self.space)
        return self.space

    def hits(self, call):
        """Hits by line over one traced call."""
        self.lines.measure(Subject(name="f", call=call, single=True))
        return {line: count for function in self.functions for line, count, _ in function["lines"]}

    @property
    def functions(self):
        return self.lines.records[-1]["functions"]


def test_hits_of_a_plain_function_are_exact(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        def f(n):
            total = 0
            for i in range(n):
                total += i
            return total
        """,
        ("f", 1),
    )
    f = traced.load()["f"]
    assert traced.hits(lambda: f(10)) == {2: 1, 3: 11, 4: 10, 5: 1}


def test_a_function_that_nobody_asked_for_is_not_traced(tmp_path):
    traced = Traced(tmp_path, "def f():\n    return g()\ndef g():\n    return 1\n", ("f", 1))
    f = traced.load()["f"]
    assert traced.hits(f) == {2: 1}


def test_a_nested_function_is_traced_in_each_of_its_closures(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        def outer(n):
            def inner(x):
                return x + n
            return sum(inner(i) for i in range(n))
        """,
        ("inner", 2),
    )
    outer = traced.load()["outer"]
    assert traced.hits(lambda: outer(5)) == {3: 5}


def test_a_decorated_function_is_traced_below_its_decorator(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        import functools
        def twice(f):
            @functools.wraps(f)
            def call(*args):
                f(*args)
                return f(*args)
            return call
        @twice
        def f(n):
            return n
        """,
        ("f", 8),
    )
    f = traced.load()["f"]
    assert traced.hits(lambda: f(1)) == {10: 2}


def test_a_generator_is_traced_across_its_pauses(tmp_path):
    traced = Traced(tmp_path, "def count(n):\n    for i in range(n):\n        yield i\n", ("count", 1))
    count = traced.load()["count"]
    assert traced.hits(lambda: list(count(4))) == {2: 5, 3: 4}


def test_a_coroutine_is_traced_across_its_waits(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        import asyncio
        async def work(n):
            for i in range(n):
                await asyncio.sleep(0)
            return n
        """,
        ("work", 2),
    )
    work = traced.load()["work"]
    assert traced.hits(lambda: asyncio.run(work(3))) == {3: 4, 4: 3, 5: 1}


def test_a_method_is_traced(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        class Model:
            def fit(self, n):
                for i in range(n):
                    self.last = i
        """,
        ("Model.fit", 2),
    )
    model = traced.load()["Model"]()
    assert traced.hits(lambda: model.fit(3)) == {3: 4, 4: 3}


def test_the_modules_own_body_is_traced(tmp_path):
    traced = Traced(tmp_path, "total = 0\nfor i in range(7):\n    total += i\n", ("<module>", 1))
    assert traced.hits(traced.load) == {1: 1, 2: 8, 3: 7}


def test_two_functions_with_the_same_code_are_told_apart(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        def first(x):
            return x + 1
        def second(x):
            return x + 1
        """,
        ("first", 1),
        ("second", 3),
    )
    space = traced.load()

    def call():
        space["first"](1)
        for _ in range(5):
            space["second"](1)

    assert traced.hits(call) == {2: 1, 4: 5}
    assert {(one["name"], one["line"]) for one in traced.functions} == {("first", 1), ("second", 3)}


def test_one_of_two_functions_with_the_same_code_can_be_left_alone(tmp_path):
    text = "def first(x):\n    return x + 1\ndef second(x):\n    return x + 1\n"
    traced = Traced(tmp_path, text, ("second", 3))
    space = traced.load()
    assert traced.hits(lambda: (space["first"](1), space["second"](1))) == {4: 1}


def test_a_recursive_function_is_hit_at_each_level(tmp_path):
    traced = Traced(tmp_path, "def f(n):\n    if n:\n        return f(n - 1)\n    return 0\n", ("f", 1))
    f = traced.load()["f"]
    assert traced.hits(lambda: f(6)) == {2: 7, 3: 6, 4: 1}


def test_a_lambda_belongs_to_the_function_around_it(tmp_path):
    traced = Traced(
        tmp_path,
        """\
        def f(n):
            key = (
                lambda x:
                -x
            )
            return sorted(range(n), key=key)
        """,
        ("f", 1),
    )
    f = traced.load()["f"]
    assert traced.hits(lambda: f(5))[4] == 5


def test_calls_add_up_between_two_subjects_without_mixing(tmp_path):
    traced = Traced(tmp_path, "def f(n):\n    return n\n", ("f", 1))
    f = traced.load()["f"]
    assert traced.hits(lambda: [f(i) for i in range(3)]) == {2: 3}
    assert traced.hits(lambda: [f(i) for i in range(5)]) == {2: 5}


def test_a_subject_that_never_comes_there_has_no_lines(tmp_path):
    traced = Traced(tmp_path, "def f(n):\n    return n\n", ("f", 1))
    traced.load()
    assert traced.hits(lambda: None) == {}
    assert traced.functions == []


def test_code_of_another_file_is_left_as_it_is(tmp_path):
    traced = Traced(tmp_path, "def f(n):\n    return n\n", ("f", 1))
    other = compile("def f(n):\n    return n\n", str(tmp_path / "other.py"), "exec")
    assert traced.lines.instrumented(other, str(tmp_path / "other.py")) is other


def test_an_imported_module_is_traced(tmp_path, monkeypatch):
    (tmp_path / "traced_module.py").write_text("def f(n):\n    return n\n", encoding="utf-8")
    (tmp_path / "traced_other.py").write_text("def f(n):\n    return n\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    wanted = {"file": str(tmp_path / "traced_module.py"), "name": "f", "line": 1}
    lines = Lines(0.0, [wanted])
    lines.prepare()
    import traced_module
    import traced_other

    lines.measure(Subject(name="f", call=lambda: (traced_module.f(1), traced_other.f(1)), single=True))
    (function,) = lines.records[0]["functions"]
    assert function["file"] == str(tmp_path / "traced_module.py")
    assert [entry[:2] for entry in function["lines"]] == [[2, 1]]


def test_tracing_does_not_change_what_a_function_is(tmp_path):
    traced = Traced(tmp_path, 'def f(a, *, b=2):\n    """It says."""\n    return a + b\n', ("f", 1))
    f = traced.load()["f"]
    assert (f(1), f(1, b=5)) == (3, 6)
    assert (f.__doc__, f.__name__, f.__kwdefaults__) == ("It says.", "f", {"b": 2})
    assert not hasattr(f, "__wrapped__")


def test_the_tracers_own_cost_is_measured_for_each_hit(tmp_path):
    lines = Lines(0.0, [])
    lines.prepare()
    process = lines.finish()
    assert process["tool"] == "line_profiler"
    # A hit costs some tens of nanoseconds; a microsecond would be another tool.
    assert 0 < process["recorded_ns_per_hit"] < 10_000
    assert 0 <= process["unrecorded_ns_per_hit"] < 10_000


def test_a_trace_function_that_the_target_sets_is_named_and_works(tmp_path):
    text = """\
import sys
def f(n):
    return n
def mine(frame, event, argument):
    seen.append(frame.f_code.co_name)
seen = []
f(1)
sys.settrace(mine)
f(2)
sys.settrace(None)
print(seen)
"""
    functions = [{"file": str(tmp_path / "script.py"), "name": "f", "line": 2}]
    options = {"seconds": 0.0, "functions": functions}
    done, answer = serve(tmp_path, "lines", script(tmp_path, text), names=["script.py"], options=options)
    assert (done.returncode, done.stdout) == (0, "['f']\n"), done.stderr
    (record,) = answer["records"]
    if sys.version_info < (3, 12):
        assert "the target set a trace function of its own at" in record["reason"]
        assert "script.py:8" in record["reason"]
    else:
        assert "trace function" not in record["reason"]


def test_a_targets_threads_are_traced_and_pass_for_no_conflict(tmp_path):
    text = """\
import threading
def f(n):
    return n
threads = [threading.Thread(target=f, args=(i,)) for i in range(3)]
for thread in threads:
    thread.start()
    thread.join()
"""
    functions = [{"file": str(tmp_path / "script.py"), "name": "f", "line": 2}]
    options = {"seconds": 0.0, "functions": functions}
    done, answer = serve(tmp_path, "lines", script(tmp_path, text), names=["script.py"], options=options)
    assert done.returncode == 0, done.stderr
    (record,) = answer["records"]
    assert [entry[:2] for function in record["functions"] for entry in function["lines"]] == [[3, 3]]
    assert record["reason"] == ""


def test_a_function_that_came_from_no_file_is_named_with_the_reason(tmp_path):
    executed = {"file": "<string>", "name": "f", "line": 1}
    deleted = {"file": str(tmp_path / "gone.py"), "name": "g", "line": 4}
    lines = Lines(0.0, [executed, deleted])
    lines.prepare()
    told = lines.finish()["untraced"]
    assert [(one["file"], one["name"], one["line"]) for one in told] == [
        ("<string>", "f", 1),
        (deleted["file"], "g", 4),
    ]
    assert all("no file" in one["why"] for one in told)


def test_a_function_that_numba_compiles_is_named_and_the_others_are_traced(tmp_path):
    need_module("numba", "numba")
    text = (
        "import numba\n@numba.njit\ndef kernel(n):\n    return n + 1\ndef f():\n    return kernel(1)\nf()\n"
    )
    target = script(tmp_path, text)
    file = str(tmp_path / "script.py")
    # A decorated function's first line is its decorator's.
    functions = [{"file": file, "name": name, "line": line} for name, line in (("kernel", 2), ("f", 5))]
    options = {"seconds": 0.0, "functions": functions}
    done, answer = serve(tmp_path, "lines", target, names=["script.py"], options=options)
    assert done.returncode == 0, done.stderr
    (compiled,) = answer["process"]["compiled"]
    assert (compiled["name"], "numba" in compiled["why"]) == ("kernel", True)
    assert [(one["name"], one["lines"][0][:2]) for one in answer["records"][0]["functions"]] == [
        ("f", [6, 1])
    ]


def test_a_script_served_by_a_worker_has_its_hits(tmp_path):
    text = "def f(n):\n    return n\nfor i in range(9):\n    f(i)\nprint('done')\n"
    target = script(tmp_path, text)
    functions = [
        {"file": str(tmp_path / "script.py"), "name": name, "line": line}
        for name, line in (("f", 1), ("<module>", 1))
    ]
    options = {"seconds": 0.0, "functions": functions}
    done, answer = serve(tmp_path, "lines", target, names=["script.py"], options=options)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    hits = {
        entry[0]: entry[1] for function in answer["records"][0]["functions"] for entry in function["lines"]
    }
    assert hits == {1: 1, 2: 9, 3: 10, 4: 9, 5: 1}
