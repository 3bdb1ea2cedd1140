"""Every claim about least squares, by id; this module must not import the science."""

from __future__ import annotations

from perfwatch.workloads.nlsq import claims_one, claims_two

#: All claims of the documents, in the order of their ids.
CLAIMS = tuple(sorted((*claims_one.CLAIMS, *claims_two.CLAIMS), key=lambda claim: claim.id))
