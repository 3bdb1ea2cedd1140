"""Checkpoints of a streamed fit as files: written whole or not at all, and read only where they are whole.

A file is one line with the format's name, one with the SHA-256 of the rest, and a JSON document in which
every number of the fit is written in hexadecimal, to the last bit. It is written under another name,
brought to the disk, and then renamed. The last two are kept, so that one that was torn costs the steps
since the one before. Nothing in a file is evaluated. This module must not make a step.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.errors import TargetFailed
from perfwatch.workloads.nlsq.streaming import Progress, Schedule, StreamSettings, Update

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = b"perfwatch nlsq checkpoint 1\n"
_DIGITS = 64
_ARRAYS = ("parameters", "first", "second")
_NUMBERS = ("epoch_loss", "earlier_loss")
_KEPT_COUNT = 2
#: A checkpoint is some hundred bytes for each parameter; what is larger is none.
_MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a file holds: how far the fit had come, how it goes through its data, and how many points those are."""

    progress: Progress
    settings: StreamSettings
    points_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The newest checkpoint that is whole, and the names of newer ones that are not."""

    checkpoint: Checkpoint | None
    torn: tuple[str, ...] = ()


def written(checkpoint: Checkpoint) -> bytes:
    """Return the content of a checkpoint's file."""
    progress = checkpoint.progress
    plain: dict[str, Any] = {one.name: getattr(progress, one.name) for one in fields(progress)}
    plain |= {name: [number.hex() for number in plain[name].tolist()] for name in _ARRAYS}
    plain |= {name: float(plain[name]).hex() for name in _NUMBERS}
    document = {
        "progress": plain,
        "settings": asdict(checkpoint.settings),
        "points_count": checkpoint.points_count,
    }
    body = json.dumps(document, sort_keys=True).encode()
    return _FORMAT + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def read(content: bytes, name: str = "checkpoint") -> Checkpoint:
    """Return what a checkpoint's file holds.

    Raises ``TargetFailed`` where it is not whole, or says something else than a checkpoint.
    """
    head, rest = content[: len(_FORMAT)], content[len(_FORMAT) :]
    told, body = rest[:_DIGITS], rest[_DIGITS + 1 :]
    if head != _FORMAT or hashlib.sha256(body).hexdigest().encode() != told:
        raise TargetFailed(
            f"The checkpoint {name!r} is not whole: {len(content)} bytes do not have the digest that stands in it.",
            means="Its writing was cut off, or it was changed; nothing of it was used.",
            do="Remove it: the fit then goes on from an earlier checkpoint, or from the start.",
        )
    try:
        return _told(json.loads(body))
    except (KeyError, TypeError, ValueError) as error:
        raise TargetFailed(
            f"The checkpoint {name!r} is whole, and says something else than a checkpoint does ({error!r}).",
            means="It was written by another program; nothing of it was used.",
            do="Remove it: the fit then goes on from an earlier checkpoint, or from the start.",
        ) from error


def _told(document: Any) -> Checkpoint:
    plain, settings = document["progress"], document["settings"]
    arrays = {key: np.array([float.fromhex(one) for one in plain[key]]) for key in _ARRAYS}
    numbers = {key: float.fromhex(plain[key]) for key in _NUMBERS}
    kinds = {"update": Update(settings["update"]), "schedule": Schedule(settings["schedule"])}
    return Checkpoint(
        progress=Progress(**(plain | arrays | numbers)),
        settings=StreamSettings(**(settings | kinds)),
        points_count=int(document["points_count"]),
    )


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into a folder and remove all but the last two; return its path."""
    path = folder / f"step-{checkpoint.progress.step:09}.checkpoint"
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(written(checkpoint))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    for old in _names(folder)[:-_KEPT_COUNT]:
        old.unlink()
    return path


def newest(folder: Path) -> Found:
    """Return the newest checkpoint that is whole; an empty folder has none, and nothing is removed.

    Raises ``TargetFailed`` where there are checkpoints and none of them is whole.
    """
    torn: list[str] = []
    for path in reversed(_names(folder)):
        try:
            return Found(checkpoint=_read_file(path), torn=tuple(torn))
        except TargetFailed:
            torn.append(path.name)
    if torn:
        raise TargetFailed(
            f"None of the checkpoints in {folder} is whole: {', '.join(torn)}.",
            means="The fit cannot go on from where it was; nothing was removed.",
            do="Empty the folder to begin from the start.",
        )
    return Found(checkpoint=None)


def _read_file(path: Path) -> Checkpoint:
    with path.open("rb") as file:
        return read(file.read(_MOST_BYTES), path.name)


def _names(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.checkpoint"))
