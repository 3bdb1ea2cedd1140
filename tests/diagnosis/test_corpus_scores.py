"""The diagnosis of the corpus on stored evidence, for all programmes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from corpus_scores import CORPUS, EVIDENCE, HALVES, bare, score, stored, summary, truth

ROOT = Path(__file__).parent.parent.parent
REVIEW = ROOT / "docs" / "diagnosis-review.md"
each_half = pytest.mark.parametrize("half", HALVES)


@cache
def scores(half):
    return [score(half, name, stored(half, name)) for name in truth(half)]


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
