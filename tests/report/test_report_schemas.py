"""What is written for other programs obeys what the owners of its format publish."""

from __future__ import annotations

import json

import published_schemas
import pytest
from everything_report import everything_report
from hostile import ATTACKS, filled, with_numbers, with_text
from rich_report import gated_report, rich_report

from perfwatch.records.report import Report
from perfwatch.report import render

REPORTS = {
    "everything": everything_report,
    "compared": rich_report,
    "gated": gated_report,
    "types": lambda: filled(Report, "text"),
}


@pytest.fixture(scope="module")
def cache(request):
    return request.config.cache.mkdir("published_schemas")


@pytest.fixture(scope="module")
def speedscope(cache):
    return published_schemas.of_npm(cache, published_schemas.SPEEDSCOPE)


@pytest.fixture(scope="module")
def sarif(cache):
    return published_schemas.of_npm(cache, published_schemas.SARIF)


@pytest.fixture(scope="module")
def junit(cache):
    return published_schemas.of_sources(cache, published_schemas.JUNIT)


def all_forms(made):
    """The report itself, under every attack, and with figures that are none."""
    report = made()
    yield report
    yield from (with_text(report, text) for text in ATTACKS.values())
    yield from (with_numbers(report, number) for number in (float("nan"), float("inf"), -float("inf"), 0.0))
    yield with_numbers(report, 0, whole=True)


@pytest.mark.parametrize("name", REPORTS)
def test_speedscope_reads_the_profiles(name, speedscope):
    for report in all_forms(REPORTS[name]):
        speedscope.validate(json.loads(render(report, "speedscope")))


@pytest.mark.parametrize("name", REPORTS)
def test_sarif_is_valid(name, sarif):
    for report in all_forms(REPORTS[name]):
        sarif.validate(json.loads(render(report, "sarif")))


@pytest.mark.parametrize("name", REPORTS)
def test_junit_is_valid(name, junit):
    for report in all_forms(REPORTS[name]):
        junit.validate(render(report, "junit"))


def test_the_schemas_refuse_what_is_wrong(speedscope, sarif, junit):
    document = json.loads(render(everything_report(), "speedscope"))
    document["profiles"][0]["unit"] = "fortnights"
    assert not speedscope.is_valid(document)
    document = json.loads(render(rich_report(), "sarif"))
    document["runs"][0]["results"][0]["level"] = "disaster"
    assert not sarif.is_valid(document)
    assert not junit.is_valid(
        render(rich_report(), "junit")
        .replace("<failure", "<catastrophe")
        .replace("</failure", "</catastrophe")
    )
