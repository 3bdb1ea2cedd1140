"""The diagnosis of the corpus on evidence of today: a tenth of the programmes is measured afresh each day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from corpus_scores import CORPUS, HALVES, NOTHING, bare, score, stored, truth
from recording import measured_in

pytestmark = pytest.mark.slow

#: What each kind of trouble is seen by.
PASSES = {
    "time": "cpu,lines,io",
    "wait": "cpu,lines,io",
    "startup": "cpu,lines",
    "memory": "cpu,lines,memory",
}
#: So many turns until each programme has been measured afresh.
TENTHS = 10


def of_today():
    """A tenth of all programmes: another one each day."""
    everything = [(half, name) for half in HALVES for name in truth(half)]
    return everything[datetime.now(UTC).toordinal() % TENTHS :: TENTHS]


def measured(half, name, folder, *options):
    """Return the score of a programme that is measured now, with the passes that its kind of trouble needs."""
    folder.mkdir(parents=True)
    text = (CORPUS / half / f"{name}.py").read_text(encoding="utf-8")
    (folder / f"{name}.py").write_text(bare(text), encoding="utf-8")
    passes = PASSES[truth(half)[name]["kind"]]
    return score(half, name, measured_in(folder, f"{name}.py", *options, "--passes", passes))


def is_lost(before, now):
    """Whether stored evidence is right, and that of now is not."""
    return (before.line and not now.line) or (now.false_alarm and not before.false_alarm)


def test_what_is_right_on_stored_evidence_is_right_on_today_s_in_four_of_five(tmp_path):
    """Another tenth each day. Another machine may give a programme another dearest line.

    Where one look is not enough, a programme is measured as its stored evidence was; so is
    one that waits, for which one look says little.
    """
    lost, known = {}, 0
    for half, name in of_today():
        before = score(half, name, stored(half, name))
        known += before.line or (before.cause == NOTHING and not before.false_alarm)
        waits = truth(half)[name]["kind"] == "wait"
        if not waits and not is_lost(before, measured(half, name, tmp_path / name / "once", "--quick")):
            continue
        now = measured(half, name, tmp_path / name / "whole")
        if is_lost(before, now):
            lost[name] = now.first
    assert len(lost) <= 0.2 * known, lost
