"""Hand-built records: each builder makes a small true one, and takes changes by name."""

from __future__ import annotations

from dataclasses import replace

from perfwatch.records.comparison import Comparison, Summary, Verdict
from perfwatch.records.profile import CallNode, IoProfile, LineStat, MemoryMoment, MemoryProfile, Profiles
from perfwatch.records.report import Report
from perfwatch.records.run import (
    Benchmark,
    Commit,
    Environment,
    Pass,
    PassName,
    PassResult,
    PassState,
    Run,
    RunHeader,
    RunState,
    SourceFile,
    Target,
    TargetKind,
)
from perfwatch.records.timing import ProcessTiming, Timing

SOURCE = "import math\n\n\ndef hot(n):\n    total = 0.0\n    for i in range(n):\n        total += math.sqrt(i)\n    return total\n"


def make_target(**changes) -> Target:
    target = Target(
        kind=TargetKind.SCRIPT, name="script.py", key="script:script.py", path="/project/script.py"
    )
    return replace(target, **changes)


def make_environment(**changes) -> Environment:
    environment = Environment(
        key="e1",
        system="Linux 6.1",
        machine="x86_64",
        processor="Example CPU",
        cores_count=2,
        memory_bytes=8_000_000_000,
        python="3.11.7",
        implementation="CPython",
        executable="/usr/bin/python3.11",
        libraries={"numpy": "2.0.0"},
        threads={"OMP_NUM_THREADS": "not set"},
    )
    return replace(environment, **changes)


def make_process(
    per_call_ns: float = 1_000_000.0, *, loops: int = 10, samples: int = 5, **changes
) -> ProcessTiming:
    wall = tuple(round(per_call_ns * loops) + i for i in range(samples))
    process = ProcessTiming(
        id="p1",
        loops_count=loops,
        wall_ns=wall,
        cpu_ns=wall,
        started_ns=tuple(range(0, samples * 10, 10)),
        cold_ns=round(per_call_ns * 3),
    )
    return replace(process, **changes)


def make_timing(
    per_call_ns: float = 1_000_000.0, *, processes: int = 5, spread: float = 0.002, **changes
) -> Timing:
    """Processes around ``per_call_ns``, evenly spread by ``spread`` of it."""
    offsets = [(i - (processes - 1) / 2) * spread for i in range(processes)]
    timing = Timing(
        processes=tuple(
            make_process(per_call_ns * (1 + offset), id=f"p{i + 1}") for i, offset in enumerate(offsets)
        ),
        median_ns=per_call_ns,
        interval_ns=(per_call_ns * 0.995, per_call_ns * 1.005),
        cpu_median_ns=per_call_ns,
        cold_ns=per_call_ns * 3,
    )
    return replace(timing, **changes)


def make_profiles(**changes) -> Profiles:
    hot = CallNode(function="hot", file="script.py", line=4, time_ns=8e5, total_ns=8e5, user=True)
    profiles = Profiles(
        cpu=CallNode(
            function="<module>",
            file="script.py",
            line=1,
            time_ns=2e5,
            total_ns=1e6,
            user=True,
            children=(hot,),
        ),
        lines=(
            LineStat(
                file="script.py",
                line=6,
                function="hot",
                source="    for i in range(n):",
                time_ns=2e5,
                total_ns=2e5,
                hits_count=101,
            ),
            LineStat(
                file="script.py",
                line=7,
                function="hot",
                source="        total += math.sqrt(i)",
                time_ns=6e5,
                total_ns=6e5,
                hits_count=100,
                allocated_bytes=3200,
                allocations_count=100,
                peak_bytes=32,
            ),
        ),
        memory=MemoryProfile(
            peak_bytes=5_000_000,
            allocated_bytes=9_000_000,
            allocations_count=1_234,
            moments=(
                MemoryMoment(at_ns=0, resident_bytes=20_000_000, heap_bytes=1_000_000),
                MemoryMoment(at_ns=500_000, resident_bytes=25_000_000, heap_bytes=5_000_000),
            ),
        ),
        io=IoProfile(
            read_bytes=4096,
            written_bytes=100,
            peak_resident_bytes=25_000_000,
            threads_count=1,
            processes_count=1,
        ),
    )
    return replace(profiles, **changes)


def make_pass(name: PassName = PassName.CPU, **changes) -> Pass:
    record = Pass(
        name=name,
        state=PassState.DONE,
        tool="pyinstrument",
        version="5.1.2",
        duration_ns=1_500_000_000,
        overhead_ratio=1.3,
        samples_count=950,
        lost_count=0,
    )
    return replace(record, **changes)


def make_benchmark(name: str = "script.py", per_call_ns: float = 1_000_000.0, **changes) -> Benchmark:
    benchmark = Benchmark(
        name=name,
        target="script:script.py",
        timing=make_timing(per_call_ns),
        metrics={"peak_memory_bytes": 5_000_000, "allocated_bytes": 9_000_000, "allocations_count": 1_234},
        passes=(make_pass(),),
        profiles=make_profiles(),
    )
    return replace(benchmark, **changes)


def make_header(**changes) -> RunHeader:
    header = RunHeader(
        id="20260101T120000-aaaa",
        started_at="2026-01-01T12:00:00Z",
        command="perfwatch run script.py",
        targets=(make_target(),),
        environment=make_environment(),
        commit=Commit(revision="0123456789abcdef0123456789abcdef01234567", branch="main", dirty=False),
        code_digest="c1",
        project_root="/project",
    )
    return replace(header, **changes)


def make_run(**changes) -> Run:
    header_fields = {
        name: changes.pop(name) for name in tuple(changes) if name in RunHeader.__dataclass_fields__
    }
    run = Run(
        header=make_header(**header_fields),
        state=RunState.COMPLETE,
        duration_ns=9_000_000_000,
        benchmarks=(make_benchmark(),),
        sources=(SourceFile(file="script.py", digest="d1", text=SOURCE),),
    )
    return replace(run, **changes)


def make_pass_result(name: PassName = PassName.CPU, **changes) -> PassResult:
    result = PassResult(
        target="script:script.py",
        pass_name=name,
        benchmarks=(Benchmark(name="script.py", target="script:script.py", passes=(make_pass(name),)),),
    )
    return replace(result, **changes)


def make_comparison(**changes) -> Comparison:
    comparison = Comparison(
        benchmark="script.py",
        metric="time",
        verdict=Verdict.UNDECIDED,
        reason="not measured side by side",
        clock="wall",
        base_run="20251231T120000-bbbb",
        base_value=1_000_000.0,
        head_value=1_030_000.0,
        ratio=1.03,
        interval=(0.98, 1.08),
        confidence_level=0.95,
        margin_ratio=0.01,
    )
    return replace(comparison, **changes)


def make_report(**changes) -> Report:
    report = Report(run=make_run(), comparisons=(make_comparison(),), summary=Summary(undecided=1))
    return replace(report, **changes)
