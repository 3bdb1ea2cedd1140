"""Projects that build without a network, and environments in which one is installed as editable.

The finders below act as those of setuptools, meson-python and of a plain ``.pth`` file do:
where they stand on ``sys.meta_path`` is what matters. It asserts nothing.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

#: Notes from where it is imported, on whichever side.
PACKAGE = """
import os

with open(os.environ.get("SEEN", os.devnull), "a", encoding="utf-8") as seen:
    print(__file__, file=seen)


def total(rounds={rounds}):
    return sum(range(rounds))
"""
#: A build backend of the project's own: what pip runs needs no other package then.
BACKEND = """
import os
import zipfile

WHEEL = "Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if os.path.exists("broken"):
        raise SystemExit("the compiler of this tree is missing")
    name = "fitting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.write("fitting/__init__.py", "fitting/__init__.py")
        wheel.writestr("fitting/built.py", "NATIVE = True\\n")
        wheel.writestr("fitting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: fitting\\nVersion: 1.0\\n")
        wheel.writestr("fitting-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("fitting-1.0.dist-info/RECORD", "")
    return name
"""
BUILDS = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "fitting"
version = "1.0"
"""
_SETUPTOOLS = """
import sys
from importlib.util import spec_from_file_location
from pathlib import Path

MAPPING = {{"fitting": {package!r}}}


class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        top, _, rest = fullname.partition(".")
        if top not in MAPPING:
            return None
        place = Path(MAPPING[top], *rest.split(".")) if rest else Path(MAPPING[top])
        for candidate in (place / "__init__.py", place.with_suffix(".py")):
            if candidate.exists():
                return spec_from_file_location(fullname, candidate)


def install():
    sys.meta_path.append(_EditableFinder)
"""
#: meson-python puts an object first, which knows each file of the package by its name.
_MESON = """
import importlib.machinery
import os
import sys


class MesonpyMetaFinder:
    def __init__(self, names, tree):
        self._top_level_modules = names
        self._tree = tree

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".", 1)[0] not in self._top_level_modules:
            return None
        file = self._tree.get(fullname)
        if file is None:
            return None
        spec = importlib.machinery.ModuleSpec(
            fullname, importlib.machinery.SourceFileLoader(fullname, file), origin=file
        )
        spec.has_location = True
        if file.endswith("__init__.py"):
            spec.submodule_search_locations = [os.path.join(__file__, fullname)]
        return spec


def install():
    tree = {{"fitting": os.path.join({package!r}, "__init__.py")}}
    sys.meta_path.insert(0, MesonpyMetaFinder({{"fitting"}}, tree))
"""
KINDS = ("setuptools", "meson", "path", "copy")


def environment(folder):
    """A virtual environment with nothing in it; its interpreter and its folder of packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python", next(folder.glob("lib/python3*/site-packages"))


def install_editable(kind, site, package):
    """Install the package into the folder so that it is served from elsewhere; ``copy`` is a plain old copy."""
    if kind == "path":
        (site / "fitting.pth").write_text(f"{package.parent}\n", encoding="utf-8")
    elif kind == "copy":
        (site / "fitting").mkdir()
        (site / "fitting" / "__init__.py").write_text(PACKAGE.format(rounds=1), encoding="utf-8")
    else:
        finder = (_SETUPTOOLS if kind == "setuptools" else _MESON).format(package=str(package))
        (site / "__editable___fitting_finder.py").write_text(finder, encoding="utf-8")
        line = "import __editable___fitting_finder; __editable___fitting_finder.install()\n"
        (site / "__editable__.fitting.pth").write_text(line, encoding="utf-8")


def git(folder, *arguments):
    """Run git as somebody; what it said."""
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def write(folder, files):
    """Write files by their paths."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content), encoding="utf-8")


def repository(folder, files):
    """A repository with one commit of these files."""
    folder.mkdir()
    write(folder, {".gitignore": ".perfwatch\nout.json\n__pycache__\n", **files})
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder
