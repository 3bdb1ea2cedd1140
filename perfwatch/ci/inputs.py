"""The inputs of a step, as its environment has them: ``INPUT_...``, each one checked before anything starts.

It must not act on them.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: YAML's own spellings, which people write without thinking about them.
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_THRESHOLD = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")
DEFAULT_NAME = "perfwatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the workflow asks for; empty texts leave the choice to perfwatch.

    ``fail_above_percent`` is how much slower a benchmark may become: 5.0 for a
    threshold of 105%.
    """

    name: str
    targets: tuple[str, ...]
    fail_above_percent: float | None
    base: str
    head: str
    setup: str
    margin: str
    budget: str
    per_benchmark: str
    keyword: str
    fail_on_alert: bool
    fail_on_undecided: bool
    comment_on_alert: bool
    comment_always: bool
    summary: bool
    annotations: bool


def inputs_of(environ: Mapping[str, str]) -> Inputs:
    """Read the inputs; raises ``UsageError`` for one that makes no sense."""
    return Inputs(
        name=_name(environ),
        targets=_words(environ),
        fail_above_percent=_fail_above(environ),
        base=_text(environ, "base"),
        head=_text(environ, "head"),
        setup=_text(environ, "setup"),
        margin=_text(environ, "margin"),
        budget=_text(environ, "budget"),
        per_benchmark=_text(environ, "per-benchmark"),
        keyword=_text(environ, "keyword"),
        fail_on_alert=_switch(environ, "fail-on-alert", default="true"),
        fail_on_undecided=_switch(environ, "fail-on-undecided", default="false"),
        comment_on_alert=_switch(environ, "comment-on-alert", default="true"),
        comment_always=_switch(environ, "comment-always", default="false"),
        summary=_switch(environ, "summary", default="true"),
        annotations=_switch(environ, "annotations", default="true"),
    )


def _text(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()


def _switch(environ: Mapping[str, str], name: str, *, default: str) -> bool:
    word = (_text(environ, name) or default).lower()
    if word not in _YES | _NO:
        raise UsageError(
            f"The input {name} is {word!r}, which is neither true nor false.",
            means="Nothing was done.",
            do=f"Write {name}: {default}",
        )
    return word in _YES


def _name(environ: Mapping[str, str]) -> str:
    """The gate's name, by which its comment is found again and its folder is called."""
    name = _text(environ, "name") or DEFAULT_NAME
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"The input name is {name!r}.",
            means="It tells the gates of one pull request apart: letters, digits, points, hyphens, at most 64.",
            do=f"Write name: {DEFAULT_NAME}",
        )
    return name


def _words(environ: Mapping[str, str]) -> tuple[str, ...]:
    text = _text(environ, "targets")
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"The input targets does not split into words: {error}.",
            means="Nothing was measured.",
            do="Quote as in a shell: targets: tests/test_speed.py 'benchmarks/bench fit.py'",
        ) from error
    option = next((word for word in words if word.startswith("-")), None)
    if option is not None:
        raise UsageError(
            f"The input targets holds {option!r}, which is no target.",
            means="Options have inputs of their own, so nothing was measured.",
            do="See the list of inputs in action.yml.",
        )
    return words


def _fail_above(environ: Mapping[str, str]) -> float | None:
    """The alert threshold as other actions write it: 105% of what base takes fails beyond 5% more."""
    text = _text(environ, "alert-threshold")
    if not text:
        return None
    found = _THRESHOLD.fullmatch(text)
    if found is None or float(found.group(1)) < 100:
        raise UsageError(
            f"The input alert-threshold is {text!r}.",
            means="It is head in percent of base, so 100% is no change and 105% is 5% slower.",
            do="Write alert-threshold: 105%",
        )
    return round(float(found.group(1)) - 100, 6)
