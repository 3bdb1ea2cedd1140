"""Hits from windows: what is known exactly stays exact, and errors are as large as the misses."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwatch.worker.lines_windows import STARTS_AT_LEAST, WINDOWS_AT_MOST, Window, Windows

MS = 1_000_000
LINE, OTHER = ("a.py", 3), ("a.py", 9)
MAIN, WORK = ("a.py", 1, "main"), ("a.py", 8, "work")
OWNERS = {LINE: MAIN, OTHER: WORK}


def windows_of(*found):
    windows = Windows()
    for window in found:
        windows.add(window)
    return windows


def window(gap_ms, took_ms, hits, **more):
    return Window(gap_ns=round(gap_ms * MS), took_ns=round(took_ms * MS), hits=hits, **more)


counts = st.integers(0, 10_000)
a_window = st.builds(
    window,
    gap_ms=st.integers(0, 200),
    took_ms=st.floats(3, 20),
    hits=st.fixed_dictionaries({LINE: counts, OTHER: counts}),
    cost_ns=st.floats(0, 30e6),
    starts=st.fixed_dictionaries({WORK: counts}),
    gap_starts=st.fixed_dictionaries({WORK: counts}),
)
some_windows = st.lists(a_window, min_size=1, max_size=40)


@given(some_windows)
def test_no_estimate_is_below_what_was_seen(found):
    estimate = windows_of(*found).estimate(owners=OWNERS)
    for place in (LINE, OTHER):
        hits, error = estimate.hits[place]
        assert hits >= sum(one.hits[place] for one in found) * (1 - 1e-9)
        assert error >= 0


@given(st.lists(st.tuples(counts, st.integers(3, 20)), min_size=1, max_size=20))
def test_what_was_counted_without_gaps_is_exact(found):
    windows = windows_of(*(window(0, took, {LINE: hits}) for hits, took in found))
    assert windows.estimate().hits[LINE] == (sum(hits for hits, _ in found), 0.0)
    assert windows.count == 0


@given(some_windows, st.integers(2, 10))
def test_the_unit_of_time_does_not_matter(found, factor):
    scaled = [
        replace(one, gap_ns=one.gap_ns * factor, took_ns=one.took_ns * factor, cost_ns=one.cost_ns * factor)
        for one in found
    ]
    here, there = windows_of(*found).estimate().hits, windows_of(*scaled).estimate().hits
    assert {place: pytest.approx(value, rel=1e-3, abs=1e-3) for place, value in here.items()} == there


@given(some_windows)
def test_a_copy_goes_on_apart(found):
    windows = windows_of(*found)
    before = windows.estimate(owners=OWNERS)
    other = windows.copy()
    other.add(window(50, 5, {LINE: 70}))
    other.end_with_gap(10 * MS)
    assert windows.estimate(owners=OWNERS) == before


@given(
    st.integers(STARTS_AT_LEAST, 500),
    st.lists(st.integers(1, 300), min_size=5, max_size=30),
    st.floats(1e6, 8e6),
)
def test_a_line_hit_twice_at_each_start_needs_no_clock(starts, gaps, cost_ns):
    found = [
        window(
            gap, 9, {OTHER: 2 * starts}, starts={WORK: starts}, gap_starts={WORK: 7 * gap}, cost_ns=cost_ns
        )
        for gap in gaps
    ]
    hits, error = windows_of(*found).estimate(owners=OWNERS).hits[OTHER]
    known = 2 * (starts * len(gaps) + 7 * sum(gaps))
    assert hits == pytest.approx(known)
    assert error <= 0.001 * known


def test_starts_too_few_leave_the_word_to_time():
    found = [window(30, 10, {OTHER: 100}, starts={WORK: 1}, gap_starts={WORK: 500}) for _ in range(8)]
    hits, _ = windows_of(*found).estimate(owners=OWNERS).hits[OTHER]
    assert hits == pytest.approx(8 * 400)


def test_a_line_that_does_not_go_with_starts_is_estimated_by_time():
    # Steady by time, while starts come in bursts, most of them where no window lies.
    found = [
        window(30, 10, {LINE: 1000}, starts={WORK: 900 if i % 5 == 0 else 0}, gap_starts={WORK: 90 * (i % 7)})
        for i in range(40)
    ]
    hits, error = windows_of(*found).estimate(owners=OWNERS).hits[LINE]
    assert hits == pytest.approx(160_000)
    assert error < 0.05 * hits


def test_a_last_gap_is_spoken_for_by_the_last_window_and_a_first_one_by_none():
    windows = windows_of(*(window(10, 10, {LINE: 10}) for _ in range(4)))
    windows.end_with_gap(20 * MS)
    assert windows.estimate().hits[LINE][0] == pytest.approx(40 + 60)
    alone = Windows()
    alone.end_with_gap(5 * MS)
    assert (alone.unseen_ns, alone.estimate().hits) == (5 * MS, {})


def test_a_known_clean_time_corrects_the_cost():
    # Half of each window is cost, but the counter's calibration said a quarter.
    found = [window(10, 10, {LINE: 100}, cost_ns=2.5 * MS) for _ in range(50)]
    corrected = windows_of(*found).estimate((750.0 * MS, 1.0 * MS))
    assert corrected.cost_scale == pytest.approx(2.0, rel=0.01)
    assert corrected.hits[LINE][0] == pytest.approx(50 * 100 * 3, rel=0.02)
    assert corrected.clean_ns == pytest.approx(750 * MS, rel=0.01)


@given(some_windows, st.floats(1e3, 1e12), st.floats(0, 1e9))
def test_no_correction_is_called_certain(found, clean_ns, error_ns):
    estimate = windows_of(*found).estimate((clean_ns, error_ns))
    assert estimate.cost_error_ratio >= 0.03


def test_a_clean_time_of_another_execution_corrects_nothing():
    found = [window(10, 10, {LINE: 100}, cost_ns=2.5 * MS) for _ in range(50)]
    assert windows_of(*found).estimate((90.0 * MS, 1.0 * MS)).cost_scale == 1.0


def test_a_long_stretch_is_merged_without_changing_what_it_adds_up_to():
    count = 3 * WINDOWS_AT_MOST
    windows = windows_of(*(window(10, 10, {LINE: 10}) for _ in range(count)))
    assert len(windows.windows) <= WINDOWS_AT_MOST
    assert windows.count == count
    assert windows.stretching > 1
    assert windows.estimate().hits[LINE][0] == pytest.approx(20 * count)


# A simulated target: per round of the main loop one call of work, which loops; rounds
# take from 0.2 to 2 ms by a slow wave, and counting a hit costs somewhat over half a line's time.


def simulated(seed, *, known, starts):
    """The estimate and the truth of one simulated stretch of 1.5 s, windows at random."""
    chance = random.Random(seed)
    cost_true = chance.gauss(1.0, 0.2)
    clock = 0.0
    windows = Windows()
    truth = dict.fromkeys((LINE, OTHER), 0)
    hits, seen, unseen, took, cost, gap_ns = dict.fromkeys(truth, 0), 0, 0, 0.0, 0.0, 0.0
    inside, clean, switch = False, 0.0, chance.uniform(5, 45) * MS
    while clean < 1500 * MS or inside:
        work = chance.randint(20, 60) + (200 if (clean // (150 * MS)) % 2 else 0)
        for place, step in ((LINE, 5_000), *((OTHER, 4_000) for _ in range(work))):
            truth[place] += 1
            clean += step
            spent = 2_500 * cost_true if inside else 0.0
            clock += step + spent
            if inside:
                hits[place] += 1
                took, cost, seen = took + step + spent, cost + 2_500, seen + (place is LINE)
            else:
                gap_ns, unseen = gap_ns + step, unseen + (place is LINE)
            if clock < switch:
                continue
            if inside:
                found = {name: count for name, count in hits.items() if count}
                counted = {"starts": {WORK: seen}, "gap_starts": {WORK: unseen}} if starts else {}
                windows.add(
                    Window(gap_ns=round(gap_ns), took_ns=round(took), hits=found, cost_ns=cost, **counted)
                )
                hits, seen, unseen, took, cost, gap_ns = dict.fromkeys(truth, 0), 0, 0, 0.0, 0.0, 0.0
            inside = not inside
            switch = clock + (10 if inside else chance.uniform(10, 50)) * MS
    windows.end_with_gap(round(gap_ns), {WORK: unseen} if starts else None)
    told = (clean * chance.gauss(1.0, 0.05), clean * 0.05) if known else None
    return windows.estimate(told, owners=OWNERS), truth


@pytest.mark.parametrize(("known", "starts"), [(True, False), (False, False), (True, True)])
def test_errors_are_as_large_as_the_misses(known, starts):
    misses = {LINE: [], OTHER: []}
    for seed in range(20):
        estimate, truth = simulated(seed, known=known, starts=starts)
        for place, found in misses.items():
            hits, error = estimate.hits[place]
            found.append((hits - truth[place]) / error)
            assert error < 0.5 * truth[place]
    for found in misses.values():
        within = [sum(abs(one) <= errors for one in found) for errors in (1, 3)]
        # A normal error would give 14 and 20 of 20.
        assert within[0] >= 9, found
        assert within[1] >= 18, found


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_starts_make_a_line_that_goes_with_them_more_certain_than_time(seed):
    with_starts, truth = simulated(seed, known=False, starts=True)
    without, _ = simulated(seed, known=False, starts=False)
    assert with_starts.hits[LINE][1] < without.hits[LINE][1]
    assert abs(with_starts.hits[LINE][0] - truth[LINE]) <= 0.05 * truth[LINE]
