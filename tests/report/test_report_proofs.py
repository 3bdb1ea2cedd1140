"""Proofs as a page and as a document: their words first, every figure of every size, nothing obeyed."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from math import inf

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner
from hostile import ATTACKS, LONG, MARKUP, with_text
from proof_records import every_word, make_proof, make_proofs, make_size
from test_report_hostile import structure

from perfwatch.cli.prove import prove
from perfwatch.records.proof import ProofVerdict
from perfwatch.report.charts import gain_chart
from perfwatch.report.files import write_proofs
from perfwatch.report.geometry import apart, scale_ticks
from perfwatch.report.proof_document import proof_part
from perfwatch.report.proof_view import proof_view
from perfwatch.report.proofs_document import ProofsDocument, proofs_schema, render_proofs_json
from perfwatch.report.proofs_page import render_proofs_page
from perfwatch.report.proofs_view import DETAILED_LIMIT


def words(page):
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# The page


def test_the_word_where_it_holds_and_why_stand_before_all_figures():
    page = words(render_proofs_page(make_proofs(make_proof())))
    said = [
        "proved , from size 58 on [52 to 66]: the same answers, 4.00 to 40.0 times as fast",
        "within 2.00e-13",
        "500 elements compared, at most 4 units in the last place apart, farthest at [0][3]",
        "40.0x",
        "0.400x",
        "140 calls [120 or more]",
        "The faster one changes at size 58 [52 to 66].",
        "size 10 was slower",
        "both hold the same",
        "Same answer: equal but for rounding; same speed: within 5%; took 20.0 s",
    ]
    places = [page.find(text) for text in said]
    assert -1 not in places, [text for text, place in zip(said, places, strict=True) if place < 0]
    assert places == sorted(places)


def test_of_several_proofs_a_table_says_first_what_each_came_to():
    page = words(render_proofs_page(every_word()))
    assert "2 proved, 1 different-answer, 1 fails, 1 undecided" in page
    assert page.find("it does not converge") > page.find("Where") > 0


def test_a_proof_that_was_not_timed_shows_no_times():
    page = render_proofs_page(make_proofs(every_word().proofs[2]))
    assert "cards sizes" not in page
    assert "<svg" not in page
    assert "3 of 10 elements differ" in words(page)


@pytest.mark.parametrize("verdict", ProofVerdict)
def test_every_word_has_its_mark_and_tone(verdict):
    view = proof_view(make_proof(verdict=verdict))
    assert view.mark
    assert view.tone in {"good", "bad", "calm"}


def test_the_gain_over_named_sizes_is_drawn_and_over_names_that_are_no_words_is_not():
    named = (make_size("small", 1.2), make_size("large", 0.2))
    drawn = gain_chart(proof_view(make_proof(sizes=named, crossover=None)).course)
    assert ">small<" in drawn
    sly = (make_size("<b>", 1.2), make_size("$x$", 0.2))
    assert gain_chart(proof_view(make_proof(sizes=sly, crossover=None)).course) == ""


def test_a_single_size_has_no_course():
    assert proof_view(make_proof(sizes=(make_size(10, 0.5),), crossover=None)).course is None


def test_a_proof_without_bound_in_its_interval_is_drawn():
    odd = (make_size(1, 0.5, interval=(0.0, inf)), make_size(2, 0.25, interval=None))
    view = proof_view(make_proof(sizes=odd, crossover=None))
    assert gain_chart(view.course).startswith("<svg")
    assert view.rows[1].interval == "\N{EN DASH}"


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (0.4, 45), (1e-3, 1e4), (0.97, 2.3), (0.9, 900)])
def test_the_scale_of_gains_has_a_few_round_ticks_between_its_ends(low, high):
    ticks = scale_ticks(low, high)
    assert 3 <= len(ticks) <= 9
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(ticks)


def test_labels_of_sizes_keep_their_distance_and_the_greatest_is_there():
    sizes = [10, 11, 12, 100, 900, 1_000]
    assert apart(sizes, ratios=True) == [2, 3, 5]
    assert apart([1.0, 2.0, 3.0], ratios=False) == [0, 1, 2]


def test_a_hundred_proofs_make_a_page_of_bounded_size():
    page = render_proofs_page(make_proofs(*[make_proof(name=f"form {n}") for n in range(100)]))
    assert page.count('class="detail proof"') == DETAILED_LIMIT
    assert "form 99" in page
    assert "50 more have their sizes in proofs.json only." in page
    assert len(page.encode()) < 2_000_000


def test_a_hundred_sizes_are_cut_and_counted():
    page = words(
        render_proofs_page(make_proofs(make_proof(sizes=tuple(make_size(n, 0.5) for n in range(1, 101)))))
    )
    assert "70 more are in proofs.json." in page


# Text of a target


def hostile(attack):
    """Every text an attack but the sizes: whether there is something to draw hangs on these."""
    changed = with_text(every_word(), attack)
    kept = [
        replace(
            proof,
            sizes=tuple(
                replace(one, size=was.size) for one, was in zip(proof.sizes, plain.sizes, strict=True)
            ),
        )
        for proof, plain in zip(changed.proofs, every_word().proofs, strict=True)
    ]
    return replace(changed, proofs=tuple(kept))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_of_proofs_has_the_same_elements_whatever_its_texts_say(attack):
    page = render_proofs_page(hostile(ATTACKS[attack]))
    assert structure(page) == structure(render_proofs_page(hostile("word")))
    kinds = {unicodedata.category(character) for character in page if character != "\n"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_sizes_are_shown_and_obeyed_by_nobody(attack):
    page = render_proofs_page(with_text(every_word(), ATTACKS[attack]))
    assert "<script>" not in page
    assert LONG not in page
    document = msgspec.json.decode(
        render_proofs_json(with_text(every_word(), ATTACKS[attack])), type=ProofsDocument
    )
    assert len(document.proofs) == 5


# The document


def test_every_document_obeys_the_published_schema():
    document = json.loads(render_proofs_json(every_word()))
    jsonschema.Draft202012Validator(proofs_schema()).validate(document)
    assert document["schema"] == "perfwatch.proofs/1"
    assert document["run"]["commit"]["branch"] == "main"


def test_a_proof_in_the_document_begins_with_the_figures_of_its_greatest_size():
    part = proof_part(make_proof())
    assert (part.ratio, part.memory_ratio) == (0.025, 0.5)
    assert part.interval == pytest.approx((0.02375, 0.02625))
    assert proof_part(every_word().proofs[2]).ratio is None


def test_what_is_infinite_is_null():
    document = json.loads(render_proofs_json(every_word()))
    assert document["proofs"][0]["sizes"][1]["cold"]["payback_interval"] == [120.0, None]
    assert document["proofs"][2]["sizes"][0]["difference"]["greatest_ratio"] is None


def test_the_schema_is_printed_without_a_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(prove, ["--schema"])
    assert json.loads(done.output) == proofs_schema()


def test_page_and_document_are_written_side_by_side(tmp_path):
    files = write_proofs(every_word(), tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["index.html", "proofs.json"]
    assert files.json.read_text(encoding="utf-8") == render_proofs_json(every_word())


# In a browser


@pytest.mark.parametrize("width", [380, 900, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_proofs_fits_asks_nobody_and_logs_nothing(width, scheme, visit):
    seen = visit(render_proofs_page(every_word()), width=width, scheme=scheme)
    assert seen.evaluate("document.documentElement.scrollWidth") <= width
    assert [url.split("/")[-1] for url in seen.requests if not url.startswith("data:")] == ["index.html"]
    assert seen.console == []


def test_a_row_leads_to_its_proof(visit):
    page = visit(render_proofs_page(every_word())).page
    page.click("#proofs a[href='#proof-2']")
    assert page.url.endswith("#proof-2")
    assert page.locator("#proof-2 h2").inner_text() == "named"


def test_on_a_phone_every_figure_of_a_size_is_named(visit):
    page = visit(render_proofs_page(make_proofs(make_proof())), width=380).page
    cell = page.locator(".sizes td[data-label='times as fast']").first
    assert cell.inner_text() == "0.400x"
    label = "getComputedStyle(document.querySelector('.sizes td.strong'), '::before').content"
    assert page.evaluate(label) == '"times as fast"'


def test_no_text_of_a_target_runs_in_the_page_of_proofs(visit):
    seen = visit(render_proofs_page(with_text(every_word(), MARKUP)))
    assert seen.evaluate("window.pwned === undefined && document.images.length === 0")
    assert seen.dialogs == []
