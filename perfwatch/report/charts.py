"""Charts as inline SVG, drawn by matplotlib with text left as text.

Colours are CSS variables of the page, so that one drawing serves light and
dark. matplotlib is imported only when something is drawn. The same figures
give the same bytes: no dates, no random ids.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.report.geometry import apart, scale_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfwatch.records.profile import MemoryMoment, MemoryProfile
    from perfwatch.report.geometry import GainPoint
    from perfwatch.report.proof_view import Course

#: More moments than this are thinned to the highest of each stretch before drawing.
POINTS_LIMIT = 250

#: Colours that matplotlib draws with, and what the page makes of them.
_INK = "#010101"
_FAINT = "#020202"
_ACCENT = "#030303"
_VARIABLES = {_INK: "var(--soft)", _FAINT: "var(--rule)", _ACCENT: "var(--accent)"}
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": _FAINT,
    "axes.linewidth": 0.8,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "axes.labelcolor": _INK,
}
#: A size that is a name, where it can be drawn.
_WORD = re.compile(r"[A-Za-z0-9][\w .+-]{0,15}", re.ASCII)
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_ROOT = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")
_GROUP_ID = re.compile(r"<g id=\"[^\"]*\"")
_STYLE = re.compile(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
#: Both ways in which versions of matplotlib name the family.
_FONT = re.compile(r"(font-family: |font: [^;\"]*?px )[^;\"]*")


def _thinned(moments: Sequence[MemoryMoment]) -> list[MemoryMoment]:
    """Return at most about ``POINTS_LIMIT`` moments: of each stretch the one with most heap."""
    step = -(-len(moments) // POINTS_LIMIT)
    stretches = [moments[i : i + step] for i in range(0, len(moments), step)]
    return [max(stretch, key=lambda m: m.heap_bytes) for stretch in stretches]


def _inline(svg: str, label: str) -> str:
    """Turn matplotlib's file into an element of our page."""
    svg = _STYLE.sub("", _METADATA.sub("", _PROLOGUE.sub("", svg)))
    svg = _ROOT.sub(rf'<svg class="chart" viewBox="\1" role="img" aria-label="{label}">', svg, count=1)
    svg = _FONT.sub(r"\1inherit", _GROUP_ID.sub("<g", svg))
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg.strip()


def _draw(axes: Any, moments: Sequence[MemoryMoment]) -> None:
    at = [moment.at_ns for moment in moments]
    heap = [moment.heap_bytes for moment in moments]
    resident = [moment.resident_bytes for moment in moments]
    axes.fill_between(at, heap, color=_ACCENT, alpha=0.18, linewidth=0)
    axes.plot(at, heap, color=_ACCENT, linewidth=1.4)
    axes.plot(at, resident, color=_INK, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.set_xlim(at[0], at[-1])
    axes.set_ylim(0, max(*heap, *resident, 1) * 1.2)


def _mark_peak(axes: Any, moment: MemoryMoment, memory: MemoryProfile | None) -> None:
    axes.plot([moment.at_ns], [moment.heap_bytes], color=_ACCENT, marker="o", markersize=4, clip_on=False)
    left, right = axes.get_xlim()
    late = moment.at_ns - left > (right - left) / 2
    axes.annotate(
        f"peak {units.size(memory.peak_bytes)}" if memory is not None else "",
        (moment.at_ns, moment.heap_bytes),
        xytext=(-6 if late else 6, 5),
        textcoords="offset points",
        ha="right" if late else "left",
    )


def _finish(axes: Any) -> None:
    axes.xaxis.set_major_locator(_locator(4))
    axes.yaxis.set_major_locator(_locator(3))
    axes.xaxis.set_major_formatter(lambda value, _: units.time(value))
    axes.yaxis.set_major_formatter(lambda value, _: units.size(value))
    axes.tick_params(length=2.5, width=0.8)
    axes.grid(axis="y", color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _locator(ticks: int) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(ticks)


def memory_chart(memory: MemoryProfile | None, number: int = 1) -> str:
    """Return memory over time as an ``<svg>`` element, or nothing below two moments.

    ``number`` tells the charts of one page apart; heap is the filled line,
    the resident set the dashed one. The moment with most heap is marked with the recorded peak.
    """
    ordered = sorted(memory.moments if memory is not None else (), key=lambda moment: moment.at_ns)
    if len(ordered) < 2 or ordered[0].at_ns == ordered[-1].at_ns:
        return ""

    def draw(axes: Any) -> None:
        _draw(axes, _thinned(ordered))
        _mark_peak(axes, max(ordered, key=lambda moment: moment.heap_bytes), memory)
        _finish(axes)

    return _drawn(draw, (5.4, 1.8), f"memory-{number}", "Memory over time")


def gain_chart(course: Course, number: int = 1) -> str:
    """Return how many times as fast a candidate is at each size as an ``<svg>`` element.

    Both axes are logarithmic: a ratio is as long wherever it stands. Sizes that
    are names stand side by side in their order; nothing is drawn where such a
    name is more than a plain word, since it would be markup of the target's.
    """
    points = course.points[:POINTS_LIMIT]
    numeric = all(point.size is not None for point in points)
    if len(points) < 2 or not (numeric or all(_WORD.fullmatch(point.label) for point in points)):
        return ""

    def draw(axes: Any) -> None:
        _draw_gains(axes, course, points, numeric=numeric)

    return _drawn(draw, (5.4, 2.4), f"gain-{number}", "Times as fast over size")


def _drawn(draw: Callable[[Any], None], inches: tuple[float, float], salt: str, label: str) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    text = io.StringIO()
    settings: Any = {**_SETTINGS, "svg.hashsalt": salt}
    with mpl.rc_context(settings):
        figure = Figure(figsize=inches, layout="constrained")
        draw(figure.add_subplot())
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(text.getvalue(), label)


def _draw_gains(axes: Any, course: Course, points: Sequence[GainPoint], *, numeric: bool) -> None:
    at = [point.size if numeric and point.size else float(i) for i, point in enumerate(points, start=1)]
    times = [point.times for point in points]
    bars = [
        [point.times - min(point.low, point.times) for point in points],
        [max(point.high, point.times) - point.times for point in points],
    ]
    axes.set_yscale("log")
    if numeric:
        axes.set_xscale("log")
    same = 1 + course.margin_ratio
    axes.axhspan(1 / same, same, color=_INK, alpha=0.14, linewidth=0)
    axes.axhline(1, color=_INK, linewidth=0.9)
    if course.crossover is not None and numeric:
        axes.axvspan(*course.crossover.interval, color=_ACCENT, alpha=0.14, linewidth=0)
        axes.axvline(course.crossover.size, color=_ACCENT, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot(at, times, color=_ACCENT, linewidth=0.8, alpha=0.5)
    axes.errorbar(
        at, times, yerr=bars, color=_ACCENT, fmt="o", markersize=3.6, elinewidth=1.4, capsize=3, capthick=1.2
    )
    _finish_gains(axes, at, [point.label for point in points], numeric=numeric)


def _finish_gains(axes: Any, at: Sequence[float], labels: Sequence[str], *, numeric: bool) -> None:
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    low, high = axes.get_ylim()
    low, high = min(low, 0.9), max(high, 1.1)
    axes.set_ylim(low, high)
    ticks = scale_ticks(low, high)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(lambda value, _: units.factor(value))
    places = apart(at, ratios=numeric)
    axes.xaxis.set_major_locator(FixedLocator([at[place] for place in places]))
    shown = [units.count(at[place]) if numeric else labels[place] for place in places]
    axes.set_xticklabels(shown, parse_math=False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("size")
    axes.margins(x=0.06)
    axes.tick_params(length=2.5, width=0.8)
    axes.grid(axis="y", color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
