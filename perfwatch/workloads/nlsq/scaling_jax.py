"""The table of ``scaling`` with a Jacobian that JAX compiles: first calls apart from warm ones.

A Jacobian is made anew for each size, so its first call compiles. What the process pays once
for using JAX at all is paid before, by another model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq import scaling
from perfwatch.workloads.nlsq.datasets import draw_dataset
from perfwatch.workloads.nlsq.fit_jax import newly_compiled
from perfwatch.workloads.nlsq.models import FAMILIES

if TYPE_CHECKING:
    from perfwatch.workloads.nlsq.scaling import ScalingInputs, ScalingOutputs


def jax_exponent(asked: ScalingInputs) -> ScalingOutputs:
    """Fit each size for the first time, and again and again in turn."""
    warm_up()
    return scaling.measured(asked, lambda: newly_compiled(scaling.FAMILY), rounds_count=asked.rounds_count)


def warm_up() -> None:
    """Compile and call something else, for what the first compilation of a process costs beside itself."""
    other = FAMILIES["polynomial"]
    first = draw_dataset(Draw(0), other.name, 10)
    newly_compiled(other.name)(first.x, first.start)
