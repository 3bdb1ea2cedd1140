"""A real browser for tests: the machine's own Chromium, without a window.

Import ``chromium`` into a conftest or a test file to have it there.
"""

from __future__ import annotations

import pytest
from tools import need_module, need_program


@pytest.fixture(scope="module")
def chromium():
    """The machine's own Chromium.

    It goes with its module: its driver keeps an event loop in this thread, which
    would stand in the way of every other test that runs one.
    """
    path = need_program("chromium", "chromium")
    playwright = need_module("playwright.sync_api", "playwright")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
