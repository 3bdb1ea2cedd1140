"""What is written for a forge obeys the forge's own schemas, as the checker for them ships them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from runner import ROOT, load
from tools import need_module

ACTIONS = [ROOT / "action.yml", ROOT / ".github" / "actions" / "comment" / "action.yml"]
WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / "templates").glob("*.yml")),
]


def checked(schema, *paths):
    need_module("check_jsonschema", "check-jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [("vendor.github-actions", ACTIONS), ("vendor.github-workflows", WORKFLOWS)],
    ids=["actions", "workflows"],
)
def test_every_file_obeys_its_schema(schema, paths):
    status, said = checked(schema, *paths)
    assert status == 0, said


@pytest.mark.parametrize(
    ("schema", "name", "wrong"),
    [
        ("vendor.github-actions", "action.yml", ("using: composite", "using: composit")),
        ("vendor.github-workflows", ".github/workflows/performance.yml", ("runs-on:", "run-on:")),
    ],
    ids=["action", "workflow"],
)
def test_the_check_can_fail(tmp_path, schema, name, wrong):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert wrong[0] in text
    (tmp_path / "wrong.yml").write_text(text.replace(*wrong), encoding="utf-8")
    assert checked(schema, tmp_path / "wrong.yml")[0] != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_workflow_that_can_write_checks_out_nothing_of_a_pull_request(path):
    workflow = load(path)
    assert "pull_request_target" not in workflow["on"]
    writes = "write" in (workflow.get("permissions") or {}).values()
    assert not (writes and "pull_request" in workflow["on"])
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", [])]
    refs = [step.get("with", {}).get("ref") for step in steps if "checkout" in step.get("uses", "")]
    assert refs == [None] * len(refs)
