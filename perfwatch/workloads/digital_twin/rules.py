"""Whether the answers of a stage are the same, where numbers side by side do not tell.

Each rule takes three sequences, one item for each seed: the inputs, the reference's outputs and
the candidate's. It returns why they are not the same, in one sentence, or an empty text.
A rule that asks about distributions refuses what is the same by chance once in a million times.

This module must not know how an answer was computed, nor how fast.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.stats.goodness import chi_square_tail, kolmogorov_tail
from perfwatch.workloads.outputs import other_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from perfwatch.workloads.digital_twin.history import HistoryColumns, Record, SearchInputs
    from perfwatch.workloads.digital_twin.parameters import ParameterInputs, Parameters
    from perfwatch.workloads.digital_twin.phases import PhaseInputs

    FloatArray = NDArray[np.float64]

#: How rarely a distribution rule may refuse an answer that is right.
LEVEL = 1e-6
#: Chi-square holds so far out in its tail only where a label was to be expected often.
LEAST_EXPECTED = 30.0
FRAME_TOLERANCE = AnswerRule(rtol=1e-12)


def same_frames(
    inputs: Sequence[object], reference: Sequence[pd.DataFrame], candidate: Sequence[object]
) -> str:
    """Ask for the same columns, types and index in the same order, numbers to 1e-12 of themselves."""
    import pandas as pd

    for _, base, head in zip(inputs, reference, candidate, strict=True):
        if not isinstance(head, pd.DataFrame):
            return f"the candidate gives back {type(head).__name__}, not a DataFrame"
        if list(head.columns) != list(base.columns):
            return f"columns: {', '.join(base.columns)} against {', '.join(map(str, head.columns))}"
        if not head.index.equals(base.index):
            return f"rows: index of {len(base)} against {len(head)}, or in another order"
        for name in base.columns:
            if head[name].dtype != base[name].dtype:
                return f"{name}: {base[name].dtype} against {head[name].dtype}"
            reason = other_array(name, base[name].to_numpy(), head[name].to_numpy(), FRAME_TOLERANCE)
            if reason:
                return reason
    return ""


def same_last_records(
    inputs: Sequence[SearchInputs],
    reference: Sequence[Sequence[Record]],
    candidate: Sequence[Sequence[Record] | HistoryColumns],
) -> str:
    """Ask for the same last records: all that a bounded history promises to keep."""
    for search, base, head in zip(inputs, reference, candidate, strict=True):
        if not _is_history(head):
            return f"the candidate gives back {type(head).__name__}, not records or columns of them"
        expected, found = (_last_records(side, search.kept_count) for side in (base, head))
        if len(expected) != len(found):
            return f"{len(expected)} records against {len(found)}"
        for number, (old, new) in enumerate(zip(expected, found, strict=True), start=1):
            if old != new:
                odd = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
                return f"record {number} of the last {len(expected)} differs in {', '.join(odd)}"
    return ""


def _is_history(output: object) -> bool:
    if dataclasses.is_dataclass(output):
        return True
    return isinstance(output, Sequence) and all(isinstance(record, dict) for record in output)


def _last_records(history: Sequence[Record] | HistoryColumns, kept_count: int) -> list[Record]:
    """Return the last records, oldest first, each as one flat dict of plain numbers."""
    if dataclasses.is_dataclass(history):
        columns = _flat(dataclasses.asdict(history))
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows][-kept_count:]
    return [_flat(record) for record in list(history)[-kept_count:]]


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{part}": number for part, number in value.items()}
        else:
            flat[name] = value
    return flat


def drawn_from_probabilities(
    inputs: Sequence[PhaseInputs],
    reference: Sequence[NDArray[np.integer[Any]]],
    candidate: Sequence[NDArray[np.integer[Any]]],
) -> str:
    """Ask of both sides whether labels are drawn from the probabilities of their own rows."""
    probabilities = np.concatenate([rows.probabilities for rows in inputs])
    for side, outputs in (("reference", reference), ("candidate", candidate)):
        for rows, labels in zip(inputs, outputs, strict=True):
            reason = _unfit_labels(rows.probabilities, labels)
            if reason:
                return f"the {side}'s {reason}"
        statistic, dof = label_statistic(probabilities, np.concatenate(outputs))
        if dof == 0:
            return f"{len(probabilities)} rows are too few to tell"
        tail = chi_square_tail(statistic, dof)
        if tail < LEVEL:
            return (
                f"the {side}'s labels do not follow the probabilities of their rows: "
                f"chi-square {statistic:.0f} with {dof} degrees of freedom, p = {tail:.1g}"
            )
    return ""


def _unfit_labels(probabilities: FloatArray, labels: object) -> str:
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        return f"labels are {getattr(labels, 'dtype', type(labels).__name__)}, not an array of integers"
    rows_count, labels_count = probabilities.shape
    if labels.shape != (rows_count,):
        return f"labels have the shape {labels.shape}, not ({rows_count},)"
    if labels.size and not (labels.min() >= 0 and labels.max() < labels_count):
        return f"labels go from {labels.min()} to {labels.max()}, not from 0 to {labels_count - 1}"
    impossible = int(np.count_nonzero(probabilities[np.arange(rows_count), labels] == 0))
    return f"labels have no probability in {impossible} rows" if impossible else ""


def label_statistic(probabilities: FloatArray, labels: NDArray[np.integer[Any]]) -> tuple[float, int]:
    """Return chi-square of the labels against their rows' probabilities, and its degrees of freedom.

    ``probabilities`` has shape ``(rows, labels)``. Rows are taken in groups, by their likeliest
    label: labels that are right in sum, but not row by row, would pass otherwise. In a group the
    counts of labels are a sum of independent draws, normal in the limit, with the covariance
    ``sum(diag(p) - p p')``; the squared distance in that covariance is chi-square. Where all rows
    are alike it is K. Pearson's statistic, Phil. Mag. 50 (1900) 157. Rare labels of a group count
    as one.
    """
    likeliest = probabilities.argmax(axis=1)
    statistic, dof = 0.0, 0
    for group in range(probabilities.shape[1]):
        members = likeliest == group
        chances, seen = _merged(probabilities[members], labels[members])
        surprise = (seen - chances).sum(axis=0)[1:]
        covariance = (np.diag(chances.sum(axis=0)) - chances.T @ chances)[1:, 1:]
        rank = int(np.linalg.matrix_rank(covariance, hermitian=True)) if covariance.size else 0
        if rank:
            statistic += float(surprise @ np.linalg.pinv(covariance, hermitian=True) @ surprise)
            dof += rank
    return statistic, dof


def _merged(probabilities: FloatArray, labels: NDArray[np.integer[Any]]) -> tuple[FloatArray, FloatArray]:
    """Return probabilities and labels (as ones and zeros), rare labels merged into one column."""
    seen = (labels[:, np.newaxis] == np.arange(probabilities.shape[1])).astype(np.float64)
    order = np.argsort(probabilities.sum(axis=0))
    expected = probabilities.sum(axis=0)[order]
    # As many of the rarest as it takes to be expected often enough together.
    together = int(np.searchsorted(np.cumsum(expected), LEAST_EXPECTED)) + 1
    starts = [0, *range(together, len(order))]
    return tuple(np.add.reduceat(each[:, order], starts, axis=1) for each in (probabilities, seen))  # type: ignore[return-value]


def same_distributions(
    inputs: Sequence[ParameterInputs], reference: Sequence[Parameters], candidate: Sequence[Any]
) -> str:
    """Ask whether each parameter has the same distribution, and each one's ratio to the next.

    The ratios find parameters that are right one by one but were drawn together. The level is
    divided among the questions (C. E. Bonferroni).
    """
    for output in candidate:
        if not dataclasses.is_dataclass(output):
            return f"the candidate gives back {type(output).__name__}, not a record of parameters"
    base, head = [_arrays(each) for each in reference], [_arrays(each) for each in candidate]
    for wanted, old, new in zip(inputs, base, head, strict=True):
        reason = _unfit_parameters(wanted, old, new)
        if reason:
            return reason
    for name in base[0]:
        if len(head) > 1 and np.array_equal(head[0][name], head[1][name]):
            return f"{name}: the candidate gives the same values for two seeds"
    questions = list(zip(_questions(base), _questions(head), strict=True))
    for (name, old_values), (_, new_values) in questions:
        distance = two_sample_distance(old_values, new_values)
        tail = kolmogorov_tail(distance, len(old_values), len(new_values))
        if tail < LEVEL / len(questions):
            return (
                f"{name}: the distributions are {distance:.3f} apart "
                f"(Kolmogorov-Smirnov, {len(new_values)} values each, p = {tail:.1g})"
            )
    return ""


def two_sample_distance(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return the greatest difference between two empirical distribution functions."""
    first, second = np.sort(first), np.sort(second)
    pooled = np.concatenate([first, second])
    below_first = np.searchsorted(first, pooled, side="right") / len(first)
    below_second = np.searchsorted(second, pooled, side="right") / len(second)
    return float(np.abs(below_first - below_second).max())


def _arrays(parameters: Parameters) -> dict[str, NDArray[Any]]:
    names = [field.name for field in dataclasses.fields(parameters)]
    return {name: np.asarray(getattr(parameters, name)) for name in names}


def _unfit_parameters(
    wanted: ParameterInputs, base: dict[str, NDArray[Any]], head: dict[str, NDArray[Any]]
) -> str:
    shape = (wanted.samples_count,)
    for name, values in base.items():
        found = head.get(name)
        if found is None:
            return f"the candidate has no {name}"
        if found.dtype != values.dtype or found.shape != shape:
            return f"{name}: {found.dtype} of shape {found.shape}, not {values.dtype} of {shape}"
        if not np.isfinite(found).all():
            return f"{name}: not every value is a number"
        # Each in its own precision: a bound may be rounded up when it is made single.
        lowest, highest = np.array(wanted.ranges[name], dtype=found.dtype)
        if found.size and not (lowest <= found.min() and found.max() <= highest):
            return f"{name}: from {found.min():g} to {found.max():g}, beyond {lowest:g} to {highest:g}"
    return ""


def _questions(outputs: Sequence[dict[str, NDArray[Any]]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield each parameter of all seeds, then each one over the next."""
    pooled = {name: np.concatenate([output[name] for output in outputs]) for name in outputs[0]}
    yield from pooled.items()
    for name, following in pairwise(pooled):
        yield f"{name} over {following}", pooled[name] / pooled[following]
