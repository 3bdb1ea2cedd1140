"""A real browser for the pages, and reports to open in it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browser import chromium as chromium  # noqa: PLC0414 - a fixture is found by its name here


@dataclass
class Visit:
    """What a page did while it was open."""

    page: object
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def evaluate(self, script):
        return self.page.evaluate(script)


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a page from disk and watch it: ``visit(text_or_path, width=380, scheme="dark")``."""
    with contextlib.ExitStack() as open_pages:

        def opened(source, *, width=1400, scheme="light"):
            path = source if isinstance(source, Path) else tmp_path / "index.html"
            if path is not source:
                path.write_text(source, encoding="utf-8")
            context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            open_pages.callback(context.close)
            page = context.new_page()
            seen = Visit(page)
            page.on("request", lambda request: seen.requests.append(request.url))
            page.on("console", lambda message: seen.console.append(message.text))
            page.on("pageerror", lambda error: seen.console.append(str(error)))
            page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
            page.goto(path.as_uri(), wait_until="networkidle")
            return seen

        yield opened
