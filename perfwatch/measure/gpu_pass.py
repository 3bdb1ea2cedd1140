"""The GPU pass: the target once more, watched from outside (NVML) and from inside (CUPTI, the frameworks).

What is missing takes its own figures away and no others. It must not trace a
target that profiles its GPU itself: CUPTI has one subscriber, and the target's
own profiler would be refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.collect.gpu import read_record
from perfwatch.collect.gpu_nvml import GpuSampler, driver_is_here, load_nvml
from perfwatch.measure import inside, passes
from perfwatch.records.profile import Profiles
from perfwatch.records.run import Benchmark, Pass, PassName, PassState

if TYPE_CHECKING:
    from perfwatch.collect.gpu import GpuReading
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.gpu import GpuProfile
    from perfwatch.records.run import PassResult

#: NVML and an empty reason, or ``None`` and why there is none.
Library = Callable[[], tuple[Any, str]]
#: How long a callable is repeated for those who look from outside.
SECONDS = 1.0
SOURCE_BYTES_AT_MOST = 2_000_000
INSTALL_CUPTI = "cupti-python"
_PROFILES_ITSELF = re.compile(
    rb"\b(torch\.(?:autograd\.)?profiler|jax\.profiler)\b"
    rb"|from\s+(torch|jax)\s+import\s[^\n]*\bprofiler\b"
)
_USES_JAX = re.compile(
    rb"^\s*(?:import|from)\s+(?:jax|flax|optax|equinox|numpyro|haiku|diffrax)\b", re.MULTILINE
)


def unavailable(target_run: TargetRun | None = None, library: Library = load_nvml) -> str:
    """Why the pass cannot run here, with what mends it; empty where it can.

    Given a target whose own source imports JAX, the pass goes without a device:
    JAX compiles on the processor too, and tells why.
    """
    _, reason = library()
    if not reason or driver_is_here():
        return ""
    if target_run is not None and _USES_JAX.search(_source(target_run)):
        return ""
    return reason


def run(target_run: TargetRun, library: Library = load_nvml) -> PassResult:
    """Execute the target once and return what could be seen of its work on the devices."""
    nvml, reason = library()
    sampler = None if nvml is None else GpuSampler(nvml)
    untraced = _untraced(target_run, reason)
    options: dict[str, Any] = {
        "seconds": 0.0 if target_run.plan.quick or sampler is None else SECONDS,
        "untraced": untraced,
    }

    def read(target_run: TargetRun, record: dict[str, Any], seen: inside.Seen) -> Benchmark:
        reading = read_record(record, sampler, target_run.setting.ownership)
        lacking = [one for one in (reason, _trouble(target_run, seen, reason)) if one]
        return _benchmark(target_run, record, seen, (reading, lacking))

    observers = () if sampler is None else (sampler,)
    return inside.run(target_run, PassName.GPU, options, read, observers=observers)


def _untraced(target_run: TargetRun, reason: str) -> str:
    """Why CUPTI must not be asked, as far as it can be known beforehand."""
    if reason and not driver_is_here():
        return reason
    found = _PROFILES_ITSELF.search(_source(target_run))
    if found is None:
        return ""
    return f"the target names {' '.join(found[0].decode('utf-8', 'replace').split())} itself, and CUPTI has one subscriber"


def _source(target_run: TargetRun) -> bytes:
    """The text of the target's own file, as far as there is one; what it imports is not looked at."""
    target, setting = target_run.target, target_run.setting
    places = [Path(target.path)] if target.path else []
    if target.module:
        below = Path(*target.module.split("."))
        for root in (setting.cwd, setting.root, setting.root / "src"):
            places += [
                root / below.with_suffix(".py"),
                root / below / "__main__.py",
                root / below / "__init__.py",
            ]
    for place in places:
        try:
            with place.open("rb") as file:
                return file.read(SOURCE_BYTES_AT_MOST)
        except OSError:
            continue
    return b""


def _trouble(target_run: TargetRun, seen: inside.Seen, known: str) -> str:
    """Why the worker traced nothing, with the line that mends it where one does; nothing where that is known."""
    trouble = str(seen.process.get("trouble", ""))[:600]
    if trouble in {"", known}:
        return ""
    said = f"no kernels, copies and waits: {trouble}"
    if trouble.startswith(INSTALL_CUPTI):
        said += f" ({shlex.join([target_run.setting.interpreter, '-m', 'pip', 'install', INSTALL_CUPTI])})"
    return said


def _benchmark(
    target_run: TargetRun, record: dict[str, Any], seen: inside.Seen, read: tuple[GpuReading, list[str]]
) -> Benchmark:
    reading, lacking = read
    profile = replace(reading.profile, missing=tuple(dict.fromkeys([*lacking, *reading.profile.missing])))
    name = record["name"]
    clean = target_run.body_ns(name) if name in target_run.clean_ns else None
    state = seen.tool.state
    platforms = [str(one) for one in (record.get("jax") or {}).get("platforms", ())]
    if lacking and state is PassState.DONE:
        state = PassState.PARTIAL
    warnings = []
    if platforms == ["cpu"]:
        warnings.append("JAX ran on the processor: of it there are compilations and no kernels")
    tools = [one for one in ("NVML" if profile.devices else "", seen.tool.tool) if one]
    made = Pass(
        name=PassName.GPU,
        state=state,
        tool=", ".join(tools) or ("JAX's own events" if platforms else ""),
        version=seen.tool.version,
        reason="; ".join(one for one in (seen.tool.reason, *lacking) if one),
        duration_ns=seen.tool.duration_ns,
        overhead_ratio=passes.overhead(record, clean),
        samples_count=reading.activities_count + len(profile.moments),
        lost_count=reading.lost_count,
        warnings=tuple(warnings),
    )
    return Benchmark(
        name=name,
        target=target_run.target.key,
        metrics=_metrics(profile),
        passes=(made,),
        profiles=Profiles(gpu=profile, lines=reading.lines),
    )


def _metrics(profile: GpuProfile) -> dict[str, float]:
    """Amounts that a run can be compared by; what is not known is left out."""
    peaks = [one.peak_used_bytes for one in profile.devices if one.peak_used_bytes is not None]
    ours = [one.process_peak_bytes for one in profile.devices if one.process_peak_bytes is not None]
    energy = [one.energy_joule for one in profile.devices if one.energy_joule is not None]
    found: dict[str, float | None] = {
        "gpu_peak_used_bytes": max(peaks, default=None),
        "gpu_process_peak_bytes": sum(ours) if ours else None,
        "gpu_energy_joule": sum(energy) if energy else None,
        "gpu_busy_ns": profile.busy_ns,
        "gpu_kernels_count": sum(one.calls_count for one in profile.kernels) or None,
    }
    return {name: float(value) for name, value in found.items() if value is not None}
