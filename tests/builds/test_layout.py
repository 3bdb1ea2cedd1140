"""Where a project's packages lie, as its build settings state it."""

from __future__ import annotations

import pytest
from editable import write

from perfwatch.builds.layout import layout_of

pytestmark = pytest.mark.smoke


def found(root, files):
    write(root, files)
    layout = layout_of(root)
    return [path.relative_to(root).as_posix() for path in layout.import_roots], layout.names


def test_a_flat_project_is_imported_from_its_root(tmp_path):
    files = {
        "fitting/__init__.py": "",
        "step.py": "",
        "tests/__init__.py": "",
        "docs/conf.py": "",
        "__main__.py": "",
        "setup.py": "",
    }
    assert found(tmp_path, files) == (["."], ("fitting", "step"))


def test_a_src_layout_is_imported_from_src(tmp_path):
    files = {"src/fitting/__init__.py": "", "fitting/data.txt": "", "tests/test_one.py": ""}
    assert found(tmp_path, files) == (["src"], ("fitting",))


def test_a_package_that_is_called_src_is_no_layout(tmp_path):
    assert found(tmp_path, {"src/__init__.py": "", "main.py": ""}) == (["."], ("main", "src"))


def test_a_folder_of_packages_is_a_namespace(tmp_path):
    assert found(tmp_path, {"src/group/fitting/__init__.py": ""}) == (["src"], ("group",))


@pytest.mark.parametrize(
    "settings",
    [
        "[tool.setuptools]\npackage-dir = {'' = 'lib'}",
        "[tool.setuptools]\npackage-dir = {fitting = 'lib/fitting'}",
        "[tool.setuptools.packages.find]\nwhere = ['lib']",
        "[tool.hatch.build.targets.wheel]\npackages = ['lib/fitting']",
        "[tool.hatch.build]\nsources = ['lib']",
        "[tool.poetry]\npackages = [{include = 'fitting', from = 'lib'}]",
        "[tool.pdm.build]\npackage-dir = 'lib'",
        "[tool.scikit-build]\nwheel.packages = ['lib/fitting']",
        "[tool.maturin]\npython-source = 'lib'",
        "[tool.uv.build-backend]\nmodule-root = 'lib'",
    ],
)
def test_a_stated_folder_counts(tmp_path, settings):
    files = {"pyproject.toml": settings, "lib/fitting/__init__.py": "", "src/other/__init__.py": ""}
    assert found(tmp_path, files) == (["lib"], ("fitting",))


@pytest.mark.parametrize(
    "settings", ["[options]\npackage_dir =\n    = lib\n", "[options.packages.find]\nwhere = lib\n"]
)
def test_setup_cfg_counts_too(tmp_path, settings):
    assert found(tmp_path, {"setup.cfg": settings, "lib/fitting/__init__.py": ""}) == (["lib"], ("fitting",))


@pytest.mark.parametrize(
    "settings",
    ["not toml [", "tool = 3", "[tool]\nsetuptools = 3", "[tool.setuptools]\npackage-dir = {'' = 'nowhere'}",
     "[tool.setuptools]\npackage-dir = 3", "[tool.poetry]\npackages = 3", "[tool.pdm.build]\npackage-dir = '/etc'"],
)  # fmt: skip
def test_settings_that_state_nothing_useful_leave_the_usual_places(tmp_path, settings):
    assert found(tmp_path, {"pyproject.toml": settings, "fitting/__init__.py": ""}) == (["."], ("fitting",))
