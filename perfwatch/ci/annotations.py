"""A gate's outcome → annotations of the change: what fails, what is void, what stayed open, at its place.

It must not judge: what fails the gate is in its result.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.ci.workflow import ANNOTATIONS_LIMIT, Spot
from perfwatch.records.gate import GateVerdict
from perfwatch.report.gate_view import is_about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.ci.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One remark at one place; ``level`` is ``error``, ``warning`` or ``notice``."""

    level: str
    title: str
    message: str
    spot: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where the project lies in the repository that a runner has checked out."""

    project: Path
    workspace: Path

    def spot(self, file: str | None, line: int | None = None) -> Spot | None:
        """Return a place of the project as the forge names it, ``None`` for what is not in the repository."""
        if not file or "\0" in file:
            return None
        path = (self.project / file).resolve()
        top = self.workspace.resolve()
        if not (path.is_relative_to(top) and path.is_file()):
            return None
        return Spot(file=path.relative_to(top).as_posix(), line=line if line and line > 0 else None)


def annotations_of(outcome: Outcome, ground: Ground, *, failing_level: str) -> tuple[Annotation, ...]:
    """Return the remarks, at most as many of a level as a runner shows; a last one counts those left out."""
    found = [*_void(outcome), *_failing(outcome, ground, failing_level), *_undecided(outcome, ground)]
    kept: list[Annotation] = []
    for level in ("error", "warning", "notice"):
        of_level = [one for one in found if one.level == level]
        if len(of_level) > ANNOTATIONS_LIMIT:
            left = len(of_level) - (ANNOTATIONS_LIMIT - 1)
            of_level = of_level[: ANNOTATIONS_LIMIT - 1]
            of_level.append(
                Annotation(level=level, title="perfwatch", message=f"{left} more: see the job's summary.")
            )
        kept += of_level
    return tuple(kept)


def _void(outcome: Outcome) -> Iterator[Annotation]:
    if outcome.result.verdict is GateVerdict.VOID:
        yield Annotation(
            level="error",
            title="perfwatch: nothing can be judged from this run",
            message=outcome.result.void_reason,
        )


def _failing(outcome: Outcome, ground: Ground, level: str) -> Iterator[Annotation]:
    for sentence in outcome.result.failing:
        about = next(
            (one for one in outcome.result.comparisons if is_about(sentence, one.benchmark, one.metric)), None
        )
        answer = next(
            (one for one in outcome.result.answers if is_about(sentence, one.benchmark, "answer")),
            None,
        )
        spot = None if about is None else _place(about.benchmark, outcome, ground)
        if answer is not None:  # of a slower function nothing is said
            spot = ground.spot(outcome.files.get(answer.benchmark))
        yield Annotation(
            level=level,
            title=f"perfwatch: {sentence}",
            message=sentence if about is None else about.reason,
            spot=spot,
        )


def _place(benchmark: str, outcome: Outcome, ground: Ground) -> Spot | None:
    """The function that is named, where one is; else the benchmark's own file."""
    culprit = outcome.culprits.get(benchmark)
    found = None if culprit is None else ground.spot(culprit.file, culprit.line)
    return found or ground.spot(outcome.files.get(benchmark))


def _undecided(outcome: Outcome, ground: Ground) -> Iterator[Annotation]:
    level = "warning" if outcome.result.policy.fail_on_undecided else "notice"
    for one in outcome.undecided:
        yield Annotation(
            level=level,
            title=f"perfwatch: {one.benchmark} ({one.metric}) is undecided",
            message=one.reason,
            spot=_place(one.benchmark, outcome, ground),
        )


def ground_of(project: Path, workspace: str) -> Ground:
    """Return the ground of a project; without a runner's workspace the project is all there is."""
    return Ground(project=project, workspace=Path(workspace) if workspace else project)
