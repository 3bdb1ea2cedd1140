"""What started the workflow: the runner's event file → the pull request it is about.

It must not take a number from anything but the event and the forge: an artifact
of somebody else's job could name another one's pull request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from perfwatch.ci.forge import Forge

_EVENT_BYTES = 50_000_000
_PULL_REQUESTS = frozenset({"pull_request", "pull_request_target"})
_SERVER = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")


@dataclass(frozen=True, slots=True)
class Event:
    """The name of an event, and what the forge says of it."""

    name: str
    content: Mapping[str, Any]

    def pull_request(self, forge: Forge) -> int | None:
        """Return the number of the pull request that this is about; ``None`` where it is about none.

        After a workflow of a pull request, the forge is asked which one has that
        commit at its tip: its own word on a fork is empty.
        """
        if self.name != "workflow_run":
            return _number(self._part("pull_request"))
        run = self._part("workflow_run")
        if run.get("event") not in _PULL_REQUESTS:
            return None
        repository = run.get("head_repository")
        owner = repository.get("owner") if isinstance(repository, dict) else None
        texts = (
            owner.get("login") if isinstance(owner, dict) else None,
            run.get("head_branch"),
            run.get("head_sha"),
        )
        if not all(isinstance(text, str) and text for text in texts):
            return None  # the fork is gone
        return forge.pull_request_with(*(str(text) for text in texts))

    def run_address(self, environ: Mapping[str, str]) -> str:
        """Return where the run that measured can be seen; empty where it is not known."""
        server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        identity: object = environ.get("GITHUB_RUN_ID", "")
        if self.name == "workflow_run":
            identity = self._part("workflow_run").get("id")
        if _SERVER.fullmatch(server) is None or not str(identity).isdecimal():
            return ""
        return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{identity}"

    def _part(self, name: str) -> Mapping[str, Any]:
        part = self.content.get(name)
        return part if isinstance(part, dict) else {}


def event_of(environ: Mapping[str, str]) -> Event:
    """Read the event; raises ``UsageError`` where the runner's file cannot be read."""
    path = environ.get("GITHUB_EVENT_PATH", "")
    try:
        with Path(path).open("rb") as file:
            content = json.loads(file.read(_EVENT_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The event file {path!r} (GITHUB_EVENT_PATH) cannot be read: {error}.",
            means="It is not known which pull request this is about, so no comment was written.",
            do="Run this step where the forge's runner sets the variable.",
        ) from error
    return Event(environ.get("GITHUB_EVENT_NAME", ""), content if isinstance(content, dict) else {})


def _number(part: Mapping[str, Any]) -> int | None:
    number = part.get("number")
    return number if isinstance(number, int) and number > 0 else None
