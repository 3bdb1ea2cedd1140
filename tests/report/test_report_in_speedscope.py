"""The real viewer opens what is written for it."""

from __future__ import annotations

import base64

import pytest
from published_schemas import SPEEDSCOPE, package
from rich_report import RELAX, rich_report

from perfwatch.report import render


@pytest.fixture
def shown(request, chromium, tmp_path):
    """What speedscope shows of a file, as (title, text), once it has read it."""
    release = package(request.config.cache.mkdir("published_schemas"), SPEEDSCOPE[0]) / "dist" / "release"

    def opened(name, text):
        content = base64.b64encode(text.encode()).decode()
        script = tmp_path / "profile.js"
        script.write_text(f'speedscope.loadFileFromBase64("{name}", "{content}")', encoding="utf-8")
        page = chromium.new_page()
        try:
            page.goto(f"{(release / 'index.html').as_uri()}#localProfilePath={script}")
            page.get_by_text("Left Heavy").wait_for()
            page.wait_for_function("document.title !== 'speedscope'")
            return page.title(), page.inner_text("body")
        finally:
            page.close()

    return opened


def test_speedscope_opens_every_profile_of_a_report(shown):
    title, text = shown("run.speedscope.json", render(rich_report(), "speedscope"))
    assert title == "tests/test_diffusion.py, 20260314T140211-c41e - speedscope"
    assert f"{RELAX}: time of one execution (1/6)" in text


def test_speedscope_reads_the_collapsed_stacks(shown):
    title, _ = shown("run.collapsed", render(rich_report(), "collapsed"))
    assert title == "run.collapsed - speedscope"
