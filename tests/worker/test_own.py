"""The project's names come from one side's folders, in real interpreters with real finders ahead and behind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from editable import KINDS, install_editable, write

from perfwatch.worker import own, served

pytestmark = pytest.mark.smoke

BOUND = """
import importlib.util, json, runpy, sys
own = runpy.run_path({own!r})
own["install"](json.loads(sys.argv[1]))
"""


def answer(site, code, binding):
    """What the code prints in an interpreter whose only packages are in ``site``."""
    begin = f"import site; site.addsitedir({str(site)!r})\n" + BOUND.format(own=own.__file__)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", begin + code, json.dumps(binding)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def trees(tmp_path):
    for name in ("mine", "theirs"):
        write(
            tmp_path / name,
            {"fitting/__init__.py": f"whose = {name!r}\n", "helper.py": f"whose = {name!r}\n"},
        )
    (tmp_path / "site").mkdir()
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_folder_comes_before_every_kind_of_installation(trees, kind):
    install_editable(kind, trees / "site", trees / "theirs" / "fitting")
    binding = {"names": ["fitting"], "folders": [str(trees / "mine")]}
    assert answer(trees / "site", "import fitting; print(fitting.__file__)", binding) == str(
        trees / "mine" / "fitting" / "__init__.py"
    )


@pytest.mark.parametrize("kind", ["setuptools", "meson"])
def test_a_module_that_this_side_lacks_is_not_taken_from_the_other(trees, kind):
    install_editable(kind, trees / "site", trees / "theirs" / "fitting")
    write(trees / "theirs", {"fitting/newer.py": ""})
    binding = {"names": ["fitting"], "folders": [str(trees / "mine")]}
    code = "import fitting; print(importlib.util.find_spec('fitting.newer'))"
    assert answer(trees / "site", code, binding) == "None"
    shutil.rmtree(trees / "mine" / "fitting")
    assert answer(trees / "site", "print(importlib.util.find_spec('fitting'))", binding) == "None"


def test_what_a_path_file_imported_before_is_forgotten(trees):
    (trees / "site" / "early.pth").write_text(
        f"import sys; sys.path.insert(0, {str(trees / 'theirs')!r}); import fitting\n", encoding="utf-8"
    )
    binding = {"names": ["fitting"], "folders": [str(trees / "mine")]}
    assert answer(trees / "site", "import fitting; print(fitting.whose)", binding) == "mine"


def test_a_file_called_as_a_standard_module_takes_nothing_from_others(trees):
    write(trees, {"mine/types.py": "raise RuntimeError('not this one')"})
    binding = {"names": ["types", "__main__", "fitting"], "folders": [str(trees / "mine")]}
    assert answer(trees / "site", "import types, __main__, fitting; print(fitting.whose)", binding) == "mine"


def test_folders_of_the_other_side_leave_the_path(trees):
    install_editable("path", trees / "site", trees / "theirs" / "fitting")
    binding = {"names": ["fitting"], "folders": [str(trees / "mine")], "hidden": [str(trees / "theirs")]}
    # Not among the names: without the entry nobody has it.
    assert answer(trees / "site", "print(importlib.util.find_spec('helper'))", binding) == "None"


def test_a_namespace_keeps_the_parts_of_other_distributions(trees):
    write(trees, {"mine/shared/ours/__init__.py": "", "site/shared/others/__init__.py": ""})
    binding = {"names": ["shared"], "folders": [str(trees / "mine")]}
    code = "import shared.ours, shared.others; print(shared.ours.__file__, shared.others.__file__)"
    assert answer(trees / "site", code, binding).split() == [
        str(trees / "mine" / "shared" / "ours" / "__init__.py"),
        str(trees / "site" / "shared" / "others" / "__init__.py"),
    ]


def test_a_finder_serves_everything_else_and_may_leave_again(trees):
    install_editable("meson", trees / "site", trees / "theirs" / "fitting")
    binding = {"names": ["another"], "folders": [str(trees / "mine")]}
    code = (
        "import fitting; print(fitting.whose)\n"
        "finder = next(one for one in sys.meta_path if hasattr(one, '_top_level_modules'))\n"
        "sys.meta_path.remove(finder._finder); print(any(one is finder for one in sys.meta_path))"
    )
    assert answer(trees / "site", code, binding).split() == ["theirs", "False"]


def test_a_bare_interpreter_says_from_where_it_would_import(trees):
    done = subprocess.run(
        [sys.executable, served.__file__, trees / "theirs", "fitting", "missing_name"],
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout.partition(served.BEGIN)[2].partition(served.END)[0]
    assert json.loads(text) == {"fitting": str(trees / "theirs" / "fitting" / "__init__.py")}
