"""How a target that meddles is run alone and under perfwatch, and what must hold of each."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from bad_input import assert_nobody_left, flat, new_token, write
from running import perfwatch, report_of

#: Each target spends nearly all of its time at the line marked HOT.
HOT = """
import os, sys
from hashlib import sha256

BLOCK = bytes(1_000_000)

def work(rounds):
    for _ in range(rounds):
        sha256(BLOCK)  # HOT

"""
EVERY_PASS = ("timing", "cpu", "lines", "memory", "io")
#: Executed once in each pass: it is the meddling that is looked at, not the figures.
ONCE = ("run", "--quick", "--passes", ",".join(EVERY_PASS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What perfwatch said and reported of one target, and what the target says alone."""

    done: subprocess.CompletedProcess
    alone: subprocess.CompletedProcess
    report: dict

    @property
    def benchmark(self):
        (benchmark,) = self.report["benchmarks"]
        return benchmark

    @property
    def passes(self):
        return {one["name"]: one for one in self.benchmark["passes"]}

    def line(self, text):
        """The reported line whose source has ``text`` in it, else nothing."""
        found = [one for one in self.benchmark["profiles"]["lines"] if text in one["source"]]
        return found[0] if found else None

    def told(self):
        """All that the passes say in words, and the whole message."""
        words = [one["reason"] + " " + " ".join(one["warnings"]) for one in self.benchmark["passes"]]
        return flat(" ".join([*words, self.done.stderr]))


def ran(folder, text, *command):
    """Run a target alone, then under perfwatch; nothing of either may stay."""
    write(folder, text)
    alone = subprocess.run(
        [sys.executable, "bad.py"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if not (folder / "bad.py").exists():
        write(folder, text)
    token = new_token()
    scratch = folder / "scratch"
    scratch.mkdir()
    done = perfwatch(
        *(command or (*ONCE, "bad.py")),
        cwd=folder,
        env={"MARK": token, "TMPDIR": str(scratch), "PERFWATCH_PROCESSES": "1", "PERFWATCH_SAMPLES": "120"},
    )
    assert_nobody_left(token)
    assert list(scratch.glob("perfwatch-*")) == []
    assert "itself failed" not in flat(done.stderr), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done=done, alone=alone, report=report_of(folder))


def assert_untouched(one):
    """The target said and returned what it says alone, and no pass holds its failure against it."""
    assert (one.done.stdout, one.done.returncode) == (one.alone.stdout, one.alone.returncode), one.done.stderr
    assert one.alone.returncode == 0, one.alone.stderr
    assert one.report["failures"] == []


def assert_told(one):
    """A pass that is anything but done says why."""
    assert set(one.passes) >= set(EVERY_PASS)
    silent = [name for name, made in one.passes.items() if made["state"] != "done" and not made["reason"]]
    assert silent == []
    assert one.passes["timing"]["state"] == "done"


def assert_hot(one, hits=None):
    """The hot line is seen with most of the time; its hits are right, or their lack is explained."""
    hot = one.line("# HOT")
    assert hot is not None, (one.told(), one.benchmark["profiles"]["lines"])
    others = [
        seen["time_ns"] or 0.0
        for seen in one.benchmark["profiles"]["lines"]
        if not seen["source"].lstrip().startswith(("import ", "from "))
    ]
    assert (hot["time_ns"] or 0.0) > 0.5 * sum(others), (one.told(), one.benchmark["profiles"]["lines"])
    if hits is not None and hot["hits_count"] != hits:
        assert hot["hits_count"] is None, "wrong hits are shown as if they were right"
        assert "hits" in one.told(), one.passes["lines"]
