"""Two sides at a table for tests: projects of one module each, played without a gate around them."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import textwrap
from pathlib import Path
from random import Random

import pytest
from builders import make_target

from perfwatch.collect.ownership import Ownership
from perfwatch.measure.layout import drawn
from perfwatch.measure.runner import Execution, execute
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


def table_of(tmp_path, base, head, *, plan=None, whole=False):
    """A table for a function of the module, or for the module as a whole program (benchmark ``bench.py``)."""
    settings = {
        side: setting_of(tmp_path / side.value, source)
        for side, source in ((Side.BASE, base), (Side.HEAD, head), (Side.TWIN, base))
    }
    if whole:
        script = settings[Side.HEAD].root / "bench.py"
        target = make_target(kind=TargetKind.SCRIPT, name="bench.py", path=str(script))
    else:
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


#: Two whole programs run at the same time only where it can be told what each was queued for.
queues_are_told = pytest.mark.skipif(
    not os.access("/proc/self/schedstat", os.R_OK), reason="this kernel keeps no account of queues"
)


@functools.cache
def may_choose_addresses():
    """Whether this system lets a process be put at a place in memory, found by trying."""
    stack_bytes = drawn(Random(1)).stack_bytes
    if stack_bytes is None:
        return False
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open() as nothing:
        command = (sys.executable, "-c", "pass")
        return execute(
            Execution(
                command=command,
                cwd=Path(folder),
                environment=os.environ,
                folder=Path(folder),
                stdin=nothing.fileno(),
                stack_bytes=stack_bytes,
            )
        ).placed


class CrampedTable(Table):
    """A table in a place where memory is nearly used up."""

    free_bytes = staticmethod(lambda: 1_000_000)
