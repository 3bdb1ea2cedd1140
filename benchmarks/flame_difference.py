"""How often a differential flame graph colours the slowed function and its callers, and nothing else.

The pairs of commits are those of ``red_to_function``: one of six nested functions is given
more work, another is edited without a change of its work. What is coloured is what the
gate's own JSON calls slower or faster, path by path. One repeat a call, or several; rows
are appended, so that it can stop and go on:

    python benchmarks/flame_difference.py --rows rows.jsonl --repeats 10
    python benchmarks/flame_difference.py --rows rows.jsonl --report

It must not read anything but the gate's JSON for its answer, and must not judge a colour
by itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from red_to_function import REPEATS, gated, prepared

#: Who calls each function, up to the outermost.
CALLERS = {
    "pair_force": ("gravity", "step", "run"),
    "gravity": ("step", "run"),
    "advance": ("step", "run"),
    "step": ("run",),
    "energy": ("run",),
}


def repeat(number: int, folder: Path) -> dict[str, Any]:
    """Slow one function, gate, and return what is coloured."""
    culprit, share = prepared(number, folder)
    started = time.monotonic()
    report, said = gated(folder)
    comparison = report["benchmarks"][0]["comparison"][0]
    found = next(iter(report["gate"]["functions"]), None)
    paths = found["paths"] if found else []
    return {
        "repeat": number,
        "culprit": culprit,
        "share": share,
        "verdict": comparison["verdict"],
        "wanted": sorted((culprit, *CALLERS[culprit])),
        "slower": sorted(one["function"] for one in paths if one["verdict"] == "slower"),
        "faster": sorted(one["function"] for one in paths if one["verdict"] == "faster"),
        "paths": len(paths),
        "said": "" if found else comparison["reason"] + said,
        "seconds": round(time.monotonic() - started, 1),
    }


def right(row: dict[str, Any]) -> bool:
    """Whether the function and its callers are coloured as slower, and nothing else is coloured."""
    return row["slower"] == row["wanted"] and not row["faster"]


def main() -> None:
    """Run repeats, or count what the rows say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=Path, required=True, help="where rows are appended")
    parser.add_argument("--repeats", type=int, default=0, help=f"how many to run, {len(REPEATS)} at most")
    parser.add_argument("--first", type=int, default=0, help="which one to begin with")
    parser.add_argument("--report", action="store_true", help="count what the rows say")
    asked = parser.parse_args()
    for number in range(asked.first, min(asked.first + asked.repeats, len(REPEATS))):
        with tempfile.TemporaryDirectory() as folder:
            row = repeat(number, Path(folder))
        with asked.rows.open("a", encoding="utf-8") as rows:
            rows.write(json.dumps(row) + "\n")
        print(json.dumps(row))
    if asked.report:
        found = [json.loads(line) for line in asked.rows.read_text(encoding="utf-8").splitlines()]
        red = [row for row in found if row["verdict"] == "slower"]
        print(
            f"{sum(map(right, red))} of {len(red)} pictures colour the slowed function and its callers, "
            f"and nothing else ({len(found)} repeats)"
        )


if __name__ == "__main__":
    main()
