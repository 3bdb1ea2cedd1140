"""What makes an alert the same alert in the next run: its rule, file, function and source line.

A line's number is no part of it, so that an alert survives code that is moved. It must not
read files: sources are the ones stored with the run.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from perfwatch.report.places import relative
from perfwatch.report.source_view import Texts
from perfwatch.report.visible import encodable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.finding import Finding
    from perfwatch.records.profile_difference import FrameDifference
    from perfwatch.records.run import Run

#: GitHub's code scanning compares this one and no other; the second is ours, with its version.
NAMES = ("primaryLocationLineHash", "perfwatchFinding/v1")
_DIGITS = 32


class Fingerprints:
    """The fingerprints of a run's findings; equal lines of one function are counted from the top."""

    def __init__(self, run: Run, findings: Sequence[Finding]) -> None:
        self._texts = Texts(run)
        lines: dict[str, set[int]] = {}
        for one in findings:
            lines.setdefault(self._digest_of(one), set()).add(one.line_start)
        self._order = {digest: sorted(numbers) for digest, numbers in lines.items()}

    def of(self, finding: Finding) -> dict[str, str]:
        """Return the fingerprint under the names that readers of alerts look for."""
        digest = self._digest_of(finding)
        occurrence = self._order[digest].index(finding.line_start) + 1
        return _named(f"{digest}:{occurrence}")

    def of_function(self, rule: str, frame: FrameDifference) -> dict[str, str]:
        """Return the fingerprint of a function as a whole."""
        return _named(f"{_digest(rule, frame.file, frame.function, '')}:1")

    def _digest_of(self, finding: Finding) -> str:
        lines = self._texts.of(finding.file)
        text = lines[finding.line_start - 1] if 0 < finding.line_start <= len(lines) else ""
        file = relative(finding.file, self._texts.root)
        return _digest(finding.rule, file, finding.function, " ".join(text.split()))


def _named(value: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, value)


def _digest(*parts: str) -> str:
    # A sign that no name and no line has keeps "a", "bc" apart from "ab", "c".
    text = "\0".join(encodable(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
