"""A fit that sees its data one batch at a time: Adam and SGD with momentum, with checkpoints to go on from.

With residuals r of a batch and derivatives J of its model, the gradient of the mean of r^2 / 2 is
``g = -J^T r / points``. It is clipped to a greatest length, and then:

* Adam: D. P. Kingma, J. Ba, ICLR 2015, algorithm 1;
* SGD with momentum: B. T. Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1: ``v = 0.9 v + g``.

The rate rises linearly while the fit warms up; where it is told to, it then falls as a half cosine to
zero at the last step (I. Loshchilov, F. Hutter, ICLR 2017). Each epoch takes the batches in an order
of its own, which follows from seed and epoch alone: so what a checkpoint holds is all that a fit needs
to go on, and it ends with the same bytes. This module must not know where batches are kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    #: The model and its derivatives, of shape ``(parameters, points)``, at points and parameters.
    Model = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

_FIRST_DECAY, _SECOND_DECAY, _NEVER_ZERO = 0.9, 0.999, 1e-8
_MOMENTUM = 0.9


class Update(StrEnum):
    """How a gradient becomes a step."""

    ADAM = "adam"
    MOMENTUM = "momentum"


class Schedule(StrEnum):
    """What becomes of the rate after the warm-up."""

    CONSTANT = "constant"
    COSINE = "cosine"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How a fit goes through its data; the defaults are the document's."""

    batch_size: int = 10_000
    max_epochs: int = 10
    learning_rate: float = 0.01
    update: Update = Update.ADAM
    warmup_steps: int = 100
    schedule: Schedule = Schedule.CONSTANT
    clip_norm: float = 10.0
    convergence_tol: float = 1e-6
    checkpoint_interval: int = 1_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings with which nothing would be read, or no step made."""
        for name in ("batch_size", "max_epochs", "learning_rate", "clip_norm", "checkpoint_interval"):
            if not getattr(self, name) > 0:
                raise UsageError(
                    f"{name} is {getattr(self, name)!r}.",
                    means="No fit was begun.",
                    do=f"Give a {name} above zero.",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """All that a fit knows after ``step`` steps: what a checkpoint holds.

    ``epoch`` is under way and ``batch`` is its next one. ``epoch_loss`` adds up the losses of its batches so
    far, ``earlier_loss`` is the mean of the epoch before (infinite in the first). ``first`` and ``second``
    are the update's moments. ``points_count`` points were seen.
    """

    parameters: FloatArray
    first: FloatArray
    second: FloatArray
    step: int = 0
    epoch: int = 0
    batch: int = 0
    epoch_loss: float = 0.0
    earlier_loss: float = math.inf
    points_count: int = 0
    ended: bool = False


class Batches(Protocol):
    """Data that can be had one batch at a time."""

    @property
    def points_count(self) -> int:
        """How many points there are in all."""

    def read(self, start: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return ``x`` and ``y`` of the points from ``start`` up to ``stop``."""


def begin(start: FloatArray) -> Progress:
    """Return the state of a fit that has not made a step."""
    return Progress(parameters=start.copy(), first=np.zeros_like(start), second=np.zeros_like(start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A fit of ``model`` to ``batches``; ``keep`` is given each checkpoint."""

    model: Model
    batches: Batches
    settings: StreamSettings
    keep: Callable[[Progress], None] = field(default=lambda _: None)

    def run(self, progress: Progress, *, last_step: int | None = None) -> Progress:
        """Go on from ``progress`` to the end, or until ``last_step`` steps were made.

        It ends with the last epoch, or before it when an epoch's mean loss differs from the one before
        by less than ``convergence_tol`` of it.
        """
        interval = self.settings.checkpoint_interval
        order = self._order(progress.epoch)
        while not progress.ended and progress.step != last_step:
            epoch = progress.epoch
            progress = self._after_step(progress, int(order[progress.batch]))
            if progress.epoch != epoch:
                order = self._order(progress.epoch)
            if progress.step % interval == 0 and not progress.ended:
                self.keep(progress)
        return progress

    @property
    def batches_count(self) -> int:
        """How many batches an epoch has."""
        return -(-self.batches.points_count // self.settings.batch_size)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        # The order of raw doubles: NumPy promises to keep them, and does not promise the same of its shuffles.
        numbers = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.settings.seed, epoch])))
        return np.argsort(numbers.random(self.batches_count), kind="stable")

    def _after_step(self, progress: Progress, batch: int) -> Progress:
        size = self.settings.batch_size
        x, y = self.batches.read(batch * size, min((batch + 1) * size, self.batches.points_count))
        found, derivatives = self.model(x, progress.parameters)
        residual = y - found
        gradient = clipped(-(derivatives @ residual) / len(x), self.settings.clip_norm)
        loss = 0.5 * float(residual @ residual) / len(x)
        moved = replace(
            self._moved(progress, gradient),
            step=progress.step + 1,
            batch=progress.batch + 1,
            epoch_loss=progress.epoch_loss + loss,
            points_count=progress.points_count + len(x),
        )
        return self._after_epoch(moved) if moved.batch == self.batches_count else moved

    def _moved(self, progress: Progress, gradient: FloatArray) -> Progress:
        rate, step = self.rate(progress.step), progress.step + 1
        if self.settings.update is Update.MOMENTUM:
            first = _MOMENTUM * progress.first + gradient
            return replace(progress, first=first, parameters=progress.parameters - rate * first)
        first = _FIRST_DECAY * progress.first + (1.0 - _FIRST_DECAY) * gradient
        second = _SECOND_DECAY * progress.second + (1.0 - _SECOND_DECAY) * gradient * gradient
        mean = first / (1.0 - _FIRST_DECAY**step)
        spread = np.sqrt(second / (1.0 - _SECOND_DECAY**step)) + _NEVER_ZERO
        parameters = progress.parameters - rate * mean / spread
        return replace(progress, first=first, second=second, parameters=parameters)

    def _after_epoch(self, progress: Progress) -> Progress:
        loss = progress.epoch_loss / progress.batch
        near = abs(progress.earlier_loss - loss) < self.settings.convergence_tol * loss
        epoch = progress.epoch + 1
        return replace(
            progress,
            epoch=epoch,
            batch=0,
            epoch_loss=0.0,
            earlier_loss=loss,
            ended=near or epoch == self.settings.max_epochs,
        )

    def rate(self, step: int) -> float:
        """Return the rate of the step after ``step`` steps."""
        settings = self.settings
        if step < settings.warmup_steps:
            return settings.learning_rate * (step + 1) / settings.warmup_steps
        if settings.schedule is Schedule.CONSTANT:
            return settings.learning_rate
        steps_count = settings.max_epochs * self.batches_count
        gone = (step - settings.warmup_steps) / max(steps_count - settings.warmup_steps, 1)
        return settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * min(gone, 1.0)))


def clipped(gradient: FloatArray, longest: float) -> FloatArray:
    """Return the gradient, shortened to ``longest`` where it is longer."""
    length = float(np.linalg.norm(gradient))
    return gradient * (longest / length) if length > longest else gradient
