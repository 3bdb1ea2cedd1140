"""How much pairs of identical code differ with one layout in memory for both sides, and with each process's own.

The three bodies of ``gate_accuracy.py`` take turns with themselves, in both ways, series by series in an
order that chance decides; with ``--whole`` as scripts of about a quarter of a second. Prints the standard deviation between pairs, the one that the middle half of them
tells, and how many times as many pairs the own layouts need for the same error.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from gate_accuracy import BODIES, sky
from side_tables import asking_for, may_choose_addresses, played, table_of

from perfwatch.compare.paired import pair_values
from perfwatch.measure import layout

#: The quartiles of a normal distribution are so many standard deviations apart.
QUARTILES_APART = 1.349
#: So many calls of each body make a script.
CALLS = {"loop": 400, "numpy": 20, "algebra": 25}


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
    bodies = arguments.body or list(BODIES)
    order = [(body, shared) for body in bodies for shared in (True, False)] * arguments.series
    random.shuffle(order)
    values = {key: [] for key in order}
    with sky(arguments.weather):
        for body, shared in order:
            layout.may_be_shared = lambda shared=shared: shared
            values[body, shared] += series(body, arguments.pairs, whole=arguments.whole)
    print(f"{'body':10}{'layouts':>10}{'pairs':>7}{'deviation':>11}{'by quartiles':>14}")
    for body in bodies:
        for shared in (False, True):
            found = values[body, shared]
            print(
                f"{body:10}{'shared' if shared else 'own':>10}{len(found):>7}"
                f"{statistics.stdev(found):>11.2%}{by_quartiles(found):>14.2%}"
            )
        ratio = (by_quartiles(values[body, False]) / by_quartiles(values[body, True])) ** 2
        print(f"{'':10}own layouts need {ratio:.1f} times as many pairs for the same error (by quartiles)")


def series(body, count, *, whole):
    """The values of so many pairs of a body and its copy."""
    rounds, source = BODIES[body]
    text, name = source.format(rounds=rounds), "bench:work"
    if whole:
        text, name = f"{text}\nfor _ in range({CALLS[body]}):\n    work()\n", "bench.py"
    with tempfile.TemporaryDirectory(prefix="perfwatch-layout-") as folder:
        table = table_of(Path(folder), text, text, whole=whole)
        return pair_values(played(table, asking_for(count, name=name), name).timings, "cpu")


def by_quartiles(values):
    """The standard deviation of a normal distribution whose quartiles lie as far apart."""
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / QUARTILES_APART


if __name__ == "__main__":
    main()
