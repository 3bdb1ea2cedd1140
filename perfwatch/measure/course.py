"""Which pass is under way, and what is said of it when the run is cut short there.

It must not stop anything itself, and must not store.
"""

from __future__ import annotations

import contextlib
import errno
import time
from typing import TYPE_CHECKING

from perfwatch.errors import Terminated
from perfwatch.measure.failures import ScratchFull, scratch_full
from perfwatch.records.plan import StepStarted
from perfwatch.records.run import Failure, FailureKind, PassName, PassResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from perfwatch.records.plan import Event, Progress
    from perfwatch.records.run import Target


#: How the steps of a diagnosis's experiments begin: the passes are complete by then.
EXPERIMENT = "experiment"


class Course:
    """Passes events on to a progress, and remembers the step and how long it has been going."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._step: StepStarted | None = None
        self._began_ns = time.perf_counter_ns()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, StepStarted):
            self._step = event
        self._progress(event)

    def spent_ns(self) -> int:
        """How long it has taken so far, in nanoseconds."""
        return time.perf_counter_ns() - self._began_ns

    def stopped_by(self, reason: BaseException) -> str:
        """What a signal did to the run, in a sentence or two for its reader."""
        what = "Terminated" if isinstance(reason, Terminated) else "Interrupted"
        if self._step is not None and self._step.step.startswith(EXPERIMENT):
            return f"{what} in an experiment on {self._step.target}: it is lost, and all passes are kept."
        where = "" if self._step is None else f" in the {self._step.pass_name} pass of {self._step.target}"
        return f"{what}{where}: that pass is lost, and finished ones are kept. Run again for the rest."

    def unwritten(self, targets: Sequence[Target], full: ScratchFull) -> PassResult:
        """The result of the pass that had no room for its scratch files: a failure."""
        key, pass_name = targets[0].key, PassName.TIMING
        if self._step is not None:
            key = next((target.key for target in targets if target.name == self._step.target), key)
            pass_name = self._step.pass_name
        failure = Failure(
            target=key,
            pass_name=pass_name,
            kind=FailureKind.COLLECTOR,
            message=f"{full.happened} {full.means}",
            advice=full.do,
        )
        return PassResult(target=key, pass_name=pass_name, failures=(failure,))


@contextlib.contextmanager
def room_in(scratch: Path) -> Iterator[None]:
    """Turn a full disk, met by ourselves, into what is said of a worker that met it: ``ScratchFull``."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise scratch_full(scratch) from error
