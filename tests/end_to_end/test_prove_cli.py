"""A proof from the command line: right answers are timed, wrong ones never, and what breaks is told."""

from __future__ import annotations

import json
import sys

import pytest
from bad_input import assert_ctrl_c_ends_it, assert_refused, new_token, write
from running import PERFWATCH, living, perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

SHORT = ("--per-benchmark", "6s", "--no-progress", "--json", "proof.json")
SOURCE = """
import ctypes
import random
import sqlite3
import threading
import time
import warnings

import numpy as np


def inputs(size=2000, seed=0):
    return (np.random.default_rng(seed).random(size),)


def plain(x):
    found = np.empty_like(x)
    for place, value in enumerate(x):
        found[place] = value * value + 1.0
    return found


def fast(x):
    return x * x + 1.0


def off_by_a_little(x):
    return x * x + 1.0 + 1e-7 * (x > 0.5)


def raises(x):
    raise ArithmeticError("it does not converge")


def crashes(x):
    return ctypes.string_at(0)


def hangs(x):
    time.sleep(600)


def takes_more(x, tolerance):
    return x


def in_place(x):
    x *= x
    x += 1.0
    return x


def in_place_slowly(x):
    for place, value in enumerate(x):
        x[place] = value * value + 1.0
    return x


def warns(x):
    warnings.warn("rounded", RuntimeWarning)
    return fast(x)


def shares(x):
    return x


def copies(x):
    return x.copy()


def drawn_slowly(x):
    for value in x.tolist():
        yield sum([value] * 5) / 5


def drawn(x):
    for value in x.tolist():
        yield value


def dice(x):
    return [random.random() for _ in range(2000)]


def fair_dice(x):
    return np.random.default_rng().random(2000).tolist()


def loaded_dice(x):
    return (np.random.default_rng().random(2000) ** 1.2).tolist()


def locked(x):
    return {"lock": threading.Lock()}


def rows(x, *, scale=1.0):
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    values = [(number, value * scale) for number, value in enumerate(x.tolist())]
    connection.execute("create table points (number, value)")
    connection.executemany("insert into points values (?, ?)", values)
    found = connection.execute("select * from points order by number").fetchmany(50)
    connection.close()
    return found


def fewer_rows(x):
    return rows(x[:50])


def scaled_rows(x):
    return rows(x, scale=2.0)


def start_up_then_fast(x):
    time.sleep(0)
    total = 0.0
    for number in range(4000):
        total += number
    return x * x + 1.0


def by_the_mean(inputs, references, candidates):
    apart = max(abs(float(np.mean(a) - np.mean(b))) for a, b in zip(references, candidates))
    return "" if apart < 0.05 else f"means are {apart:.2f} apart"
"""


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "", "pyproject.toml")
    write(tmp_path, SOURCE, "forms.py")
    return tmp_path


def proved(folder, reference, candidate, *options, variables=None):
    """What a proof said, from its JSON document."""
    words = (
        "prove",
        f"forms:{reference}",
        f"forms:{candidate}",
        "--inputs",
        "forms:inputs",
        *SHORT,
        *options,
    )
    done = perfwatch(*words, cwd=folder, env=variables)
    assert done.returncode == 0, done.stderr
    document = json.loads((folder / "proof.json").read_text())
    assert document["schema"] == "perfwatch.proofs/1"
    (proof,) = document["proofs"]
    return proof, done


@pytest.mark.smoke
def test_a_faster_candidate_with_the_same_answer_is_proved(folder):
    proof, done = proved(folder, "plain", "fast")
    assert proof["verdict"] == "proved"
    (size,) = proof["sizes"]
    assert size["ratio"] < 0.5
    assert size["interval"][0] <= size["ratio"] <= size["interval"][1]
    assert size["memory_ratio"] > 0
    assert size["difference"]["equal"]
    assert "times as fast" in done.stdout
    (reports,) = (folder / ".perfwatch" / "reports").iterdir()
    assert (reports / "proofs.json").read_text() == (folder / "proof.json").read_text()
    assert "times as fast" in (reports / "index.html").read_text()


@pytest.mark.parametrize(
    ("reference", "candidate", "verdict", "said"),
    [
        ("fast", "off_by_a_little", "different-answer", "elements differ"),
        ("plain", "raises", "fails", "it does not converge"),
        ("plain", "crashes", "fails", "SIGSEGV"),
        ("plain", "takes_more", "fails", "tolerance"),
        ("plain", "in_place", "different-answer", "the candidate changes it"),
        ("fast", "warns", "different-answer", "RuntimeWarning"),
        ("copies", "shares", "different-answer", "shares memory"),
        ("dice", "fair_dice", "undecided", "disagrees with itself"),
        ("locked", "locked", "undecided", "even what the reference returns twice); a rule of your own"),
        ("rows", "scaled_rows", "different-answer", "differ by their own =="),
    ],
)
def test_what_is_not_the_same_answer_is_never_timed(folder, reference, candidate, verdict, said):
    proof, _ = proved(folder, reference, candidate)
    assert proof["verdict"] == verdict
    assert said in proof["reason"]
    assert all(size["ratio"] is None for size in proof["sizes"])


def test_objects_that_cannot_travel_are_compared_in_the_process_that_holds_them(folder):
    proof, _ = proved(folder, "rows", "fewer_rows")
    assert proof["verdict"] == "proved", proof["reason"]
    assert "sqlite3.Row: compared where both sides' objects were, by their own ==" in proof["notes"]


def test_a_candidate_that_hangs_fails_and_leaves_no_process(folder):
    token = new_token()
    proof, _ = proved(folder, "plain", "hangs", variables={"PERFWATCH_TIMEOUT": "3s", "MARK": token})
    assert proof["verdict"] == "fails"
    assert not living(token)


def test_arguments_that_both_sides_change_are_made_anew_for_each_call(folder):
    proof, _ = proved(folder, "in_place_slowly", "in_place")
    assert proof["verdict"] == "proved", proof["reason"]


def test_generators_are_timed_to_their_last_item(folder):
    proof, _ = proved(folder, "drawn_slowly", "drawn")
    assert proof["verdict"] == "proved", proof["reason"]
    assert proof["sizes"][0]["reference_ns"] > 50_000


@pytest.mark.parametrize(
    ("candidate", "options", "equal"),
    [
        ("fair_dice", ("--statistical",), True),
        ("loaded_dice", ("--statistical",), False),
        ("fair_dice", ("--rule", "forms:by_the_mean"), True),
    ],
)
def test_draws_are_held_against_each_other_as_distributions(folder, candidate, options, equal):
    proof, _ = proved(folder, "dice", candidate, "--ignore", "random-state", *options)
    (size,) = proof["sizes"]
    assert size["difference"]["equal"] is equal, proof["reason"]


@pytest.mark.long
def test_a_candidate_that_is_faster_from_a_size_on_says_from_which(folder):
    proof, done = proved(folder, "plain", "start_up_then_fast", "--sizes", "10,100000")
    assert proof["verdict"] == "proved", proof["reason"]
    assert proof["condition"].startswith("from size")
    low, high = proof["crossover"]["interval"]
    assert 10 < low <= proof["crossover"]["size"] <= high < 100_000
    assert len(proof["sizes"]) > 2
    assert "from size" in " ".join(done.stdout.split())


def test_two_programmes_are_proved_by_what_they_print_and_write(folder):
    write(
        folder,
        """
        import sys
        total = 0.0
        for number in range(int(sys.argv[1])):
            total += 0.1
        print(f"total {total:.17g}")
        with open("result.csv", "w") as file:
            file.write(f"x,{total}\\n")
        """,
        "add.py",
    )
    write(folder, (folder / "add.py").read_text().replace("0.1\n", "0.1000001\n"), "other.py")
    words = ("prove", "add.py 200000", "add.py 200000", "--output", "result.csv", *SHORT)
    done = perfwatch(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    (proof,) = json.loads((folder / "proof.json").read_text())["proofs"]
    assert proof["sizes"][0]["difference"]["equal"]
    assert proof["sizes"][0]["ratio"] is not None
    done = perfwatch("prove", "add.py 3000", "other.py 3000", *SHORT, cwd=folder)
    (proof,) = json.loads((folder / "proof.json").read_text())["proofs"]
    assert proof["verdict"] == "different-answer"
    assert "line 1" in proof["reason"]


def test_the_projects_own_experiments_gate(folder):
    write(
        folder,
        """
        [[tool.perfwatch.experiments]]
        name = "fast form"
        reference = "forms:plain"
        candidate = "forms:fast"
        inputs = "forms:inputs"

        [[tool.perfwatch.experiments]]
        name = "wrong form"
        reference = "forms:plain"
        candidate = "forms:off_by_a_little"
        inputs = "forms:inputs"
        """,
        "pyproject.toml",
    )
    assert perfwatch("prove", "--gate", "-k", "fast", *SHORT, cwd=folder).returncode == 0
    done = perfwatch("prove", "--gate", *SHORT, cwd=folder)
    assert done.returncode == 1
    assert "2 experiments: 1 proved, 1 different-answer" in done.stdout


def test_a_reference_that_fails_is_the_targets_failure(folder):
    done = perfwatch("prove", "forms:raises", "forms:fast", "--inputs", "forms:missing", *SHORT, cwd=folder)
    assert done.returncode == 2
    done = perfwatch("prove", "forms:crashes", "forms:fast", "--inputs", "forms:inputs", *SHORT, cwd=folder)
    assert done.returncode == 4
    assert "the reference itself fails" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (
            ("forms:plain",),
            2,
            ("nothing beside it", "A proof holds", "perfwatch prove forms:plain CANDIDATE"),
        ),
        ((), 5, ("no experiment", "Nothing was measured", "[[tool.perfwatch.experiments]]")),
        (
            ("forms:plain", "forms:fast", "--exact", "--rtol", "1"),
            2,
            ("do not go together", "same", "Keep one"),
        ),
        (
            ("forms:plain", "forms:fast", "--ignore", "dtypes"),
            2,
            ("nothing that an answer has", "Nothing was measured", "dtype"),
        ),
        (("forms:plain", "forms.py"), 2, ("not of one kind", "Both sides", "package.module")),
        (("forms:plain", "forms:fats", "--inputs", "forms:inputs"), 2, ("fats", "", "fast")),
        (("--rtol", "1"), 2, ("belongs to an experiment", "own tables", "REFERENCE")),
    ],
)
def test_words_that_make_no_proof_are_refused(folder, words, code, parts):
    assert_refused(perfwatch("prove", *words, cwd=folder), code, *parts)


def test_ctrl_c_ends_a_proof_and_everything_that_it_started(folder):
    write(
        folder,
        SOURCE + "\n\ndef waits(x):\n    open('begun', 'w').close()\n    time.sleep(600)\n",
        "forms.py",
    )
    command = [*PERFWATCH, "prove", "forms:waits", "forms:fast", "--inputs", "forms:inputs"]
    assert_ctrl_c_ends_it(command, folder, lambda _: (folder / "begun").exists())
