"""Report → JSON: the document as other programs read it.

It must not drop a figure and must not make one; what is not finite becomes
``null``, and a lone surrogate its escape.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from perfwatch._version import __version__
from perfwatch.records.profile import CallNode, Profiles
from perfwatch.records.report import SCHEMA, Report
from perfwatch.records.run import Benchmark, Failure, Run, Span
from perfwatch.report.document import BenchmarkPart, ReportDocument
from perfwatch.report.places import relative
from perfwatch.report.profile_document import CallPart
from perfwatch.report.visible import encodable

if TYPE_CHECKING:
    from perfwatch.records.comparison import Comparison
    from perfwatch.records.finding import Finding

#: Readers in many languages refuse documents nested about a thousand levels deep.
DEPTH_LIMIT = 150
#: Mappings whose keys and values are the user's own: nothing in them is a path of ours.
_USERS_OWN = frozenset({"parameters", "libraries", "threads"})
_PATHS = frozenset({"file", "path"})
#: Lines of the user's as texts, each a path with its line's number.
_PLACES = "lines"


def _clean(value: Any, root: str) -> Any:
    """Make plain data fit for JSON: finite, encodable, its paths relative to ``root``."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {encodable(key): _clean_field(key, item, root) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, root) for item in value]
    return value


def _clean_field(key: str, value: Any, root: str) -> Any:
    # A list of the same name is ours: the threads of a process.
    if key in _USERS_OWN and isinstance(value, dict):
        return {encodable(name): encodable(text) for name, text in value.items()}
    if key in _PATHS and isinstance(value, str):
        return encodable(relative(value, root))
    if key == _PLACES:
        value = [relative(item, root) if isinstance(item, str) else item for item in value]
    return _clean(value, root)


def plain_record(record: Any, root: str) -> Any:
    """Return a record as plain data for JSON: finite, encodable, its paths relative to ``root``."""
    return _clean(msgspec.to_builtins(record), root)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _call(node: CallNode, root: str, depth: int = 0) -> CallPart:
    children = node.children if depth < DEPTH_LIMIT else ()
    return CallPart(
        function=encodable(node.function),
        file=encodable(relative(node.file, root)),
        line=node.line,
        time_ns=_finite(node.time_ns),
        total_ns=_finite(node.total_ns),
        user=node.user,
        children=tuple([_call(child, root, depth + 1) for child in children]),
    )


def _is_deeper(node: CallNode, limit: int) -> bool:
    level = [node]
    for _ in range(limit + 1):
        level = [child for parent in level for child in parent.children]
        if not level:
            return False
    return True


def _headline_first(comparisons: list[Comparison]) -> list[Comparison]:
    return sorted(comparisons, key=lambda c: (c.metric != "time", c.clock != "wall"))


def _benchmark(benchmark: Benchmark, comparisons: list[Comparison], root: str) -> BenchmarkPart:
    # The tree goes its own way: turned into plain data it would be nested too deep to walk.
    shallow = replace(benchmark, profiles=replace(benchmark.profiles, cpu=None))
    plain = plain_record(shallow, root)
    plain["comparison"] = plain_record(_headline_first(comparisons), root)
    _respell(plain["profiles"])
    part = msgspec.convert(plain, BenchmarkPart)
    if benchmark.profiles.cpu is None:
        return part
    return replace(part, profiles=replace(part.profiles, cpu=_call(benchmark.profiles.cpu, root)))


def _respell(profiles: dict[str, Any]) -> None:
    """Spell what the document names otherwise than the records: counts by their unit, a mapping as a list."""
    for child in (profiles["io"] or {}).get("children", ()):
        child["processes_count"] = child.pop("count")
    for device in (profiles["gpu"] or {}).get("devices", ()):
        if device["throttled"] is not None:
            device["throttled"] = [
                {"reason": reason, "samples_ratio": ratio} for reason, ratio in device["throttled"].items()
            ]


def _gone(name: str, comparisons: list[Comparison], root: str) -> BenchmarkPart:
    """Return the entry of a benchmark that only the baseline knew."""
    part = _benchmark(Benchmark(name=name, target="", profiles=Profiles()), comparisons, root)
    return replace(part, target=None)


def _benchmarks(report: Report) -> list[BenchmarkPart]:
    root = report.run.header.project_root
    by_name: dict[str, list[Comparison]] = {}
    for comparison in report.comparisons:
        by_name.setdefault(comparison.benchmark, []).append(comparison)
    present = [_benchmark(b, by_name.get(b.name, []), root) for b in report.run.benchmarks]
    names = {benchmark.name for benchmark in report.run.benchmarks}
    return present + [_gone(name, found, root) for name, found in by_name.items() if name not in names]


def _span(span: Span, root: str) -> dict[str, Any]:
    plain: dict[str, Any] = plain_record(span, root)
    plain["entries_count"] = plain.pop("count")
    return plain


def _failure(failure: Failure, root: str) -> dict[str, Any]:
    plain: dict[str, Any] = plain_record(failure, root)
    plain["pass"] = plain.pop("pass_name")
    return plain


def _honesty(report: Report) -> dict[str, Any]:
    run = report.run
    told = (*run.notes, *report.findings.notes, report.findings.bound)
    notes = [encodable(note) for note in told if note]
    notes += [
        f"{encodable(benchmark.name)}: calls nested deeper than {DEPTH_LIMIT} are left out of the call tree."
        for benchmark in run.benchmarks
        if benchmark.profiles.cpu is not None and _is_deeper(benchmark.profiles.cpu, DEPTH_LIMIT)
    ]
    unattributed = [
        {"benchmark": encodable(b.name), "native_bytes": b.profiles.memory.native_bytes}
        for b in run.benchmarks
        if b.profiles.memory is not None and b.profiles.memory.native_bytes
    ]
    ledger: dict[str, Any] = plain_record(report.honesty, run.header.project_root)
    return ledger | {"notes": notes, "unattributed": unattributed}


def _run_part(run: Run) -> dict[str, Any]:
    plain: dict[str, Any] = plain_record(run.header, run.header.project_root)
    return plain | {"duration_ns": run.duration_ns, "state": run.state.value}


def _finding(finding: Finding, root: str) -> dict[str, Any]:
    plain: dict[str, Any] = plain_record(finding, root)
    return plain


def document_of(report: Report) -> ReportDocument:
    """Return the report as the document's classes."""
    run = report.run
    root = run.header.project_root
    plain = {
        "schema": SCHEMA,
        "generator": {"name": "perfwatch", "version": __version__},
        "run": _run_part(run),
        "summary": plain_record(report.summary, root),
        "baseline": plain_record(report.baseline, root),
        "gate": _gate(report),
        "benchmarks": [],
        "spans": [_span(span, root) for span in run.spans],
        "custom": plain_record(run.custom, root),
        "provenance": plain_record(run.provenance, root),
        "sources": plain_record(run.sources, root),
        "honesty": _honesty(report),
        "findings": [_finding(one, root) for one in report.findings.ranked],
        "experiments": plain_record(run.experiments, root),
        "ceilings": plain_record(report.ceilings, root),
        "modules": plain_record(report.modules, root),
        "histories": plain_record(report.histories, root),
        "policy": _policy(report),
        "proofs": [],
        "claims": [],
        "failures": [_failure(failure, root) for failure in run.failures],
    }
    return replace(msgspec.convert(plain, ReportDocument), benchmarks=tuple(_benchmarks(report)))


def _gate(report: Report) -> dict[str, Any] | None:
    """The gate's word and policy; its comparisons stand with their benchmarks."""
    result = report.gate
    if result is None:
        return None
    return {
        "verdict": result.verdict.value,
        "void_reason": encodable(result.void_reason),
        "failing": [encodable(one) for one in result.failing],
        "chosen": [encodable(one) for one in result.chosen],
        "notes": [encodable(one) for one in result.notes],
        "unmet": [encodable(one) for one in result.unmet],
        "policy": _clean(
            {
                "fail_above_ratio": result.policy.fail_above_ratio,
                "min_change_ns": result.policy.min_change_ns,
                "min_change_bytes": result.policy.min_change_bytes,
                "metrics": result.policy.metrics,
                "fail_on_undecided": result.policy.fail_on_undecided,
                "same_output": result.policy.same_output,
            },
            "",
        ),
        "controls": _clean(result.controls, ""),
        "noise_floor_ratio": result.smallest_visible_ratio,
        "witnesses": [plain_record(one, "") for one in result.witnesses],
        "functions": plain_record(result.functions, report.run.header.project_root),
        "answers": plain_record(result.answers, ""),
        "hunks": _hunks(report),
    }


def _policy(report: Report) -> dict[str, Any] | None:
    if report.policy is None:
        return None
    plain: dict[str, Any] = plain_record(report.policy, "")
    return plain | {"margins": [{"pattern": one, "margin_ratio": ratio} for one, ratio in plain["margins"]]}


def _hunks(report: Report) -> list[dict[str, Any]]:
    """The diffs of functions: their lines are texts of the user's, and no places."""
    found = [] if report.gate is None else report.gate.hunks
    plain: list[dict[str, Any]] = []
    for one in found:
        made = plain_record(replace(one, lines=()), report.run.header.project_root)
        plain.append(made | {"lines": [encodable(line) for line in one.lines]})
    return plain


def render_json(report: Report) -> str:
    """Return the document as one line of JSON, with a newline at its end."""
    return msgspec.json.encode(document_of(report)).decode() + "\n"


def render_record(name: str, record: Any) -> str:
    """Return one record alone as an indented document of its own schema, ``perfwatch.NAME/1``."""
    document = {"schema": f"perfwatch.{name}/1", name: plain_record(record, "")}
    text: bytes = msgspec.json.format(msgspec.json.encode(document), indent=1)
    return text.decode() + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) that every ``report.json`` of this version obeys."""
    made = msgspec.json.schema(ReportDocument)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    # Through JSON and back: the schema is data, and what is printed equals what is returned.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(head | made))
    return plain


def render_schema() -> str:
    """Return the schema as indented text."""
    text: bytes = msgspec.json.format(msgspec.json.encode(schema()), indent=2)
    return text.decode() + "\n"
