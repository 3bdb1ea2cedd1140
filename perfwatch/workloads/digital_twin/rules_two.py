"""When answers of the stages of ``table_two`` are the same, where closeness is not the question.

A rule gets three sequences, the inputs, the reference's outputs and the candidate's, one
item a seed, and returns why the answers are not the same, in one sentence, or an empty
text. Two of the rules are statistical: they ask whether the candidate has been *shown*
to be no worse than a stated margin, so that few seeds or wild results never make a
candidate the same. The test is the signed-rank test of F. Wilcoxon, Biometrics Bulletin
1 (1945) 80, one-sided, on differences moved by the margin: S. Wellek, Testing
Statistical Hypotheses of Equivalence and Noninferiority, 2nd ed. (2010), chapter 5.

This module must not know how fast anything was.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.workloads.chance import chance_of_no_worse
from perfwatch.workloads.outputs import other_array, other_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: A candidate worse by the margin or more passes as the same in at most so many of all cases.
LEVEL = 0.01

#: Share of the best quality by which a campaign may fall short of the reference's.
QUALITY_MARGIN = 0.10
#: The same model weighs candidates alike to this share of the greatest improvement.
IMPROVEMENT_TOLERANCE = 1e-9

#: The edges of crystals against those of a solution with a tight tolerance.
EDGE_TOLERANCE = 1e-6
TIGHT_TOLERANCE = 1e-13

DISTANCE_TOLERANCE = 1e-12

EXACT = AnswerRule(rtol=0.0)

#: Groups may be wider than the reference's by one part in a hundred of their inertia.
INERTIA_MARGIN = 0.01


def same_campaign(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why campaigns of ``bayesopt`` are not the same.

    As long as a candidate has seen the same experiments and made the same model, to the
    last bit, it must weigh all recipes alike and choose the same one. Where its models
    are others by design, the best quality found must not fall short by ``QUALITY_MARGIN``.
    """
    shortfalls = []
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _differ(base, head, ("chosen", "best_quality", "improvement", "model"), form_alone=True)
        reason = reason or other_choice(base, head)
        if reason:
            return reason
        shortfalls.append(1.0 - head.best_quality[-1] / base.best_quality[-1])
    chance = chance_of_no_worse(shortfalls, QUALITY_MARGIN)
    if chance <= LEVEL:
        return ""
    return (
        f"best quality: {np.mean(shortfalls):.1%} below the reference's in the mean of {len(shortfalls)} seeds, "
        f"and not shown to be less than {QUALITY_MARGIN:.0%} below (p = {chance:.2g}, level {LEVEL})"
    )


def other_choice(base: Any, head: Any) -> str:
    """Return why one campaign chose otherwise than the reference's while it had the same model."""
    for iteration in range(len(base.chosen)):
        if not np.array_equal(base.model[iteration], head.model[iteration]):
            return ""
        expected, found = base.improvement[iteration], head.improvement[iteration]
        scale = float(np.abs(expected).max())
        distance = float(np.abs(found - expected).max())
        if not distance <= IMPROVEMENT_TOLERANCE * scale:
            return (
                f"improvement: the same model weighs recipes otherwise in iteration {iteration}, "
                f"by up to {distance / scale:.2g} of the greatest improvement"
            )
        if base.chosen[iteration] != head.chosen[iteration]:
            return f"chosen: the same model chose another recipe in iteration {iteration}"
    return ""


def right_scaler(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return by how much a candidate of ``bayesopt`` scales recipes otherwise than its observations ask for.

    Each iteration's scaler must have the means and scales of all observations that its
    model was fitted to, to 1e-9. This is the question that a claim asks of ``seed-scaler``;
    the stage itself asks for the quality found.
    """
    from sklearn.preprocessing import StandardScaler

    worst, count, wrong_count = 0.0, 0, 0
    for campaign, _, head in zip(inputs, reference, candidate, strict=True):
        parameters_count = campaign.performed.shape[1]
        performed, fresh = campaign.performed, np.inf
        previous = None
        for iteration, chosen in enumerate(head.chosen):
            means, scales = np.split(head.model[iteration][: 2 * parameters_count], 2)
            if previous is None or not np.array_equal(previous, head.model[iteration]):
                scaler = StandardScaler().fit(performed)
                off = np.abs(np.concatenate([means - scaler.mean_, scales - scaler.scale_]))
                fresh = float((off / np.concatenate([scaler.scale_, scaler.scale_])).max())
            previous = head.model[iteration]
            worst, count, wrong_count = max(worst, fresh), count + 1, wrong_count + (fresh > 1e-9)
            performed = np.concatenate([performed, campaign.candidates[iteration][chosen : chosen + 1]])
    if not wrong_count:
        return ""
    return f"scaler: off in {wrong_count} of {count} iterations, by up to {worst:.2g} standard deviations"


def follows_the_growth_law(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return how far edges of ``growth-ode`` are from a solution with a tight tolerance.

    Both sides are held against it: DOP853, orders 8, 5 and 3, at a relative tolerance of
    1e-13 (E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I).
    """
    from perfwatch.workloads.digital_twin.growth_ode import integrate

    wrong_count, cases_count, worst = 0, 0, 0.0
    for crystals, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _differ(base, head, ("edge_nm",), form_alone=True)
        if reason:
            return reason
        for case in range(len(crystals.kelvin)):
            tight = integrate(crystals, case, "DOP853", TIGHT_TOLERANCE)
            if not np.abs(base.edge_nm[case] / tight - 1.0).max() <= EDGE_TOLERANCE:
                return f"edge_nm: the reference itself is off the growth law in case {case}"
            off = np.abs(head.edge_nm[case] / tight - 1.0).max()
            off = float(off) if np.isfinite(off) else math.inf
            wrong_count, worst = wrong_count + (off > EDGE_TOLERANCE), max(worst, off)
            cases_count += 1
    if not wrong_count:
        return ""
    return f"edge_nm: {wrong_count} of {cases_count} cases are off the growth law, by up to {worst:.2g} of the edge"


def same_mean_distance(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return how far mean distances of ``diversity`` are from the reference's, at worst over all seeds."""
    worst, at = 0.0, (0, 0)
    for seed, (_, base, head) in enumerate(zip(inputs, reference, candidate, strict=True)):
        reason = _differ(base, head, ("mean_distance",), form_alone=True)
        if reason:
            return reason
        for level, (expected, found) in enumerate(zip(base.mean_distance, head.mean_distance, strict=True)):
            off = abs(found - expected) / expected if expected else abs(found)
            off = float(off) if np.isfinite(off) else math.inf
            if off > worst:
                worst, at = off, (seed, level)
    if worst <= DISTANCE_TOLERANCE:
        return ""
    return f"mean_distance: off by up to {worst:.2g} of the reference (seed number {at[0]}, level {at[1]})"


def same_regions(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why regions of ``regions`` are not as good as the reference's.

    Labels may be numbered otherwise. What counts is the inertia, in parameters
    standardised over all samples of a level: its geometric mean over the levels must not
    exceed the reference's by ``INERTIA_MARGIN``. Boxes must be those around the groups.
    """
    excesses = []
    for campaign, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _differ(base, head, ("labels", "lowest", "highest"), form_alone=True)
        reason = reason or other_boxes(campaign, head)
        if reason:
            return reason
        ratios = np.log(inertias(campaign, head.labels) / inertias(campaign, base.labels))
        excesses.append(math.expm1(float(ratios.mean())))
    chance = chance_of_no_worse(excesses, INERTIA_MARGIN)
    if chance <= LEVEL:
        return ""
    return (
        f"labels: inertia {np.mean(excesses):+.1%} of the reference's in the mean of {len(excesses)} seeds, "
        f"and not shown to be less than {INERTIA_MARGIN:.0%} above (p = {chance:.2g}, level {LEVEL})"
    )


def inertias(campaign: Any, labels: NDArray[np.int32]) -> FloatArray:
    """Return each level's sum of squared distances to the groups' own means, in standard units."""
    sums = []
    for samples, grouped in _levels(campaign, labels):
        scaled = (samples - samples.mean(axis=0)) / samples.std(axis=0)
        groups = (scaled[grouped == cluster] for cluster in np.unique(grouped))
        sums.append(sum(float(((group - group.mean(axis=0)) ** 2).sum()) for group in groups))
    return np.array(sums)


def other_boxes(campaign: Any, head: Any) -> str:
    """Return why the boxes of one campaign are not those around its own groups."""
    for level, (samples, grouped) in enumerate(_levels(campaign, head.labels)):
        if not np.isin(grouped, np.arange(campaign.clusters_count)).all():
            return f"labels: there are others than 0 to {campaign.clusters_count - 1} in level {level}"
        for cluster in np.unique(grouped):
            members = samples[grouped == cluster]
            box = (head.lowest[level, cluster], head.highest[level, cluster])
            if not np.array_equal(box, (members.min(axis=0), members.max(axis=0))):
                return (
                    f"lowest, highest: the box of group {cluster} in level {level} is not the one around it"
                )
    return ""


def _levels(campaign: Any, labels: NDArray[np.int32]) -> list[tuple[FloatArray, NDArray[np.int32]]]:
    """Return the samples of each level with their labels."""
    ends = np.cumsum(campaign.level_counts)
    return [
        (campaign.samples[:count], labels[end - count : end])
        for count, end in zip(campaign.level_counts, ends, strict=True)
    ]


def same_gaps(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return which gaps of ``shared-cache`` differ in any value; how often one was computed is no answer."""
    return _first_difference(inputs, reference, candidate, ("gap_ev",))


def same_spectra(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return which spectra of ``array-pool`` differ in any value; which buffers were used is no answer."""
    return _first_difference(inputs, reference, candidate, ("spectrum",))


def _first_difference(
    inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any], names: tuple[str, ...]
) -> str:
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _differ(base, head, names)
        if reason:
            return reason
    return ""


def _differ(base: Any, head: Any, names: tuple[str, ...], *, form_alone: bool = False) -> str:
    """Return why the named arrays differ in form, or (unless ``form_alone``) in any value."""
    missing = [name for name in names if not hasattr(head, name)]
    if missing:
        return f"the candidate's answer has no {', '.join(missing)}"
    for name in names:
        sides = getattr(base, name), getattr(head, name)
        reason = other_form(name, *sides) if form_alone else other_array(name, *sides, EXACT)
        if reason:
            return reason
    return ""
