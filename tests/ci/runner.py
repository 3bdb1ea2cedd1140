"""A runner of workflows, as far as the action needs one: expressions, conditions, and bash steps in order."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / "action.yml"
COMMENT_ACTION = ROOT / ".github" / "actions" / "comment" / "action.yml"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_REFERENCE = re.compile(r"[a-z][\w]*(?:\.[\w-]+)+")


def load(path):
    """A YAML file of ours; ``on`` is a word there, not a truth."""
    return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@dataclass
class Job:
    """One run of an action's steps: what the runner knows, and what came of it."""

    folder: Path
    inputs: dict[str, str]
    environ: dict[str, str]
    github: dict[str, str] = field(default_factory=dict)
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    status: int = 0
    ran: list[str] = field(default_factory=list)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def evaluate(self, reference):
        """What ``steps.measure.outputs.verdict`` stands for; what is not known is empty, as on a runner."""
        room, *path = reference.split(".")
        if room == "inputs":
            return self.inputs[".".join(path)]  # an input that the action does not have is a mistake here
        if room == "steps":
            return self.steps.get(path[0], {}).get(path[2], "")
        if room == "runner":
            return self.environ["RUNNER_TEMP"]
        return self.github.get(".".join(path), "")

    def filled(self, text):
        return _EXPRESSION.sub(lambda match: self.evaluate(match.group(1)), text)

    def holds(self, condition):
        if condition is None:
            return True
        python = _REFERENCE.sub(lambda match: repr(self.evaluate(match.group())), condition)
        return bool(eval(python.replace("&&", " and ").replace("||", " or "), {"__builtins__": {}}))

    @property
    def summary(self):
        path = self.folder / "summary.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def outputs(self):
        return {name: value for values in self.steps.values() for name, value in values.items()}


def outputs_in(path):
    """The name and value pairs of a file in the runner's form with delimiters."""
    found, lines = {}, path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    while lines:
        name, _, end = lines.pop(0).partition("<<")
        value = []
        while lines[0] != end:
            value.append(lines.pop(0))
        lines.pop(0)
        found[name] = "\n".join(value)
    return found


def new_job(folder, *, event_name="pull_request", event=None, api="http://127.0.0.1:9", **inputs):
    """A job with the files and variables that a runner gives; ``inputs`` are the action's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "temp").mkdir(exist_ok=True)
    (folder / "event.json").write_text(json.dumps(event or {}), encoding="utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environ = kept | {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": api,
        "GITHUB_EVENT_NAME": event_name,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "owner/project",
        "GITHUB_RUN_ID": "77",
        "GITHUB_SERVER_URL": "https://example.org",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_WORKSPACE": str(folder),
        "RUNNER_TEMP": str(folder / "temp"),
    }
    return Job(folder=folder, inputs=inputs, environ=environ, github={"token": "secret-token"})


def run_action(path, job, *, skip=(), outputs=None):
    """Run the steps of a composite action in order; ``outputs`` are those of steps that are skipped."""
    action = load(path)
    defaults = {name: job.filled(one.get("default", "")) for name, one in action["inputs"].items()}
    assert set(job.inputs) <= set(defaults), "the action has no such input"
    job.inputs = defaults | {"python": sys.executable, "install": "false"} | job.inputs
    job.github["action_path"] = str(Path(path).parent)
    job.steps |= outputs or {}
    for number, step in enumerate(action["runs"]["steps"]):
        if step.get("id", step["name"]) in skip or not job.holds(step.get("if")):
            continue
        if "uses" in step:
            job.used.append((step["uses"], {k: job.filled(v) for k, v in step.get("with", {}).items()}))
            continue
        job.ran.append(step["name"])
        job.status = _run_step(step, number, job)
        if job.status != 0:
            break
    return job


def _run_step(step, number, job):
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "an expression in a script is somebody else's script"
    output = job.folder / f"output-{number}"
    environ = {name: job.filled(value) for name, value in step.get("env", {}).items()}
    script = job.folder / f"step-{number}.sh"
    script.write_text(step["run"], encoding="utf-8")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=job.folder / job.filled(step.get("working-directory", ".")),
        env=job.environ | {"GITHUB_OUTPUT": str(output)} | environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    job.log += done.stdout + done.stderr
    if "id" in step:
        job.steps[step["id"]] = outputs_in(output)
    return done.returncode
