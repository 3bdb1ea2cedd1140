"""Environments that are built, kept and found again; what is half built is never used."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from dataclasses import replace

import pytest
from editable import BACKEND, BUILDS, write

if sys.platform == "win32":
    pytest.skip("environments are built for perfwatch gate, which Windows lacks", allow_module_level=True)

from perfwatch.builds.environments import COMPLETE, BuildFailed, Recipe, Shelf, free
from perfwatch.environment import probe_interpreter


@pytest.fixture(scope="module")
def interpreter():
    return probe_interpreter(sys.executable)


@pytest.fixture
def recipe(interpreter):
    return Recipe(
        interpreter=interpreter,
        build=None,
        requirements=(),
        constraints=(),
        names=("fitting",),
        distribution="fitting",
        source="one",
    )


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / "scratch").mkdir()
    return Shelf(
        folder=tmp_path / ".perfwatch" / "env", scratch=tmp_path / "scratch", environment=dict(os.environ)
    )


@pytest.fixture
def tree(tmp_path):
    write(tmp_path / "tree", {"pyproject.toml": BUILDS, "backend.py": BACKEND, "fitting/__init__.py": ""})
    return tmp_path / "tree"


class Builds:
    """Counts how often a source was asked for."""

    def __init__(self, tree):
        self.tree = tree
        self.count = 0

    def __call__(self):
        self.count += 1
        return contextlib.nullcontext(self.tree)


def nothing():
    pass


def test_what_is_there_is_not_built_again_and_what_is_half_built_is(shelf, recipe, tree):
    source = Builds(tree)
    place = shelf.folder / recipe.key
    write(place, {"venv/bin/python": "half a build"})
    with shelf.holding(recipe, source, nothing) as first:
        assert (first.names, first.reused, source.count) == (("fitting",), False, 1)
        assert first.interpreter.executable == str(place / "venv" / "bin" / "python")
        # A gate that uses it keeps it.
        assert free(shelf.folder) == (0, 0, 1)
    with shelf.holding(recipe, source, nothing) as second:
        assert (second.names, second.reused, source.count) == (("fitting",), True, 1)
    assert (shelf.folder.parent / ".gitignore").read_text(encoding="utf-8") == "*\n"
    removed, freed_bytes, used = free(shelf.folder)
    assert (removed, used) == (1, 0)
    assert freed_bytes > 0
    assert not place.exists()


def test_a_build_that_fails_says_its_last_lines_and_leaves_nothing(shelf, recipe, tree):
    write(tree, {"broken": ""})
    with (
        pytest.raises(BuildFailed, match="the compiler of this tree is missing"),
        shelf.holding(recipe, Builds(tree), nothing),
    ):
        pass
    assert not (shelf.folder / recipe.key).exists()


def test_a_command_of_the_projects_builds_in_the_environment(shelf, recipe, tree):
    command = (
        'python -c "import shutil, sysconfig, sys; assert sys.prefix != sys.base_prefix; '
        "shutil.copytree('fitting', sysconfig.get_paths()['purelib'] + '/fitting')\""
    )
    with shelf.holding(replace(recipe, build=command), Builds(tree), nothing) as built:
        assert built.names == ("fitting",)
        assert "pip" in built.interpreter.installed  # a command may well use it


def test_a_build_that_installs_nothing_of_the_project_is_none(shelf, recipe, tree):
    with (
        pytest.raises(BuildFailed, match="none of the project's modules"),
        shelf.holding(replace(recipe, names=("other",), distribution="other"), Builds(tree), nothing),
    ):
        pass


def test_two_builders_build_once(shelf, recipe, tree):
    source = Builds(tree)

    def build():
        with shelf.holding(recipe, source, nothing):
            pass

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.count == 1
    assert (shelf.folder / recipe.key / COMPLETE).exists()


def test_the_key_follows_everything_that_decides(recipe):
    others = [
        replace(recipe, source="two"),
        replace(recipe, build="make install"),
        replace(recipe, requirements=("pytest",)),
        replace(recipe, constraints=("numpy==2",)),
        replace(recipe, interpreter=replace(recipe.interpreter, version_text="3.99")),
    ]
    assert len({one.key for one in (recipe, *others)}) == len(others) + 1
