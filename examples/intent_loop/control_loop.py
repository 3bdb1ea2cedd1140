"""Follow one hand after another with a robot: observation in, control out, for as long as asked."""

import argparse
import itertools
import time

import numpy as np

from perfwatch.workloads.intent import pipeline

FORMS = {
    "reference": pipeline.Parts(
        beliefs=pipeline.belief.recomputed, model=pipeline.searching, controller=pipeline.mpc.Cold
    ),
    "fixed-kernel": pipeline.Parts(
        beliefs=pipeline.belief.recomputed, model=pipeline.factorising, controller=pipeline.mpc.Cold
    ),
    "fast": pipeline.FAST,
}


def follow(asked, parts):
    """Hold one session; give the milliseconds of each call."""
    session = pipeline.Session(asked, parts)
    waited_ms = []
    while True:
        began = time.perf_counter()
        try:
            session.observe()
        except StopIteration:
            return waited_ms
        waited_ms.append(1e3 * (time.perf_counter() - began))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="0 goes on until Ctrl-C")
    parser.add_argument("--form", choices=FORMS, default="reference")
    parser.add_argument("--size", choices=("small", "medium"), default="small")
    given = parser.parse_args()

    hands = [pipeline.inputs(given.size, seed) for seed in range(4)]
    print("ready", flush=True)
    waited_ms, began = [], time.perf_counter()
    try:
        for asked in itertools.cycle(hands):
            waited_ms += follow(asked, FORMS[given.form])
            del waited_ms[:-100_000]
            if given.seconds and time.perf_counter() - began > given.seconds:
                break
    except KeyboardInterrupt:
        pass
    if waited_ms:
        within = np.mean(np.array(waited_ms) <= 1e3 * pipeline.TARGET_S)
        print(f"calls: {len(waited_ms)}")
        print(f"median: {np.median(waited_ms):.2f} ms")
        print(f"slowest of a hundred: {np.percentile(waited_ms, 99):.2f} ms")
        print(f"within 10 ms: {100 * within:.0f} %")


if __name__ == "__main__":
    main()
