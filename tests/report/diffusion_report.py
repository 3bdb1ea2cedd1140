"""A report as a scientist would get it: a heat-diffusion suite with three benchmarks, built by hand."""

from __future__ import annotations

from dataclasses import replace

from builders import (
    make_benchmark,
    make_environment,
    make_pass,
    make_process,
    make_run,
    make_target,
    make_timing,
)
from diffusion_profiles import FILE, SOURCE, io, lines, memory, tree

from perfwatch.records.comparison import Baseline, Comparison, Summary, Verdict
from perfwatch.records.profile import Profiles
from perfwatch.records.report import Report
from perfwatch.records.run import (
    Benchmark,
    Custom,
    Failure,
    FailureKind,
    PassName,
    PassState,
    Provenance,
    SourceFile,
    Span,
)


def _passes() -> tuple:
    return (
        make_pass(
            PassName.TIMING,
            tool="perf_counter_ns",
            version="",
            overhead_ratio=None,
            samples_count=40,
            duration_ns=14_100_000_000,
        ),
        make_pass(PassName.CPU, samples_count=2_140, overhead_ratio=1.04, duration_ns=2_280_000_000),
        make_pass(
            PassName.LINES,
            tool="line_profiler",
            version="5.0.0",
            samples_count=None,
            overhead_ratio=3.41,
            duration_ns=7_300_000_000,
            warnings=("module-level code and compiled functions are not seen by this tool",),
        ),
        make_pass(
            PassName.MEMORY,
            tool="memray",
            version="1.17.2",
            samples_count=1_646_310,
            overhead_ratio=1.21,
            duration_ns=2_600_000_000,
        ),
        make_pass(
            PassName.IO,
            state=PassState.PARTIAL,
            tool="psutil",
            version="7.0.0",
            samples_count=42,
            lost_count=3,
            overhead_ratio=1.01,
            reason="the process ended before its last reading",
        ),
        make_pass(
            PassName.GPU,
            state=PassState.UNAVAILABLE,
            tool="nvidia-ml-py",
            version="12.570.86",
            duration_ns=0,
            overhead_ratio=None,
            samples_count=None,
            lost_count=None,
            reason="no NVIDIA driver was found; install one and run again to see the GPU",
        ),
    )


def _benchmark(name: str, per_call_ns: float, spread: float, **changes) -> Benchmark:
    profiles = Profiles(cpu=tree(), lines=lines(per_call_ns / 2.14e9), memory=memory(), io=io())
    timing = make_timing(per_call_ns, spread=spread, processes=5)
    return make_benchmark(
        name,
        per_call_ns,
        target="pytest:tests/test_diffusion.py",
        group="diffusion",
        timing=replace(
            timing, interval_ns=(per_call_ns * (1 - spread * 1.4), per_call_ns * (1 + spread * 1.4))
        ),
        metrics={"peak_memory_bytes": 58_204_160, "allocated_bytes": 201_463_552},
        passes=_passes(),
        profiles=profiles,
        **changes,
    )


def _comparison(benchmark, metric, values, verdict, reason, **changes) -> Comparison:
    base, head, spread = values
    ratio = head / base
    return Comparison(
        benchmark=benchmark,
        metric=metric,
        verdict=verdict,
        reason=reason,
        clock="wall" if metric == "time" else None,
        base_run="20260310T091500-77af",
        base_value=base,
        head_value=head,
        ratio=ratio,
        interval=(ratio * (1 - spread), ratio * (1 + spread)) if spread else None,
        confidence_level=0.95,
        margin_ratio=0.01,
        **changes,
    )


def _comparisons() -> tuple[Comparison, ...]:
    relax, fit, save = BENCHMARKS
    return (
        _comparison(
            relax,
            "time",
            (1.905e9, 2.14e9, 0.021),
            Verdict.SLOWER,
            "the whole interval lies above the margin of 1.0%",
            noise_floor_ratio=0.024,
        ),
        _comparison(
            relax,
            "peak_memory_bytes",
            (30_212_096, 58_204_160, 0),
            Verdict.HIGHER,
            "counted, not estimated: 28.0 MB more",
        ),
        _comparison(
            fit,
            "time",
            (412e6, 424e6, 0.047),
            Verdict.UNDECIDED,
            "the interval reaches beyond the margin on both sides",
        ),
        _comparison(
            save,
            "time",
            (402.4e6, 402e6, 0.004),
            Verdict.SAME,
            "the whole interval lies inside the margin of 1.0%",
        ),
        Comparison(
            benchmark="tests/test_diffusion.py::test_restart",
            metric="time",
            verdict=Verdict.REMOVED,
            reason="the baseline has it and this run does not",
            base_run="20260310T091500-77af",
            base_value=77e6,
        ),
    )


BENCHMARKS = (
    "tests/test_diffusion.py::test_relax[64]",
    "tests/test_diffusion.py::test_fit",
    "tests/test_diffusion.py::test_save",
)


def _spans() -> tuple[Span, ...]:
    relax = BENCHMARKS[0]
    return (
        Span(
            path=("simulate", "step"), count=214, wall_ns=1_731_000_000, cpu_ns=1_729_000_000, benchmark=relax
        ),
        Span(path=("simulate", "converge"), count=214, wall_ns=3_700_000, cpu_ns=3_600_000, benchmark=relax),
        Span(
            path=("simulate",),
            count=1,
            wall_ns=1_742_000_000,
            cpu_ns=1_739_000_000,
            benchmark=relax,
            level="full",
            peak_resident_bytes=117_043_200,
            resident_change_bytes=56_098_816,
            read_bytes=0,
            written_bytes=0,
        ),
        Span(path=("save",), count=1, wall_ns=402_000_000, cpu_ns=398_000_000, benchmark=relax),
    )


def _environment():
    return make_environment(
        processor="Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz",
        system="Linux 6.1.0-18-amd64",
        cores_count=8,
        memory_bytes=33_554_432_000,
        libraries={"numpy": "2.2.1", "scipy": "1.15.0", "pytest": "8.3.4", "pytest-benchmark": "5.1.0"},
        threads={
            "OMP_NUM_THREADS": "not set",
            "OPENBLAS_NUM_THREADS": "4",
            "MKL_NUM_THREADS": "not set",
            "NUMBA_NUM_THREADS": "not set",
        },
        load_average=0.42,
        virtualisation="kvm",
        limits=("Processor frequency is not fixed: intervals are wider than they need be.",),
    )


def _failure() -> Failure:
    return Failure(
        target="tests/test_diffusion.py",
        benchmark="tests/test_diffusion.py::test_checkpoint",
        pass_name=PassName.TIMING,
        kind=FailureKind.EXCEPTION,
        message="FileNotFoundError: [Errno 2] No such file or directory: 'data/plate.npy'",
        exit_code=1,
        stderr_tail="Traceback (most recent call last):\n"
        '  File "tests/test_diffusion.py", line 40, in test_checkpoint\n'
        "FileNotFoundError: [Errno 2] No such file or directory: 'data/plate.npy'\n",
        advice="Create data/plate.npy, or leave the test out with -k 'not checkpoint'.",
    )


def diffusion_report() -> Report:
    """Three benchmarks, one slower and hungrier, one pass that failed and one that cannot be had."""
    relax, fit, save = BENCHMARKS
    run = make_run(
        id="20260314T140211-c41e",
        started_at="2026-03-14T14:02:11Z",
        command="perfwatch run tests/test_diffusion.py --budget 5m",
        targets=(
            make_target(
                name="tests/test_diffusion.py",
                key="pytest:tests/test_diffusion.py",
                path="/project/tests/test_diffusion.py",
            ),
        ),
        environment=_environment(),
        duration_ns=84_000_000_000,
        benchmarks=(
            _benchmark(relax, 2.14e9, 0.011, parameters={"n": "64"}),
            _benchmark(fit, 424e6, 0.028),
            _benchmark(save, 402e6, 0.003),
        ),
        spans=_spans(),
        custom=(Custom(name="residual", values=(0.00093, 0.00091), benchmark=relax),),
        provenance=(
            Provenance(module="science.diffusion", file="/project/science/diffusion.py", digest="d1"),
            Provenance(
                module="numpy", file="/opt/venv/lib/python3.11/site-packages/numpy/__init__.py", digest="d2"
            ),
        ),
        sources=(SourceFile(file=FILE, digest="d1", text=SOURCE),),
        failures=(_failure(),),
        notes=(
            "The target wrote plates.csv (8.13 MB) in the project's folder.",
            "Output differed between executions; the first one's is the one you saw.",
        ),
    )
    return Report(
        run=run,
        baseline=Baseline(
            run_id="20260310T091500-77af",
            chosen="the last comparable run, 20260310T091500-77af, 4 days old, commit 89abcde",
        ),
        comparisons=_comparisons(),
        summary=Summary(slower=1, higher=1, undecided=1, same=1, removed=1),
    )


def script_report() -> Report:
    """The commonest report: one script, one benchmark, nothing to compare with, process without interval."""
    timing = make_timing(2.14e9, processes=1, interval_ns=None)
    benchmark = make_benchmark(
        "diffusion.py",
        2.14e9,
        timing=replace(timing, processes=(make_process(2.14e9, loops=1, samples=1),)),
        profiles=Profiles(cpu=tree(), lines=lines(1.0), memory=memory(), io=io()),
        passes=_passes(),
    )
    return Report(
        run=make_run(benchmarks=(benchmark,), sources=(SourceFile(file=FILE, digest="d1", text=SOURCE),))
    )
