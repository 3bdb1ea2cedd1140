"""The table's script, keyboard and accessibility in a real browser; without a script everything is there, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import LONG, MARKUP, with_text
from three_pages import CHANGES, PAGES
from tools import need_module

from perfwatch.report.html import render_html


@pytest.fixture(scope="module")
def pages():
    return {name: render_html(made()) for name, made in PAGES.items()}


@pytest.fixture(scope="module")
def axe():
    """The text of axe-core."""
    package = need_module("axe_playwright_python", "axe-playwright-python")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def names(page):
    return page.locator("#benchmark-table tbody tr:visible th").all_inner_texts()


def header(page, title):
    return page.locator(f"#benchmark-table th[data-title='{title}'] button")


SHORT = [name.removeprefix("tests/") for name in CHANGES]
BY_CHANGE = [
    name for name, _ in sorted(zip(SHORT, CHANGES.values(), strict=True), key=lambda each: -each[1][1])
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_its_script_requests_itself_alone_and_logs_nothing(name, pages, visit):
    seen = visit(pages[name])
    assert [url.split("/")[-1] for url in seen.requests if not url.startswith("data:")] == ["index.html"]
    assert seen.console == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [380, 800, 1400])
def test_no_page_scrolls_sideways(name, width, pages, visit):
    seen = visit(pages[name], width=width)
    seen.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert seen.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(name, scheme, pages, visit, axe):
    seen = visit(pages[name], scheme=scheme)
    seen.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    # Through the debugger: the page's own policy lets no other script in.
    seen.page.evaluate(axe + "; undefined")
    found, passed = seen.page.evaluate("axe.run().then(found => [found.violations, found.passes.length])")
    assert passed > 15
    told = {
        one["id"]: [node["html"][:160] for node in one["nodes"][:3]]
        for one in found
        if one["impact"] in ("serious", "critical")
    }
    assert told == {}


def test_a_title_sorts_by_its_figures_then_the_other_way_then_not_at_all(pages, visit):
    page = visit(pages["gate"]).page
    assert names(page) == SHORT
    header(page, "Change").click()
    assert names(page) == BY_CHANGE
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    header(page, "Change").click()
    assert names(page) == BY_CHANGE[::-1]
    header(page, "Change").click()
    assert names(page) == SHORT
    assert page.locator("th[aria-sort]").count() == 0


def test_what_has_no_figure_comes_last_whichever_way(pages, visit):
    page = visit(pages["suite"]).page
    for _ in range(2):
        header(page, "Head").click()
        assert names(page)[-1] == "test_restart"


def test_a_filter_hides_rows_and_says_how_many_are_left(pages, visit):
    page = visit(pages["gate"]).page
    page.fill("#benchmark-filter", "SLOWER solver")
    assert names(page) == SHORT[:2]
    assert page.locator(".controls output").inner_text() == "2 of 6"
    page.fill("#benchmark-filter", "nothing has this name")
    assert names(page) == []
    page.fill("#benchmark-filter", "")
    assert names(page) == SHORT


def test_what_was_asked_for_stands_in_the_address_and_is_there_again(pages, visit):
    seen = visit(pages["gate"])
    seen.page.fill("#benchmark-filter", "solver")
    header(seen.page, "Change").click()
    address = seen.page.url
    assert "#filter=solver&sort=Change" in address
    seen.page.goto("about:blank")
    seen.page.goto(address)
    assert names(seen.page) == [name for name in BY_CHANGE if "solver" in name]
    assert seen.page.input_value("#benchmark-filter") == "solver"


def test_a_link_to_a_hidden_row_shows_it(pages, visit):
    page = visit(pages["suite"]).page
    page.fill("#benchmark-filter", "relax")
    page.evaluate("location.hash = '#benchmark-2'")
    page.wait_for_function("document.querySelector('#benchmark-2').offsetParent !== null")


def test_the_table_is_used_with_the_keyboard_alone(pages, visit):
    page = visit(pages["gate"]).page
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "benchmark-filter":
            break
    page.keyboard.type("mesh")
    assert len(names(page)) == 3
    for title in ("Benchmark", "Group", "Base", "Head"):
        for _ in range(3):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == title:
                break
        assert page.evaluate("document.activeElement.textContent") == title
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort]").get_attribute("data-title") == "Head"
    page.keyboard.press("Space")
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_on_a_phone_a_list_sorts_in_place_of_the_titles(pages, visit):
    page = visit(pages["gate"], width=380).page
    page.select_option(".controls select", "Change")
    assert names(page) == BY_CHANGE


@pytest.mark.parametrize("name", PAGES)
def test_without_a_script_every_row_stands_there(name, pages, chromium, tmp_path):
    file = tmp_path / "index.html"
    file.write_text(pages[name], encoding="utf-8")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#benchmark-table tbody tr:visible").count() == pages[name].count('<th scope="row"')
    assert page.locator(".controls").count() == 0
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_nothing_is_cut_off(name, pages, visit):
    seen = visit(pages[name], width=720)  # A4 between its margins
    seen.page.emulate_media(media="print")
    wide = """[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > 721)
        .map(one => one.outerHTML.slice(0, 120))"""
    assert seen.evaluate(wide)[:3] == []


def test_on_paper_all_rows_are_there_and_the_controls_are_not(pages, visit):
    seen = visit(pages["gate"], width=720)
    seen.page.emulate_media(media="print")
    assert len(names(seen.page)) == len(CHANGES)
    assert not seen.page.locator(".controls").is_visible()


@pytest.mark.parametrize("attack", [MARKUP, LONG])
def test_names_that_attack_are_sorted_and_filtered_like_any_other(attack, visit):
    seen = visit(render_html(with_text(PAGES["gate"](), attack)), width=380)
    seen.page.select_option(".controls select", "Median")
    seen.page.fill("#benchmark-filter", attack[:40])
    assert len(names(seen.page)) == len(CHANGES)
    assert seen.evaluate("document.documentElement.scrollWidth") <= 380
    assert seen.evaluate("window.pwned === undefined && document.images.length === 0")
    assert (seen.dialogs, seen.console) == ([], [])


def test_an_address_that_makes_no_sense_does_no_harm(pages, visit, tmp_path):
    seen = visit(pages["gate"])
    for fragment in (
        "#filter=%E0%A4%A",
        "#sort=<img src=x onerror=alert(1)>",
        "#benchmark-999",
        "#sort=__proto__",
    ):
        seen.page.goto("about:blank")
        seen.page.goto((tmp_path / "index.html").as_uri() + fragment)
        assert seen.page.locator("#benchmark-table").count() == 1
    assert seen.console == []
    assert seen.dialogs == []
