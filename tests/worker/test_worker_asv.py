"""An asv-style module is read and run as asv would, without its environments."""

from __future__ import annotations

import textwrap

import pytest
from serving import serve


@pytest.fixture
def bench(tmp_path):
    """Write a module and serve a task on it."""

    def served(text, task="timing", names=None, **options):
        path = tmp_path / "bench_it.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        target = {"kind": "asv", "path": str(path)}
        if task == "timing":
            options = {"seconds": 0.02, **options}
        return serve(tmp_path, task, target, names=names, options=options)

    return served


def found(bench, text):
    done, answer = bench(text, task="discover")
    assert done.returncode == 0, done.stderr
    return {one["name"]: one for one in answer["found"]}


def test_names_tell_the_kind(bench):
    kinds = found(
        bench,
        """
        def time_a(): pass
        def timeraw_b(): return "1"
        def mem_c(): return []
        def peakmem_d(): pass
        def track_e(): return 1
        def helper(): pass
        """,
    )
    assert {name: one["kind"] for name, one in kinds.items()} == {
        "time_a": "time",
        "timeraw_b": "time",
        "mem_c": "memory",
        "peakmem_d": "peak-memory",
        "track_e": "track",
    }


def test_methods_are_named_and_grouped_by_their_class(bench):
    kinds = found(
        bench,
        """
        from collections import Counter as time_imported
        class Suite:
            def time_a(self): pass
        class _Hidden:
            def time_b(self): pass
        class Below(Suite):
            pass
        """,
    )
    assert list(kinds) == ["Below.time_a", "Suite.time_a"]
    assert kinds["Suite.time_a"]["group"] == "Suite"


def test_every_combination_of_parameters_is_a_benchmark(bench):
    kinds = found(
        bench,
        """
        class Suite:
            params = ([1, 2], ["a", "b"])
            param_names = ["n"]
            def time_a(self, n, kind): pass
        def time_one(n): pass
        time_one.params = [10, 20]
        """,
    )
    assert list(kinds) == [
        "Suite.time_a(1, 'a')",
        "Suite.time_a(1, 'b')",
        "Suite.time_a(2, 'a')",
        "Suite.time_a(2, 'b')",
        "time_one(10)",
        "time_one(20)",
    ]
    assert kinds["Suite.time_a(1, 'a')"]["parameters"] == {"n": "1", "param2": "'a'"}


def test_finding_benchmarks_calls_none_of_them(bench):
    done, _ = bench(
        """
        def setup(): print("set up")
        def time_a(): print("called")
        """,
        task="discover",
    )
    assert done.stdout == ""


def test_set_ups_run_from_the_module_in_and_teardowns_from_the_function_out(bench):
    done, _ = bench(
        """
        def setup(): print("module")
        def teardown(): print("after module")
        class Suite:
            def setup(self): print("class")
            def teardown(self): print("after class")
            def time_a(self): print("call")
        """,
        quick=True,
    )
    assert done.stdout.split("\n")[:-1] == ["module", "class", "call", "after class", "after module"]


def test_a_function_can_have_a_set_up_of_its_own(bench):
    done, _ = bench(
        """
        def prepare(): print("prepare")
        def time_a(): print("call")
        time_a.setup = prepare
        """,
        quick=True,
    )
    assert done.stdout == "prepare\ncall\n"


def test_the_cache_is_made_once_and_handed_to_set_up_and_benchmark(bench):
    done, answer = bench(
        """
        class Suite:
            params = [1, 2]
            def setup_cache(self):
                print("made")
                return {"key": 5}
            def setup(self, cache, n): assert cache["key"] == 5
            def track_a(self, cache, n): return cache["key"] * n
            def track_b(self, cache, n): return n
        """
    )
    assert done.stdout == "made\n"
    assert [record["value"] for record in answer["records"]] == [5, 10, 1, 2]


def test_a_set_up_that_is_not_implemented_leaves_the_combination_out_and_says_so(bench):
    _, answer = bench(
        """
        class Suite:
            params = [1, 2, 3]
            def setup(self, n):
                if n == 2:
                    raise NotImplementedError
            def track_a(self, n): return n
        """
    )
    values = {record["name"]: record.get("value") for record in answer["records"]}
    assert values == {"Suite.track_a(1)": 1, "Suite.track_a(2)": None, "Suite.track_a(3)": 3}
    assert [record["name"] for record in answer["records"] if "left_out" in record] == ["Suite.track_a(2)"]


def test_a_benchmark_that_is_not_implemented_itself_has_failed(bench):
    _, answer = bench("def time_a():\n    raise NotImplementedError('later')\n")
    (record,) = answer["records"]
    assert record["error"]["message"] == "later"


def test_a_benchmark_that_raises_is_torn_down_and_does_not_stop_the_next(bench):
    done, answer = bench(
        """
        class Suite:
            def teardown(self): print("torn down")
            def time_a(self): raise ValueError("broken")
            def track_b(self): return 1
        """
    )
    first, second = answer["records"]
    assert first["error"]["message"] == "broken"
    assert second["value"] == 1
    assert done.stdout == "torn down\n" * 2


def test_each_benchmark_has_an_object_of_its_own(bench):
    _, answer = bench(
        """
        class Suite:
            count = 0
            def track_a(self):
                self.count += 1
                return self.count
            track_b = track_a
        """
    )
    assert [record["value"] for record in answer["records"]] == [1, 1]


def test_number_one_means_a_fresh_set_up_for_each_call(bench):
    _, answer = bench(
        """
        class Suite:
            number = 1
            def setup(self): self.items = list(range(100))
            def time_a(self):
                assert self.items, "used up"
                self.items.clear()
        """
    )
    (record,) = answer["records"]
    assert "error" not in record
    assert record["loops"] == 1
    assert len(record["wall"]) > 1


def test_a_figure_carries_its_unit(bench):
    _, answer = bench("def track_a():\n    return 3\ntrack_a.unit = 'points'\n")
    (record,) = answer["records"]
    assert (record["value"], record["unit"], record["kind"]) == (3, "points", "track")


def test_memory_counts_what_an_object_holds_each_part_once(bench):
    _, answer = bench(
        """
        import sys
        block = bytearray(100_000)
        def mem_twice(): return [block, block, {"key": block}]
        def track_size(): return sys.getsizeof(block)
        """
    )
    twice, size = (record["value"] for record in answer["records"])
    assert size < twice < size + 2_000


def test_memory_of_an_array_is_its_data(bench):
    _, answer = bench("import numpy\ndef mem_a():\n    return numpy.zeros(1_000_000)\n")
    assert 8_000_000 <= answer["records"][0]["value"] < 8_001_000


def test_a_raw_benchmark_is_text_for_a_fresh_interpreter(bench):
    done, answer = bench(
        '''
        def timeraw_a():
            return """
            import sys
            print("fresh", "bench_it" in sys.modules)
            """
        ''',
        quick=True,
    )
    assert done.stdout == "fresh False\n"
    assert answer["records"][0]["first_call_only"]


def test_only_chosen_benchmarks_run(bench):
    done, answer = bench("def time_a(): print('a')\ndef time_b(): print('b')\n", names=["time_b"], quick=True)
    assert done.stdout == "b\n"
    assert [record["name"] for record in answer["records"]] == ["time_b"]


def test_a_module_in_a_package_is_imported_as_a_part_of_it(tmp_path):
    package = tmp_path / "suite"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "data.py").write_text("VALUE = 42\n")
    (package / "bench_it.py").write_text("from .data import VALUE\ndef track_a(): return VALUE\n")
    target = {"kind": "asv", "path": str(package / "bench_it.py")}
    _, answer = serve(tmp_path, "timing", target, options={"seconds": 0.01})
    assert answer["records"][0]["value"] == 42
