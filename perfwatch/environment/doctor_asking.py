"""Starting a probe in the target's interpreter, and reading its answer.

It must not look at what the answer says.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.environment import doctor_probe
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.environment.checks.patient import PROBE_SECONDS, ProbeFailed, ProbeLate, last_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.environment.interpreter import Interpreter
    from perfwatch.environment.lending import Lending

#: All questions together may take so long; a sound machine needs a fifth of it.
ALL_SECONDS = 9.0
_LENDER = Path(__file__).parent.parent / "worker" / "lending.py"


class Asking:
    """Asks the target's interpreter; see ``checks.patient.Probe``.

    The time for all questions begins with the first.
    """

    def __init__(
        self, interpreter: Interpreter, lending: Lending, environ: Mapping[str, str], folder: Path
    ) -> None:
        self._interpreter = interpreter
        self._environ = environ
        self._folder = folder
        self._started: float | None = None
        self._lent = {
            "lender": str(_LENDER),
            "names": sorted({name for tool in lending.lent.values() for name in tool.names}),
            "folders": list(dict.fromkeys(one for tool in lending.lent.values() for one in tool.folders)),
        }

    def __call__(self, name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the probe's answer; raises ``ProbeFailed``."""
        bounds = Bounds(timeout_s=self._seconds_left(), with_stderr=True)
        answer = ask(self.command(name, options), bounds, environ=self._environ, folder=self._folder)
        text = answer.output.decode("utf-8", "replace")
        begin, end = text.find(doctor_probe.BEGIN), text.find(doctor_probe.END)
        if 0 <= begin < end:
            found: dict[str, Any] = json.loads(text[begin + len(doctor_probe.BEGIN) : end])
            return found
        if answer.status is None:
            raise ProbeLate(f"no answer within {bounds.timeout_s:.0f} s")
        raise ProbeFailed(last_line(text) or f"it ended with status {answer.status} and said nothing")

    def command(self, name: str, options: Mapping[str, Any] | None = None) -> list[str]:
        """Return the command line that runs the probe."""
        script = str(Path(doctor_probe.__file__))
        return [
            self._interpreter.executable,
            script,
            name,
            json.dumps({**(options or {}), "lent": self._lent}),
        ]

    def _seconds_left(self) -> float:
        now = time.monotonic()
        self._started = now if self._started is None else self._started
        return max(1.0, min(PROBE_SECONDS, self._started + ALL_SECONDS - now))
