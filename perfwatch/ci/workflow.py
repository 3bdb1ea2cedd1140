"""What a step tells its runner: commands in its output, and lines in the files that the runner names.

It must not decide what is told. The runner acts on every line of output that
begins with two colons, so that nothing here reaches it unescaped.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from perfwatch.errors import StoreError
from perfwatch.report.visible import encodable, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A runner shows ten annotations of a level for each step, and drops the rest without a word.
ANNOTATIONS_LIMIT = 10
_MESSAGE_LIMIT = 2_000
_TITLE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an annotation stands: a path from the repository's top, and a line where one is known."""

    file: str
    line: int | None = None


class Workflow:
    """The runner's side of a step: where commands, outputs and the summary go."""

    def __init__(self, environ: Mapping[str, str], stream: TextIO) -> None:
        self._environ = environ
        self._stream = stream

    def say(self, text: str) -> None:
        """Print a line that is no command, whatever it holds."""
        for line in text.splitlines():
            shown = visible(line, _MESSAGE_LIMIT)
            # A space before it makes a command plain text.
            self._print(f" {shown}" if shown.lstrip().startswith(("::", "##[")) else shown)

    def annotate(self, level: str, message: str, *, title: str = "", spot: Spot | None = None) -> None:
        """Print an annotation; ``level`` is ``error``, ``warning`` or ``notice``."""
        properties = {"title": visible(title, _TITLE_LIMIT)} if title else {}
        if spot is not None:
            properties["file"] = spot.file
            if spot.line is not None:
                properties["line"] = str(spot.line)
        told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        lines = "\n".join(visible(line, _MESSAGE_LIMIT) for line in message.splitlines())
        self._print(f"::{level}{' ' if told else ''}{told}::{_data(lines)}")

    def output(self, **values: object) -> None:
        """Set outputs of the step; underscores in their names become hyphens."""
        lines = []
        for name, value in values.items():
            # A value may hold line ends; only who knows the delimiter can end it.
            end = f"end-{secrets.token_hex(16)}"
            lines += [f"{name.replace('_', '-')}<<{end}", str(value), end]
        self._append("GITHUB_OUTPUT", "\n".join(lines) + "\n")

    def summarise(self, markdown: str) -> None:
        """Add to the job's summary."""
        self._append("GITHUB_STEP_SUMMARY", markdown + "\n")

    @contextmanager
    def commands_stopped(self) -> Iterator[None]:
        """Let the runner obey nothing that is printed within: it is somebody else's output."""
        token = secrets.token_hex(16)
        self._print(f"::stop-commands::{token}")
        try:
            yield
        finally:
            self._print(f"::{token}::")

    def _print(self, line: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self._stream.flush()

    def _append(self, variable: str, text: str) -> None:
        path = self._environ.get(variable, "")
        if not path:
            return
        try:
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write(encodable(text))
        except OSError as error:
            raise StoreError(
                f"The runner's file {path} ({variable}) cannot be written: {error.strerror or error}.",
                means="What was measured is in the report, and the workflow does not learn of it.",
                do="Free space, or mend its permissions, and run the job again.",
            ) from error


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
