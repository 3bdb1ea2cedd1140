"""The page in a real browser: it opens from disk, silently, on a phone and on a desk."""

from __future__ import annotations

import pytest
from diffusion_report import diffusion_report, script_report
from everything_report import everything_report

from perfwatch.report.html import render_html


@pytest.fixture(scope="module")
def pages():
    made = {"suite": diffusion_report, "script": script_report, "everything": everything_report}
    return {name: render_html(report()) for name, report in made.items()}


@pytest.mark.parametrize("name", ["suite", "script", "everything"])
def test_the_page_requests_itself_alone_and_logs_nothing(name, pages, visit):
    seen = visit(pages[name])
    assert [url.split("/")[-1] for url in seen.requests if not url.startswith("data:")] == ["index.html"]
    assert seen.console == []


@pytest.mark.parametrize("name", ["suite", "script", "everything"])
@pytest.mark.parametrize("width", [380, 900, 1400])
def test_the_page_never_scrolls_sideways(name, width, pages, visit):
    seen = visit(pages[name], width=width)
    seen.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert seen.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_and_light_follow_the_reader(pages, visit):
    colour = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).slice(0, 3)"
    assert min(visit(pages["script"], scheme="light").evaluate(colour)) > 200
    assert max(visit(pages["script"], scheme="dark").evaluate(colour)) < 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_every_shade_of_heat(scheme, pages, visit):
    # Contrast as WCAG 2 defines it, at least 4.5:1, worked out on what the browser paints.
    seen = visit(pages["everything"], scheme=scheme)
    worst = seen.evaluate("""() => {
        const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const painted = colours => {
            canvas.clearRect(0, 0, 1, 1);
            for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
            return light([...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3));
        };
        const paper = getComputedStyle(document.body).backgroundColor;
        return Math.min(...[...document.querySelectorAll('.heat, .portion')].map(cell => {
            const style = getComputedStyle(cell);
            const [back, ink] = [painted([paper, style.backgroundColor]), painted([style.color])];
            return (Math.max(back, ink) + 0.05) / (Math.min(back, ink) + 0.05);
        }));
    }""")
    assert worst >= 4.5


def test_calls_fold_without_a_script(pages, visit):
    seen = visit(pages["script"])
    before = seen.evaluate("document.querySelector('.calls').offsetHeight")
    seen.page.click(".calls summary >> nth=0")
    assert seen.evaluate("document.querySelector('.calls').offsetHeight") < before


def test_a_link_to_a_benchmark_opens_it(pages, visit):
    page = visit(pages["suite"]).page
    assert not page.locator("#benchmark-2").is_visible()
    page.click("#benchmarks a[href='#benchmark-2']")
    page.wait_for_selector("#benchmark-2", state="visible")


@pytest.mark.parametrize("width", [380, 1400])
def test_on_a_phone_every_figure_of_a_line_is_in_sight_and_named(width, pages, visit):
    seen = visit(pages["everything"], width=width)
    hidden = """[...document.querySelectorAll('.fused td[data-label]:not(.nought)')]
        .filter(cell => getComputedStyle(cell).display === 'none').length"""
    assert seen.evaluate(hidden) == 0
    label = "getComputedStyle(document.querySelector('.fused td[data-label]'), '::before').content"
    assert ("Own time" in seen.evaluate(label)) == (width == 380)


def test_on_paper_the_line_table_is_not_cut_off(pages, visit):
    seen = visit(pages["everything"], width=720)
    seen.page.emulate_media(media="print")
    assert seen.evaluate("document.querySelector('.fused').scrollWidth <= document.body.clientWidth")
