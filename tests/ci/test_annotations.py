"""Annotations stand at the line that is named, and are text and nothing else to a runner."""

from __future__ import annotations

import io
import json

import pytest
from builders import make_benchmark, make_comparison, make_header, make_report, make_run, make_target

from perfwatch.ci.annotations import annotations_of, ground_of
from perfwatch.ci.outcome import read_outcome
from perfwatch.ci.workflow import ANNOTATIONS_LIMIT, Spot, Workflow
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.report.json_file import render_json

SLOWER = make_comparison(benchmark="fit", verdict=Verdict.SLOWER, reason="Beyond the margin.")
UNDECIDED = make_comparison(benchmark="fit", verdict=Verdict.UNDECIDED, reason="Too wide.")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "repository" / "package"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "test_fit.py").write_text("")
    (folder / "model.py").write_text("")
    return folder


def annotated(project, *comparisons, functions=(), target="tests/test_fit.py", level="error", **changes):
    """The annotations of a gate's report that went through its file."""
    failing = tuple(
        f"{one.benchmark} ({one.metric}): slower +20.0%"
        for one in comparisons
        if one.verdict is Verdict.SLOWER
    )
    facts = {"verdict": GateVerdict.FAILED, "policy": GatePolicy(), "failing": failing}
    result = GateResult(comparisons=comparisons, **(facts | changes))
    aim = make_target(key="k", path=str(project / target))
    run = make_run(
        header=make_header(project_root=str(project), targets=(aim,)),
        benchmarks=(make_benchmark("fit", target="k"),),
    )
    document = json.loads(render_json(make_report(run=run, gate=result, comparisons=comparisons)))
    document["gate"]["functions"] = list(functions)
    path = project / "report.json"
    path.write_text(json.dumps(document))
    ground = ground_of(project, str(project.parent))
    return annotations_of(read_outcome(path), ground, failing_level=level)


def frame(**changes):
    return {
        "function": "solve",
        "file": "model.py",
        "line": 12,
        "named": True,
        "lines": [],
        "own": {},
    } | changes


def test_a_regression_stands_at_the_benchmark_s_file_where_no_function_is_named(project):
    (one,) = annotated(project, SLOWER)
    assert one.spot == Spot(file="package/tests/test_fit.py")
    assert (one.level, one.message) == ("error", "Beyond the margin.")
    assert one.title == "perfwatch: fit (time): slower +20.0%"


def test_another_answer_stands_at_the_benchmark_s_file_whatever_made_it_slower(project):
    sentence = "fit (answer): [17] differs"
    answer = AnswerChange(benchmark="fit", verdict=AnswerVerdict.DIFFERENT, reason="[17] differs")
    changes = {"failing": (sentence,), "answers": (answer,)}
    found = annotated(project, SLOWER, functions=[{"benchmark": "fit", "frames": [frame()]}], **changes)
    (one,) = [one for one in found if "answer" in one.title]
    assert (one.title, one.message) == (f"perfwatch: {sentence}", sentence)
    assert one.spot == Spot(file="package/tests/test_fit.py")


@pytest.mark.parametrize(
    ("frames", "spot"),
    [
        ([frame()], Spot(file="package/model.py", line=12)),
        ([frame(lines=[{"line": 15}, {"line": 14}])], Spot(file="package/model.py", line=15)),
        ([frame(named=False, line=3), frame()], Spot(file="package/model.py", line=12)),
        ([frame(named=False)], Spot(file="package/tests/test_fit.py")),
        ([frame(file="../../outside.py")], Spot(file="package/tests/test_fit.py")),
        ([frame(file="/etc/passwd")], Spot(file="package/tests/test_fit.py")),
        ([frame(file="gone.py")], Spot(file="package/tests/test_fit.py")),
        ([frame(line=0)], Spot(file="package/model.py")),
    ],
    ids=["function", "line", "first named", "none named", "outside", "absolute", "gone", "no line"],
)
def test_a_regression_stands_at_the_line_that_is_named(project, frames, spot):
    (one,) = annotated(project, SLOWER, functions=[{"benchmark": "fit", "frames": frames}])
    assert one.spot == spot


def test_a_target_outside_the_repository_has_no_place(project):
    (one,) = annotated(project, SLOWER, target="../../elsewhere.py")
    assert one.spot is None


def test_what_is_undecided_is_a_warning_only_where_it_fails(project):
    facts = {"verdict": GateVerdict.UNDECIDED, "failing": ()}
    (told,) = annotated(project, UNDECIDED, **facts)
    (warned,) = annotated(project, UNDECIDED, **facts, policy=GatePolicy(fail_on_undecided=True))
    assert (told.level, warned.level) == ("notice", "warning")


def test_a_void_run_is_an_error_with_its_reason(project):
    (one,) = annotated(
        project, verdict=GateVerdict.VOID, void_reason="base differs from its copy", failing=()
    )
    assert (one.level, one.message) == ("error", "base differs from its copy")


def test_more_than_a_runner_shows_are_counted(project):
    many = [make_comparison(benchmark=f"b{n}", verdict=Verdict.SLOWER) for n in range(40)]
    found = annotated(project, *many, UNDECIDED)
    errors = [one for one in found if one.level == "error"]
    assert len(errors) == ANNOTATIONS_LIMIT
    assert errors[-1].message.startswith("31 more")
    assert found[-1].level == "notice"


# The runner's language


def printed(*, level="error", message="m", encoding="utf-8", **options):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    Workflow({}, stream).annotate(level, message, **options)
    return raw.getvalue().decode(encoding)


def test_a_message_cannot_end_its_line_nor_a_title_its_property():
    line = printed(message="50%\n::error::x\r", title="a,line=3::b", spot=Spot(file="a,b:c.py", line=4))
    assert line.count("\n") == 1
    assert line == ("::error title=a%2Cline=3%3A%3Ab,file=a%2Cb%3Ac.py,line=4::50%25%0A::error::x\n")


def test_a_stream_that_lacks_a_sign_gets_its_escape():
    assert printed(message="\N{GREEK SMALL LETTER MU}\udc80", encoding="ascii").startswith("::error::")


def test_what_is_said_is_no_command():
    stream = io.StringIO()
    Workflow({}, stream).say("fine\n::error::x\n  ::set-env name=A::b\n##[error]y")
    assert [line for line in stream.getvalue().splitlines() if line.startswith(("::", "##["))] == []


def test_an_output_cannot_set_another_one(tmp_path):
    path = tmp_path / "output"
    Workflow({"GITHUB_OUTPUT": str(path)}, io.StringIO()).output(report_path="a\nverdict<<end\npassed\nend")
    lines = path.read_text().splitlines()
    name, _, end = lines[0].partition("<<")
    assert name == "report-path"
    assert lines.index(end, 1) == len(lines) - 1
