"""Scripts and modules: every pass comes back, and the program sees what it would see alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from running import PERFWATCH, perfwatch, report_of, surroundings

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

PASSES = ["timing", "cpu", "lines", "memory", "io", "gpu"]
STEPS = """\
import sys
import time

def hot(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def hold(n):
    return [bytearray(1000) for _ in range(n)]

total = 0
for step in range(320):
    total += hot(20_000)
kept = hold(80_000)
print("total", total, sys.argv[1:])
"""


def write(folder, text, name="steps.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def states(benchmark):
    return {one["name"]: one["state"] for one in benchmark["passes"]}


def assert_every_pass(benchmark):
    """Every pass is there and done; a machine without a GPU says so, and that is no failure."""
    found = states(benchmark)
    assert list(found) == PASSES
    assert found.pop("gpu") in ("done", "unavailable")
    assert set(found.values()) == {"done"}, benchmark["passes"]


def hits(benchmark, name="steps.py"):
    """Hits by line of one file."""
    lines = benchmark["profiles"]["lines"]
    return {one["line"]: one["hits_count"] for one in lines if one["file"] == name}


@pytest.fixture(scope="module")
def with_options(tmp_path_factory):
    """One full run of a script with options of its own; its folder and the finished process."""
    folder = tmp_path_factory.mktemp("script")
    write(folder, STEPS)
    command = ("run", "steps.py", "--its", "--own", "options")
    # Functions are chosen for counting by samples: a brief one wants many.
    return folder, perfwatch(*command, cwd=folder, env={"PERFWATCH_SAMPLES": "400"})


def test_a_script_with_its_own_options_brings_every_pass(with_options):
    folder, done = with_options
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(folder)["benchmarks"]
    assert_every_pass(benchmark)


def test_its_output_is_the_scripts_alone_and_once(with_options):
    _, done = with_options
    assert done.stdout == "total 853269334400000 ['--its', '--own', 'options']\n"


def test_its_lines_have_exact_hits_in_functions_and_in_the_module(with_options):
    folder, _ = with_options
    (benchmark,) = report_of(folder)["benchmarks"]
    found = hits(benchmark)
    assert {line: found[line] for line in (5, 7, 8, 14, 15)} == {
        5: 320,
        7: 6_400_000,
        8: 320,
        14: 321,
        15: 320,
    }


def test_its_hottest_line_is_the_one_in_the_inner_loop(with_options):
    folder, _ = with_options
    (benchmark,) = report_of(folder)["benchmarks"]
    hottest = max(benchmark["profiles"]["lines"], key=lambda one: one["time_ns"] or 0)
    assert (hottest["line"] in (6, 7), hottest["function"]) == (True, "hot")
    assert hottest["source"] in ("    for i in range(n):", "        total += i * i")


def test_its_peak_is_held_by_the_line_that_allocates(with_options):
    folder, _ = with_options
    (benchmark,) = report_of(folder)["benchmarks"]
    assert benchmark["metrics"]["peak_memory_bytes"] >= 80_000_000
    holding = max(benchmark["profiles"]["lines"], key=lambda one: one["peak_bytes"] or 0)
    assert (holding["line"], holding["function"]) == (11, "hold")


def test_each_line_is_there_once_with_what_all_passes_saw(with_options):
    folder, _ = with_options
    (benchmark,) = report_of(folder)["benchmarks"]
    places = [(one["file"], one["line"]) for one in benchmark["profiles"]["lines"]]
    assert len(places) == len(set(places))
    (held,) = [one for one in benchmark["profiles"]["lines"] if one["line"] == 11]
    # The comprehension is code of its own before Python 3.12, and each of its turns a hit.
    assert held["hits_count"] >= 1
    assert held["peak_bytes"] >= 80_000_000


def test_every_pass_names_its_tool_and_its_overhead(with_options):
    folder, _ = with_options
    (benchmark,) = report_of(folder)["benchmarks"]
    for one in benchmark["passes"]:
        if one["state"] == "done":
            assert one["tool"]
            assert one["duration_ns"] > 0
            if one["name"] != "gpu":
                assert one["overhead_ratio"] > 0


def test_the_report_page_lies_beside_it(with_options):
    folder, done = with_options
    (page,) = folder.glob(".perfwatch/reports/*/index.html")
    assert "steps.py" in page.read_text(encoding="utf-8")
    assert str(page.relative_to(folder)) in done.stderr.replace("\n", "")


def test_redirected_output_holds_the_scripts_words_alone(tmp_path):
    write(tmp_path, "import sys\nprint('a,b')\nprint('warning', file=sys.stderr)\n")
    with (tmp_path / "out.csv").open("wb") as out:
        done = subprocess.run(
            [*PERFWATCH, "run", "--passes", "timing", "steps.py"],
            cwd=tmp_path,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.csv").read_text() == "a,b\n"
    assert done.stderr.count("warning\n") == 1


def test_binary_output_passes_unchanged(tmp_path):
    write(tmp_path, "import sys\nsys.stdout.buffer.write(bytes(range(256)) * 1000)\n")
    done = subprocess.run(
        [*PERFWATCH, "run", "--passes", "timing", "steps.py"],
        cwd=tmp_path,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == bytes(range(256)) * 1000


def test_a_module_runs_by_name_with_its_arguments(tmp_path):
    write(tmp_path, "", "pack/__init__.py")
    write(tmp_path, f"from pack import helper\n{STEPS}", "pack/steps.py")
    write(tmp_path, "VALUE = 1\n", "pack/helper.py")
    done = perfwatch("run", "-m", "pack.steps", "--verbose", "-k", "x", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "total 853269334400000 ['--verbose', '-k', 'x']\n"
    report = report_of(tmp_path)
    (benchmark,) = report["benchmarks"]
    assert_every_pass(benchmark)
    assert report["run"]["targets"][0]["kind"] == "module"
    assert hits(benchmark, "pack/steps.py")[8] == 6_400_000


def test_a_package_runs_by_its_main_module(tmp_path):
    write(tmp_path, "", "pack/__init__.py")
    write(tmp_path, "import sys\nprint(__name__, __package__, sys.argv[1:])\n", "pack/__main__.py")
    done = perfwatch("run", "--passes", "timing,memory", "-m", "pack", "--", "x", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "__main__ pack ['--', 'x']\n"


POOL = """
import multiprocessing

def square(n):
    return n * n

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(sum(pool.map(square, range(10))))
"""


def test_a_pool_of_spawned_processes_works_in_every_pass(tmp_path):
    write(tmp_path, POOL)
    done = perfwatch("run", "steps.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "285\n"), done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    found = states(benchmark)
    assert found.pop("gpu") in ("done", "unavailable")
    # A script that waits for its pool has no line of its own worth tracing.
    assert found.pop("lines") in ("done", "unavailable")
    assert set(found.values()) == {"done"}, benchmark["passes"]


SHAPES = """
import functools
import threading

def twice(function):
    @functools.wraps(function)
    def call(*arguments):
        function(*arguments)
        return function(*arguments)
    return call

@twice
def decorated(n):
    total = 0
    for i in range(n):
        total += i % 7
    return total

def generated(n):
    for i in range(n):
        yield i % 5

def outer(n):
    def inner(start):
        found = start
        for i in range(n):
            found += i % 3
        return found
    return inner(1) + inner(2)

def threaded(n):
    total = 0
    for i in range(n):
        total += i % 11
    results.append(total)

results = []
decorated(100_000)
sum(generated(200_000))
outer(100_000)
thread = threading.Thread(target=threaded, args=(200_000,))
thread.start()
thread.join()
total = 0
for i in range(200_000):
    total += i % 13
print(total)
"""


@pytest.mark.long
def test_decorated_generator_nested_and_threaded_code_and_module_loops_have_hits(tmp_path):
    path = write(tmp_path, SHAPES)
    rows = path.read_text().splitlines()
    expected = {
        "        total += i % 7": 200_000,
        "        yield i % 5": 200_000,
        "            found += i % 3": 200_000,
        "    total += i % 13": 200_000,
    }
    done = perfwatch("run", "steps.py", cwd=tmp_path, env={"PERFWATCH_SAMPLES": "400"})
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    assert_every_pass(benchmark)
    found = hits(benchmark)
    assert {text: found.get(rows.index(text) + 1) for text in expected} == expected


def test_work_in_a_thread_counts_in_the_timing(tmp_path):
    write(tmp_path, SHAPES)
    done = perfwatch("run", "--passes", "timing", "steps.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    assert benchmark["timing"]["processes"][-1]["cpu_ns"][0] > 0


SPANS = """
import perfwatch

with perfwatch.monitor("fit", level="detailed"):
    for _ in range(3):
        with perfwatch.monitor("step"):
            sum(range(10_000))
perfwatch.record("error", 0.25, direction="lower")
"""


def test_the_spans_of_a_script_are_in_its_report(tmp_path):
    write(tmp_path, SPANS)
    done = perfwatch("run", "--passes", "timing", "steps.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = report_of(tmp_path)
    spans = {tuple(span["path"]): span for span in report["spans"]}
    assert {path: span["entries_count"] for path, span in spans.items()} == {("fit",): 1, ("fit", "step"): 3}
    assert spans["fit",]["wall_ns"] >= spans["fit", "step"]["wall_ns"]
    assert [(one["name"], one["values"]) for one in report["custom"]] == [("error", [0.25])]


def test_the_second_run_shows_the_difference_and_calls_nothing_slower(tmp_path):
    write(tmp_path, STEPS)
    command = ("run", "--passes", "timing,memory", "steps.py")
    # The first execution is the cold one; an interval needs two more.
    processes = {"PERFWATCH_PROCESSES": "4"}
    first = perfwatch(*command, cwd=tmp_path, env=processes)
    earlier = report_of(tmp_path)["run"]["id"]
    second = perfwatch(*command, cwd=tmp_path, env=processes)
    assert (first.returncode, second.returncode) == (0, 0), second.stderr
    report = report_of(tmp_path)
    comparisons = report["benchmarks"][0]["comparison"]
    assert {one["base_run"] for one in comparisons} == {earlier}
    assert report["summary"]["slower"] == report["summary"]["higher"] == 0
    (time,) = [one for one in comparisons if one["metric"] == "time"]
    assert time["verdict"] == "undecided"
    assert time["interval"][0] < time["ratio"] < time["interval"][1]
    memory = [one for one in comparisons if one["metric"] == "peak_memory_bytes"]
    assert [one["verdict"] for one in memory] == ["same"]
    assert earlier[:15] in second.stderr


def test_a_script_too_short_to_tell_has_no_overhead_rather_than_a_made_up_one(tmp_path):
    write(tmp_path, "x = 1\n")
    done = perfwatch("run", "--passes", "timing,memory", "steps.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    (memory,) = [one for one in benchmark["passes"] if one["name"] == "memory"]
    assert memory["state"] == "done"
    assert memory["overhead_ratio"] is None
    assert "too short for an overhead to be told" in memory["warnings"]


def test_a_folder_called_pytest_does_not_hand_the_scripts_options_to_us(tmp_path):
    write(tmp_path, "import sys\nprint(sys.argv[1:])\n")
    options = ("--passes", "timing", "--out", "pytest")
    done = perfwatch(
        "run", *options, "steps.py", "--json", "theirs", cwd=tmp_path, env={"PERFWATCH_PROCESSES": "1"}
    )
    assert (done.returncode, done.stdout) == (0, "['--json', 'theirs']\n"), done.stderr
