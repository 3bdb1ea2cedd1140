"""A ledger as a page, a document, Markdown and a terminal's text: every word, and nothing obeyed."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import jsonschema
import msgspec
import pytest
from claiming import a_claim, a_figure, a_figure_claim, a_proof, a_size
from click.testing import CliRunner
from hostile import ATTACKS, LONG, with_text
from proof_records import make_proofs
from rich.console import Console
from test_report_hostile import structure
from test_report_proofs import words

from perfwatch.claims import judge, unmeasured
from perfwatch.cli.workloads import workloads
from perfwatch.records.claim import ClaimKind, ClaimVerdict
from perfwatch.records.proof import AnswerDifference, ProofVerdict, Stated
from perfwatch.records.proofs import Ledger
from perfwatch.report.claims_document import ClaimsDocument, render_claims_schema, render_ledger_json
from perfwatch.report.claims_markdown import render_claims_markdown
from perfwatch.report.claims_page import render_claims_page
from perfwatch.report.claims_text import render_ledger
from perfwatch.report.files import write_ledger

LEAK = a_figure_claim(ClaimKind.MEMORY, Stated(text="a leak of 100 MB", low=100e6, nothing=0.0), unit="bytes")
SHARE = a_figure_claim(ClaimKind.SHARE, Stated(text="most of it", low=0.5, high=1.0, nothing=0.5), "share")
OTHER = AnswerDifference(equal=False, reason="[3] differs by 0.1 of itself")


def every_claim():
    """A ledger with a claim of each word."""
    different = a_size(verdict=ProofVerdict.DIFFERENT_ANSWER, difference=OTHER)
    rows = [
        judge(a_claim(), a_proof(a_size(gain=4.0))),
        judge(a_claim(first="20 times as fast"), a_proof(a_size(gain=20.0))),
        judge(a_claim(expected=ClaimVerdict.HOLDS), a_proof(a_size("10", gain=2.0), a_size("100", gain=4.0))),
        judge(a_claim(), a_proof(a_size(gain=0.005))),
        judge(a_claim(ClaimKind.EQUIVALENCE), a_proof(different)),
        judge(a_claim(ClaimKind.RUNS), a_proof(a_size(verdict=ProofVerdict.FAILS))),
        judge(LEAK, figures=[a_figure(4.6e6), a_figure(920.0, name="bytes_per_record_bytes")]),
        judge(SHARE, figures=[a_figure(0.02, name="share")]),
        unmeasured(LEAK, "scipy is not installed"),
    ]
    numbered = tuple(replace(row, id=f"X{number:02}") for number, row in enumerate(rows, start=1))
    return Ledger(header=make_proofs().header, rows=numbered, duration_ns=90_000_000_000)


def printed(ledger):
    console = Console(file=io.StringIO(), width=160, force_terminal=False)
    render_ledger(ledger, console)
    return console.file.getvalue()


def test_all_words_of_a_claim_are_there():
    assert {row.verdict for row in every_claim().rows} == set(ClaimVerdict)


@pytest.mark.parametrize(
    "told", [lambda one: words(render_claims_page(one)), printed, render_claims_markdown]
)
def test_each_claim_is_told_with_its_figures_its_word_and_where_it_holds(told):
    text = told(every_claim())
    for said in (
        "9 claims",
        "4 times as fast [3.92 to 4.08]",
        "200 times slower [196 to 204]",
        "4.60 MB [4.51 MB to 4.69 MB]",
        "2.0%",
        "different-answer",
        "overstated at 10; holds at 100",
        "scipy is not installed",
        "the first measurement came to holds",
    ):
        assert said in text.replace("&#45;", "-").replace("&#46;", "."), said


def hostile(text):
    """The ledger with ``text`` everywhere but in the names of sizes: what is no plain word is not drawn."""
    kept = every_claim()
    changed = with_text(kept, text)
    rows = []
    for row, before in zip(changed.rows, kept.rows, strict=True):
        if row.proof is not None:
            sizes = [
                replace(new, size=old.size)
                for new, old in zip(row.proof.sizes, before.proof.sizes, strict=True)
            ]
            row = replace(row, proof=replace(row.proof, sizes=tuple(sizes)))  # noqa: PLW2901 - one row, rebuilt
        rows.append(row)
    return replace(changed, rows=tuple(rows))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_of_claims_has_the_same_elements_whatever_its_texts_say(attack):
    page = render_claims_page(hostile(ATTACKS[attack]))
    assert structure(page) == structure(render_claims_page(hostile("word")))
    assert LONG not in page


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_and_terminal_obey_no_text(attack):
    ledger = with_text(every_claim(), ATTACKS[attack])
    page = render_claims_markdown(ledger)
    # Between backquotes nothing is markup.
    assert "<script>" not in re.sub(r"`[^`\n]*`", "", page)
    assert LONG not in page
    assert len([line for line in page.splitlines() if line.startswith("| ")]) >= len(ledger.rows)
    assert "\x1b" not in printed(ledger)


def test_every_ledger_obeys_its_published_schema():
    document = json.loads(render_ledger_json(every_claim()))
    jsonschema.Draft202012Validator(json.loads(render_claims_schema())).validate(document)
    assert document["schema"] == "perfwatch.claims/1"
    assert document["claims"][0]["stated_ratio"] == [0.25, 0.25]
    assert document["claims"][6]["stated"]["high"] is None
    assert document["claims"][0]["proof"]["sizes"][0]["ratio"] == 0.25
    assert msgspec.json.decode(render_ledger_json(every_claim()), type=ClaimsDocument).duration_ns == 90e9


def test_the_schema_of_claims_is_printed_without_a_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(workloads, ["claims", "--schema"])
    assert json.loads(done.output) == json.loads(render_claims_schema())


def test_page_and_document_of_claims_are_written_side_by_side(tmp_path):
    write_ledger(every_claim(), tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["claims.json", "index.html"]


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1400, "dark")])
def test_a_page_of_claims_fits_and_asks_nobody(width, scheme, tmp_path, visit):
    page = write_ledger(every_claim(), tmp_path).html
    seen = visit(page, width=width, scheme=scheme)
    assert [url for url in seen.requests if not url.startswith("data:")] == [page.as_uri()]
    assert seen.console == []
    assert seen.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.locator("#claims tbody tr").count() == 9
