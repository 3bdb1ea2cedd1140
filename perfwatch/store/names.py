"""What a typed RUN means: an id or its beginning, a word, a baseline, a revision.

Pure: it looks at a list of what is stored. This module must not read the
database, and files are the caller's.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LATEST = "latest"
PREVIOUS = "previous"

_REVISION = re.compile(r"[0-9a-f]{4,64}", re.ASCII)
_BASELINE_NAME = re.compile(r"\w[\w.+@/-]{0,99}")
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRun:
    """A stored run by the two things that it may be called by."""

    id: str
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRun:
    """The run that a name means, and how the name was read.

    ``tried`` is empty unless the name could mean something else as well; then
    it tells each reading in the order in which it was tried, with its outcome.
    """

    run_id: str
    reading: str
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    name: str
    run_ids: tuple[str, ...]


def resolve(name: str, runs: Sequence[KnownRun], baselines: Mapping[str, str]) -> ResolvedRun:
    """Find the run that ``name`` means.

    ``runs`` come newest first; ``baselines`` map names to run ids. The order:
    id or its beginning, ``latest`` and ``previous``, a baseline's name, a git
    revision (four digits or more; of several runs the newest). The first
    reading that leaves one run wins. Raises ``UsageError`` where none does.
    """
    readings = (
        _Reading(name="a run's id or its beginning", run_ids=_by_id(name, runs)),
        _Reading(name="a word (latest, previous)", run_ids=_by_word(name, runs)),
        _Reading(name="a baseline's name", run_ids=_by_baseline(name, baselines)),
        _Reading(name="a git revision", run_ids=_by_revision(name, runs)),
    )
    meant = next((reading for reading in readings if len(reading.run_ids) == 1), None)
    if meant is None:
        raise _ambiguous(name, readings) or _unknown(name, runs, baselines)
    possible = {run_id for reading in readings for run_id in reading.run_ids}
    tried = tuple(_told(reading) for reading in readings) if len(possible) > 1 else ()
    return ResolvedRun(run_id=meant.run_ids[0], reading=meant.name, tried=tried)


def check_baseline_name(name: str) -> None:
    """Raise ``UsageError`` for a name that a baseline cannot have."""
    if name in {LATEST, PREVIOUS}:
        raise UsageError(
            f"A baseline cannot be called {name!r}.",
            means="That word already means a run.",
            do="Choose another name.",
        )
    if not _BASELINE_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a baseline's name.",
            means="A name starts with a letter or digit; letters, digits and . _ - + @ / may follow, 100 at most.",
            do="Choose another name.",
        )


def unknown_baseline(name: str, names: Iterable[str]) -> UsageError:
    """Return the error for a baseline that is not there, with the nearest that is."""
    known = sorted(names)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return UsageError(
        f"There is no baseline {name!r}.",
        means=f"The nearest is {near[0]!r}." if near else f"The store holds {len(known)} baselines.",
        do="`perfwatch baseline list` shows them, `perfwatch baseline save NAME` makes one.",
    )


def _by_id(name: str, runs: Sequence[KnownRun]) -> tuple[str, ...]:
    exact = tuple(run.id for run in runs if run.id == name)
    return exact or tuple(run.id for run in runs if name and run.id.startswith(name))


def _by_word(name: str, runs: Sequence[KnownRun]) -> tuple[str, ...]:
    place = {LATEST: 0, PREVIOUS: 1}.get(name)
    return () if place is None else tuple(run.id for run in runs[place : place + 1])


def _by_baseline(name: str, baselines: Mapping[str, str]) -> tuple[str, ...]:
    return (baselines[name],) if name in baselines else ()


def _by_revision(name: str, runs: Sequence[KnownRun]) -> tuple[str, ...]:
    beginning = name.lower()
    if not _REVISION.fullmatch(beginning):
        return ()
    newest: dict[str, str] = {}
    for run in runs:
        if run.revision is not None and run.revision.lower().startswith(beginning):
            newest.setdefault(run.revision, run.id)
    return tuple(newest.values())


def _told(reading: _Reading) -> str:
    if not reading.run_ids:
        return f"{reading.name}: no"
    return f"{reading.name}: {_listed(reading.run_ids)}"


def _listed(run_ids: Sequence[str]) -> str:
    more = len(run_ids) - _SHOWN
    return ", ".join(run_ids[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _ambiguous(name: str, readings: Iterable[_Reading]) -> UsageError | None:
    several = next((reading for reading in readings if reading.run_ids), None)
    if several is None:
        return None
    return UsageError(
        f"{name!r} could mean {len(several.run_ids)} runs: {_listed(several.run_ids)}.",
        means=f"It was read as {several.name}.",
        do="Give more of it.",
    )


def _unknown(name: str, runs: Sequence[KnownRun], baselines: Mapping[str, str]) -> UsageError:
    if not runs:
        return UsageError(
            f"There is no run {name!r}.",
            means="The store holds no runs yet.",
            do="`perfwatch run TARGET` makes the first.",
        )
    if name == PREVIOUS:
        return UsageError(
            "There is no previous run.",
            means="The store holds only one.",
            do="Run once more, or name a file.",
        )
    names = [LATEST, PREVIOUS, *baselines, *(run.id for run in runs)]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return UsageError(
        f"There is no run {name!r}.",
        means=f"The nearest is {near[0]!r}."
        if near
        else "No run's id or revision begins so, and no baseline is called so.",
        do="`perfwatch runs` lists what is stored.",
    )
