"""The table of everything that `perfwatch doctor` looks at, in the order in which it is shown.

A check is a function from a patient to what was seen. It must not change
anything on the machine, and it may break: that is then what is shown of it.
"""

from __future__ import annotations

from perfwatch.environment.checks import (
    attaching,
    clock,
    collectors,
    gpu,
    interpreter,
    memory,
    noise,
    place,
    processor,
    threads,
)
from perfwatch.environment.checks.patient import Row
from perfwatch.records.doctor import CheckGroup

#: The check without which nothing can be measured.
TIMING = "timing"

CHECKS: tuple[Row, ...] = (
    Row(group=CheckGroup.COLLECTORS, name=TIMING, examine=collectors.timing, alone=True, collector=True),
    Row(
        group=CheckGroup.COLLECTORS,
        name="CPU (pyinstrument)",
        examine=collectors.pyinstrument,
        collector=True,
    ),
    Row(group=CheckGroup.COLLECTORS, name="CPU (py-spy)", examine=collectors.py_spy, collector=True),
    Row(group=CheckGroup.COLLECTORS, name="lines", examine=collectors.lines, collector=True),
    Row(group=CheckGroup.COLLECTORS, name="memory", examine=collectors.memory, collector=True),
    Row(group=CheckGroup.COLLECTORS, name="I/O", examine=collectors.io_counters, collector=True),
    Row(group=CheckGroup.COLLECTORS, name="attach", examine=attaching.sampler, collector=True),
    Row(group=CheckGroup.COLLECTORS, name="attach --memory", examine=attaching.memory, collector=True),
    Row(group=CheckGroup.GPU, name="GPU (NVML)", examine=gpu.nvml, collector=True),
    Row(group=CheckGroup.GPU, name="GPU (CUPTI)", examine=gpu.cupti, collector=True),
    Row(group=CheckGroup.GPU, name="frameworks", examine=gpu.frameworks),
    Row(group=CheckGroup.CLOCK, name="timer", examine=clock.timer, alone=True),
    Row(group=CheckGroup.CLOCK, name="clock source", examine=clock.source),
    Row(group=CheckGroup.PROCESSOR, name="load", examine=processor.load, alone=True),
    Row(group=CheckGroup.PROCESSOR, name="cores", examine=processor.cores),
    Row(group=CheckGroup.PROCESSOR, name="governor", examine=processor.governor),
    Row(group=CheckGroup.PROCESSOR, name="turbo", examine=processor.turbo),
    Row(group=CheckGroup.MEMORY, name="memory free", examine=memory.free),
    Row(group=CheckGroup.MEMORY, name="swap", examine=memory.swap),
    Row(group=CheckGroup.PLACE, name="virtualisation", examine=place.virtualisation),
    Row(group=CheckGroup.PLACE, name="CPU quota", examine=place.quota),
    Row(group=CheckGroup.PLACE, name="memory limit", examine=place.memory_limit),
    Row(group=CheckGroup.PLACE, name="batch system", examine=place.batch_system),
    Row(group=CheckGroup.THREADS, name="thread settings", examine=threads.settings),
    Row(group=CheckGroup.THREADS, name="thread pools", examine=threads.pools),
    Row(group=CheckGroup.INTERPRETER, name="profilers", examine=interpreter.profilers),
    Row(group=CheckGroup.INTERPRETER, name="build", examine=interpreter.build),
    Row(group=CheckGroup.INTERPRETER, name="debug settings", examine=interpreter.debug_settings),
    Row(group=CheckGroup.INTERPRETER, name="tracers", examine=interpreter.tracers),
    Row(group=CheckGroup.INTERPRETER, name="compilers", examine=interpreter.compilers),
)

#: What bends times by chance: rows of the table above, and what only those who ask for noise want to know.
_BEHIND_NOISE = frozenset(
    {"load", "governor", "turbo", "virtualisation", "CPU quota", "swap", "thread settings", "thread pools"}
)
NOISE_CHECKS: tuple[Row, ...] = (
    *(row for row in CHECKS if row.name in _BEHIND_NOISE),
    Row(group=CheckGroup.PROCESSOR, name="affinity", examine=noise.affinity),
    Row(group=CheckGroup.PROCESSOR, name="core neighbours", examine=noise.neighbours),
    Row(group=CheckGroup.PLACE, name="addresses", examine=noise.addresses),
)
