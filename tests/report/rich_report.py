"""A report that has everything a renderer may be given: profiles of every pass, comparisons, findings, a gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from diffusion_profiles import FILE
from diffusion_report import BENCHMARKS, diffusion_report
from everything_report import everything_report

from perfwatch.gate import judge
from perfwatch.records.comparison import OWN, Comparison, Verdict
from perfwatch.records.finding import Advice, Finding, Findings, Grade, Resource, Trial, TrialVerdict
from perfwatch.records.gate import GatePolicy
from perfwatch.records.profile_difference import FrameDifference, ProfileDifference, TimeDifference

if TYPE_CHECKING:
    from perfwatch.records.report import Report

RELAX, FIT, SAVE = BENCHMARKS


def finding(**changes) -> Finding:
    fields = {
        "rank": 1,
        "rule": "array-elements",
        "title": "Elements of arrays one by one",
        "benchmark": RELAX,
        "file": FILE,
        "line_start": 17,
        "line_end": 20,
        "function": "step",
        "mechanism": "new[i, j] is set one by one: ran 822,616 times",
        "share_ratio": 0.804,
        "share_error_ratio": 0.012,
        "ceiling_ratio": 5.102,
        "confidence": Grade.HIGH,
        "severity": Grade.HIGH,
        "priority": Grade.HIGH,
        "effort": Grade.LOW,
        "risk": Grade.LOW,
        "advice": Advice(
            summary="Take slices instead of elements.",
            code="new[1:-1, 1:-1] += k * around\nreturn new",
            risk="Sums may differ in their last digit.",
            reference="https://numpy.org/doc/stable/user/basics.indexing.html",
        ),
        "evidence": {"hits_count": 822616.0, "line_time_ns": 611e6},
        "proof": Trial(
            verdict=TrialVerdict.PROVED,
            reason="4.71 times as fast, same answer",
            change="slices for elements",
            ratio=0.2123,
            interval=(0.208, 0.217),
            patch="--- a\n+++ b\n",
            patch_file="finding-1.patch",
        ),
    }
    return Finding(**fields | changes)


def _held() -> Finding:
    return finding(
        rank=2,
        rule="peak-temporaries",
        title="A second copy at the peak",
        line_start=32,
        line_end=32,
        function="relax",
        mechanism="np.array(history) doubles what is held",
        resource=Resource.MEMORY,
        share_ratio=0.482,
        share_error_ratio=None,
        ceiling_ratio=1.931,
        severity=Grade.MEDIUM,
        confidence=Grade.MEDIUM,
        proof=None,
    )


def _own() -> Comparison:
    return Comparison(
        benchmark=RELAX,
        metric=f"{OWN}residual",
        verdict=Verdict.SAME,
        reason="equal",
        base_value=0.00093,
        head_value=0.00093,
        ratio=1.0,
        direction="lower",
    )


def rich_report() -> Report:
    """No gate: a run held against the last one, with findings."""
    base = diffusion_report()
    everything = everything_report().run.benchmarks[0]
    first, *others = base.run.benchmarks
    run = replace(
        base.run, benchmarks=(replace(first, profiles=everything.profiles, passes=everything.passes), *others)
    )
    return replace(
        base,
        run=run,
        comparisons=(*base.comparisons, _own()),
        findings=Findings(
            ranked=(finding(), _held()),
            bound="Most of the time is compiled code's.",
            notes=("science/fast.py cannot be read.",),
        ),
        summary=replace(base.summary, findings=2),
    )


def _difference(base_ns: float, head_ns: float) -> TimeDifference:
    return TimeDifference(
        base_ns=base_ns, head_ns=head_ns, difference_ns=head_ns - base_ns, interval_ns=(2.1e8, 2.5e8)
    )


def gated_report(**policy) -> Report:
    """The same under a gate, which names the function behind the slower benchmark."""
    report = rich_report()
    result = judge(
        report.comparisons, GatePolicy(**policy), date(2026, 3, 14), benchmarks=report.run.benchmarks
    )
    frame = FrameDifference(
        function="step",
        file=FILE,
        line=14,
        own=_difference(1.5e9, 1.729e9),
        total=_difference(1.5e9, 1.731e9),
        charged=_difference(1.5e9, 1.729e9),
        touched=True,
        named=True,
    )
    functions = ProfileDifference(
        benchmark=RELAX,
        base_ns=1.905e9,
        head_ns=2.14e9,
        processes_counts=(5, 5),
        samples_counts=(2000, 2000),
        summary="most of it in step()",
        frames=(frame,),
    )
    result = replace(
        result, functions=(functions,), chosen=("base is main, head the work tree",), notes=("A note.",)
    )
    return replace(report, gate=result, comparisons=result.comparisons)
