"""Whose file it is, and how its path is shown."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from perfwatch.collect.ownership import Ownership


@pytest.fixture
def project(tmp_path):
    root = tmp_path.resolve()
    (root / "src").mkdir()
    (root / "src" / "a.py").touch()
    return root


def test_project_files_are_the_users(project):
    ownership = Ownership(root=project)
    assert ownership.owns(str(project / "src" / "a.py"))
    assert ownership.shorten(str(project / "src" / "a.py")) == "src/a.py"


def test_the_interpreters_library_is_not(project):
    stdlib = sysconfig.get_path("stdlib")
    ownership = Ownership(root=project, libraries=(stdlib,))
    file = str(Path(stdlib) / "json" / "encoder.py")
    assert not ownership.owns(file)
    assert ownership.shorten(file) == "json/encoder.py"


def test_an_environment_inside_the_project_is_a_library(project):
    file = str(project / ".venv" / "lib" / "python3.11" / "site-packages" / "numpy" / "core.py")
    ownership = Ownership(root=project, libraries=())
    assert not ownership.owns(file)
    assert ownership.shorten(file) == "numpy/core.py"


def test_a_folder_named_as_own_is_the_users_though_it_lies_in_a_library(project):
    library = project / "lib" / "site-packages"
    ownership = Ownership(root=project, libraries=(str(library),), own=(str(library / "mine"),))
    assert ownership.owns(str(library / "mine" / "a.py"))
    assert not ownership.owns(str(library / "mine_too" / "a.py"))


def test_a_folder_whose_name_begins_alike_is_another(project):
    ownership = Ownership(root=project, libraries=(str(project / "lib"),))
    assert ownership.owns(str(project / "library" / "a.py"))
    assert not ownership.owns(str(project / "lib" / "a.py"))


@pytest.mark.parametrize("file", ["", "<string>", "<frozen importlib._bootstrap>"])
def test_what_is_no_file_is_nobodys(project, file):
    ownership = Ownership(root=project)
    assert not ownership.owns(file)
    assert ownership.shorten(file) == file


def test_a_link_belongs_where_it_leads(project):
    (project / "link.py").symlink_to(project / "src" / "a.py")
    assert Ownership(root=project).shorten(str(project / "link.py")) == "src/a.py"


def test_a_users_file_elsewhere_keeps_its_whole_path(project, tmp_path_factory):
    other = tmp_path_factory.mktemp("other").resolve() / "b.py"
    ownership = Ownership(root=project)
    assert ownership.owns(str(other))
    assert ownership.shorten(str(other)) == other.as_posix()


def test_a_relative_path_starts_where_the_target_ran(project):
    ownership = Ownership(root=project, cwd=project / "src")
    assert ownership.absolute("a.py") == str(project / "src" / "a.py")
    assert ownership.shorten("a.py") == "src/a.py"


def test_a_shortened_path_leads_back_to_its_file(project):
    library = project / "env" / "site-packages"
    ownership = Ownership(root=project, libraries=(str(library),), cwd=project / "src")
    for file in (str(project / "src" / "a.py"), "a.py", str(library / "numpy" / "core.py")):
        assert str(ownership.locate(ownership.shorten(file))) == ownership.absolute(file)


def test_a_path_that_was_never_shortened_is_looked_for_in_the_project(project):
    assert Ownership(root=project).locate("src/a.py") == project / "src" / "a.py"
