"""Call subjects again and again while somebody outside samples the process.

Each subject is called through a function of a name of its own, so that its
samples can be told from all others. Nothing is hooked in this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .subject import Subject, heading, repeat_for

if TYPE_CHECKING:
    from collections.abc import Callable

#: The parent looks for this name on the stacks.
PREFIX = "perfwatch_subject_"


class Stacks:
    """Calls each subject for about ``seconds``, after one call to warm up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Nothing is needed before the target is imported."""

    def measure(self, subject: Subject) -> Any:
        """Call one subject under its own name."""
        value = subject.once()
        record = heading(subject)
        record["position"] = len(self.records)
        space: dict[str, Any] = {}
        name = f"{PREFIX}{record['position']}"
        exec(compile(f"def {name}(call):\n    return call()\n", "<perfwatch>", "exec"), space)
        through, call = space[name], subject.call
        subject.call = lambda: through(call)
        self.records.append(record)
        record["calls"], record["wall_ns"], _ = repeat_for(subject, self.seconds)
        return value

    def finish(self) -> dict[str, Any]:
        """Name nothing: the tool is outside."""
        return {}
