"""How far sessions of unchanged code lie apart, on the wall clock and on the processor clock.

The three bodies of ``gate_accuracy.py`` are measured again and again by ``perfwatch run``, with pauses between
(the weather changes), each session as a stored run would be. Prints for each body and weather the standard
deviation between sessions on either clock, the clock that the rule for stored baselines chooses, and the smallest
change that one more session could show after five on either (Student's t with four degrees of freedom).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from gate_accuracy import BODIES, ONE_THREAD, sky

from perfwatch.compare.session_clock import session_clock
from perfwatch.records.timing import ProcessTiming, per_call_ns
from perfwatch.stats.student import quantile

SESSIONS_NEEDED = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=8, help="of each body and weather [8]")
    parser.add_argument("--body", choices=BODIES, action="append")
    parser.add_argument("--weather", choices=("quiet", "noisy"), action="append")
    arguments = parser.parse_args()
    os.environ.update(ONE_THREAD)
    print(f"{'body':10}{'weather':>9}{'wall':>9}{'processor':>11}{'chosen':>8}  smallest visible change")
    for body in arguments.body or list(BODIES):
        for weather in arguments.weather or ("quiet", "noisy"):
            with tempfile.TemporaryDirectory(prefix="perfwatch-sessions-") as folder:
                text = BODIES[body][1].format(rounds=BODIES[body][0])
                (Path(folder) / "body.py").write_text(text, encoding="utf-8")
                sessions = []
                for _ in range(arguments.sessions):
                    with sky(weather):
                        sessions.append(session(Path(folder)))
                    time.sleep(random.uniform(0.0, 1.0))
            show(body, weather, sessions)


def session(folder):
    """The processes of one run."""
    subprocess.run(
        [
            *(sys.executable, "-m", "perfwatch", "run", "body:work"),
            *("--passes", "timing", "--json", "out.json"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    (benchmark,) = json.loads((folder / "out.json").read_text(encoding="utf-8"))["benchmarks"]
    return [
        ProcessTiming(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}
        )
        for one in benchmark["timing"]["processes"]
    ]


def show(body, weather, sessions):
    """One row."""
    spreads = {
        clock: statistics.stdev(
            statistics.fmean(math.log(per_call_ns(one, getattr(one, f"{clock}_ns"))) for one in processes)
            for processes in sessions
        )
        for clock in ("wall", "cpu")
    }
    *before, last = sessions
    chosen, _ = session_clock([one for processes in before for one in processes], last)
    reach = quantile(0.975, SESSIONS_NEEDED - 1) * math.sqrt(1 + 1 / SESSIONS_NEEDED)
    visible = ", ".join(f"{clock} {math.expm1(reach * spread):.1%}" for clock, spread in spreads.items())
    print(
        f"{body:10}{weather:>9}{spreads['wall']:>9.2%}{spreads['cpu']:>11.2%}{chosen:>8}  {visible}",
        flush=True,
    )


if __name__ == "__main__":
    main()
