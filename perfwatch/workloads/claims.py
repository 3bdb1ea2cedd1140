"""The catalogue of claims about the bundled workloads; it must not import the science."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.workloads import digital_twin, intent, nlsq, surrogate
from perfwatch.workloads.catalogue import WORKLOADS
from perfwatch.workloads.digital_twin import claims as digital_twin_claims
from perfwatch.workloads.intent import claims as intent_claims
from perfwatch.workloads.nlsq import claims as nlsq_claims
from perfwatch.workloads.surrogate import claims as surrogate_claims

if TYPE_CHECKING:
    from perfwatch.records.claim import Claim

#: All claims, workload by workload.
CLAIMS: dict[str, tuple[Claim, ...]] = {
    digital_twin.DIGITAL_TWIN.name: digital_twin_claims.CLAIMS,
    surrogate.SURROGATE.name: surrogate_claims.CLAIMS,
    nlsq.NLSQ.name: nlsq_claims.CLAIMS,
    intent.INTENT.name: intent_claims.CLAIMS,
}


def claims_of(workload: str | None) -> tuple[Claim, ...]:
    """Return the claims about one workload, else all of them.

    Raises ``TargetError`` for a workload that does not exist, naming those that do.
    """
    if workload is None:
        return tuple(claim for claims in CLAIMS.values() for claim in claims)
    name = workload.removeprefix("workload:")
    if name not in CLAIMS:
        raise TargetError(
            f"There are no claims about {workload!r}.",
            means="Nothing was measured.",
            do=f"Choose one of: {', '.join(one.name for one in WORKLOADS)}.",
        )
    return CLAIMS[name]
