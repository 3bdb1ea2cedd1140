"""Pages over a small store, and a browser."""

from __future__ import annotations

import pytest
from browser import chromium as chromium  # noqa: PLC0414 - a fixture is found by its name here
from shown import Shown, fill
from tools import need_module

need_module("starlette", "'perfwatch[web]'")
need_module("httpx", "httpx")


@pytest.fixture
def project(tmp_path):
    """A project with seven runs."""
    fill(tmp_path, 7)
    return tmp_path


@pytest.fixture
def pages(project):
    """The pages over it."""
    shown = Shown(project)
    yield shown
    shown.store.close()
