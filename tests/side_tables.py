"""Two sides at a table for tests: projects of one module each, played without a gate around them."""

from __future__ import annotations

import os
import sys
import textwrap
from random import Random

from builders import make_target

from perfwatch.collect.ownership import Ownership
from perfwatch.measure.setting import Setting
from perfwatch.measure.side_by_side import SideBySide, Table
from perfwatch.measure.streams import Input
from perfwatch.records.pairing import Side, Stage, Want
from perfwatch.records.plan import Plan, Recorded
from perfwatch.records.run import TargetKind

WORK = """
def work():
    total = 0
    for number in range({rounds}):
        total += number
    return total
"""
#: Work whose length no neighbour on the machine can halve.
WAIT = """
import time

def work():
    time.sleep({seconds})
"""


def setting_of(folder, source):
    """A side: a project folder with one module, and a scratch folder of its own."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    (folder / "bench.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return Setting(
        root=folder,
        cwd=folder,
        interpreter=sys.executable,
        environment={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        folder=scratch,
        ownership=Ownership(root=folder, cwd=folder, libraries=(sys.prefix, sys.base_prefix)),
        stdin=Input(0, scratch),
    )


def table_of(tmp_path, base, head, *, plan=None):
    settings = {
        side: setting_of(tmp_path / side.value, source)
        for side, source in ((Side.BASE, base), (Side.HEAD, head), (Side.TWIN, base))
    }
    target = make_target(kind=TargetKind.CALLABLE, module="bench", function="work", path=None)
    return Table(target, settings, plan or Plan(), Recorded(), Random(1))


def asking_for(count, *, against=Side.HEAD, name="bench:work"):
    """Ask for so many pairs, and then for nothing."""
    want = Want(benchmark=name, stage=Stage.SCREEN, pairs_count=count, against=against)
    return lambda timings, over: (want,) if len(timings) < count and name not in over else ()


def played(table, wanted, name="bench:work"):
    found = SideBySide()
    table.measure((name,), wanted, found)
    return found


class CrampedTable(Table):
    """A table in a place where memory is nearly used up."""

    free_bytes = staticmethod(lambda: 1_000_000)
