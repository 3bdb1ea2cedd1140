"""The steps: measure, comment, verdict. Each reads its environment, does one thing and returns a status.

The gate's own status is kept by the first and returned by the last, so that
what comes between them happens whatever was found. Nothing here may give the
token to the code that is measured.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.ci.annotations import annotations_of, ground_of
from perfwatch.ci.event import event_of
from perfwatch.ci.forge import ForgeError, forge_of
from perfwatch.ci.inputs import Inputs, inputs_of
from perfwatch.ci.outcome import Outcome, read_outcome
from perfwatch.ci.posting import body_of, post
from perfwatch.config.load import project_root
from perfwatch.environment.git import ask_git
from perfwatch.errors import ExitCode, NotComparable, UsageError, strongest
from perfwatch.records.gate import GateVerdict
from perfwatch.report.gate_markdown import gate_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.ci.workflow import Workflow

#: What lets a process speak for the workflow; the code that is measured gets none of it.
_SECRETS = ("INPUT_", "ACTIONS_", "GITHUB_TOKEN", "GH_TOKEN")
_RUNNER_FILES = frozenset(
    {"GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
)
_NO_RESULT = "The gate ended without a result"


def measure(environ: Mapping[str, str], workflow: Workflow) -> int:
    """Run the gate, and tell the runner what it found; its status becomes the output ``exit-code``."""
    inputs = inputs_of(environ)
    folder = _folder(environ, inputs.name)
    arguments = ["gate", *_options(inputs, _base(inputs, environ)), "--out", str(folder), *inputs.targets]
    with workflow.commands_stopped():
        # Not interrupted by what interrupts us: the gate gets the same signal, and ends in order.
        ended = subprocess.run(
            [sys.executable, "-m", "perfwatch", *arguments], env=_without_secrets(environ), check=False
        )
    status = 128 - ended.returncode if ended.returncode < 0 else ended.returncode
    outcome = read_outcome(folder / "report.json")
    _tell(outcome, status, inputs, workflow, environ)
    workflow.output(
        verdict="none" if outcome is None else outcome.result.verdict.value,
        regressions=0 if outcome is None else len(outcome.result.failing),
        undecided=0 if outcome is None else len(outcome.undecided),
        report_path=folder / "index.html",
        json_path=folder / "report.json",
        exit_code=status,
    )
    return 0


def comment(environ: Mapping[str, str], workflow: Workflow) -> int:
    """Write the pull request's comment; where that is not allowed, say so, and fail nothing."""
    inputs = inputs_of(environ)
    token = environ.get("INPUT_GITHUB_TOKEN", "").strip()
    if not token:
        workflow.annotate(
            "warning", "There is no github-token, so no comment was written.", title="perfwatch"
        )
        return 0
    outcome = _reported(environ)
    result = None if outcome is None else outcome.result
    is_alert = result is not None and result.verdict is GateVerdict.FAILED
    forge, event = forge_of(environ, token), event_of(environ)
    body = body_of(inputs.name, result, event.run_address(environ))
    try:
        number = event.pull_request(forge)
        if number is None:
            workflow.say("This run is about no open pull request: there is nothing to comment on.")
            return 0
        is_wanted = inputs.comment_always or (inputs.comment_on_alert and is_alert)
        posted = post(forge, number, body, is_wanted=is_wanted)
    except ForgeError as error:
        workflow.annotate("warning", _uncommented(error), title="perfwatch: no comment was written")
        return 0
    workflow.say(f"The comment on pull request {number}: {posted.deed}. {posted.address}".rstrip())
    workflow.output(comment_url=posted.address)
    return 0


def verdict(environ: Mapping[str, str], workflow: Workflow) -> int:
    """Return the gate's status; without ``fail-on-alert`` a regression alone is none."""
    inputs = inputs_of(environ)
    text = environ.get("EXIT_CODE", "").strip()
    if not text.isdecimal() or int(text) > 255:
        raise UsageError(
            f"EXIT_CODE is {text!r}: the step that measures has left no status.",
            means="It is not known whether the gate passes, which counts as not passing.",
            do="See the log of the step that measures.",
        )
    status = int(text)
    if status != ExitCode.REGRESSION or inputs.fail_on_alert:
        return status
    workflow.annotate(
        "warning",
        "A regression is confirmed, and fail-on-alert is false: the job goes on.",
        title="perfwatch",
    )
    outcome = _reported(environ)
    return int(strongest(_besides(outcome, inputs)))


def _reported(environ: Mapping[str, str]) -> Outcome | None:
    path = environ.get("JSON_PATH", "").strip()
    return read_outcome(Path(path)) if path else None


def _uncommented(error: ForgeError) -> str:
    if error.refused:
        return (
            f"{error}\nThis token may not comment here: a pull request of a fork has one that can only read. "
            "Let a second workflow comment; see how to run in continuous integration."
        )
    return f"{error}\nThe result stands in the job's summary and in its report."


def _besides(outcome: Outcome | None, inputs: Inputs) -> list[ExitCode]:
    """What else would have ended the gate, had the regression not been the stronger code."""
    if outcome is None:
        return [ExitCode.REGRESSION]
    codes = [ExitCode.TARGET_FAILED] if outcome.failures_count else []
    return codes + ([ExitCode.UNDECIDED] if inputs.fail_on_undecided and outcome.undecided else [])


def _options(inputs: Inputs, base: str) -> list[str]:
    given = {
        "--base": base,
        "--head": inputs.head,
        "--setup": inputs.setup,
        "--margin": inputs.margin.removesuffix("%").strip(),
        "--budget": inputs.budget,
        "--per-benchmark": inputs.per_benchmark,
        "--fail-above": "" if inputs.fail_above_percent is None else f"{inputs.fail_above_percent:g}",
        "--fail-on": "undecided" if inputs.fail_on_undecided else "",
    }
    # Joined by an equals sign, so that a value that begins with a hyphen stays a value.
    long = [f"{name}={value}" for name, value in given.items() if value]
    return [*long, *(["-k", inputs.keyword] if inputs.keyword else []), "--no-progress"]


def _base(inputs: Inputs, environ: Mapping[str, str]) -> str:
    """The revision to hold against: in a pull request, where head left the branch that it is to go into."""
    target = environ.get("GITHUB_BASE_REF", "")
    if inputs.base or not target:
        return inputs.base
    branch = f"refs/remotes/origin/{target}"
    answer = ask_git(Path.cwd(), "merge-base", inputs.head or "HEAD", branch)
    if answer is None or answer.status != 0:
        raise NotComparable(
            f"The commit where this change left {target} is not in this checkout.",
            means="An older or newer base would blame the change for what others did, so nothing was measured.",
            do="Check out with history: actions/checkout with fetch-depth: 0. Or name a base: the input base.",
        )
    return answer.output.decode(errors="replace").strip()


def _folder(environ: Mapping[str, str], name: str) -> Path:
    """Where this gate's report goes: a folder outside the work tree, without what an earlier one left."""
    parent = environ.get("RUNNER_TEMP", "")
    folder = Path(parent) / "perfwatch" / name if parent else Path(tempfile.mkdtemp(prefix="perfwatch-ci-"))
    folder.mkdir(parents=True, exist_ok=True)
    for left in ("report.json", "index.html"):
        with contextlib.suppress(FileNotFoundError):
            (folder / left).unlink()
    return folder


def _without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_SECRETS) and name not in _RUNNER_FILES
    }


def _tell(
    outcome: Outcome | None, status: int, inputs: Inputs, workflow: Workflow, environ: Mapping[str, str]
) -> None:
    """Write the job's summary and the annotations."""
    if outcome is None:
        if inputs.summary:
            workflow.summarise(f"## perfwatch gate: no result\n\n{_NO_RESULT}, with status {status}.\n")
        if inputs.annotations:
            workflow.annotate("error", f"{_NO_RESULT}, with status {status}: see the log.", title="perfwatch")
        return
    if inputs.summary:
        workflow.summarise(gate_markdown(outcome.result))
    if inputs.annotations:
        ground = ground_of(project_root(Path.cwd()), environ.get("GITHUB_WORKSPACE", ""))
        level = "error" if inputs.fail_on_alert else "warning"
        for one in annotations_of(outcome, ground, failing_level=level):
            workflow.annotate(one.level, one.message, title=one.title, spot=one.spot)
