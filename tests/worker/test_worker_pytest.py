"""A pytest suite runs as it is, with our measuring in place of the benchmark fixture's."""

from __future__ import annotations

import textwrap

import pytest
from serving import serve


@pytest.fixture
def suite(tmp_path):
    """Write a suite and serve a task on it."""

    def served(text, task="timing", names=None, parameters=None, **options):
        path = tmp_path / "test_it.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        target = {"kind": "pytest", "path": str(path), "parameters": parameters or {}}
        if task == "timing":
            options = {"seconds": 0.02, **options}
        # An empty folder in front of the settings above keeps them out of it.
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        return serve(tmp_path, task, target, names=names, options=options)

    return served


def errors(answer):
    return {record["name"]: record["error"] for record in answer["records"] if "error" in record}


def test_tests_are_found_with_group_and_parameters(suite):
    _, answer = suite(
        """
        import pytest
        @pytest.mark.benchmark(group="sums")
        @pytest.mark.parametrize("n", [1, 2])
        def test_sum(benchmark, n): benchmark(sum, range(n))
        def test_plain(): pass
        """,
        task="discover",
    )
    assert answer["errors"] == []
    assert answer["found"] == [
        {"name": "test_it.py::test_sum[1]", "group": "sums", "parameters": {"n": "1"}},
        {"name": "test_it.py::test_sum[2]", "group": "sums", "parameters": {"n": "2"}},
        {"name": "test_it.py::test_plain", "group": None, "parameters": {}},
    ]


def test_discovery_can_be_kept_to_tests_with_the_fixture(suite):
    text = "def test_a(benchmark): benchmark(len, '')\ndef test_b(): pass\n"
    _, answer = suite(text, task="discover", parameters={"only": "fixture"})
    assert [one["name"] for one in answer["found"]] == ["test_it.py::test_a"]


def test_a_file_that_does_not_import_is_reported(suite):
    _, answer = suite("import no_such_module\ndef test_a(): pass\n", task="discover")
    (error,) = answer["errors"]
    assert error["error"]["kind"] == "import"
    assert "no_such_module" in error["error"]["message"]


def test_a_file_that_does_not_compile_is_reported(suite):
    _, answer = suite("def test_a(:\n", task="discover")
    (error,) = answer["errors"]
    assert error["error"]["kind"] == "syntax"


def test_what_the_fixture_is_given_is_timed_and_its_value_comes_back(suite):
    _, answer = suite(
        """
        def test_sum(benchmark):
            assert benchmark(sum, [1, 2, 3], start=4) == 10
        """
    )
    (record,) = answer["records"]
    assert record["name"] == "test_it.py::test_sum"
    assert record["loops"] > 1


def test_a_test_without_the_fixture_is_called_once(suite, tmp_path):
    _, answer = suite(
        """
        from pathlib import Path
        def test_a():
            with Path(__file__).with_name("calls").open("a") as file:
                file.write("called\\n")
        """
    )
    assert (tmp_path / "calls").read_text() == "called\n"
    (record,) = answer["records"]
    assert record["first_call_only"]


def test_pedantic_sets_up_before_each_call_and_passes_what_was_made(suite):
    _, answer = suite(
        """
        def test_a(benchmark):
            log = []
            def setup():
                log.append("setup")
                return ([3, 1, 2],), {"reverse": True}
            def target(items, reverse):
                log.append("call")
                items.sort(reverse=reverse)
                return items
            def teardown(items, reverse):
                log.append("teardown")
            assert benchmark.pedantic(target, setup=setup, teardown=teardown, rounds=3) == [3, 2, 1]
            assert log == ["setup", "call", "teardown"] * (len(log) // 3)
            assert len(log) >= 6
        """
    )
    assert errors(answer) == {}
    assert answer["records"][0]["loops"] == 1


def test_pedantic_without_set_up_takes_arguments(suite):
    _, answer = suite(
        "def test_a(benchmark):\n    assert benchmark.pedantic(pow, args=(2, 3), kwargs={'mod': 5}) == 3\n"
    )
    assert errors(answer) == {}


def test_a_failing_test_is_named_and_the_next_one_runs(suite):
    _, answer = suite(
        """
        def test_a(benchmark):
            assert benchmark(sum, [1]) == 2
        def test_b(benchmark):
            benchmark(sum, [1])
        """
    )
    found = errors(answer)
    assert list(found) == ["test_it.py::test_a"]
    assert "assert 1 == 2" in found["test_it.py::test_a"]["message"]
    assert [record["name"] for record in answer["records"] if "wall" in record] == [
        "test_it.py::test_a",
        "test_it.py::test_b",
    ]


def test_the_fixture_serves_one_call_of_a_test(suite):
    _, answer = suite("def test_a(benchmark):\n    benchmark(len, '')\n    benchmark(len, '')\n")
    assert "used it twice" in errors(answer)["test_it.py::test_a"]["message"]


def test_a_suite_for_the_fixture_runs_where_the_plugin_is_switched_off(suite, tmp_path):
    (tmp_path / "conftest.py").write_text("")
    text = """
    import pytest
    @pytest.mark.benchmark(group="g")
    def test_a(benchmark): assert benchmark(len, "ab") == 2
    """
    path = tmp_path / "test_it.py"
    path.write_text(textwrap.dedent(text))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:benchmark --strict-markers\n")
    target = {"kind": "pytest", "path": str(path)}
    _, answer = serve(tmp_path, "timing", target, options={"seconds": 0.01})
    assert errors(answer) == {}
    assert answer["records"][0]["group"] == "g"


def test_only_chosen_tests_run(suite):
    text = "def test_a(benchmark): benchmark(len, '')\ndef test_b(benchmark): benchmark(len, '')\n"
    _, answer = suite(text, names=["test_it.py::test_b"])
    assert [record["name"] for record in answer["records"]] == ["test_it.py::test_b"]


def test_a_coroutine_test_is_left_to_its_own_plugin(suite):
    _, answer = suite("async def test_a(): pass\n")
    assert all("wall" not in record for record in answer["records"])


def test_the_fixture_is_one_of_pytest_benchmarks_own(suite):
    _, answer = suite(
        """
        from pytest_benchmark.fixture import BenchmarkFixture
        def test_a(benchmark: BenchmarkFixture):
            assert isinstance(benchmark, BenchmarkFixture)
            assert benchmark.enabled
            benchmark.extra_info["key"] = 1
            benchmark.group = "mine"
            benchmark(len, "")
        """
    )
    assert errors(answer) == {}
    assert answer["records"][0]["group"] == "mine"


def test_results_are_not_cached_beside_the_tests(suite, tmp_path):
    suite("def test_a(benchmark): benchmark(len, '')\n")
    assert not (tmp_path / ".pytest_cache").exists()


def test_skipped_tests_are_no_failures(suite):
    _, answer = suite("import pytest\n@pytest.mark.skip\ndef test_a(benchmark): pass\n")
    assert errors(answer) == {}


def test_a_class_of_tests_and_its_fixtures_work(suite):
    _, answer = suite(
        """
        import pytest
        class TestIt:
            @pytest.fixture
            def data(self): return [1, 2]
            def test_a(self, benchmark, data): assert benchmark(sum, data) == 3
            def test_b(self, data): assert data
        """
    )
    assert errors(answer) == {}
    assert len(answer["records"]) == 2


def test_options_that_a_project_has_set_for_good_are_no_error_and_write_nothing(tmp_path):
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--slow')\n")
    text = "def test_a(benchmark): benchmark(len, '')\n"
    target = {"kind": "pytest", "path": str(tmp_path / "test_it.py"), "parameters": {}}
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --ff --sw --junitxml=out.xml --perfwatch --perfwatch-base main --slow=1\n"
    )
    _, answer = serve(tmp_path, "timing", target, options={"seconds": 0.02})
    assert [record["name"] for record in answer["records"]] == ["test_it.py::test_a"]
    assert not (tmp_path / "out.xml").exists()


def test_rounds_are_benchmarks_with_their_setup_and_teardown(suite, tmp_path):
    _, answer = suite(
        f"""
        from pathlib import Path
        place = Path({str(tmp_path / "told")!r})
        def tell(word):
            with place.open("a") as file: file.write(word)
        async def call(): tell("c")
        def test_a(perfwatch):
            perfwatch(call, setup=lambda: tell("s"), teardown=lambda: tell("t"))
        def test_b(perfwatch):
            tell("!")
            assert perfwatch(sum, [1, 2], start=3) == 6
        """
    )
    assert errors(answer) == {}
    first, second = answer["records"]
    assert first["loops"] == 1
    assert second["loops"] > 1
    told, _, rest = (tmp_path / "told").read_text().partition("!")
    assert rest == ""
    assert told == "sct" * (1 + len(first["wall"]))
