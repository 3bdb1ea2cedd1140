"""The stages of the bundled workloads: what their documents call slow is found where it is, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage_bottlenecks import (
    DOCUMENTED,
    EVIDENCE,
    FORMS,
    STAGES,
    evidence_of,
    is_worth_it,
    row,
    stored,
    told_of,
    won,
)

import perfwatch
from perfwatch.diagnose.table import RULES

ROOT = Path(__file__).parent.parent.parent
REVIEW = (ROOT / "docs" / "diagnosis-review.md").read_text(encoding="utf-8")
PACKAGE = Path(perfwatch.__file__).parent

each_stage = pytest.mark.parametrize("stage", STAGES)


def test_every_stage_has_a_documented_bottleneck_that_rules_there_are_could_name():
    assert set(DOCUMENTED) == set(STAGES)
    assert {slug for known in DOCUMENTED.values() for slug in known.rules} <= {rule.slug for rule in RULES}


def test_runs_of_every_stage_are_kept_and_of_nothing_else():
    assert set(EVIDENCE.glob("*.run")) == {evidence_of(stage, form) for stage in STAGES for form in FORMS}


@each_stage
def test_a_kept_run_is_of_the_stage_as_it_stands(stage):
    for form in FORMS:
        for source in stored(stage, form).sources:
            assert source.text == (PACKAGE / source.file).read_text(encoding="utf-8"), source.file


@each_stage
def test_what_is_worth_removing_is_found_in_the_reference_and_gone_in_the_optimised_form(stage):
    """What wins less than 1.05 times is not told of; what is known to be missed must be missed still."""
    expected = is_worth_it(stage) and not DOCUMENTED[stage].missed
    assert bool(told_of(stage, "reference")) == expected, won(stage)
    assert told_of(stage, "optimized") == []


@each_stage
def test_the_page_says_what_became_of_the_stage(stage):
    assert row(stage) in REVIEW, "run: python benchmarks/diagnosis_stages.py --markdown"
