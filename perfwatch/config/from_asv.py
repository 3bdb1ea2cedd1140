"""What the settings of airspeed velocity become here, and what becomes of none; must not look for benchmarks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.errors import ConfigError, UsageError
from perfwatch.report.visible import visible
from perfwatch.target.asv_settings import SettingsUnreadableError, benchmark_folder, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST_PYTHON = (3, 11)
_VERSION = re.compile(r"(\d{1,2})\.(\d{1,3})")
#: A pattern of benchmark names that leaves none out.
_EVERY = frozenset({"", ".*", "^.*$", ".*$", "^.*"})

#: Settings that change nothing for a gate, because it has no place for what they name, or needs none.
_NO_COUNTERPART = {
    "matrix": "a gate measures in one environment: give each combination a job of its own",
    "include": "it belongs to the matrix",
    "exclude": "it belongs to the matrix",
    "environment_type": "both sides run in the environment that is active",
    "conda_channels": "both sides run in the environment that is active",
    "conda_environment_file": "install from it in the workflow",
    "build_command": "the workflow installs the project with pip",
    "install_command": "the workflow installs the project with pip",
    "uninstall_command": "nothing is uninstalled between two sides",
    "build_cache_size": "there is no cache of wheels to bound",
    "install_timeout": "the workflow's timeout-minutes bounds everything",
    "default_benchmark_timeout": "--per-benchmark bounds how long one is measured",
    "branches": "a gate looks at a pull request, not at the history of branches",
    "env_dir": "there is no folder of environments to place",
    "results_dir": "runs are kept in .perfwatch/perfwatch.db",
    "html_dir": "reports are written to .perfwatch/reports, or where report.dir says",
    "show_commit_url": "there is no site of all commits to link from",
    "hash_length": "there is no site of all commits to link from",
    "regressions_first_commits": "a gate compares two commits, and needs no history",
    "plugins": "plugins of asv are not loaded",
    "dvcs": "git is what is understood",
}
#: Settings that hold here without being written.
_BY_NATURE = frozenset({"version", "project", "project_url", "benchmark_dir", "repo", "repo_subdir"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FromAsv:
    """What is taken over: where benchmarks lie, the interpreter's version, the threshold in percent of base.

    ``notes`` say of each other setting why it is not.
    """

    folder: Path
    python: str | None = None
    alert_threshold: str | None = None
    notes: tuple[str, ...] = field(default=())


def from_asv(path: Path) -> FromAsv:
    """Read ``asv.conf.json``; raises ``ConfigError`` where it cannot be read."""
    try:
        settings = read_settings(path)
        folder = benchmark_folder(path)
    except SettingsUnreadableError as error:
        raise ConfigError(
            f"{path.name}: {error}.",
            means="Nothing was written.",
            do=f"Mend {path}, or leave out --from-asv.",
        ) from error
    python, notes = _python(settings.get("pythons"))
    threshold, more = _threshold(settings.get("regressions_thresholds"))
    notes += more + _place(settings)
    taken = _BY_NATURE | {"pythons", "regressions_thresholds"}
    for name in settings:
        if name not in taken:
            why = _NO_COUNTERPART.get(name, "it is not a setting of asv that is known here")
            notes.append(f"{visible(name, 60)} has no counterpart: {why}.")
    return FromAsv(folder=folder, python=python, alert_threshold=threshold, notes=tuple(notes))


def only_settings(found: tuple[Path, ...], root: Path) -> Path:
    """Return the settings file among those found; raises ``UsageError`` for none or several."""
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"There is no asv.conf.json in {root}."
        if not found
        else f"There are {len(found)} settings files of asv: {', '.join(str(one) for one in found[:5])}.",
        means="Nothing was written.",
        do="Leave out --from-asv: benchmarks are found by their names, too."
        if not found
        else "Go into the folder of the project that is meant, and start there.",
    )


def _python(value: object) -> tuple[str | None, list[str]]:
    """The newest version that perfwatch runs on; the others are said to be left out."""
    if not isinstance(value, list):
        return None, []
    versions = [
        (int(found.group(1)), int(found.group(2)))
        for one in value
        if isinstance(one, str) and (found := _VERSION.fullmatch(one.strip()))
    ]
    usable = [version for version in versions if version >= OLDEST_PYTHON]
    shown = ", ".join(visible(str(one), 20) for one in value[:20])
    if not usable:
        return None, [
            f"pythons ({shown}) names no version from 3.11 on, which perfwatch needs."
        ] if value else []
    chosen = "{}.{}".format(*max(usable))
    if len(value) == 1:
        return chosen, []
    return chosen, [f"pythons ({shown}): the workflow measures on {chosen}; add a matrix for others."]


def _threshold(value: object) -> tuple[str | None, list[str]]:
    """``{".*": 0.05}`` is one threshold for all, which a gate has."""
    if not isinstance(value, dict) or not value:
        return None, []
    notes = []
    threshold = None
    for pattern, ratio in value.items():
        is_number = isinstance(ratio, int | float) and not isinstance(ratio, bool) and 0 <= ratio < 1000
        if pattern in _EVERY and is_number:
            threshold = f"{100 + ratio * 100:.6g}%"
        else:
            notes.append(
                f"regressions_thresholds for {visible(pattern, 60)!r} has no counterpart: "
                "the workflow has one threshold for all benchmarks."
            )
    return threshold, notes


def _place(settings: Mapping[str, object]) -> list[str]:
    """Repositories that lie elsewhere: a gate measures the one it stands in."""
    repo, subdir = str(settings.get("repo", ".")), settings.get("repo_subdir", "")
    notes = []
    if repo not in {".", "..", "./", "../"}:
        notes.append(
            f"repo ({visible(repo, 80)}) has no counterpart: the repository around the settings is measured."
        )
    if subdir:
        notes.append(
            f"repo_subdir ({visible(str(subdir), 80)}) has no counterpart: "
            "settings stand beside the pyproject.toml of the package that is meant."
        )
    return notes
