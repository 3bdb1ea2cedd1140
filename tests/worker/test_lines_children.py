"""Processes that the target starts count their own lines, whichever way they start and end."""

from __future__ import annotations

import sys

import pytest
from serving import script, serve
from tools import need_module

from perfwatch.collect.line_children import children_hits

WORK = """\
def work(n):
    total = 0
    for i in range(n):
        total += i
    return total
"""


@pytest.fixture(autouse=True)
def _tracer():
    need_module("line_profiler", "line_profiler")


def served(folder, text, **files):
    """A script run by a worker: what the parent counted of ``work`` and what the children did."""
    for name, content in {"part": WORK, **files}.items():
        (folder / f"{name}.py").write_text(content, encoding="utf-8")
    target = script(folder, text)
    functions = [{"file": str(folder / "part.py"), "name": "work", "line": 1}]
    options = {"seconds": 0.0, "functions": functions, "folder": str(folder / "left")}
    (folder / "left").mkdir()
    done, answer = serve(folder, "lines", target, names=["script.py"], options=options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (record,) = answer["records"]
    mine = {entry[0]: entry[1] for function in record["functions"] for entry in function["lines"]}
    return done.stdout, mine, children_hits(answer["process"]["children_folder"], 0, alone=True)


def by_line(children, name="part.py"):
    return {line: hits for (file, line), (_, hits, _) in children.hits.items() if file.endswith(name)}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_a_pool_count_however_they_start(tmp_path, method):
    if sys.platform == "win32" and method != "spawn":
        pytest.skip("Windows only spawns")
    text = f"""\
import multiprocessing
from part import work
if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        print(sum(pool.map(work, [10] * 6, chunksize=1)))
    work(3)
"""
    said, mine, children = served(tmp_path, text)
    assert said == "270\n"
    assert mine == {2: 1, 3: 4, 4: 3, 5: 1}
    # Pools end their workers by SIGTERM.
    assert by_line(children) == {2: 6, 3: 66, 4: 60, 5: 6}
    assert children.lost_count == 0
    assert 1 <= children.processes_count <= 2


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "sys.exit(3)",
        "os._exit(0)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.execv(sys.executable, [sys.executable, '-c', ''])",
        "os.execlp(sys.executable, sys.executable, '-c', '')",
    ],
)
def test_a_childs_last_hits_are_there_whichever_way_it_ends(tmp_path, ending):
    child = f"import os, signal, sys\nfrom part import work\nwork(7)\n{ending}\n"
    text = "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'])\n"
    _, _, children = served(tmp_path, text, child=child)
    assert by_line(children) == {2: 1, 3: 8, 4: 7, 5: 1}
    assert (children.processes_count, children.lost_count) == (1, 0)


def test_a_forked_child_does_not_count_what_its_parent_did(tmp_path):
    text = """\
import os
from part import work
work(5)
if os.fork() == 0:
    work(2)
    os._exit(0)
os.wait()
work(1)
"""
    _, mine, children = served(tmp_path, text)
    assert mine == {2: 2, 3: 8, 4: 6, 5: 2}
    assert by_line(children) == {2: 1, 3: 3, 4: 2, 5: 1}


def test_grandchildren_count_too(tmp_path):
    child = """\
import subprocess, sys
from part import work
work(2)
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "child.py"])
"""
    text = "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py', 'more'])\n"
    _, _, children = served(tmp_path, text, child=child)
    assert (by_line(children)[4], children.processes_count) == (4, 2)


def test_the_targets_own_sitecustomize_still_runs_in_its_children(tmp_path):
    child = (
        "import sitecustomize, sys\nprint(sitecustomize.MINE, 'perfwatch' in ''.join(sys.path), flush=True)\n"
    )
    text = """\
import os, subprocess, sys
os.environ["PYTHONPATH"] += os.pathsep + os.getcwd()
subprocess.run([sys.executable, "child.py"])
"""
    said, _, children = served(tmp_path, text, child=child, sitecustomize="MINE = 5\n")
    assert said == "5 False\n"
    assert children.processes_count == 0


def test_a_child_with_a_handler_of_its_own_keeps_it(tmp_path):
    child = """\
import os, signal, sys
from part import work
signal.signal(signal.SIGTERM, lambda *_: (print("mine", flush=True), sys.exit(0)))
work(3)
os.kill(os.getpid(), signal.SIGTERM)
"""
    text = "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'])\n"
    said, _, children = served(tmp_path, text, child=child)
    assert (said, by_line(children)[4]) == ("mine\n", 3)


def test_workers_of_joblib_count(tmp_path):
    need_module("joblib", "joblib")
    text = """\
from joblib import Parallel, delayed
from part import work
if __name__ == "__main__":
    print(sum(Parallel(n_jobs=2)(delayed(work)(10) for _ in range(8))))
"""
    said, _, children = served(tmp_path, text)
    assert said == "360\n"
    assert by_line(children)[4] == 80
