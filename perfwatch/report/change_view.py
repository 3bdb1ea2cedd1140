"""The comparisons in words: times always, amounts where they changed, the rest counted.

It must not judge: verdicts, and the sentences behind them, arrive in their records.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import TIMES, Comparison, Verdict
from perfwatch.report.geometry import Strip, change_reach, change_strip
from perfwatch.report.visible import visible
from perfwatch.report.words import MARKS, ORDER, amount, counted, metric_words, tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.report.names import Names

#: From here on, benchmarks stand in the order of their verdicts, the worst first.
MANY = 15
_REASON_LIMIT = 1_000
_WELCOME = frozenset({Verdict.FASTER, Verdict.LOWER})
_ARROW = "\N{RIGHTWARDS ARROW}"
_WHAT = {"time": "takes", "cold": "takes for its first call", "compile": "compiles for"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One comparison; ``label`` is the benchmark, or below it (``under``) another metric of it."""

    label: str
    under: bool
    benchmark: str
    metric: str
    base: str
    head: str
    course: str
    change: str
    interval: str
    verdict: str
    mark: str
    tone: str
    strip: Strip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The comparisons that are shown, and in words what is not.

    ``headline`` puts them into a sentence or two, ``reasons`` gives each
    distinct reason once, ``rest`` counts benchmarks that are left out,
    ``unchanged`` holds the amounts that ``unchanged_words`` counts.
    """

    headline: str = ""
    rows: tuple[ChangeRow, ...] = ()
    rest: str = ""
    unchanged: tuple[ChangeRow, ...] = ()
    unchanged_words: str = ""
    reasons: tuple[str, ...] = ()


def changes_of(comparisons: Sequence[Comparison], names: Names, limit: int | None = None) -> Changes:
    """Return the comparisons for reading, of at most ``limit`` benchmarks where there are many."""
    groups: dict[str, list[Comparison]] = {}
    for comparison in sorted(comparisons, key=lambda c: (c.metric != "time", c.clock != "wall")):
        groups.setdefault(comparison.benchmark, []).append(comparison)
    # Sorting by metric has shuffled the benchmarks: theirs is the order of the report.
    order = list(dict.fromkeys(c.benchmark for c in comparisons))
    shown = [[c for c in groups[name] if not _is_unchanged(c)] for name in order]
    shown = [group for group in shown if group]
    if len(shown) > MANY:
        shown.sort(key=lambda group: min(_rank(c) for c in group))
    left_out = shown[limit:] if limit is not None and len(shown) > MANY else []
    shown = shown[: len(shown) - len(left_out)]
    reach = change_reach(tuple(comparisons))
    unchanged = [c for name in order for c in groups[name] if _is_unchanged(c)]
    kept = [c for group in shown for c in group]
    return Changes(
        headline=_headline([c for c in comparisons if not _is_unchanged(c)], names),
        rows=tuple(_row(c, names, reach, under=i > 0) for group in shown for i, c in enumerate(group)),
        rest=_rest(left_out),
        unchanged=tuple(_row(c, names, reach) for c in unchanged),
        unchanged_words=_unchanged_words(unchanged),
        reasons=_reasons(kept, names),
    )


def _is_unchanged(comparison: Comparison) -> bool:
    """Whether the comparison is of an amount and shows nothing: the same, or equal without a verdict."""
    if comparison.metric in TIMES:
        return False
    equal = comparison.base_value == comparison.head_value
    return comparison.verdict is Verdict.SAME or (comparison.verdict is Verdict.UNDECIDED and equal)


def _rank(comparison: Comparison) -> tuple[int, float]:
    """Sort by verdict, and among equal verdicts the largest change first."""
    ratio = comparison.ratio if comparison.ratio is not None else 1.0
    return ORDER.index(comparison.verdict), ratio if comparison.verdict in _WELCOME else -ratio


def _row(comparison: Comparison, names: Names, reach: float, *, under: bool = False) -> ChangeRow:
    c = comparison
    benchmark, metric = names.short(c.benchmark), metric_words(c.metric, c.clock)
    base, head = amount(c.metric, c.base_value), amount(c.metric, c.head_value)
    label = metric if under else benchmark if metric == "time" else f"{benchmark}, {metric}"
    return ChangeRow(
        label=label,
        under=under,
        benchmark=benchmark,
        metric=metric,
        base=base,
        head=head,
        course=f"{base} {_ARROW} {head}",
        change=units.change(c.ratio),
        interval=units.change_interval(c.interval),
        verdict=c.verdict.value,
        mark=MARKS[c.verdict],
        tone=tone(c.verdict, c.direction),
        strip=change_strip(c, reach),
    )


def _headline(comparisons: Sequence[Comparison], names: Names) -> str:
    """Return the verdicts on times, and what stands first among all comparisons as a sentence."""
    times = [c for c in comparisons if c.metric == "time"]
    if not comparisons:
        return ""
    # Of equal verdicts that on warm calls speaks first: it is what the benchmark was made for.
    first = min(comparisons, key=lambda one: (ORDER.index(one.verdict), one.metric != "time", _rank(one)))
    if len(times) < 2:
        return comparison_sentence(first, names)
    # Of many without a verdict none deserves a sentence of its own.
    sentence = comparison_sentence(first, names) if tone(first.verdict, first.direction) != "calm" else ""
    return f"Times: {counted(Counter(c.verdict for c in times))}. {sentence}".strip()


def comparison_sentence(comparison: Comparison, names: Names) -> str:
    """Return a comparison in words; nothing where one side has no figure."""
    c = comparison
    if c.base_value is None or c.head_value is None:
        return ""
    base, head = amount(c.metric, c.base_value), amount(c.metric, c.head_value)
    what = _WHAT.get(c.metric) or f"has {metric_words(c.metric, c.clock)} of"
    change = f", {units.change(c.ratio)}" if c.ratio is not None else ""
    bounds = ""
    if c.interval is not None and c.confidence_level is not None:
        low, high = (units.change(end) for end in c.interval)
        level = units.percent(c.confidence_level).replace(".0%", "%")
        bounds = f" (between {low} and {high} with {level} confidence)"
    return f"{names.short(c.benchmark)} {what} {head} instead of {base}{change}{bounds}: {c.verdict.value}."


def _rest(groups: Sequence[Sequence[Comparison]]) -> str:
    if not groups:
        return ""
    verdicts = Counter(min(group, key=_rank).verdict for group in groups)
    return f"and {units.count(len(groups))} more benchmarks: {counted(verdicts)}"


def _unchanged_words(unchanged: Sequence[Comparison]) -> str:
    """Return ``3 amounts the same``; equal ones without a verdict are counted apart."""
    same = sum(c.verdict is Verdict.SAME for c in unchanged)
    equal = len(unchanged) - same
    words = [f"{units.count(same)} amount{'s' if same > 1 else ''} the same"] if same else []
    if equal:
        words.append(f"{units.count(equal)} equal, without a verdict")
    return ", ".join(words)


def _bare_reason(comparison: Comparison) -> str:
    """Return the reason without the figures that stand in the row."""
    c = comparison
    base, head = amount(c.metric, c.base_value), amount(c.metric, c.head_value)
    reason = visible(c.reason, _REASON_LIMIT).removeprefix(f"{head} against {base}")
    return reason.removeprefix(": ").removeprefix(units.change(c.ratio)).removeprefix(", ")


def _reasons(comparisons: Sequence[Comparison], names: Names) -> tuple[str, ...]:
    """Return each distinct reason once, with the smallest changes that could have been seen.

    Where benchmarks have different reasons, one that is a single benchmark's names it.
    """
    groups: dict[str, list[Comparison]] = {}
    for c in comparisons:
        reason = _bare_reason(c)
        groups.setdefault(f"{c.verdict.value}: {reason}" if reason else c.verdict.value, []).append(c)
    floors = {
        reason: [c.noise_floor_ratio for c in group if c.noise_floor_ratio is not None]
        for reason, group in groups.items()
    }
    told = [reason for reason in groups if floors[reason] or ": " in reason]
    several = len(told) > 1 and len({c.benchmark for c in comparisons}) > 1
    return tuple(
        (_whose(groups[reason], names) if several else "")
        + (f"{reason} (smallest visible change {from_to(floors[reason])})" if floors[reason] else reason)
        for reason in told
    )


def _whose(group: Sequence[Comparison], names: Names) -> str:
    owners = {c.benchmark for c in group}
    return f"{names.short(owners.pop())}, " if len(owners) == 1 else ""


def from_to(ratios: list[float]) -> str:
    """Return the least and the most of some shares, as one text where they read alike."""
    least, most = units.percent(min(ratios)), units.percent(max(ratios))
    return least if least == most else f"{least} to {most}"
