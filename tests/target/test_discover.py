"""What a bare run finds in a project, and what it leaves alone."""

from __future__ import annotations

import os
import sys

import pytest

from perfwatch.records.run import TargetKind
from perfwatch.target.discover import discover, survey

FIXTURE_TEST = "def test_fast(benchmark):\n    benchmark(sum, [1])\n"
PLAIN_TEST = "def test_plain():\n    pass\n"
ASV = "class Suite:\n    def time_sort(self):\n        pass\n\ndef track_size():\n    return 1\n"


@pytest.fixture
def project(tmp_path):
    """Write files by name and return the project's folder."""

    def write(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def keys(root):
    return [found.target.key for found in discover(root)]


def test_empty_project_offers_nothing(tmp_path):
    assert survey(tmp_path).found == ()
    assert survey(tmp_path).looked_count == 0


def test_tests_that_use_the_fixture_are_found(project):
    (found,) = discover(project(tests__test_x_py=FIXTURE_TEST, tests__test_y_py=PLAIN_TEST))
    assert found.target.kind is TargetKind.PYTEST
    assert found.target.name == "tests/test_x.py"
    assert found.target.parameters == {}
    assert found.benchmarks_count == 1
    assert found.reason == "1 test uses the benchmark fixture"


def test_tests_without_the_fixture_are_left_out_of_their_file(project):
    (found,) = discover(project(test_x_py=FIXTURE_TEST + PLAIN_TEST))
    assert found.target.parameters == {"only": "fixture"}
    assert found.target.key == "pytest:test_x.py?only=fixture"
    assert found.benchmarks_count == 1


def test_folder_that_asv_names_is_found(project):
    root = project(perf__sorting_py=ASV, perf__sub__more_py=ASV)
    (root / "asv.conf.json").write_text(
        '{\n  // "benchmark_dir": "no",\n  "benchmark_dir": "perf", /* */\n}\n'
    )
    found = discover(root)
    assert [each.target.key for each in found] == ["asv:perf/sorting.py", "asv:perf/sub/more.py"]
    assert [each.benchmarks_count for each in found] == [2, 2]
    assert found[0].reason == "asv, in the benchmark folder of asv.conf.json"


def test_settings_of_asv_count_from_their_own_folder(project):
    root = project(asv_bench__benchmarks__sorting_py=ASV)
    (root / "asv_bench/asv.conf.json").write_text('{"benchmark_dir": "../asv_bench/benchmarks"}')
    assert keys(root) == ["asv:asv_bench/benchmarks/sorting.py"]


@pytest.mark.parametrize("text", ["{", "[]", '{"benchmark_dir": 3}', '{"benchmark_dir": "missing"}'])
def test_broken_settings_of_asv_are_noted(project, text):
    root = project(test_x_py=FIXTURE_TEST)
    (root / "asv.conf.json").write_text(text)
    seen = survey(root)
    assert [found.target.key for found in seen.found] == ["pytest:test_x.py"]
    assert len(seen.notes) == 1
    assert "asv.conf.json" in seen.notes[0]


def test_bench_files_are_found_as_what_they_are(project):
    root = project(
        bench_a_py=ASV,
        bench_b_py=FIXTURE_TEST,
        bench_c_py="print(1)\n",
        bench_d_py="def helper():\n    pass\n",
    )
    assert keys(root) == ["asv:bench_a.py", "pytest:bench_b.py", "script:bench_c.py"]


def test_plain_scripts_in_a_benchmarks_folder_wait_until_they_are_named(project):
    root = project(benchmarks__sorting_py=ASV, benchmarks__publish_py="print(1)\n")
    assert keys(root) == ["asv:benchmarks/sorting.py"]


def test_asv_functions_in_ordinary_code_are_no_find(project):
    assert keys(project(library__sorting_py=ASV)) == []


def test_a_file_is_found_once_for_the_first_reason(project):
    root = project(benchmarks__bench_a_py=ASV, tests__test_x_py=FIXTURE_TEST, bench_z_py=ASV)
    (root / "asv.conf.json").write_text("{}")
    assert keys(root) == ["asv:benchmarks/bench_a.py", "asv:bench_z.py", "pytest:tests/test_x.py"]


def test_a_file_that_nobody_can_parse_is_noted(project):
    seen = survey(project(bench_a_py="a = = 1\n", other_py="a = = 1\n"))
    assert seen.found == ()
    assert seen.notes == ("bench_a.py was left out: bench_a.py, line 1: invalid syntax",)


@pytest.mark.parametrize(
    "folder", [".git", ".hidden", "venv", "node_modules", "build", "dist", "lib/site-packages", "x.egg-info"]
)
def test_folders_of_other_people_are_not_entered(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "bench_a.py").write_text(ASV)
    assert keys(tmp_path) == []


def test_an_environment_of_any_name_is_not_entered(project):
    root = project(my_env__bench_a_py=ASV)
    (root / "my_env/pyvenv.cfg").write_text("")
    assert keys(root) == []


def test_a_project_that_lies_in_a_skipped_folder_is_searched(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build/bench_a.py").write_text(ASV)
    assert keys(tmp_path / "build") == ["asv:bench_a.py"]


def test_links_that_form_a_loop_end(project):
    root = project(sub__bench_a_py=ASV)
    (root / "sub/again").symlink_to(root)
    assert keys(root) == ["asv:sub/bench_a.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_with_a_fitting_name_does_not_hold_us(tmp_path):
    os.mkfifo(tmp_path / "bench_a.py")
    assert keys(tmp_path) == []


def test_the_limit_is_kept_and_said(project):
    root = project(**{f"deep__f{index}_py": "" for index in range(30)}, bench_a_py=ASV)
    seen = survey(root, limit=10)
    assert [found.target.key for found in seen.found] == ["asv:bench_a.py"]
    assert seen.looked_count == 10
    assert "Only the first 10" in seen.notes[0]


def test_nothing_is_imported(project):
    mark = "open(__file__ + '.ran', 'w')\n"
    root = project(test_never_imported_py=mark + FIXTURE_TEST, bench_never_imported_py=mark + ASV)
    assert len(discover(root)) == 2
    assert not list(root.glob("*.ran"))
