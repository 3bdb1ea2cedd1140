"""The diagnosis of the corpus: stored evidence for all programmes, and a tenth of them measured afresh each day."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from corpus_scores import CORPUS, EVIDENCE, HALVES, NOTHING, bare, score, stored, summary, truth
from recording import measured_in

ROOT = Path(__file__).parent.parent.parent
REVIEW = ROOT / "docs" / "diagnosis-review.md"
#: What each kind of trouble is seen by.
PASSES = {
    "time": "cpu,lines,io",
    "wait": "cpu,lines,io",
    "startup": "cpu,lines",
    "memory": "cpu,lines,memory",
}
#: So many turns until each programme has been measured afresh.
TENTHS = 10

each_half = pytest.mark.parametrize("half", HALVES)


@cache
def scores(half):
    return [score(half, name, stored(half, name)) for name in truth(half)]


def of_today():
    """A tenth of all programmes: another one each day."""
    everything = [(half, name) for half in HALVES for name in truth(half)]
    return everything[datetime.now(UTC).toordinal() % TENTHS :: TENTHS]


@each_half
def test_evidence_of_every_programme_is_kept_and_is_of_the_programme_as_it_stands(half):
    assert {path.stem for path in (EVIDENCE / half).glob("*.run")} == set(truth(half))
    for name in truth(half):
        (source,) = [one for one in stored(half, name).sources if one.file == f"{name}.py"]
        assert source.text == bare((CORPUS / half / f"{name}.py").read_text(encoding="utf-8")), name


@each_half
def test_the_page_gives_the_scores_of_today(half):
    """Whoever changes a rule sees here what became of the scores, and writes them down."""
    page = REVIEW.read_text(encoding="utf-8")
    for what, tally in summary(scores(half)).items():
        assert f"| {half}, now | {what} | {tally.words} |" in page


@each_half
def test_a_decoy_comes_first_in_two_of_a_hundred_at_most(half):
    decoys = [one.name for one in scores(half) if one.decoy]
    assert len(decoys) <= 0.02 * len(scores(half)), decoys


def test_nothing_is_said_with_high_confidence_of_what_is_well_written():
    """In the half that rules are mended by; the other half's false alarms stand on the page."""
    assert [one.name for one in scores("open") if one.false_alarm] == []


def measured(half, name, folder):
    """Return the score of a programme that is measured now, with the passes that its kind of trouble needs."""
    text = (CORPUS / half / f"{name}.py").read_text(encoding="utf-8")
    (folder / f"{name}.py").write_text(bare(text), encoding="utf-8")
    passes = PASSES[truth(half)[name]["kind"]]
    return score(half, name, measured_in(folder, f"{name}.py", "--quick", "--passes", passes))


def test_what_is_right_on_stored_evidence_is_right_on_today_s_in_four_of_five(tmp_path):
    """Another tenth each day. A machine beside other work may give a programme another dearest line."""
    lost, known = {}, 0
    for half, name in of_today():
        before = score(half, name, stored(half, name))
        (tmp_path / name).mkdir()
        now = measured(half, name, tmp_path / name)
        known += before.line or (before.cause == NOTHING and not before.false_alarm)
        if (before.line and not now.line) or (now.false_alarm and not before.false_alarm):
            lost[name] = now.first
    assert len(lost) <= 0.2 * known, lost
