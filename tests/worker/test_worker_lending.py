"""Lent profilers are found last, under listed names only."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from serving import script, serve

from perfwatch.worker import lending


@pytest.fixture
def shelf(tmp_path):
    """A folder with two modules and a package, of which some are lent."""
    folder = tmp_path / "shelf"
    (folder / "lent_package").mkdir(parents=True)
    (folder / "lent_package" / "__init__.py").write_text("from . import inner\n")
    (folder / "lent_package" / "inner.py").write_text("VALUE = 7\n")
    (folder / "lent_module.py").write_text("VALUE = 3\n")
    (folder / "other_module.py").write_text("VALUE = 5\n")
    return folder


@pytest.fixture
def lent(shelf, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    lending.install({"names": ["lent_module", "lent_package"], "folders": [str(shelf)]})
    yield sys.meta_path[-1]
    for name in [name for name in sys.modules if name.startswith("lent_")]:
        del sys.modules[name]


@pytest.mark.usefixtures("lent")
def test_a_listed_module_is_found():
    import lent_module

    assert lent_module.VALUE == 3


@pytest.mark.usefixtures("lent")
def test_a_listed_package_brings_its_inside():
    import lent_package

    assert lent_package.inner.VALUE == 7


@pytest.mark.usefixtures("lent")
def test_a_neighbour_that_is_not_listed_stays_hidden():
    assert importlib.util.find_spec("other_module") is None


def test_a_module_inside_a_package_is_not_the_lenders_business(lent):
    assert lent.find_spec("lent_module", ["/somewhere"]) is None


def test_where_nothing_is_lent_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = list(sys.meta_path)
    lending.install({"names": [], "folders": []})
    assert sys.meta_path == before


def test_the_targets_own_module_comes_first(tmp_path, shelf):
    (tmp_path / "lent_module.py").write_text("VALUE = 'own'\n")
    target = script(tmp_path, "import lent_module\nprint(lent_module.VALUE)\n")
    options = {"seconds": 0.01}
    given = {"names": ["lent_module"], "folders": [str(shelf)]}
    done, _ = serve(tmp_path, "timing", target, names=["s"], options=options, lent=given)
    assert done.stdout == "own\n"


def test_the_target_cannot_tell_the_lender_from_its_path(tmp_path, shelf):
    target = script(tmp_path, f"import sys\nprint({str(shelf)!r} in sys.path)\n")
    given = {"names": ["lent_module"], "folders": [str(shelf)]}
    done, _ = serve(tmp_path, "timing", target, names=["s"], options={"seconds": 0.01}, lent=given)
    assert done.stdout == "False\n"
