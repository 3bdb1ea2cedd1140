"""Samples folded into one tree: times add up, the worker is cut off, recursion counts once."""

from __future__ import annotations

import math
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import script, serve

from perfwatch.worker import subject
from perfwatch.worker.cpu import DEPTH_AT_MOST, fold, is_library

WORKER = f"repeat_for\x00{subject.__file__}\x0090\x01l100"
LIBRARY = str(Path(sysconfig.get_path("stdlib")) / "json" / "encoder.py")


def frame(function, *, file="/project/a.py", first=1, line=None, owner=None):
    attributes = "" if owner is None else f"\x01c{owner}"
    return f"{function}\x00{file}\x00{first}{attributes}" + ("" if line is None else f"\x01l{line}")


def under_worker(*frames):
    return ["<module>\x00launch.py\x001", WORKER, *frames]


def flat(tree):
    """Own and total seconds by function, each summed over the tree."""
    found = {}
    waiting = list(tree)
    while waiting:
        function, _, _, own, total, children = waiting.pop()
        known = found.get(function, (0.0, 0.0))
        found[function] = (known[0] + own, known[1] + total)
        waiting += children
    return found


def test_equal_stacks_become_one_branch():
    stack = under_worker(frame("f"), frame("g"))
    folded = fold([(stack, 0.25), (stack, 0.5)])
    assert folded["tree"] == [
        ["f", "/project/a.py", 1, 0.0, 0.75, [["g", "/project/a.py", 1, 0.75, 0.75, []]]]
    ]
    assert folded["total_s"] == 0.75


def test_own_time_is_the_innermost_functions():
    folded = fold([(under_worker(frame("f")), 1.0), (under_worker(frame("f"), frame("g")), 2.0)])
    assert flat(folded["tree"]) == {"f": (1.0, 3.0), "g": (2.0, 2.0)}


def test_the_worker_and_all_above_it_are_cut_off():
    folded = fold([(under_worker(frame("f")), 1.0)])
    assert [entry[0] for entry in folded["tree"]] == ["f"]


def test_time_in_the_worker_alone_is_nobodys():
    folded = fold([(under_worker(), 1.0), (under_worker(frame("f")), 2.0)])
    assert folded["outside_s"] == 1.0
    assert folded["total_s"] == 2.0


def test_a_method_is_named_with_its_class():
    folded = fold([(under_worker(frame("fit", owner="Model")), 1.0)])
    assert folded["tree"][0][0] == "Model.fit"


def test_what_has_no_source_is_charged_to_its_caller():
    folded = fold([(under_worker(frame("f"), "sorted\x00<built-in>\x000"), 1.0)])
    assert flat(folded["tree"]) == {"f": (1.0, 1.0)}


def test_an_edge_tells_the_line_that_called():
    stack = under_worker(frame("f", first=1, line=4), frame("g", first=10, line=12))
    assert fold([(stack, 1.0)])["edges"] == [["/project/a.py", 4, "/project/a.py", 10, 1.0]]


def test_edges_pass_libraries_over():
    stack = under_worker(
        frame("f", first=1, line=4),
        frame("encode", file=LIBRARY, first=9, line=9),
        frame("g", first=10, line=12),
    )
    assert fold([(stack, 1.0)])["edges"] == [["/project/a.py", 4, "/project/a.py", 10, 1.0]]


def test_the_time_of_a_recursion_passes_once_over_an_edge():
    deep = [frame("even", first=1, line=2), frame("odd", first=5, line=6)] * 3
    edges = fold([(under_worker(*deep), 1.0)])["edges"]
    assert sorted(edges) == [
        ["/project/a.py", 2, "/project/a.py", 5, 1.0],
        ["/project/a.py", 6, "/project/a.py", 1, 1.0],
    ]


def test_a_function_that_calls_itself_has_no_edge():
    stack = under_worker(*[frame("f", first=1, line=2)] * 3)
    assert fold([(stack, 1.0)])["edges"] == []


def test_frames_below_the_greatest_depth_are_charged_to_it():
    stack = under_worker(*(frame(f"f{i}", first=i + 1) for i in range(DEPTH_AT_MOST + 50)))
    found = flat(fold([(stack, 1.0)])["tree"])
    assert len(found) == DEPTH_AT_MOST
    assert found[f"f{DEPTH_AT_MOST - 1}"] == (1.0, 1.0)


def test_thin_branches_are_cut_and_their_time_stays_with_the_caller():
    thick = (under_worker(frame("f"), frame("thick")), 1.0)
    thin = (under_worker(frame("f"), frame("thin")), 0.0001)
    folded = fold([thick, thin])
    found = flat(folded["tree"])
    assert "thin" not in found
    assert found["f"][1] == folded["total_s"] == pytest.approx(1.0001)


def test_no_samples_make_no_tree():
    assert fold([]) == {"total_s": 0.0, "outside_s": 0.0, "tree": [], "edges": []}


stacks = st.lists(st.sampled_from("abc"), max_size=6)


@given(st.lists(st.tuples(stacks, st.integers(1, 9)), max_size=20))
def test_every_second_is_somewhere(samples):
    folded = fold([(under_worker(*map(frame, names)), float(seconds)) for names, seconds in samples])
    assert folded["total_s"] + folded["outside_s"] == math.fsum(seconds for _, seconds in samples)
    assert sum(own for own, _ in flat(folded["tree"]).values()) == folded["total_s"]


def test_the_interpreter_s_and_installed_packages_are_libraries():
    assert is_library(LIBRARY)
    assert is_library("/somewhere/lib/python3.11/site-packages/numpy/core.py")
    assert is_library("<string>")
    assert not is_library("/project/a.py")


SPINNING = """
import time

def inner(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(200))

def outer():
    inner(0.1)

if __name__ == "__main__":
    outer()
"""


def test_a_real_profile_names_what_ran(tmp_path):
    target = script(tmp_path, SPINNING)
    done, answer = serve(tmp_path, "cpu", target, names=["script.py"], options={"seconds": 1.0})
    assert done.returncode == 0, done.stderr
    (record,) = answer["records"]
    found = flat(record["tree"])
    assert record["calls"] == 1
    assert record["samples"] > 10
    assert found["outer"][1] > 0.8 * record["total_s"]
    # A sample may fall before the module's first line.
    assert found["<module>"][1] == pytest.approx(record["total_s"], rel=0.05)
    assert answer["process"]["tool"] == "pyinstrument"


def test_a_callable_is_repeated_after_a_first_call_outside(tmp_path):
    script(
        tmp_path,
        SPINNING + "\ndef count(calls=[0]):\n    calls[0] += 1\n    outer()\n    print(calls[0])\n",
        "mod.py",
    )
    target = {"kind": "callable", "cases": [{"name": "mod:count", "function": "mod:count"}]}
    done, answer = serve(tmp_path, "cpu", target, options={"seconds": 0.15})
    assert len(done.stdout.split()) == 1 + answer["records"][0]["calls"]
