"""Whether ``perfwatch prove`` tells right, at its defaults, what is known of twenty pairs.

Ten candidates are equal and faster, three equal and not faster, four differ by a
little, three fail. Prints what each came to, and how long it took.

    $ python benchmarks/prove_pairs.py --repeats 3
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = """
import bisect
import ctypes

import numpy as np
import pandas as pd


def numbers(size=20_000, seed=0):
    return (np.random.default_rng(seed).random(size),)


def words(size=3_000):
    return ([f"word{number * 7919 % size}" for number in range(size)], [f"word{number}" for number in range(0, 2 * size, 40)])


def squares_loop(x):
    total = np.empty_like(x)
    for place, value in enumerate(x):
        total[place] = value * value + 1.0
    return total


def squares_array(x):
    return x * x + 1.0


def found_in_list(known, wanted):
    return [word in known for word in wanted]


def found_in_set(known, wanted):
    known = set(known)
    return [word in known for word in wanted]


def text_added(x):
    text = ""
    for value in x.tolist():
        text = text + f"{value:.3f};"
    return text


def text_joined(x):
    return "".join(["%.3f;" % value for value in x.tolist()])


def distances_loop(x):
    points = x[:360].reshape(-1, 3)
    found = np.zeros((len(points), len(points)))
    for i, one in enumerate(points):
        for j, other in enumerate(points):
            found[i, j] = np.sqrt(((one - other) ** 2).sum())
    return found


def distances_array(x):
    points = x[:360].reshape(-1, 3)
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))


def fibonacci_tree(x):
    def number(n):
        return n if n < 2 else number(n - 1) + number(n - 2)

    return number(18)


def fibonacci_line(x):
    one, other = 0, 1
    for _ in range(18):
        one, other = other, one + other
    return one


def places_scanned(x):
    edges = np.sort(x)[:500].tolist()
    return [next((at for at, edge in enumerate(edges) if edge >= value), len(edges)) for value in x[:500].tolist()]


def places_halved(x):
    edges = np.sort(x)[:500].tolist()
    return [bisect.bisect_left(edges, value) for value in x[:500].tolist()]


def rows_summed(x):
    frame = pd.DataFrame({"a": x[:500], "b": x[500:1000]})
    total = 0.0
    for _, row in frame.iterrows():
        total += row["a"] * row["b"]
    return total


def columns_summed(x):
    frame = pd.DataFrame({"a": x[:500], "b": x[500:1000]})
    return float((frame["a"] * frame["b"]).sum())


def powers(x):
    return sum(coefficient * x**power for power, coefficient in enumerate(range(1, 12)))


def horner(x):
    found = np.zeros_like(x)
    for coefficient in range(11, 0, -1):
        found = found * x + coefficient
    return found


def frame_of_dicts(x):
    return pd.DataFrame([{"size": value, "double": 2 * value} for value in x[:5_000].tolist()])


def frame_of_columns(x):
    return pd.DataFrame({"size": x[:5_000], "double": 2 * x[:5_000]})


def product_loop(x):
    left, right = x[:900].reshape(30, 30), x[900:1800].reshape(30, 30)
    found = np.zeros((30, 30))
    for i in range(30):
        for j in range(30):
            total = 0.0
            for k in range(30):
                total += left[i, k] * right[k, j]
            found[i, j] = total
    return found


def product_dot(x):
    return x[:900].reshape(30, 30) @ x[900:1800].reshape(30, 30)


def squares_copied(x):
    total = np.empty_like(x)
    for place, value in enumerate(x):
        total[place] = value * value + 1.0
    return total


def squares_remembered(x):
    known = {}
    total = np.empty_like(x)
    for place, value in enumerate(x):
        if value not in known:
            known[value] = value * value + 1.0
        total[place] = known[value]
    return total


def powers_twice(x):
    for _ in range(2):
        found = powers(x.copy())
    return found


def spread(x):
    return {"mean": x.mean(), "deviation": x.std(ddof=1)}


def spread_of_all(x):
    return {"mean": x.mean(), "deviation": x.std()}


def total(x):
    return np.cumsum(x)


def total_in_single(x):
    return np.cumsum(x.astype(np.float32)).astype(np.float64)


def order(x):
    return np.argsort(np.floor(x * 50), kind="stable")


def order_unstable(x):
    return np.argsort(np.floor(x * 50), kind="quicksort")


def scaled(x):
    return x / x.max()


def scaled_in_place(x):
    x /= x.max()
    return x.copy()


def refuses(x):
    raise ArithmeticError("it does not converge")


def other_signature(x, tolerance):
    return x


def crashes(x):
    return ctypes.string_at(0)
"""
PROVED, NOT_FASTER = {"proved"}, {"same-speed", "slower"}
DIFFERENT, FAILS = {"different-answer"}, {"fails"}
PAIRS = [
    ("squares_loop", "squares_array", "numbers", PROVED),
    ("found_in_list", "found_in_set", "words", PROVED),
    ("text_added", "text_joined", "numbers", PROVED),
    ("distances_loop", "distances_array", "numbers", PROVED),
    ("fibonacci_tree", "fibonacci_line", "numbers", PROVED),
    ("places_scanned", "places_halved", "numbers", PROVED),
    ("rows_summed", "columns_summed", "numbers", PROVED),
    ("powers", "horner", "numbers", PROVED),
    ("frame_of_dicts", "frame_of_columns", "numbers", PROVED),
    ("product_loop", "product_dot", "numbers", PROVED),
    ("squares_loop", "squares_copied", "numbers", NOT_FASTER),
    ("squares_loop", "squares_remembered", "numbers", NOT_FASTER),
    ("powers", "powers_twice", "numbers", NOT_FASTER),
    ("spread", "spread_of_all", "numbers", DIFFERENT),
    ("total", "total_in_single", "numbers", DIFFERENT),
    ("order", "order_unstable", "numbers", DIFFERENT),
    ("scaled", "scaled_in_place", "numbers", DIFFERENT),
    ("squares_array", "refuses", "numbers", FAILS),
    ("squares_array", "other_signature", "numbers", FAILS),
    ("squares_array", "crashes", "numbers", FAILS),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument(
        "-k", dest="keyword", default="", help="only pairs whose candidate's name has this in it"
    )
    arguments = parser.parse_args()
    chosen = [pair for pair in PAIRS if arguments.keyword in pair[1]]
    for repeat in range(arguments.repeats):
        right, seconds = 0, []
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "pairs.py").write_text(SOURCE, encoding="utf-8")
            Path(folder, "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
            for reference, candidate, inputs, truth in chosen:
                started = time.monotonic()
                proof = proved(folder, reference, candidate, inputs)
                seconds.append(time.monotonic() - started)
                is_right = proof["verdict"] in truth
                right += is_right
                mark = "right" if is_right else "WRONG"
                print(
                    f"{mark}  {candidate:20} {proof['verdict']:17} {seconds[-1]:5.1f} s  {proof['reason'][:90]}"
                )
        print(
            f"run {repeat + 1}: {right} of {len(chosen)} right, {statistics.median(seconds):.1f} s each (median)\n"
        )


def proved(folder, reference, candidate, inputs):
    command = [sys.executable, "-m", "perfwatch", "prove", f"pairs:{reference}", f"pairs:{candidate}"]
    options = ["--inputs", f"pairs:{inputs}", "--json", "proof.json", "--quiet"]
    subprocess.run([*command, *options], cwd=folder, check=True, timeout=900)
    return json.loads(Path(folder, "proof.json").read_text(encoding="utf-8"))["proofs"][0]


if __name__ == "__main__":
    main()
