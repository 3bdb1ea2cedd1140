"""Where a project's packages lie in its tree, by its own build settings; what they are called.

It must not import or run anything of the project's: it reads ``pyproject.toml`` and
``setup.cfg``, and looks at folders.
"""

from __future__ import annotations

import configparser
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

#: Folders and files beside a flat package that no wheel is meant to hold.
_BESIDE = frozenset({
    "asv_bench", "bench", "benchmark", "benchmarks", "build", "ci", "conftest", "dist", "doc", "docs", "env",
    "example", "examples", "node_modules", "noxfile", "paper", "scripts", "setup", "tasks", "test", "testing", "tests", "tools",
    "venv",
})  # fmt: skip
_DEPTH_AT_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The folders that go on ``sys.path``, and the top-level modules and packages that are the project's."""

    import_roots: tuple[Path, ...]
    names: tuple[str, ...]


def layout_of(root: Path) -> Layout:
    """Return the layout: as the build settings state it, else by the usual places (``src``, the root)."""
    settings = _settings(root)
    stated = tuple(dict.fromkeys(place for place in _stated(settings, root) if (root / place).is_dir()))
    roots = tuple((root / place).resolve() if ".." in place else root / place for place in stated)
    if not roots:
        roots = (_usual(root),)
    found = {name for place in roots for name in _importable(place)}
    return Layout(import_roots=roots, names=tuple(sorted(found)))


def _usual(root: Path) -> Path:
    source = root / "src"
    if not source.is_dir() or (source / "__init__.py").exists():
        return root
    return source if _importable(source) else root


def _importable(place: Path) -> list[str]:
    """Top-level modules and packages in a folder that goes on ``sys.path``; a folder of modules is a namespace."""
    found = []
    for entry in sorted(place.iterdir()):
        name = entry.name.partition(".")[0] if entry.is_file() else entry.name
        if name in _BESIDE or not name.isidentifier() or name.startswith("__"):
            continue
        if entry.is_file():
            found += [name] if entry.suffix in {".py", ".so", ".pyd", ".pyx"} else []
        elif (entry / "__init__.py").exists() or _is_namespace(entry, _DEPTH_AT_MOST):
            found.append(name)
    return list(dict.fromkeys(found))


def _is_namespace(folder: Path, depth: int) -> bool:
    """Whether a folder without ``__init__.py`` holds a package somewhere below."""
    if depth == 0 or folder.is_symlink():
        return False
    inside = [entry for entry in folder.iterdir() if entry.is_dir() and entry.name.isidentifier()]
    if any((entry / "__init__.py").exists() for entry in inside):
        return True
    return any(_is_namespace(entry, depth - 1) for entry in inside if entry.name not in _BESIDE)


def _settings(root: Path) -> dict[str, Any]:
    """The tables below ``[tool]``; a file that cannot be read states nothing, and its build will say why."""
    try:
        read: Any = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    tool = read.get("tool")
    return tool if isinstance(tool, dict) else {}


def _stated(tool: dict[str, Any], root: Path) -> list[str]:
    """Import roots, relative to the project's root, that any of the known build tools is told of."""
    folders = _at(tool, "setuptools", "package-dir")
    places: list[Any] = [
        _above(name, place) for name, place in (folders if isinstance(folders, dict) else {}).items()
    ]
    places += _texts(_at(tool, "setuptools", "packages", "find", "where"))
    wheel = ("hatch", "build", "targets", "wheel")
    places += [_parent(one) for one in _texts(_at(tool, *wheel, "packages"))]
    places += _texts(_at(tool, *wheel, "sources")) + _texts(_at(tool, "hatch", "build", "sources"))
    included = _at(tool, "poetry", "packages")
    places += (
        [one.get("from", "") for one in included if isinstance(one, dict)]
        if isinstance(included, list)
        else []
    )
    places += _texts(_at(tool, "pdm", "build", "package-dir"))
    places += [_parent(one) for one in _texts(_at(tool, "scikit-build", "wheel", "packages"))]
    places += _texts(_at(tool, "maturin", "python-source"))
    places += _texts(_at(tool, "uv", "build-backend", "module-root"))
    places += _old_settings(root)
    return [
        str(PurePosixPath(place)) for place in places if isinstance(place, str) and not place.startswith("/")
    ]


def _old_settings(root: Path) -> list[str]:
    """What ``setup.cfg`` says: ``package_dir`` (``=src``), and where packages are found."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(root / "setup.cfg", encoding="utf-8")
    except (configparser.Error, OSError, ValueError):
        return []
    lines = parser.get("options", "package_dir", fallback="").splitlines()
    pairs = [
        (name.strip(), place.strip()) for name, equals, place in (x.partition("=") for x in lines) if equals
    ]
    where = parser.get("options.packages.find", "where", fallback="").split()
    return [_above(name, place) or "" for name, place in pairs] + where


def _above(name: str, place: Any) -> str | None:
    """The import root of a package that lies at ``place``; ``None`` where it lies under another name."""
    if not isinstance(place, str) or not name:
        return place if isinstance(place, str) else None
    parts, inside = name.split("."), PurePosixPath(place).parts
    return str(PurePosixPath(*inside[: -len(parts)])) if list(inside[-len(parts) :]) == parts else None


def _parent(place: str) -> str:
    return str(PurePosixPath(place).parent)


def _at(table: Any, *way: str) -> Any:
    for name in way:
        if not isinstance(table, dict) or name not in table:
            return None
        table = table[name]
    return table


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
