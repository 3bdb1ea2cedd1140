"""The flame graph in a real browser: by mouse, by keys, by eye, and without a script."""

from __future__ import annotations

import pytest
from builders import make_benchmark, make_run
from diffusion_report import diffusion_report
from hostile import MARKUP

from perfwatch import units
from perfwatch.records.profile import CallNode, Profiles
from perfwatch.records.report import Report
from perfwatch.report.html import render_html

CANVAS = "figure.flame canvas >> nth=0"
DETAIL = "figure.flame .flame-detail >> nth=0"
LIVE = "figure.flame .flame-live >> nth=0"
MATCHES = "figure.flame .flame-matches >> nth=0"
WHOLE = "figure.flame .flame-reset >> nth=0"
SEARCH = "figure.flame input >> nth=0"
ROW = 20


def node(function, own, *children):
    total = own + sum(child.total_ns for child in children)
    return CallNode(
        function=function, file="m.py", line=1, time_ns=own, total_ns=total, user=True, children=children
    )


def page_of(root):
    return render_html(Report(run=make_run(benchmarks=(make_benchmark(profiles=Profiles(cpu=root)),))))


@pytest.fixture(scope="module")
def pages():
    deep = node("bottom", 1e8)
    for number in range(60):
        deep = node(f"level_{number}", 1e6, deep)
    return {
        "suite": render_html(diffusion_report()),
        "split": page_of(node("main", 1e8, node("left", 6e8, node("inner", 1e8)), node("right", 2e8))),
        "deep": page_of(deep),
        "hostile": page_of(node(MARKUP, 1e8, node(MARKUP, 1e8))),
    }


@pytest.fixture
def drawn(pages, visit):
    def opened(name, **how):
        seen = visit(pages[name], **how)
        seen.page.wait_for_selector("figure.flame:not([hidden])")
        return seen

    return opened


def click(page, x, row):
    """Click at a share of the width, in a row."""
    page.locator(CANVAS).scroll_into_view_if_needed()
    box = page.locator(CANVAS).bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + row * ROW + ROW / 2)


def hover(page, x, row):
    page.locator(CANVAS).scroll_into_view_if_needed()
    box = page.locator(CANVAS).bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + row * ROW + ROW / 2)


def pixel(seen, x, row):
    return seen.page.evaluate(
        "([x, y]) => { const c = document.querySelector('figure.flame canvas');"
        " return [...c.getContext('2d').getImageData(Math.round(x * c.width), y, 1, 1).data]; }",
        [x, row * ROW + 3],
    )


def height(seen):
    """How high the picture is, once the browser has told the page of its medium and drawn two frames."""
    return seen.evaluate("""new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
        done(document.querySelector('figure.flame canvas').offsetHeight))))""")


def test_it_draws_without_a_word_on_the_console_or_a_request(drawn):
    seen = drawn("suite")
    assert seen.console == []
    assert [url.split("/")[-1] for url in seen.requests if not url.startswith("data:")] == ["index.html"]


def test_widths_are_shares(drawn):
    seen = drawn("split")
    assert pixel(seen, 0.5, 1)[3] == 255  # left: two thirds and more of the whole
    assert pixel(seen, 0.95, 1)[3] == 0  # main's own time


def test_a_click_zooms_and_the_button_shows_the_whole_again(drawn):
    page = drawn("split").page
    click(page, 0.85, 1)
    assert "right" in page.inner_text(DETAIL)
    assert page.is_enabled(WHOLE)
    hover(page, 0.1, 1)  # zoomed, it fills its row from the left on
    assert "right" in page.inner_text(DETAIL)
    page.click(WHOLE)
    hover(page, 0.1, 1)
    assert "left" in page.inner_text(DETAIL)
    assert page.is_disabled(WHOLE)


def test_keys_move_zoom_and_come_back_and_a_live_region_says_where(drawn):
    page = drawn("split").page
    page.focus(CANVAS)
    for key, name in [
        ("ArrowDown", "left"),
        ("ArrowRight", "right"),
        ("ArrowLeft", "left"),
        ("ArrowDown", "inner"),
        ("Enter", "inner"),
        ("Escape", "inner"),
        ("ArrowUp", "left"),
        ("Home", "main"),
    ]:
        page.keyboard.press(key)
        assert page.inner_text(LIVE).startswith(f"{name}, m.py:1, with callees")
    page.keyboard.press("Escape")
    assert page.is_disabled(WHOLE)


def test_keys_at_an_edge_stay_where_they_are(drawn):
    page = drawn("split").page
    page.focus(CANVAS)
    for key in ("ArrowUp", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
        assert "main" in page.inner_text(DETAIL)


def test_a_search_counts_matches_and_their_share_without_counting_twice(drawn):
    page = drawn("split").page
    page.fill(SEARCH, "IN")  # main, inner: main holds inner
    assert page.inner_text(MATCHES) == "2 matches, 100.0% of the whole"
    page.fill(SEARCH, "right")
    assert page.inner_text(MATCHES) == f"1 match, {units.percent(0.2)} of the whole"
    page.fill(SEARCH, "r.ght")
    assert page.inner_text(MATCHES) == "0 matches"
    page.fill(SEARCH, "")
    assert page.inner_text(MATCHES) == ""


def test_enter_in_the_search_goes_to_the_next_match_and_escape_leaves_it(drawn):
    page = drawn("split").page
    page.focus(CANVAS)
    page.keyboard.press("/")
    page.keyboard.type("inner")
    page.keyboard.press("Enter")
    assert "inner" in page.inner_text(DETAIL)
    page.keyboard.press("Escape")
    assert page.input_value(SEARCH) == ""


def test_the_place_leads_to_the_annotated_line(drawn):
    seen = drawn("suite")
    page = seen.page
    click(page, 0.2, 1)
    assert page.inner_text(DETAIL).startswith("relax")
    page.click(f"{DETAIL} >> a")
    target = page.url.partition("#")[2]
    assert page.locator(f"tr[id='{target}']").is_visible()
    assert "relax" in page.inner_text(f"tr[id='{target}'] td.source")


def test_without_a_script_the_call_tree_is_there_and_no_empty_frame(pages, chromium, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(pages["suite"], encoding="utf-8")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator(".calls .call").nth(1).is_visible()
    assert not any(one.is_visible() for one in page.locator("figure.flame").all())
    context.close()


@pytest.mark.parametrize("name", ["suite", "deep"])
def test_on_a_phone_nothing_scrolls_sideways(name, drawn):
    seen = drawn(name, width=380)
    assert seen.evaluate("document.documentElement.scrollWidth") <= 380


def test_dark_is_drawn_dark(drawn):
    assert sum(pixel(drawn("split", scheme="dark"), 0.5, 0)[:3]) < sum(pixel(drawn("split"), 0.5, 0)[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_stand_out_from_every_colour(scheme, drawn):
    # Contrast as WCAG 2 defines it, at least 4.5:1.
    worst = drawn("split", scheme=scheme).evaluate("""() => {
        const style = getComputedStyle(document.querySelector('figure.flame'));
        const light = name => { const hex = style.getPropertyValue('--flame-' + name).trim();
            return [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
                .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0); };
        const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
        const plain = ['user-1', 'user-2', 'user-3', 'user-4', 'user-5', 'library', 'branch', 'more-1', 'more-2', 'less-1', 'less-2'];
        const strong = ['found', 'more-3', 'more-4', 'less-3', 'less-4'];
        return Math.min(...plain.map(one => ratio('ink', one)), ...strong.map(one => ratio('paper', one)));
    }""")
    assert worst >= 4.5


def test_a_deep_recursion_scrolls_in_its_own_frame_and_keys_bring_it_into_sight(drawn):
    page = drawn("deep").page
    page.focus(CANVAS)
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    assert "bottom" in page.inner_text(DETAIL)
    view = "document.querySelector('.flame-view')"
    assert page.evaluate(f"{view}.scrollTop + {view}.clientHeight") >= 60 * ROW


def test_on_paper_the_whole_picture_stands_in_the_colours_of_paper(drawn):
    seen = drawn("deep", scheme="dark")
    click(seen.page, 0.5, 3)
    on_screen = pixel(seen, 0.5, 0)
    seen.page.emulate_media(media="print")
    assert height(seen) >= 61 * ROW
    assert sum(pixel(seen, 0.5, 0)) > sum(on_screen)
    assert not seen.page.locator(SEARCH).is_visible()
    seen.page.emulate_media(media="screen")
    assert height(seen) < 61 * ROW
    assert seen.page.is_enabled(WHOLE)


def test_a_name_of_markup_is_drawn_as_text(drawn):
    seen = drawn("hostile")
    seen.page.focus(CANVAS)
    seen.page.keyboard.press("ArrowDown")
    assert "<script>" in seen.page.inner_text(DETAIL)
    assert seen.evaluate("window.pwned === undefined && document.images.length === 0")
    assert seen.dialogs == []
