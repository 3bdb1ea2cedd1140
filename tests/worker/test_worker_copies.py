"""Copies of a benchmark begin together, tell their times, and are gone; one alone tells what a pool's start takes."""

from __future__ import annotations

import sys

import pytest
from serving import script, serve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="copies are forked")

NOTING = """\
import os, time
began = time.perf_counter_ns()
time.sleep(0.2)
with open(f"seen-{os.getpid()}", "w") as file:
    file.write(f"{began} {time.perf_counter_ns()}")
"""


def served(folder, target, *, count, names, workers=2, **changes):
    options = {"seconds": 0.1, "count": count, "workers": workers}
    return serve(folder, "copies", target, names=names, options=options, **changes)


def callable_case(function):
    return {"kind": "callable", "cases": [{"name": "case", "function": f"mine:{function}"}]}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_copies_of_a_script_are_under_way_at_the_same_time(tmp_path, count):
    done, answer = served(tmp_path, script(tmp_path, NOTING), count=count, names=["script.py"])
    assert done.returncode == 0, done.stderr
    spans = [tuple(map(int, one.read_text().split())) for one in tmp_path.glob("seen-*")]
    assert len(spans) == count
    assert max(began for began, _ in spans) < min(ended for _, ended in spans)
    (record,) = answer["records"]
    assert len(record["others"]) == count - 1
    assert all(one["wall"] and one["name"] == "script.py" for one in (record, *record["others"]))
    assert ("pool_start_ns" in record) == (count == 1)
    assert answer["process"] == {"refused": ""}


def test_a_function_is_repeated_in_each_copy_and_a_pools_start_is_timed_alone(tmp_path):
    (tmp_path / "mine.py").write_text("def work():\n    return sum(range(20_000))\n")
    _, answer = served(tmp_path, callable_case("work"), count=2, names=["case"])
    (record,) = answer["records"]
    assert min(len(record["wall"]), len(record["others"][0]["wall"])) > 1
    _, answer = served(tmp_path, callable_case("work"), count=1, names=["case"])
    assert answer["records"][0]["pool_start_ns"] > 0


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_inherit_nothing_import_the_targets_modules_and_not_its_main_one(tmp_path, method):
    (tmp_path / "mine.py").write_text("open('imported', 'a').write('x')\n")
    text = f"import multiprocessing\nmultiprocessing.set_start_method('{method}')\nimport mine\nopen('ran', 'a').write('x')\n"
    done, answer = served(tmp_path, script(tmp_path, text), count=1, names=["script.py"])
    assert done.returncode == 0, done.stderr
    assert answer["records"][0]["pool_start_ns"] > 0
    assert (tmp_path / "ran").read_text() == "x"
    assert len((tmp_path / "imported").read_text()) > 1


def test_a_copy_that_fails_alone_makes_it_no_comparison(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import os\nfirst = os.open('first', os.O_CREAT | os.O_APPEND | os.O_WRONLY)\n"
        "os.write(first, b'x')\nif os.fstat(first).st_size > 1:\n    raise RuntimeError('not twice')\n"
        "import time\ntime.sleep(0.3)\ndef work():\n    pass\n"
    )
    done, answer = served(tmp_path, callable_case("work"), count=2, names=["case"])
    assert done.returncode == 0, done.stderr
    told = answer["process"]["refused"] or [one.get("error") for one in answer["records"]]
    assert told


def test_a_benchmark_that_raises_is_told_and_leaves_no_copy_waiting(tmp_path):
    (tmp_path / "mine.py").write_text("def work():\n    raise KeyError('no')\n")
    done, answer = served(tmp_path, callable_case("work"), count=3, names=["case"])
    assert done.returncode == 0
    assert answer["records"][0]["error"]["type"] == "KeyError"
