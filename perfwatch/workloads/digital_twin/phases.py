"""Which phase a synthesis ends in: labels drawn from each recipe's own probabilities.

Besides CsPbBr3 (3D) the system Cs-Pb-Br has Cs4PbBr6 (0D), where caesium is in excess
(Q. A. Akkerman et al., Nano Lett. 17 (2017) 1924), and CsPb2Br5 (2D), where lead is
(G. Li et al., Chem. Commun. 52 (2016) 11296); a batch may also be a mixture, or fail.
The probabilities are a multinomial logit of ratio, temperature and ligands (D. McFadden in
Frontiers in Econometrics, 1974); its coefficients are illustrative.

Each variant draws one label for each row, with chances of its own: labels differ between
variants, their distribution does not. This module must not test that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_one import PHASES
from perfwatch.workloads.seeding import extents_of, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Labels = NDArray[np.int8]

NAMES = ("CsPbBr3", "Cs4PbBr6", "CsPb2Br5", "mixture", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseInputs:
    """``probabilities`` of shape ``(rows, phases)``, each row's sum one; ``seed`` starts the chances."""

    probabilities: FloatArray
    seed: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> PhaseInputs:
    """Draw recipes and return the probabilities of their phases; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    rows_count = extents_of(PHASES, size)["rows"]
    drawn = generator(seed)
    ratio_log = np.log(4.0) * (2 * drawn.random(rows_count) - 1)
    celsius = 100.0 + 100.0 * drawn.random(rows_count)
    ligand = 10.0 + 190.0 * drawn.random(rows_count)
    return PhaseInputs(
        probabilities=phase_probabilities(ratio_log, celsius, ligand),
        # Below 2^32: the document's generator takes no greater seed.
        seed=int(drawn.integers(2**32)),
    )


def phase_probabilities(ratio_log: FloatArray, celsius: FloatArray, ligand: FloatArray) -> FloatArray:
    """Return the probability of each phase, of shape ``(rows, phases)``.

    ``ratio_log`` is the natural logarithm of caesium over lead against that of CsPbBr3,
    ``ligand`` in mol/m3.
    """
    heat = (celsius - 150.0) / 50.0
    utility = np.stack(
        [
            3.0 - 1.5 * ratio_log**2 + 0.4 * heat,
            2.2 * ratio_log - 0.5 * heat + 0.004 * ligand,
            -2.2 * ratio_log + 0.3 * heat,
            np.full_like(ratio_log, 0.6),
            -1.0 - 0.9 * heat - 0.01 * ligand,
        ],
        axis=1,
    )
    weights = np.exp(utility - utility.max(axis=1, keepdims=True))
    probabilities: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return probabilities


def reference(rows: PhaseInputs) -> Labels:
    """Take the first phase whose cumulative probability is beyond a uniform number."""
    cumulative = _cumulative(rows.probabilities)
    uniform = generator(rows.seed).random((len(cumulative), 1))
    return _labels(np.argmax(uniform < cumulative, axis=1))


def seed_choice(rows: PhaseInputs) -> Labels:
    """Ask ``choice`` for one label a row, as the document advises."""
    # The document draws from NumPy's global generator: this is the same one, in our own hands.
    legacy = np.random.RandomState(rows.seed)
    rows_count, phases_count = rows.probabilities.shape
    labels = np.empty(rows_count, dtype=np.int8)
    for i in range(rows_count):
        labels[i] = legacy.choice(phases_count, p=rows.probabilities[i])
    return labels


def searchsorted(rows: PhaseInputs) -> Labels:
    """Look all rows up at once, in one rising sequence: row ``i`` owns the stretch from i to i + 1."""
    rows_count, phases_count = rows.probabilities.shape
    row = np.arange(rows_count)
    bounds = np.cumsum(rows.probabilities[:, :-1], axis=1)
    bounds += row[:, np.newaxis]
    uniform = generator(rows.seed).random(rows_count)
    passed = np.searchsorted(bounds.ravel(), uniform + row, side="right")
    # A uniform number next to one is rounded up to it in a late row, and found one stretch too far.
    return _labels(np.minimum(passed - (phases_count - 1) * row, phases_count - 1))


def gumbel(rows: PhaseInputs) -> Labels:
    """Let the phases race: the greatest of log(probability) plus Gumbel noise wins.

    Gumbel noise is minus the logarithm of exponential noise, so that the least of exponential
    noise over probability is the same winner, without a logarithm. Source: C. J. Maddison et
    al., Advances in Neural Information Processing Systems 27 (2014), which names E. J. Gumbel.
    """
    arrival = generator(rows.seed).standard_exponential(rows.probabilities.shape)
    with np.errstate(divide="ignore"):  # what has no chance never arrives
        arrival /= rows.probabilities
    return _labels(np.argmin(arrival, axis=1))


def _labels(columns: NDArray[np.intp]) -> Labels:
    return columns.astype(np.int8)


def _cumulative(probabilities: FloatArray) -> FloatArray:
    cumulative = np.cumsum(probabilities, axis=1)
    cumulative[:, -1] = 1.0  # rounding may leave it just below, and a row without a phase
    return cumulative
