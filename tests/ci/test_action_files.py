"""What is written in the action and the workflows: texts of somebody else's go by the environment."""

from __future__ import annotations

import re

import pytest
from runner import ACTION, COMMENT_ACTION, ROOT, load


def scripts(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "run" and isinstance(value, str):
                yield value
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value)


WRITTEN = [
    ACTION,
    COMMENT_ACTION,
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / "templates").glob("*.yml")),
]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_script_holds_an_expression(path):
    assert [script for script in scripts(load(path)) if "${{" in script] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_workflow_runs_no_actions_but_the_forges_own(path):
    used = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    known = r"actions/(checkout|setup-python|upload-artifact|download-artifact)@v\d+|\./|\./\.github/actions/comment"
    assert [one for one in used if re.fullmatch(known, one) is None] == []


def steps_of(path):
    content = load(path)
    if "runs" in content:
        return content["runs"]["steps"]
    return [step for job in content["jobs"].values() for step in job["steps"]]


def test_the_reusable_workflow_and_the_action_run_the_same_steps():
    def told(step):
        env = {name for name in step.get("env", {}) if name not in {"INPUT_HEAD", "INPUT_SETUP"}}
        return step["name"], step.get("run"), step.get("uses"), env

    ours = [told(step) for step in steps_of(ACTION)[1:]]
    theirs = [told(step) for step in steps_of(ROOT / ".github" / "workflows" / "gate.yml") if "name" in step]
    assert theirs[-len(ours) :] == ours


def test_every_input_of_the_action_is_used_and_documented():
    action = load(ACTION)
    text = ACTION.read_text(encoding="utf-8").partition("\nruns:")[2]
    guide = (ROOT / "docs" / "how-to" / "run-in-ci.md").read_text(encoding="utf-8")
    for name in action["inputs"]:
        assert f"inputs.{name} " in text, name
        assert f"`{name}`" in guide, name
    assert [name for name in action["outputs"] if f"`{name}`" not in guide] == []
