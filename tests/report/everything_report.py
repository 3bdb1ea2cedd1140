"""One script of which every pass saw everything: threads, children, leaks, files, a device. Built by hand."""

from __future__ import annotations

from dataclasses import replace

from builders import make_benchmark, make_pass, make_run, make_timing
from diffusion_profiles import FILE, SOURCE, io, lines, memory, tree

from perfwatch.honesty import ledger
from perfwatch.records.gpu import (
    GpuAllocator,
    GpuCompile,
    GpuCopy,
    GpuDevice,
    GpuIdle,
    GpuKernel,
    GpuMoment,
    GpuProfile,
    GpuWait,
)
from perfwatch.records.profile import (
    ChildUse,
    CpuUse,
    FileUse,
    GarbageCollection,
    Leak,
    LineStat,
    Profiles,
    ThreadPool,
    ThreadStat,
)
from perfwatch.records.report import Report
from perfwatch.records.run import PassName, SourceFile

DISAGREEMENT = (
    "The sampler gives this line 20.3% and the tracer 31.5% of the time, more than their errors allow; "
    "believe the sampler, because a tracer slows short lines more than long ones."
)
CHOICE = "py-spy sampled it from outside, because a short probe showed that pyinstrument dilates it 3.20x."


def _detailed(stat: LineStat) -> LineStat:
    """The same line with errors, shares, temporaries and the peak without it."""
    time_ns = stat.time_ns or 0.0
    samples = round(time_ns / 1e6)
    native = {15: 0.91, 29: 0.93, 30: 0.88, 32: 0.97, 48: 0.41}.get(stat.line, 0.02)
    return replace(
        stat,
        time_error_ns=(time_ns * 1e6) ** 0.5,
        total_error_ns=(time_ns * 1e6) ** 0.5,
        samples_count=samples,
        native_ratio=native,
        native_error_ratio=0.02,
        waiting_ratio={48: 0.62, 28: 0.05}.get(stat.line, 0.0),
        waiting_error_ratio=0.024 if stat.line == 48 else None,
        library_ratio={15: 0.9, 30: 0.85, 48: 0.81}.get(stat.line, 0.0),
        gpu_wait_ns=4.4e6 if stat.line == 30 else None,
        gpu_wait_error_ns=0.3e6 if stat.line == 30 else None,
        hits_error_count=9_100.0 if stat.line in (18, 19, 20) else None,
        temporary_bytes=56_000_000 if stat.line == 30 else None,
        temporary_count=428 if stat.line == 30 else None,
        leaked_bytes=131_072 if stat.line == 29 else None,
        without_bytes={29: 30_155_264, 32: 30_286_336}.get(
            stat.line, 58_204_160 if stat.peak_bytes else None
        ),
        read_bytes=1_204_224 if stat.line == 9 else None,
        written_bytes=8_134_112 if stat.line == 48 else None,
        io_error_bytes=210_000 if stat.line == 48 else None,
        disagreement=DISAGREEMENT if stat.line == 20 else "",
    )


def cpu_use() -> CpuUse:
    return CpuUse(
        choice=CHOICE,
        tool="py-spy 0.4.0",
        rate_hertz=997.0,
        executions_count=2,
        samples_count=4_280,
        wall_ns=2_140_000_000,
        cpu_ns=1_890_000_000,
        waiting_ratio=0.117,
        waiting_error_ratio=0.005,
        gil_ratio=0.831,
        native_ratio=0.142,
        import_ratio=0.034,
        unattributed_ratio=0.021,
        threads=(
            _thread("MainThread", 2_140, 1_890, 1_740, 19),
            _thread("ThreadPoolExecutor-0_0", 1_210, 96, 88, 48),
            replace(
                _thread("MainThread", 800, 780, 702, 20), process=1, pid=4243, command="python -c spawn_main"
            ),
        ),
    )


def _thread(name, wall_ms, running_ms, gil_ms, line) -> ThreadStat:
    return ThreadStat(
        process=0,
        pid=4242,
        name=name,
        samples_count=wall_ms * 2,
        wall_ns=wall_ms * 1e6,
        running_ns=running_ms * 1e6,
        gil_ns=gil_ms * 1e6,
        file=FILE,
        line=line,
    )


def full_memory():
    return replace(
        memory(),
        temporary_bytes=84_000_000,
        temporary_count=642,
        leaked_bytes=131_072,
        children_count=2,
        children_peak_bytes=31_000_000,
        leaks=(
            Leak(
                file=FILE,
                line=29,
                function="relax",
                leaked_bytes=131_072.0,
                leaked_count=1.0,
                growing=True,
                calls_count=12,
            ),
        ),
        collections=(
            GarbageCollection(
                generation=0,
                collections_count=74.0,
                pause_ns=8.1e6,
                longest_pause_ns=0.4e6,
                collected_count=120.0,
            ),
            GarbageCollection(
                generation=2,
                collections_count=2.0,
                pause_ns=14.4e6,
                longest_pause_ns=9.9e6,
                collected_count=4.0,
            ),
        ),
    )


def full_io():
    return replace(
        io(),
        minor_faults_count=28_114,
        moments=(replace(io().moments[0], read_bytes=0, written_bytes=4096),),
        cache_ratio=0.985,
        serialisation_ratio=0.188,
        throttled_ns=310_000_000,
        throttled_count=6,
        cores_limit=1.5,
        files=(
            FileUse(
                path="/project/data/plate.csv",
                opened_count=214,
                read_opens_count=214,
                size_bytes=1_204_224,
                read_again=True,
                lines=(f"/project/{FILE}:9",),
            ),
            FileUse(
                path="plates.csv",
                opened_count=1,
                write_opens_count=1,
                size_bytes=8_134_112,
                lines=tuple(f"{FILE}:{n}" for n in (45, 46, 47, 48)),
            ),
        ),
        children=(
            ChildUse(
                command="git rev-parse HEAD",
                count=3,
                user_cpu_ns=9_000_000,
                system_cpu_ns=4_000_000,
                peak_resident_bytes=6_100_000,
                wall_ns=21_000_000,
            ),
        ),
        pools=(
            ThreadPool(
                library="libopenblas",
                kind="blas",
                version="0.3.27",
                threads_count=8,
                layer="pthreads",
                cpu_over_wall=0.88,
            ),
        ),
        findings=("data/plate.csv was read 214 times and never changed.",),
    )


def gpu() -> GpuProfile:
    return GpuProfile(
        devices=(DEVICE,),
        moments=(
            GpuMoment(
                at_ns=0,
                device=0,
                utilisation_percent=34.0,
                used_bytes=5_100_000_000,
                power_watt=201.0,
                clock_megahertz=1410.0,
            ),
        ),
        kernels=KERNELS,
        copies=COPIES,
        waits=(GpuWait(file=FILE, line=30, call="Tensor.item", calls_count=214, total_ns=4_400_000),),
        compiles=(
            GpuCompile(
                function="step", compiles_count=3, total_ns=1_900_000_000, causes=("shape (64, 64) was new",)
            ),
        ),
        idle=(
            GpuIdle(kind="host-bound", total_ns=900_000_000, gaps_count=214),
            GpuIdle(kind="transfer-bound", total_ns=80_000_000, gaps_count=214),
        ),
        allocators=(
            GpuAllocator(framework="torch", device=0, peak_bytes=2_900_000_000, reserved_bytes=3_200_000_000),
        ),
        busy_ns=509_000_000,
        span_ns=2_140_000_000,
        missing=("CuPy's allocator could not be asked: cupy was not imported.",),
    )


DEVICE = GpuDevice(
    index=0,
    name="Example GPU 80GB",
    driver="570.86",
    memory_bytes=80_000_000_000,
    utilisation_percent=34.2,
    peak_used_bytes=5_100_000_000,
    process_peak_bytes=3_400_000_000,
    energy_joule=412.0,
    power_watt=201.0,
    clock_megahertz=1_410.0,
    throttled={"power cap": 0.21, "thermal": 0.002},
    shared=True,
)
KERNELS = (
    GpuKernel(
        name="volta_sgemm_128x64_nn",
        calls_count=428,
        total_ns=310_000_000,
        mean_ns=724_299.0,
        gap_ns=41_000.0,
    ),
    GpuKernel(name="elementwise_kernel<4, float>", calls_count=12_400, total_ns=99_000_000, mean_ns=7_983.0),
)
COPIES = (
    GpuCopy(direction="host to device", calls_count=214, total_ns=88_000_000, bytes_count=1_100_000_000),
    GpuCopy(direction="device to host", calls_count=214, total_ns=12_000_000, bytes_count=28_000_000),
)


def _passes() -> tuple:
    return (
        make_pass(PassName.TIMING, tool="perf_counter_ns", version="", overhead_ratio=None, samples_count=40),
        make_pass(
            PassName.CPU,
            tool="py-spy",
            version="0.4.0",
            samples_count=4_280,
            overhead_ratio=1.04,
            lost_count=2,
        ),
        make_pass(
            PassName.LINES,
            tool="line_profiler",
            version="5.0.0",
            samples_count=None,
            overhead_ratio=2.41,
            warnings=("one call in 8 was traced: hits are sampled",),
        ),
        make_pass(
            PassName.MEMORY, tool="memray", version="1.17.2", samples_count=1_646_310, overhead_ratio=1.21
        ),
        make_pass(PassName.IO, tool="psutil", version="7.0.0", samples_count=42, overhead_ratio=1.01),
        make_pass(PassName.GPU, tool="CUPTI", version="12.8", samples_count=13_470, overhead_ratio=1.13),
    )


def everything_report() -> Report:
    """Every field of every profile filled."""
    profiles = Profiles(
        cpu=tree(),
        cpu_use=cpu_use(),
        lines=tuple(_detailed(stat) for stat in lines(1.0)),
        memory=full_memory(),
        io=full_io(),
        gpu=gpu(),
    )
    timing = make_timing(2.14e9, spread=0.008)
    benchmark = make_benchmark("diffusion.py", 2.14e9, timing=timing, profiles=profiles, passes=_passes())
    run = make_run(benchmarks=(benchmark,), sources=(SourceFile(file=FILE, digest="d1", text=SOURCE),))
    return Report(run=run, honesty=ledger(run))
