"""Findings tried on programmes: changed copy against original, with verdict, ratio and a patch that git takes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_run, make_timing

from perfwatch.config import load_config
from perfwatch.pipeline.surroundings import Place
from perfwatch.pipeline.trying import Trying, try_best, try_finding
from perfwatch.records.finding import Advice, Finding, Findings, Grade, TrialVerdict
from perfwatch.records.report import Report
from perfwatch.records.run import Benchmark, SourceFile, Target, TargetKind

HERE = Path(__file__).parent
MARK = "# [cause]"


def silent(event):
    """Nobody listens to what a trial says of its progress."""


#: Each proof takes half a minute: the others are for make bench.
IN_CI = {"catalogue:matched"}


class Project:
    """A project in git that holds one programme, and a run of it that found something."""

    def __init__(self, root, programme, rule, target, *, nth=0):
        self.root = root
        self.file = programme.name
        (root / "pyproject.toml").write_text("")
        shutil.copy(programme, root / self.file)
        for command in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *command], cwd=root, check=True, capture_output=True)
        data = (root / self.file).read_bytes()
        text = data.decode()
        lines = [number for number, line in enumerate(text.split("\n"), 1) if line.endswith(MARK)]
        plain = make_run()
        self.target = target
        self.run = replace(
            plain,
            header=replace(plain.header, targets=(target,), project_root=str(root)),
            benchmarks=(Benchmark(name="study", target=target.key),),
            sources=(SourceFile(file=self.file, digest=hashlib.sha256(data).hexdigest()[:16], text=text),),
        )
        self.finding = Finding(
            rule=rule, title="", benchmark="study", file=self.file, line_start=lines[nth], line_end=lines[nth],
            function="", mechanism="", share_ratio=0.9, ceiling_ratio=10.0, confidence=Grade.HIGH, severity=Grade.HIGH,
            priority=Grade.HIGH, effort=Grade.LOW, risk=Grade.LOW, advice=Advice(summary=""), rank=1,
        )  # fmt: skip

    @property
    def trying(self):
        config = replace(load_config(self.root, {}), budget_ns=60_000_000_000)
        place = Place(cwd=self.root, environ=dict(os.environ), command="perfwatch run --try")
        return Trying(run=self.run, config=config, place=place, progress=silent)

    def tried(self):
        return try_finding(self.finding, self.trying)

    def git(self, *words, patch):
        return subprocess.run(
            ["git", *words], cwd=self.root, input=patch, capture_output=True, text=True, check=False
        )


def callable_of(module, function, setup):
    return Target(
        kind=TargetKind.CALLABLE, name=f"{module}:{function}", key="k", module=module, function=function,
        setup=f"{module}:{setup}",
    )  # fmt: skip


def study(tmp_path, function, rule, setup="make", *, nth=0):
    """A callable (``module:function``) of one of the small programmes beside this file."""
    module, _, name = function.partition(":")
    programme = HERE / "rewritable" / f"{module}.py"
    return Project(tmp_path, programme, rule, callable_of(module, name, setup), nth=nth)


def script(tmp_path, programme, rule):
    target = Target(kind=TargetKind.SCRIPT, name=programme.name, key="k", path=str(tmp_path / programme.name))
    return Project(tmp_path, programme, rule, target)


def is_proved(project):
    trial = project.tried()
    assert trial.verdict is TrialVerdict.PROVED, trial
    assert trial.ratio is not None
    assert trial.ratio < 0.8
    assert trial.interval[1] < 1
    assert trial.patch_file == "finding-1.patch"
    before = (project.root / project.file).read_bytes()
    checked = project.git("apply", "--check", "-", patch=trial.patch)
    assert checked.returncode == 0, checked.stderr
    assert (project.root / project.file).read_bytes() == before
    assert project.git("apply", "-", patch=trial.patch).returncode == 0
    return trial


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "rule", "setup", "nth"),
    [
        pytest.param(*row, marks=() if row[0] in IN_CI else pytest.mark.long)
        for row in [
            ("drought:anomalies", "loop-invariant", "make", 0),
            ("catalogue:matched", "list-membership", "make", 0),
            ("catalogue:distinct", "list-membership", "make_observations", 1),
            ("picks:table", "quadratic-growth", "make", 0),
            ("spotted:classify", "single-predict", "make", 0),
            ("assimilation:analyses", "explicit-inverse", "make", 0),
            ("clusters:contacts", "all-pairs", "make", 0),
            ("snowpack:melt", "compile-candidate", "make", 0),
            ("shaking:energies", "generator-rebuilt", "make", 0),
        ]
    ],
)
def test_a_mechanical_change_is_proved_and_git_takes_its_patch(tmp_path, function, rule, setup, nth):
    is_proved(study(tmp_path, function, rule, setup, nth=nth))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("herbarium_labels", "regex-recompiled"),
        ("hermite_overlap", "recursion-without-memo"),
        ("isotope_clusters", "same-arguments"),
    ],
)
def test_whole_scripts_of_the_corpus_are_proved_by_what_they_print(tmp_path, name, rule):
    is_proved(script(tmp_path, HERE / "corpus" / "open" / f"{name}.py", rule))


def test_a_change_that_changes_the_answer_is_tried_and_not_proved(tmp_path):
    trial = study(tmp_path, "peaks:resolved", "list-membership").tried()
    assert trial.verdict is TrialVerdict.DIFFERENT_ANSWER
    assert trial.ratio is None
    assert trial.patch
    assert not trial.patch_file


def test_a_change_that_raises_fails_with_its_error(tmp_path):
    trial = study(tmp_path, "tags:distinct", "list-membership").tried()
    assert trial.verdict is TrialVerdict.FAILS
    assert "unhashable" in trial.reason
    assert not trial.patch_file


def test_the_answers_of_a_function_that_draws_are_not_kept_and_nothing_is_run(tmp_path):
    project = study(tmp_path, "walkers:survival", "recursion-without-memo")
    trial = project.tried()
    assert trial.verdict is TrialVerdict.REFUSED
    assert "not pure" in trial.reason
    assert not trial.patch


def test_generators_of_many_seeds_are_left_alone(tmp_path):
    trial = script(tmp_path, HERE / "corpus" / "open" / "photon_transport.py", "generator-rebuilt").tried()
    assert trial.verdict is TrialVerdict.REFUSED
    assert "other numbers" in trial.reason


def test_a_file_that_has_changed_since_the_run_is_not_rewritten(tmp_path):
    project = study(tmp_path, "tags:distinct", "list-membership")
    (tmp_path / "tags.py").write_text("pass\n")
    trial = project.tried()
    assert trial.verdict is TrialVerdict.REFUSED
    assert "changed since the run" in trial.reason


@pytest.mark.parametrize("file", ["/etc/passwd", "../tags.py", "gone.py"])
def test_a_file_outside_of_the_project_is_not_rewritten(tmp_path, file):
    project = study(tmp_path, "tags:distinct", "list-membership")
    trial = try_finding(replace(project.finding, file=file), project.trying)
    assert trial.verdict is TrialVerdict.REFUSED
    assert "no file of the project" in trial.reason


def test_a_suite_is_not_tried(tmp_path):
    project = study(tmp_path, "tags:distinct", "list-membership")
    suite = replace(project.target, kind=TargetKind.PYTEST, path=str(tmp_path / "tags.py"))
    project.run = replace(project.run, header=replace(project.run.header, targets=(suite,)))
    trial = project.tried()
    assert trial.verdict is TrialVerdict.REFUSED
    assert "pytest" in trial.reason


def test_an_original_that_fails_is_said_to_and_leaves_nothing_behind(tmp_path):
    project = study(tmp_path, "tags:distinct", "list-membership")
    broken = replace(project.target, setup="tags:gone")
    project.run = replace(project.run, header=replace(project.run.header, targets=(broken,)))
    trial = project.tried()
    assert trial.verdict is TrialVerdict.UNMEASURED
    assert trial.reference_failed
    assert sorted(one.name for one in tmp_path.iterdir()) == [".git", "pyproject.toml", "tags.py"]


def test_what_cannot_be_done_in_the_budget_is_not_begun(tmp_path):
    project = study(tmp_path, "peaks:resolved", "list-membership")
    timed = replace(project.run.benchmarks[0], timing=make_timing())
    project.run = replace(project.run, benchmarks=(timed,))
    report = Report(run=project.run, findings=Findings(ranked=(project.finding,)))
    tried = try_best(report, project.trying.config, project.trying.place, silent, 1)
    trial = tried.findings.ranked[0].proof
    assert trial.verdict is TrialVerdict.UNMEASURED
    assert "budget" in trial.reason


def test_only_findings_with_a_rewrite_are_tried_and_the_first_three_of_them(tmp_path):
    project = study(tmp_path, "walkers:survival", "recursion-without-memo")
    others = [replace(project.finding, rank=rank) for rank in (2, 3, 4, 5)]
    ranked = (replace(project.finding, rule="sleep"), *others)
    report = Report(run=project.run, findings=Findings(ranked=ranked))
    tried = try_best(report, project.trying.config, project.trying.place, silent, 10**9)
    assert [one.proof is not None for one in tried.findings.ranked] == [False, True, True, True, False]
