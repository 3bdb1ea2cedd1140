"""Three pages that a browser is shown: a suite held against its baseline, a gate with a red, a run with failures."""

from __future__ import annotations

from dataclasses import replace

from builders import make_benchmark, make_comparison, make_pass, make_process, make_run
from diffusion_report import diffusion_report
from everything_report import everything_report

from perfwatch.compare import module_totals
from perfwatch.courses import courses
from perfwatch.diagnose import ceilings
from perfwatch.honesty import ledger
from perfwatch.records.comparison import Summary, Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.records.hunk import Hunk
from perfwatch.records.plan import Policy
from perfwatch.records.profile import Profiles
from perfwatch.records.profile_difference import FrameDifference, ProfileDifference, TimeDifference
from perfwatch.records.report import Report
from perfwatch.records.run import Failure, FailureKind, PassName, PassState, RunState
from perfwatch.records.timing import Timing

#: Names and changes of a gate's benchmarks, as head over base.
CHANGES = {
    "tests/test_solver.py::test_step[64]": (Verdict.SLOWER, 1.31),
    "tests/test_solver.py::test_step[8]": (Verdict.SLOWER, 1.08),
    "tests/test_solver.py::test_assemble": (Verdict.SAME, 1.001),
    "tests/test_mesh.py::test_refine": (Verdict.FASTER, 0.88),
    "tests/test_mesh.py::test_read": (Verdict.UNDECIDED, 1.004),
    "tests/test_mesh.py::test_write": (Verdict.SAME, 0.998),
}


def filled(report):
    """The report with all that a pipeline adds to it."""
    run = report.run
    earlier = [
        replace(run, header=replace(run.header, id=f"earlier{day}", started_at=f"2025-12-0{day}T00:00:00Z"))
        for day in range(1, 7)
    ]
    return replace(
        report,
        ceilings=ceilings(run),
        modules=module_totals(run.benchmarks, report.comparisons),
        histories=courses(run, earlier),
        policy=Policy(),
    )


def _turns(base_ns, ratio):
    sides = (("base", base_ns), ("head", base_ns * ratio))
    return tuple(
        make_process(
            ns * (1 + 0.004 * ((3 * pair + turn) % 5 - 2)),
            id=f"{side}{pair}",
            pair=pair,
            side=side,
            samples=9,
        )
        for pair in range(6)
        for turn, (side, ns) in enumerate(sides)
    )


def _gated_benchmark(name, ratio):
    base_ns = 2e6 + 1e5 * len(name)
    timing = Timing(
        processes=_turns(base_ns, ratio),
        median_ns=base_ns * ratio,
        interval_ns=(base_ns * ratio * 0.99, base_ns * ratio * 1.01),
        cold_ns=base_ns * 3,
    )
    return make_benchmark(
        name, timing=timing, profiles=Profiles(), passes=(), metrics={}, group=name.split("::")[0]
    )


def _difference(base_ns, head_ns, **changes):
    return TimeDifference(base_ns=base_ns, head_ns=head_ns, difference_ns=head_ns - base_ns, **changes)


HUNK = Hunk(
    file="solver.py",
    function="step",
    line=44,
    lines=(
        "     for _ in range(n):",
        "-        field = kernel @ field",
        "+        field = np.array([row @ field for row in kernel])",
        "     return field",
    ),
)


def _slower_function(benchmark: str) -> ProfileDifference:
    """The function that made a benchmark slower, as a gate names it."""
    step = FrameDifference(
        function="step",
        file="solver.py",
        line=42,
        own=_difference(1e6, 2e6),
        total=_difference(2e6, 3e6),
        charged=_difference(1e6, 2e6, interval_ns=(8e5, 1.2e6)),
        touched=True,
        named=True,
    )
    return ProfileDifference(
        benchmark=benchmark,
        base_ns=4e6,
        head_ns=5e6,
        processes_counts=(5, 5),
        samples_counts=(2000, 2000),
        summary="most of it in step()",
        frames=(step,),
    )


def gate_report() -> Report:
    """A gate that fails, with the function behind it and what the change did there."""
    benchmarks = tuple(_gated_benchmark(name, ratio) for name, (_, ratio) in CHANGES.items())
    comparisons = tuple(
        make_comparison(
            benchmark=one.name,
            verdict=CHANGES[one.name][0],
            ratio=CHANGES[one.name][1],
            base_value=one.timing.median_ns / CHANGES[one.name][1],
            head_value=one.timing.median_ns,
            interval=(CHANGES[one.name][1] * 0.985, CHANGES[one.name][1] * 1.015),
            noise_floor_ratio=0.008,
            reason="beyond the margin of 1.0%" if CHANGES[one.name][0] is Verdict.SLOWER else "",
        )
        for one in benchmarks
    )
    gate = GateResult(
        verdict=GateVerdict.FAILED,
        policy=GatePolicy(),
        comparisons=comparisons,
        failing=("tests/test_solver.py::test_step[64] (time): slower +31.0%",),
        chosen=("base is where head left main: 0123456789", "head is the work tree: 89abcdef01"),
        functions=(_slower_function(comparisons[0].benchmark),),
        notes=("both sides ran in one environment",),
        smallest_visible_ratio=0.004,
        hunks=(HUNK,),
    )
    run = make_run(
        benchmarks=benchmarks,
        sources=(),
        command="perfwatch gate tests",
        settings={"passes": "timing", "budget_ns": 600_000_000_000, "quick": False},
    )
    summary = Summary(slower=2, faster=1, same=2, undecided=1)
    return filled(Report(run=run, comparisons=comparisons, summary=summary, gate=gate))


def failing_report() -> Report:
    """A run in which little worked: a benchmark that raised, one that was killed, passes that failed."""
    kinds = (
        (FailureKind.EXCEPTION, "ZeroDivisionError: division by zero", 1, None),
        (FailureKind.SIGNAL, "killed by the system", None, "SIGKILL"),
    )
    failures = tuple(
        Failure(
            target="script:script.py",
            pass_name=PassName.TIMING,
            kind=kind,
            message=message,
            benchmark=f"bench_{kind.value}",
            exit_code=code,
            signal=signal,
            stderr_tail="Traceback (most recent call last):\n  File <x>, line 3",
            advice="Run it by hand.",
        )
        for kind, message, code, signal in kinds
    )
    passes = tuple(
        make_pass(name, state=PassState.FAILED, reason="the target raised in it", samples_count=None)
        for name in PassName
    )
    lost = make_benchmark("bench_exception", timing=None, metrics={}, profiles=Profiles(), passes=passes)
    single = make_benchmark(
        "bench_once",
        timing=Timing(
            processes=(make_process(samples=1),), median_ns=1e6, for_verdicts=False, notes=("called once",)
        ),
        profiles=Profiles(),
        passes=passes[1:],
    )
    run = make_run(benchmarks=(lost, single), failures=failures, state=RunState.FAILED, sources=())
    return filled(Report(run=run, honesty=ledger(run)))


def suite_report() -> Report:
    """A suite held against its baseline, with the courses of its benchmarks."""
    return filled(diffusion_report())


def script_with_everything() -> Report:
    """One script that every pass saw."""
    return filled(everything_report())


PAGES = {
    "suite": suite_report,
    "gate": gate_report,
    "failures": failing_report,
    "everything": script_with_everything,
}
