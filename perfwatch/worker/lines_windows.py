"""From windows of counting to the hits of the whole stretch, with their standard error.

Windows lie at random along the stretch. Each speaks for the gap before it: what
the target did there, unseen, is taken to have gone at the rate seen in the
window. So each gap with its window is a stratum, estimated by its own ratio
(Cochran, *Sampling Techniques*, 3rd ed. 1977, section 6.10, the separate ratio
estimate)::

    clean_i = took_i - cost_i            what the windows took without counting
    rate_i  = line_hits_i / clean_i
    total   = sum(line_hits_i) + sum(gap_i * rate_i)

A stratum is a block of a few neighbouring windows, because a ratio with a small
denominator is biased.

Because each block speaks for its own gaps, phases of the target may have windows
of other density and dilation. A gap of nothing was counted exactly.

All times are processor time: a line that waits starts no other line, and what
else the machine does must not count as the target's progress.

The error has two independent parts. *Between windows*: the variance of a block's rate
is taken from its neighbours, by successive
differences (Wolter, *Introduction to Variance Estimation*, 2nd ed. 2007, section
8.2; the idea of collapsed strata, Cochran, section 5A.12)::

    s2_i = mean of (rate_i - rate_j)**2 / 2 over the neighbours j = i - 1, i + 1
    variance = sum(gap_i * (gap_i + clean_i) * s2_i)

where ``gap * (gap + clean)`` rather than ``gap**2`` allows for the gap's own
chance. *Of the cost*: ``clean_i`` is a difference, so an uncertain cost matters
the more, the more counting dilates; the total is computed again with the cost
higher by its standard error, and the change is taken as the error.

Starts of functions are counted in gaps and windows alike, so no time and no cost
is needed for lines that go with them. They follow from the starts of their own
function, or of all functions together (a main loop and what it calls), by the
combined ratio estimate (Cochran, sections 6.3 and 6.11)::

    total = sum(line_hits_i) + gap_starts * sum(line_hits_i) / sum(starts_i)
    variance = (gap_starts / starts)**2 * (1 + starts / gap_starts)
               * n / (n - 1) * sum((line_hits_i - ratio * starts_i)**2)

Of the estimates by time, by own and by all starts each line gets the one with the
smallest error: where hits do not go with starts, the spread about the ratio says so.

Where the clean time of the stretch is known from elsewhere, the cost is
corrected to agree with it; both sources are weighted by their variances.

This module must not look at clocks, nor at the target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from .lines_code import Function

Place = tuple[str, int]
Hits = dict[Place, int]
_Key = TypeVar("_Key")
#: A window may end between a start and its first line, rather than begin there: some hundred nanoseconds of 10 ms.
EDGE_ERROR_RATIO = 2e-4
#: From fewer starts in all windows, or fewer blocks, no ratio is taken.
STARTS_AT_LEAST = 50
BLOCKS_AT_LEAST = 5

#: From so many starts on the pace of windows is held against that of gaps.
STARTS_WANTED = 1_000
#: Neighbours are merged above this, so that a long stretch needs no more memory than a short one.
WINDOWS_AT_MOST = 2_000
#: A window is never taken to be all cost.
CLEAN_SHARE_AT_LEAST = 0.02
#: A cost a hit, measured on lines that do nothing, is this far off on others.
COST_ERROR_RATIO = 0.3
#: Two executions of one programme differ by about this; on a busy machine by more.
CLEAN_ERROR_RATIO = 0.1
#: What a hit costs differs between a stretch's lines, however well the mean is known.
FITTED_ERROR_AT_LEAST = 0.03
#: While the target waits a window sees next to nothing; alone it would say next to nothing of its gap.
TOOK_AT_LEAST_NS = 2_000_000
SCALE_AT_LEAST, SCALE_AT_MOST = 0.3, 3.0


#: Windows are estimated in blocks, so many of them where there are windows enough.
BLOCKS_WANTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Nanoseconds for each hit, each call of a wanted function and each call of another one."""

    hit_ns: float
    call_ns: float = 0.0
    other_ns: float = 0.0
    error_ratio: float = COST_ERROR_RATIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window and the gap before it, in nanoseconds of processor time.

    ``cost_ns`` is what counting took of it, as far as hits and calls tell.
    """

    gap_ns: int
    took_ns: int
    hits: Hits
    cost_ns: float = 0.0
    #: Starts of functions in the window, and in the gap before it.
    starts: dict[Function, int] = field(default_factory=dict)
    gap_starts: dict[Function, int] = field(default_factory=dict)

    def clean_ns(self, scale: float) -> float:
        """What the window would have taken without counting; ``scale`` corrects the cost."""
        spent = min(self.cost_ns * scale, self.took_ns * (1 - CLEAN_SHARE_AT_LEAST))
        return max(1.0, self.took_ns - spent)

    def rates(self, scale: float) -> dict[Place, float]:
        """Hits for each nanosecond of clean time."""
        clean = self.clean_ns(scale)
        return {place: hits / clean for place, hits in self.hits.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Hits and their standard errors by place.

    ``cost_scale`` is by how much the cost was corrected, with its relative
    error; ``clean_ns`` what all took without counting; ``windows_count`` the
    windows behind gaps.
    """

    hits: dict[Place, tuple[float, float]]
    cost_scale: float
    cost_error_ratio: float
    clean_ns: float
    windows_count: int

    def error_ratio(self) -> float:
        """The errors of all lines together over their hits; 0 where nothing was hit."""
        total = sum(hits for hits, _ in self.hits.values())
        return sum(error for _, error in self.hits.values()) / total if total else 0.0


class Windows:
    """The windows of one stretch, in the order of time."""

    def __init__(self) -> None:
        self.windows: list[Window] = []
        self.count = 0
        #: How many times longer windows should be than at first: merging halves their number.
        self.stretching = 1
        #: A gap that no window speaks for.
        self.unseen_ns = 0

    def copy(self) -> Windows:
        """The same windows, to go on with apart."""
        other = Windows()
        other.windows, other.count = list(self.windows), self.count
        other.stretching, other.unseen_ns = self.stretching, self.unseen_ns
        return other

    def add(self, window: Window) -> None:
        """Append one; windows without a gap between them are one, and one too short to speak joins the next."""
        self.count += window.gap_ns > 0
        last = self.windows[-1] if self.windows else None
        short = last is not None and last.gap_ns > 0 and last.took_ns < TOOK_AT_LEAST_NS
        if last is not None and (window.gap_ns == 0 or short):
            self.windows[-1] = _merged([last, window])
        else:
            self.windows.append(window)
        if len(self.windows) > WINDOWS_AT_MOST:
            sampled = self.windows[1:]
            self.windows[1:] = [_merged(sampled[at : at + 2]) for at in range(0, len(sampled), 2)]
            self.stretching *= 2

    def end_with_gap(self, gap_ns: int, gap_starts: dict[Function, int] | None = None) -> None:
        """What passed after the last window; that window speaks for it too."""
        if gap_ns <= 0:
            return
        if self.windows and self.windows[-1].gap_ns > 0:
            gap = Window(gap_ns=gap_ns, took_ns=0, hits={}, gap_starts=gap_starts or {})
            self.windows[-1] = _merged([self.windows[-1], gap])
        else:
            self.unseen_ns += gap_ns

    def estimate(
        self,
        clean: tuple[float, float] | None = None,
        error_ratio: float = COST_ERROR_RATIO,
        owners: dict[Place, Function] | None = None,
    ) -> Estimate:
        """Hits of the whole stretch.

        ``clean`` is its time without counting and that one's standard error, where
        they are known; ``owners`` are the functions that lines belong to, where
        starts were counted.
        """
        scale, error = self._fitted(clean, error_ratio)
        exact, blocks = self._blocks()
        totals = _totals(exact, blocks, scale)
        more, less = (_totals(exact, blocks, scale * (1 + sign * error)) for sign in (1, -1))
        variances = _variances(blocks, scale)
        hits = {
            place: (total, (variances.get(place, 0.0) + ((more[place] - less[place]) / 2) ** 2) ** 0.5)
            for place, total in totals.items()
        }
        for place, counted in _by_starts(exact, blocks, owners or {}).items():
            hits[place] = min(hits[place], counted, key=_error)
        return Estimate(
            hits=hits,
            cost_scale=scale,
            cost_error_ratio=error,
            clean_ns=sum(one.gap_ns + one.clean_ns(scale) for one in self.windows),
            windows_count=self.count,
        )

    def _blocks(self) -> tuple[list[Window], list[Window]]:
        """What was counted without gaps, and the sampled rest in blocks."""
        exact = [one for one in self.windows if one.gap_ns == 0]
        sampled = [one for one in self.windows if one.gap_ns > 0]
        size = max(1, len(sampled) // BLOCKS_WANTED)
        return exact, [_merged(sampled[at : at + size]) for at in range(0, len(sampled), size)]

    def _fitted(self, clean: tuple[float, float] | None, error_ratio: float) -> tuple[float, float]:
        """The cost's correction by the clean time, and its relative error, each source weighted by its variance."""
        spent = sum(one.cost_ns for one in self.windows)
        if clean is None or spent <= 0 or not self.count:
            return 1.0, error_ratio
        clean_ns, clean_error_ns = clean
        scale = (sum(one.gap_ns + one.took_ns for one in self.windows) - clean_ns) / spent
        if not SCALE_AT_LEAST < scale < SCALE_AT_MOST:
            return 1.0, error_ratio  # that clean time is of another execution than this one
        prior, fit = 1 / error_ratio**2, (spent / max(1.0, clean_error_ns)) ** 2
        both = (prior + scale * fit) / (prior + fit)
        # Where the two disagree by more than their errors, the errors are too small.
        apart = abs(scale - 1.0) / (1 / prior + 1 / fit) ** 0.5
        return both, max(FITTED_ERROR_AT_LEAST, (prior + fit) ** -0.5 / both) * max(1.0, apart)


def _error(estimate: tuple[float, float]) -> float:
    return estimate[1]


@dataclass(slots=True)
class Pace:
    """How fast the target goes in gaps, by its starts: that tells what windows cost in truth."""

    gap_ns: int = 0
    gap_starts: int = 0
    took_ns: int = 0
    starts: int = 0
    cost_ns: float = 0.0

    def see(self, window: Window) -> None:
        """One more window with its gap."""
        self.gap_ns += window.gap_ns
        self.gap_starts += sum(window.gap_starts.values())
        self.took_ns += window.took_ns
        self.starts += sum(window.starts.values())
        self.cost_ns += window.cost_ns

    def cost_scale(self) -> float:
        """By how much to correct the cost; 1 as long as too little was seen."""
        if min(self.starts, self.gap_starts) < STARTS_WANTED or self.cost_ns <= 0:
            return 1.0
        clean_ns = self.starts * self.gap_ns / self.gap_starts
        return min(max((self.took_ns - clean_ns) / self.cost_ns, SCALE_AT_LEAST), SCALE_AT_MOST)


def _totals(exact: list[Window], blocks: list[Window], scale: float) -> dict[Place, float]:
    totals: dict[Place, float] = {}
    for window in (*exact, *blocks):
        raised = 1 + window.gap_ns / window.clean_ns(scale)
        for place, hits in window.hits.items():
            totals[place] = totals.get(place, 0.0) + hits * raised
    return totals


def _variances(blocks: list[Window], scale: float) -> dict[Place, float]:
    """Between windows, by successive differences; see the module."""
    weights = [one.gap_ns * (one.gap_ns + one.clean_ns(scale)) for one in blocks]
    if len(blocks) == 1:
        return {place: weights[0] * rate**2 for place, rate in blocks[0].rates(scale).items()}
    found: dict[Place, float] = {}
    last = len(blocks) - 1
    for index in range(last):
        here, there = blocks[index].rates(scale), blocks[index + 1].rates(scale)
        # The first and the last block have one neighbour, the others two.
        weight = weights[index] * (1.0 if index == 0 else 0.5)
        weight += weights[index + 1] * (1.0 if index + 1 == last else 0.5)
        for place in here.keys() | there.keys():
            half = (here.get(place, 0.0) - there.get(place, 0.0)) ** 2 / 2
            found[place] = found.get(place, 0.0) + weight * half
    return found


def _by_starts(
    exact: list[Window], blocks: list[Window], owners: dict[Place, Function]
) -> dict[Place, tuple[float, float]]:
    """Hits and errors by the starts of the line's own function, or of all together, whichever says more."""
    if len(blocks) < BLOCKS_AT_LEAST:
        return {}
    certain = _summed([one.hits for one in exact])
    every = [(sum(one.starts.values()), sum(one.gap_starts.values())) for one in blocks]
    found: dict[Place, tuple[float, float]] = {}
    for place in {place for one in blocks for place in one.hits}:
        hits, owner = [one.hits.get(place, 0) for one in blocks], owners.get(place, ("", 0, ""))
        own = [(one.starts.get(owner, 0), one.gap_starts.get(owner, 0)) for one in blocks]
        estimates = [_combined_ratio(hits, starts) for starts in (own, every)]
        known = [estimate for estimate in estimates if estimate is not None]
        if known:
            total, error = min(known, key=_error)
            found[place] = (certain.get(place, 0) + total, error)
    return found


def _combined_ratio(hits: list[int], starts: list[tuple[int, int]]) -> tuple[float, float] | None:
    """From hits and starts by block, those in its windows and those in its gaps; ``None`` from too few."""
    seen, unseen = sum(one for one, _ in starts), sum(gap for _, gap in starts)
    if seen < STARTS_AT_LEAST:
        return None
    ratio, count = sum(hits) / seen, len(hits)
    spread = sum((one - ratio * inside) ** 2 for one, (inside, _) in zip(hits, starts, strict=True))
    variance = unseen * (unseen + seen) / seen**2 * count / (count - 1) * spread
    edges = EDGE_ERROR_RATIO * unseen * ratio
    return sum(hits) + unseen * ratio, (variance + edges**2) ** 0.5


def _summed(counts: list[dict[_Key, int]]) -> dict[_Key, int]:
    found: dict[_Key, int] = {}
    for one in counts:
        for key, more in one.items():
            found[key] = found.get(key, 0) + more
    return found


def _merged(windows: list[Window]) -> Window:
    return Window(
        gap_ns=sum(one.gap_ns for one in windows),
        took_ns=sum(one.took_ns for one in windows),
        hits=_summed([one.hits for one in windows]),
        cost_ns=sum(one.cost_ns for one in windows),
        starts=_summed([one.starts for one in windows]),
        gap_starts=_summed([one.gap_starts for one in windows]),
    )
