"""How much pairs of identical code differ with one layout in memory for both sides, and with each process's own.

With ``--whole`` the bodies are scripts of about a quarter of a second: one after the other, and at the same time.

The three bodies of ``gate_accuracy.py`` take turns with themselves, in each way, series by series in an
order that chance decides. Prints the standard deviation between pairs, the one that the middle half of them
tells, and how many times as many pairs the own layouts need for the same error.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from gate_accuracy import BODIES, ONE_THREAD, sky
from side_tables import asking_for, may_choose_addresses, played, table_of

from perfwatch.compare.paired import pair_values
from perfwatch.measure import layout
from perfwatch.records.plan import Plan

#: The quartiles of a normal distribution are so many standard deviations apart.
QUARTILES_APART = 1.349
#: So many calls of each body make a script.
CALLS = {"loop": 400, "numpy": 20, "algebra": 25}


#: Whether both sides share a layout, and whether programs are kept from running at the same time.
WAYS = {"own": (False, False), "shared": (True, False)}
WHOLE_WAYS = {
    "in turns, own": (False, True),
    "in turns, shared": (True, True),
    "together, own": (False, False),
    "together, shared": (True, False),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=24, help="in a series [24]")
    parser.add_argument("--series", type=int, default=2, help="of each body and way [2]")
    parser.add_argument("--body", choices=BODIES, action="append")
    parser.add_argument("--whole", action="store_true", help="as whole programs, not as functions")
    parser.add_argument("--weather", choices=("quiet", "noisy"), default="quiet")
    arguments = parser.parse_args()
    if not may_choose_addresses():
        sys.exit("This system lets nobody choose where processes lie: there is nothing to compare.")
    os.environ.update(ONE_THREAD)
    bodies, ways = arguments.body or list(BODIES), WHOLE_WAYS if arguments.whole else WAYS
    order = [(body, way) for body in bodies for way in ways] * arguments.series
    random.shuffle(order)
    values, took = {key: [] for key in order}, dict.fromkeys(order, 0.0)
    with sky(arguments.weather):
        for body, way in order:
            layout.may_be_shared = lambda shared=ways[way][0]: shared
            began = time.perf_counter()
            values[body, way] += series(body, arguments.pairs, whole=arguments.whole, apart=ways[way][1])
            took[body, way] += time.perf_counter() - began
    print(f"{'body':10}{'layouts':>18}{'pairs':>7}{'seconds':>9}{'deviation':>11}{'by quartiles':>14}")
    for body in bodies:
        for way in ways:
            found = values[body, way]
            print(
                f"{body:10}{way:>18}{len(found):>7}{took[body, way] / len(found):>9.2f}"
                f"{statistics.stdev(found):>11.2%}{by_quartiles(found):>14.2%}"
            )
        first, *_, last = ways
        ratio = (by_quartiles(values[body, first]) / by_quartiles(values[body, last])) ** 2
        print(f"{'':10}{first} needs {ratio:.1f} times as many pairs for the same error (by quartiles)")


def series(body, count, *, whole, apart):
    """The values of so many pairs of a body and its copy."""
    rounds, source = BODIES[body]
    text, name = source.format(rounds=rounds), "bench:work"
    if whole:
        text, name = f"{text}\nfor _ in range({CALLS[body]}):\n    work()\n", "bench.py"
    plan = Plan(per_benchmark_ns=Plan().budget_ns)
    with tempfile.TemporaryDirectory(prefix="perfwatch-layout-") as folder:
        table = table_of(Path(folder), text, text, whole=whole, plan=plan)
        table.programs.apart = apart
        return pair_values(played(table, asking_for(count, name=name), name).timings, "cpu")


def by_quartiles(values):
    """The standard deviation of a normal distribution whose quartiles lie as far apart."""
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / QUARTILES_APART


if __name__ == "__main__":
    main()
