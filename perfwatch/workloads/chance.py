"""How likely it is that a candidate which draws for itself does no worse than its reference.

It must not draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def chance_of_no_worse(excesses: Sequence[float], margin: float) -> float:
    """Return the p value of "worse by ``margin`` or more", by the one-sided signed-rank test.

    ``excesses`` say how much worse the candidate did, one number a seed. A number that is
    not finite makes the value 1: it shows nothing.
    """
    from scipy.stats import wilcoxon

    if not np.isfinite(excesses).all():
        return 1.0
    return float(wilcoxon(margin - np.asarray(excesses), alternative="greater").pvalue)
