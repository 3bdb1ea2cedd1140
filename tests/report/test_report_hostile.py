"""Text from a target is shown, never obeyed, in every format."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import msgspec
import pytest
from diffusion_report import diffusion_report
from everything_report import everything_report
from hostile import ATTACKS, LONG, MARKUP, RICH, with_text

from perfwatch.report import render
from perfwatch.report.document import ReportDocument

HARMLESS = "word"
REPORTS = {"suite": diffusion_report, "everything": everything_report}


class Structure(HTMLParser):
    """The elements of a page with their attributes' names, in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))


def structure(text):
    parser = Structure()
    parser.feed(text)
    parser.close()
    return parser.elements


@pytest.fixture(scope="module")
def harmless():
    return {name: structure(render(with_text(made(), HARMLESS), "html")) for name, made in REPORTS.items()}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_has_the_same_elements_whatever_its_texts_say(attack, name, harmless):
    page = render(with_text(REPORTS[name](), ATTACKS[attack]), "html")
    assert structure(page) == harmless[name]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("format_name", ["html", "terminal"])
def test_what_is_read_holds_nothing_that_steers_a_reader(attack, format_name, name):
    text = render(with_text(REPORTS[name](), ATTACKS[attack]), format_name)
    kinds = {unicodedata.category(character) for character in text if character != "\n"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(("name", "count"), [("suite", 4), ("everything", 1)])
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_document_stays_valid_and_utf8(attack, name, count):
    text = render(with_text(REPORTS[name](), ATTACKS[attack]), "json")
    document = msgspec.json.decode(text.encode(), type=ReportDocument)
    assert len(document.benchmarks) == count


def test_the_document_keeps_every_text_as_it_was():
    report = with_text(diffusion_report(), MARKUP)
    document = msgspec.json.decode(render(report, "json"), type=ReportDocument)
    assert document.benchmarks[0].name == report.run.benchmarks[0].name
    assert document.run.command == report.run.header.command


def test_markup_of_rich_is_printed_letter_by_letter():
    text = render(with_text(diffusion_report(), RICH), "terminal")
    assert "[bold red]loud[/bold red]" in text


def test_a_name_of_ten_thousand_letters_is_cut_and_its_length_told():
    page = render(with_text(diffusion_report(), LONG), "html")
    assert LONG not in page
    assert re.search(r"n… \(100\d\d characters\)", page)
    assert len(page.encode()) < 600_000


def test_no_script_of_a_target_runs_in_the_browser(visit):
    seen = visit(render(with_text(everything_report(), MARKUP), "html"))
    assert seen.evaluate("window.pwned === undefined && document.images.length === 0")
    assert seen.dialogs == []
    assert [url for url in seen.requests if not url.startswith(("file://", "data:"))] == []
