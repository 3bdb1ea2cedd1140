"""What ``perfwatch.watch`` adds to each call: of a function that does nothing, and of one of 1 ms beside one that is left alone.

For scale: what a reading of the clock costs here, and a decorator that only calls.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time

from paired import median_interval, paired

import perfwatch

CALLS = 20_000
SHORT_CALLS = 200
NANOSECONDS_AT_MOST = 1_000
RATIO_AT_MOST = 1.01


def nothing():
    return None


def plain(function):
    @functools.wraps(function)
    def called(*args, **kwargs):
        return function(*args, **kwargs)

    return called


def work():
    """About a millisecond of arithmetic."""
    return sum(i * i for i in range(12_000))


def per_call_ns(function, calls=CALLS):
    """Processor time of a call: nothing here waits, and another process's turn is none of its cost."""
    started = time.thread_time_ns()
    for _ in range(calls):
        function()
    return (time.thread_time_ns() - started) / calls


def in_blocks(block):
    def entered():
        with block:
            pass

    return entered


def added_ns(function, other, rounds):
    """What ``function`` takes more than ``other``: the median over rounds in which they took turns, and its interval."""
    differences = []
    for _ in range(rounds):
        first, second = per_call_ns(other), per_call_ns(function)
        third, fourth = per_call_ns(function), per_call_ns(other)
        differences.append((second + third - first - fourth) / 2)
    bounds = median_interval(differences)
    interval = "no interval" if bounds is None else f"[{bounds[0]:.0f}, {bounds[1]:.0f}]"
    return f"{statistics.median(differences):.0f} ns {interval}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="turns of each comparison")
    rounds = parser.parse_args().rounds
    print(f"a reading of the clock: {per_call_ns(time.perf_counter_ns):.0f} ns")
    print(f"a decorator that only calls adds {added_ns(plain(nothing), nothing, rounds)} to a call")
    limited = perfwatch.watch(slower_than=10)(nothing)
    print(
        f"perfwatch.watch adds {added_ns(limited, nothing, rounds)} to a call, target at most {NANOSECONDS_AT_MOST} ns"
    )
    empty = in_blocks(perfwatch.watch("block"))
    print(f"a with block of perfwatch.watch takes {added_ns(empty, nothing, rounds)}")
    watched = perfwatch.watch(work)
    ratio = paired(lambda: per_call_ns(work, SHORT_CALLS), lambda: per_call_ns(watched, SHORT_CALLS), rounds)
    print(f"watched / left alone, 1 ms of work: {ratio}, target at most {RATIO_AT_MOST:.2f}x")


if __name__ == "__main__":
    main()
