"""The decay of ``stream``, fitted from an HDF5 file of which one batch is in memory at a time.

The file holds two sets of equal length, ``x`` and ``y``, in double precision and without chunks, so that
HDF5 keeps no cache of them. Variants write it below a temporary folder, which is gone when they
return. This module must not measure itself.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from perfwatch.errors import TargetFailed
from perfwatch.workloads.nlsq import checkpoints
from perfwatch.workloads.nlsq.checkpoints import Checkpoint
from perfwatch.workloads.nlsq.stream import DecayInputs, DecayOutputs, decay
from perfwatch.workloads.nlsq.streaming import Progress, Schedule, Stream, StreamSettings, begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: The document's settings, all of them.
DOCUMENTED = StreamSettings()
#: Settings that end within 1%: smaller batches, a greater rate, and one that falls to zero.
SETTLING = StreamSettings(
    batch_size=2_000,
    max_epochs=8,
    learning_rate=0.15,
    warmup_steps=20,
    schedule=Schedule.COSINE,
    convergence_tol=1e-9,
    checkpoint_interval=150,
)


def seed_stream(recorded: DecayInputs) -> DecayOutputs:
    """Stream with the document's settings: ten epochs, all of small data's steps within the warm-up."""
    return _streamed(recorded, DOCUMENTED)


def hdf5_stream(recorded: DecayInputs) -> DecayOutputs:
    """Stream in batches of 2,000 with Adam, warm-up, clipping and a rate that falls; keep checkpoints."""
    return _streamed(recorded, SETTLING)


def _streamed(recorded: DecayInputs, settings: StreamSettings) -> DecayOutputs:
    with TemporaryDirectory(prefix="perfwatch-nlsq-") as folder:
        path = Path(folder) / "decay.h5"
        write_points(path, recorded.x, recorded.y)
        ended = fit_streaming(path, recorded.start, settings, checkpoints_folder=Path(folder))
        found = checkpoints.newest(Path(folder)).checkpoint
        return DecayOutputs(
            parameters=ended.parameters,
            epochs_count=ended.epoch,
            processed_count=ended.points_count,
            checkpoint=b"" if found is None else checkpoints.written(found),
        )


def resumed(recorded: DecayInputs, content: bytes) -> FloatArray:
    """Go on from a checkpoint over the same data to the end, and return the parameters."""
    checkpoint = checkpoints.read(content)
    with TemporaryDirectory(prefix="perfwatch-nlsq-") as folder:
        path = Path(folder) / "decay.h5"
        write_points(path, recorded.x, recorded.y)
        checkpoints.save(Path(folder), checkpoint)
        return fit_streaming(
            path, recorded.start, checkpoint.settings, checkpoints_folder=Path(folder)
        ).parameters


def fit_streaming(
    path: Path,
    start: FloatArray,
    settings: StreamSettings,
    *,
    checkpoints_folder: Path | None = None,
    last_step: int | None = None,
) -> Progress:
    """Fit a file's points, from ``start`` or from the newest whole checkpoint in the folder.

    Raises ``TargetFailed`` for a file that does not hold the points as they should be, for checkpoints of
    which none is whole, and for one that belongs to other settings or another number of points.
    """
    with points_of(path) as points:
        stream = Stream(model=decay, batches=points, settings=settings)
        if checkpoints_folder is None:
            return stream.run(begin(start), last_step=last_step)
        keeper = _Keeper(folder=checkpoints_folder, settings=settings, points_count=points.points_count)
        return replace(stream, keep=keeper.keep).run(keeper.newest() or begin(start), last_step=last_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keeper:
    """Checkpoints of one fit in one folder."""

    folder: Path
    settings: StreamSettings
    points_count: int

    def keep(self, progress: Progress) -> None:
        checkpoints.save(
            self.folder,
            Checkpoint(progress=progress, settings=self.settings, points_count=self.points_count),
        )

    def newest(self) -> Progress | None:
        found = checkpoints.newest(self.folder).checkpoint
        if found is None:
            return None
        if (found.settings, found.points_count) != (self.settings, self.points_count):
            raise TargetFailed(
                f"The checkpoint in {self.folder} is of {found.points_count:,} points by {found.settings}; "
                f"this fit is of {self.points_count:,} points by {self.settings}.",
                means="Going on from it would end with the bytes of neither.",
                do="Give the fit the settings and the data of its checkpoint, or an empty folder.",
            )
        return found.progress


def write_points(path: Path, x: FloatArray, y: FloatArray) -> None:
    """Write points as ``x`` and ``y``."""
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=x)
        file.create_dataset("y", data=y)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Points:
    """The points of an open file."""

    x: Any
    y: Any
    points_count: int
    # HDF5 reads into the arrays that it is given, so that a batch makes no new ones.
    buffers: dict[int, tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    def read(self, start: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Read one batch; its arrays are written over by the next of its length."""
        count = stop - start
        if count not in self.buffers:
            self.buffers[count] = np.empty(count), np.empty(count)
        into = self.buffers[count]
        for values, buffer in zip((self.x, self.y), into, strict=True):
            values.read_direct(buffer, np.s_[start:stop])
        return into


@contextmanager
def points_of(path: Path) -> Iterator[_Points]:
    """Open a file of points.

    Raises ``TargetFailed``, naming what was expected and what was found, where it is no HDF5 file,
    lacks ``x`` or ``y``, or holds them in another shape or kind of number.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise _unfit(path, f"cannot be read as HDF5 ({error})", "an HDF5 file with x and y") from error
    with file:
        values = [_values(path, file, name) for name in ("x", "y")]
        lengths = [len(one) for one in values]
        if lengths[0] != lengths[1] or not lengths[0]:
            raise _unfit(
                path,
                f"has x of shape ({lengths[0]},) and y of shape ({lengths[1]},)",
                "equal shapes (points,)",
            )
        yield _Points(x=values[0], y=values[1], points_count=lengths[0])


def _values(path: Path, file: Any, name: str) -> Any:
    found = file.get(name)
    expected = f"{name}: float64 of shape (points,)"
    if not isinstance(found, h5py.Dataset):
        there = ", ".join(sorted(file)) or "nothing"
        raise _unfit(path, f"has no set {name} (it has {there})", expected)
    if found.shape is None or len(found.shape) != 1 or found.dtype != np.float64:
        raise _unfit(path, f"has {name}: {found.dtype} of shape {found.shape}", expected)
    return found


def _unfit(path: Path, found: str, expected: str) -> TargetFailed:
    return TargetFailed(
        f"{path} {found}, where {expected} was expected.",
        means="No point was read, and nothing was fitted.",
        do="Write the points with write_points, or as two sets of doubles of equal length called x and y.",
    )
