"""One statement is watched through an execution, and the machine is tried beside it; the target notices nothing."""

from __future__ import annotations

import pytest
from serving import script, serve

PRODUCTS = """
import numpy as np

def smoothed(fields, kernel, count):
    total = 0.0
    for _ in range(count):
        made = fields @ kernel
        total += float(made[0, 0])
    return total

print(smoothed(np.ones((200, 300)), np.ones((300, 100)), 25))
"""


def served(folder, text, line, statement, *, name="smoothed", begins=4, last=None, seconds=100.0):
    target = script(folder, text)
    options = {
        "function": {"file": str(folder / "script.py"), "line": begins, "name": name},
        "first": line,
        "last": last or line,
        "statement": statement,
        "clean_seconds": {"script.py": seconds},
    }
    done, answer = serve(folder, "limits", target, names=["script.py"], options=options)
    (record,) = answer["records"]
    return done, record["limits"]


def test_each_execution_of_the_statement_is_counted_with_its_arrays(tmp_path):
    done, found = served(tmp_path, PRODUCTS, 7, "made = fields @ kernel")
    assert done.stdout.strip() == "7500.0"
    assert (found["count"], found["unknown"], found["stopped"]) == (25, "", "")
    assert found["flops"] == 25 * 2 * 200 * 300 * 100
    assert found["bytes"] == 25 * 8 * (200 * 300 + 300 * 100 + 200 * 100)
    assert found["sides"] == [200, 300, 100]
    assert found["products_per_s"] > 1e8
    assert found["memory_per_s"] > 1e7
    assert found["arithmetic_s"] + found["memory_s"] == pytest.approx(
        max(found["flops"] / found["products_per_s"], found["bytes"] / found["memory_per_s"])
    )


def test_a_statement_on_several_lines_is_one_execution_a_turn_and_is_timed_whole(tmp_path):
    text = PRODUCTS.replace("fields @ kernel", "np.dot(\n            fields,\n            kernel,\n        )")
    _, found = served(tmp_path, text, 7, "made = np.dot(fields, kernel)", last=10)
    assert found["count"] == 25
    # Thirty million operations are not done in less: the call at its end is in it.
    assert found["spent_ns"] > found["flops"] / found["products_per_s"] * 1e9 / 20


def test_a_pass_over_memory_is_held_against_passes_of_as_much(tmp_path):
    text = """
import numpy as np

def stepped(state, rate):
    for _ in range(10):
        state = state + rate
    return state

print(stepped(np.ones(100_000), np.ones(100_000)).sum())
"""
    _, found = served(tmp_path, text, 6, "state = state + rate", name="stepped")
    assert (found["count"], found["flops"], found["bytes"]) == (10, 0, 10 * 3 * 800_000)
    assert found["tried_bytes"] == 3 * 800_000
    assert found["memory_s"] > found["arithmetic_s"] == 0


def test_a_statement_at_the_module_s_own_level(tmp_path):
    text = "import numpy as np\na = np.ones((50, 50))\nfor _ in range(4):\n    b = a @ a\n"
    _, found = served(tmp_path, text, 4, "b = a @ a", name="<module>", begins=1)
    assert (found["count"], found["flops"]) == (4, 4 * 2 * 50**3)


def test_a_statement_that_raises_ends_where_it_raises(tmp_path):
    text = """
import numpy as np

def tried(a, vectors):
    found = 0
    for v in vectors:
        try:
            found = a + v
        except ValueError:
            found = -1
    return found

print(tried(np.ones(3), [np.ones(3), np.ones(3)]))
"""
    done, found = served(tmp_path, text, 8, "found = a + v", name="tried")
    assert done.stdout.split() == ["[2.", "2.", "2.]"]
    assert found["count"] == 2


@pytest.mark.parametrize(
    ("statement", "why"), [("made = helper(fields)", "helper"), ("made = fields ** 3.5", "Pow")]
)
def test_what_is_not_understood_ends_the_watch_and_says_why(tmp_path, statement, why):
    text = PRODUCTS.replace("made = fields @ kernel", statement).replace(
        "import numpy as np", "import numpy as np\nhelper = lambda x: x + 1.0"
    )
    done, found = served(tmp_path, text, 8, statement, begins=5)
    assert done.returncode == 0
    assert why in found["unknown"]
    assert "products_per_s" not in found


def test_a_recursion_through_the_statement_is_not_told_apart(tmp_path):
    text = """
import numpy as np

def folded(a, depth):
    return a + folded(a, depth - 1) if depth else a

print(folded(np.ones(3), 3)[0])
"""
    done, found = served(tmp_path, text, 5, "return a + folded(a, depth - 1) if depth else a", name="folded")
    assert done.stdout.strip() == "4.0"
    assert found["unknown"]


def test_watching_ends_when_it_has_cost_as_much_as_it_may(tmp_path):
    text = PRODUCTS.replace("300, 100)), 25", "300, 100)), 40_000").replace("(200, 300)", "(2, 300)")
    done, found = served(tmp_path, text, 7, "made = fields @ kernel", seconds=0.15)
    assert done.stdout.strip() == "12000000.0"
    assert 0 < found["count"] < 40_000
    assert "as much as it may" in found["stopped"]


def test_a_target_that_traces_itself_goes_on_doing_so_and_is_left_alone(tmp_path):
    tracing = """
import sys
entered = []
def noted(frame, event, argument):
    entered.append(frame.f_code.co_name)
sys.settrace(noted)
"""
    text = (
        PRODUCTS.replace("print(", f"{tracing}print(")
        + "print(entered.count('smoothed'), sys.gettrace() is noted)\n"
    )
    done, found = served(tmp_path, text, 7, "made = fields @ kernel")
    assert done.stdout.split() == ["7500.0", "1", "True"]
    assert found["count"] == 0


def test_a_watch_that_ends_early_leaves_the_target_s_own_trace_in_place(tmp_path):
    text = """
import sys
import numpy as np

def noted(frame, event, argument):
    return None

def work(a):
    sys.settrace(noted)
    b = np.exp(a)
    return b

print(work(np.zeros(3)).sum(), sys.gettrace() is noted)
"""
    done, found = served(tmp_path, text, 10, "b = np.exp(a)", name="work", begins=8)
    assert done.stdout.split() == ["3.0", "True"]
    assert found["unknown"] == "exp"


def test_a_statement_that_never_ran_has_no_amounts(tmp_path):
    _, found = served(tmp_path, PRODUCTS.replace(", 25)", ", 0)"), 7, "made = fields @ kernel")
    assert found["count"] == 0
    assert "products_per_s" not in found
