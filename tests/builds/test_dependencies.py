"""What only a build brings into force, and by what a tree is found again."""

from __future__ import annotations

import pytest
from editable import write

from perfwatch.builds.dependencies import (
    constraints_of,
    digest_of_files,
    distribution_of,
    installable,
    to_build,
)

pytestmark = pytest.mark.smoke
NEEDS = "[project]\nname = 'Fitting_It'\nversion = '{version}'\ndependencies = ['numpy{numpy}']\n[tool.ruff]\nline-length = {length}\n"


def two(tmp_path, base, head):
    write(tmp_path, {"base/pyproject.toml": base, "head/pyproject.toml": head})
    return tmp_path / "base", tmp_path / "head"


def test_settings_of_a_linter_need_no_build(tmp_path):
    trees = two(
        tmp_path,
        NEEDS.format(version="1", numpy="", length=80),
        NEEDS.format(version="2", numpy="", length=99),
    )
    assert to_build(["pyproject.toml", "fitting.py"], "", *trees) == ()


def test_dependencies_compiled_code_and_locks_do(tmp_path):
    trees = two(
        tmp_path,
        NEEDS.format(version="1", numpy="", length=80),
        NEEDS.format(version="1", numpy=">=2", length=80),
    )
    changed = ["pyproject.toml", "core.pyx", "uv.lock", "fitting.py"]
    assert to_build(changed, "", *trees) == ("pyproject.toml", "core.pyx", "uv.lock")
    assert to_build(["inside/pyproject.toml"], "inside", *trees) == ("inside/pyproject.toml",)


def test_a_file_that_cannot_be_read_counts_as_changed(tmp_path):
    assert to_build(["pyproject.toml"], "", *two(tmp_path, "[", "[")) == ("pyproject.toml",)


def test_a_distribution_is_named_as_its_files_say(tmp_path):
    base, head = two(tmp_path, NEEDS.format(version="1", numpy="", length=80), "")
    assert (distribution_of(base), installable(base)) == ("fitting-it", True)
    assert (distribution_of(head), installable(head)) == ("", False)
    write(head, {"setup.cfg": "[metadata]\nname = fitting\n"})
    assert (distribution_of(head), installable(head)) == ("fitting", True)


def test_dependencies_keep_the_versions_that_are_there(tmp_path):
    installed = {"numpy": "2.4.6", "fitting": "1.0", "pip": "23", "odd": "not a version"}
    assert constraints_of(installed, "fitting") == ("numpy==2.4.6",)


def test_a_digest_follows_names_contents_and_what_is_gone(tmp_path):
    write(tmp_path, {"one.py": "1", "two.py": "2"})
    names = ["one.py", "two.py"]
    first = digest_of_files(tmp_path, names)
    assert digest_of_files(tmp_path, reversed(names)) == first
    write(tmp_path, {"one.py": "3"})
    second = digest_of_files(tmp_path, names)
    (tmp_path / "one.py").unlink()
    assert len({first, second, digest_of_files(tmp_path, names)}) == 3
