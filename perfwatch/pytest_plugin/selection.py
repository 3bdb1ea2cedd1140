"""Which tests of a run are to be measured, with what margins, and with which of its words.

It must not measure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from perfwatch.config import parse_ratio
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.identity import file_target
from perfwatch.worker.pytest_suite import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

#: Options that a measured run must not repeat, and whether each takes a value: they write the
#: user's files, wait for a person, or have done their work once the tests were chosen.
_LEFT_OUT = {
    "--junitxml": True,
    "--junit-xml": True,
    "--log-file": True,
    "--report-log": True,
    "--html": True,
    "--json-report-file": True,
    "--benchmark-json": True,
    "--benchmark-save": True,
    "--benchmark-storage": True,
    "--benchmark-compare-fail": True,
    "--basetemp": True,
    "--durations": True,
    "--durations-min": True,
    "--tb": True,
    "--color": True,
    "--maxfail": True,
    "--json-report": False,
    "--benchmark-autosave": False,
    "--benchmark-save-data": False,
    "--exitfirst": False,
    # Where their value may be missing, one that is there is written with "=".
    "--benchmark-compare": False,
    "--benchmark-histogram": False,
    "--pdb": False,
    "--trace": False,
    "--verbose": False,
    "--quiet": False,
}
#: Flags of one letter that only concern what is shown or where a run stops.
_SHOWN = re.compile(r"-[vqxl]+")
#: No argument of anybody's looks like this.
_PROBE = "perfwatch-probe-for-a-place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The tests to measure.

    ``left_out`` are the node ids of the other tests that were collected; where the
    user named single tests, ``names`` are those of the tests to measure, and
    nothing else in their files is. Otherwise a test that only base has is told
    as removed. ``margins`` are by node id.
    """

    targets: tuple[Target, ...]
    names: frozenset[str] | None
    left_out: frozenset[str]
    margins: Mapping[str, float]


def is_benchmark(item: pytest.Item) -> bool:
    """Whether a test hands something to a fixture that measures, as workers see it."""
    marked = item.get_closest_marker("benchmark") is not None
    return marked or any(name in FIXTURES for name in getattr(item, "fixturenames", ()))


def margin_of(item: pytest.Item) -> float | None:
    """The margin that a test's marker states; ``None`` where it has none.

    Raises ``pytest.UsageError`` for arguments that the marker does not take.
    """
    marker = item.get_closest_marker("perfwatch")
    if marker is None:
        return None
    wrong = ""
    if marker.args:
        wrong = f"takes no positional argument, and got {marker.args[0]!r}"
    elif set(marker.kwargs) != {"margin"}:
        unknown = sorted(set(marker.kwargs) - {"margin"})
        wrong = f"has no argument {unknown[0]!r}" if unknown else "states no margin"
    else:
        try:
            ratio = parse_ratio(marker.kwargs["margin"])
        except ValueError as error:
            wrong = f"states a margin that is none: {error}"
        else:
            if ratio > 0:
                return ratio
            wrong = "states a margin of 0, inside which nothing can be shown to lie"
    raise pytest.UsageError(
        f"{item.nodeid}: its perfwatch marker {wrong}.\n"
        "No test was run. Write for example @pytest.mark.perfwatch(margin=0.02)"
    )


def chosen_of(config: pytest.Config, items: Sequence[pytest.Item], seen: set[str], root: Path) -> Chosen:
    """The benchmarks among the items, a target for each of their files; ``seen`` are all that were collected."""
    words = repeated_words(config)
    names = frozenset(item.nodeid for item in items)
    top = _top(config, root)
    return Chosen(
        targets=tuple(_target(path, words, top, root) for path in dict.fromkeys(item.path for item in items)),
        names=names if any("::" in place for place in config.args) else None,
        left_out=frozenset(seen) - names,
        margins={item.nodeid: margin for item in items if (margin := margin_of(item)) is not None},
    )


def standing(config: pytest.Config, root: Path) -> Path:
    """Where the tests run: where pytest was called, or in the project where that lies elsewhere."""
    place = config.invocation_params.dir
    return place if place.is_relative_to(root) else root


def _top(config: pytest.Config, root: Path) -> tuple[str, ...]:
    """The word that makes node ids begin where they begin in this run, on either side of a gate."""
    if not config.rootpath.is_relative_to(root):
        return ()
    return (f"--rootdir={os.path.relpath(config.rootpath, standing(config, root))}",)


def _target(path: Path, words: tuple[str, ...], top: tuple[str, ...], root: Path) -> Target:
    target = file_target(TargetKind.PYTEST, path, root, arguments=words)
    return replace(
        target,
        key=f"{target.key}?only=fixture",
        arguments=(*words, *top),
        parameters={"only": "fixture"},
    )


def repeated_words(config: pytest.Config) -> tuple[str, ...]:
    """The words of the user's pytest that hold in workers too: all but places and what must not be done twice."""
    words = without_own_doings([os.fspath(word) for word in config.invocation_params.args])
    named = set(config.option.file_or_dir)
    return tuple(
        word
        for position, word in enumerate(words)
        if not (word in named and _is_place(words, position, config))
    )


def without_own_doings(words: Sequence[str]) -> list[str]:
    """The words without the options that a worker must not repeat and their values."""
    kept: list[str] = []
    is_value = False
    for word in words:
        name, equals, _ = word.partition("=")
        if is_value:
            is_value = False
        elif name in _LEFT_OUT or name.startswith("--perfwatch"):
            is_value = not equals and _LEFT_OUT.get(name, name.startswith("--perfwatch-"))
        elif not _SHOWN.fullmatch(word):
            kept.append(word)
    return kept


def _is_place(words: Sequence[str], position: int, config: pytest.Config) -> bool:
    """Whether a word is a file or folder to collect from, and no option's value: pytest's own parser is asked."""
    probed = [*words[:position], _PROBE, *words[position + 1 :]]
    # Parser is public, its way here is not: it is handed to whoever adds options, before all are known.
    parser = config._parser  # noqa: SLF001
    try:
        parsed, _ = parser.parse_known_and_unknown_args(probed)
    except (pytest.UsageError, SystemExit):
        return False  # an option's value, of a kind that the probe is not
    return _PROBE in parsed.file_or_dir
