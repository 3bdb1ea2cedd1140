import json
import os
import subprocess
import sys

import pytest

forking = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


def asking_for(files):
    return {**os.environ, "PERFWATCH_SPANS": str(files)}


def run_with_files(folder, code, *, ended_from_outside=False):
    """Run the code with spans written to the folder; return what each process wrote."""
    script = folder / "script.py"
    script.write_text(code)
    files = folder / "spans"
    files.mkdir()
    done = subprocess.run(
        [sys.executable, str(script)],
        env=asking_for(files),
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    parts = [file.name for file in files.iterdir() if not file.name.endswith(".json")]
    assert parts == [] or ended_from_outside
    return [json.loads(file.read_text()) for file in sorted(files.glob("spans-*.json"))]


def test_a_process_writes_its_spans_and_figures_when_it_exits(tmp_path):
    code = """
import perfwatch, os
os.chdir("/")
with perfwatch.monitor("a"), perfwatch.monitor("b", level="detailed"):
    pass
perfwatch.record("mse", 0.5)
"""
    (document,) = run_with_files(tmp_path, code)
    assert document["version"] == 2
    assert [span["path"] for span in document["spans"]] == [["a"], ["a", "b"]]
    assert document["spans"][1]["level"] == "detailed"
    assert document["custom"] == [
        {"name": "mse", "values": [0.5], "at_ns": [0], "direction": "lower"},
    ]
    assert document["dropped_count"] == 0


def test_a_process_without_spans_writes_no_file(tmp_path):
    assert run_with_files(tmp_path, "import perfwatch; perfwatch.monitor") == []


def test_a_process_that_dies_leaves_the_spans_that_had_closed(tmp_path):
    code = "import os, perfwatch\nwith perfwatch.monitor('a'): pass\nos._exit(0)"
    (document,) = run_with_files(tmp_path, code)
    assert [span["path"] for span in document["spans"]] == [["a"]]


@forking
def test_a_forked_child_books_its_own_spans_and_not_its_parents(tmp_path):
    code = """
import os, perfwatch
with perfwatch.monitor("before"):
    pass
with perfwatch.monitor("around"):
    child = os.fork()
    with perfwatch.monitor("child" if child == 0 else "parent"):
        pass
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""
    documents = run_with_files(tmp_path, code)
    paths = sorted([span["path"] for span in document["spans"]] for document in documents)
    assert paths == [
        [["around", "child"]],
        [["before"], ["around"], ["around", "parent"]],
    ]


@forking
def test_the_file_of_another_process_with_our_number_is_left_alone(tmp_path):
    code = """
import os, sys, perfwatch
with perfwatch.monitor(f"image {len(sys.argv)}"):
    pass
if len(sys.argv) == 1:
    os.execv(sys.executable, [sys.executable, __file__, "again"])
"""
    documents = run_with_files(tmp_path, code)
    assert sorted(document["spans"][0]["path"][0] for document in documents) == ["image 1", "image 2"]


METHODS = ["spawn"] if sys.platform == "win32" else ["fork", "forkserver", "spawn"]


@pytest.mark.parametrize("method", METHODS)
def test_every_worker_process_writes_a_file_of_its_own(tmp_path, method):
    code = f"""
import multiprocessing, perfwatch

def work(number):
    with perfwatch.monitor("work"):
        return number

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    with perfwatch.monitor("all"):
        workers = [context.Process(target=work, args=(number,)) for number in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
"""
    documents = run_with_files(tmp_path, code)
    spans = [span for document in documents for span in document["spans"]]
    assert len(documents) == 3
    assert sum(span["count"] for span in spans if span["path"][-1] == "work") == 2
    assert sum(span["count"] for span in spans if span["path"][-1] == "all") == 1


def test_a_pool_that_is_ended_from_outside_keeps_nearly_all(tmp_path):
    code = """
import multiprocessing, time, perfwatch

def work(number):
    with perfwatch.monitor("work"):
        time.sleep(0.02)

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.map(work, range(20), chunksize=1)
"""
    documents = run_with_files(tmp_path, code, ended_from_outside=True)
    assert sum(span["count"] for document in documents for span in document["spans"]) >= 15


def test_a_folder_that_cannot_be_written_does_not_trouble_the_program(tmp_path):
    gone = tmp_path / "file"
    gone.write_text("")
    done = subprocess.run(
        [sys.executable, "-c", "import perfwatch\nwith perfwatch.monitor('a'): pass\nprint('done')"],
        env=asking_for(gone / "below"),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
