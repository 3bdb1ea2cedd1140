"""The stage ``train`` with its network by JAX, compiled and not.

This module must not measure itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.workloads.surrogate import network_jax
from perfwatch.workloads.surrogate.train import plan_of, with_network

if TYPE_CHECKING:
    from perfwatch.workloads.surrogate.train import TrainInputs, TrainOutputs


def jax_jit(data: TrainInputs) -> TrainOutputs:
    """Train the network by value and gradient, a step compiled as one."""
    return _trained(data, network_jax.compiled_step)


def jax_eager(data: TrainInputs) -> TrainOutputs:
    """Train the network by the same step, not compiled."""
    return _trained(data, network_jax.plain_step)


def _trained(data: TrainInputs, step: network_jax.Step) -> TrainOutputs:
    trained = network_jax.train(data.designs, data.values, plan_of(data), step)
    return with_network(data, trained)
