"""Four families of models that data are fitted by, each with its derivative by the parameters.

* ``exponential``: ``a exp(-b x) + c``, a decay towards a level;
* ``gaussian``: ``a exp(-((x - m) / w)^2 / 2)``, one line of a spectrum;
* ``peaks``: a sum of such lines, three parameters each;
* ``polynomial``: ``c0 + c1 x + ... + c4 x^4``, linear in its parameters.

A model takes places ``x`` of shape ``(points,)`` and parameters of shape ``(parameters,)``;
its Jacobian has shape ``(points, parameters)``. ``xp`` is the array library that computes:
NumPy, or ``jax.numpy`` for what is to be compiled. This module must not fit anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def exponential(x: Any, parameters: Any, xp: Any = np) -> Any:
    """Return the decay at ``x``; parameters are height, rate and level."""
    return parameters[0] * xp.exp(-parameters[1] * x) + parameters[2]


def exponential_jacobian(x: Any, parameters: Any, xp: Any = np) -> Any:
    """Return the derivative of ``exponential``."""
    decay = xp.exp(-parameters[1] * x)
    return xp.stack([decay, -parameters[0] * x * decay, xp.ones_like(x)], axis=1)


def peaks(x: Any, parameters: Any, xp: Any = np) -> Any:
    """Return a sum of lines at ``x``; parameters are height, centre and width of each in turn."""
    offset = (x[:, None] - parameters[1::3]) / parameters[2::3]
    return xp.exp(-0.5 * offset * offset) @ parameters[0::3]


def peaks_jacobian(x: Any, parameters: Any, xp: Any = np) -> Any:
    """Return the derivative of ``peaks``."""
    offset = (x[:, None] - parameters[1::3]) / parameters[2::3]
    line = xp.exp(-0.5 * offset * offset)
    by_centre = parameters[0::3] / parameters[2::3] * line * offset
    # Height, centre and width of the first line, then those of the next.
    return xp.stack([line, by_centre, by_centre * offset], axis=2).reshape(len(x), -1)


def polynomial(x: Any, parameters: Any, xp: Any = np) -> Any:
    """Return the polynomial at ``x``, the constant first, by Horner's rule."""
    value = xp.zeros_like(x) + parameters[-1]
    for coefficient in parameters[-2::-1]:
        value = value * x + coefficient
    return value


def polynomial_jacobian(x: Any, parameters: Any, xp: Any = np) -> Any:
    """Return the derivative of ``polynomial``: the powers of ``x``."""
    return xp.stack([x**power for power in range(len(parameters))], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of models: its function and Jacobian, where it is looked at, and what parameters are usual.

    ``lowest`` and ``highest`` bound each parameter of the data that are drawn for a fit.
    """

    name: str
    value: Callable[..., Any]
    jacobian: Callable[..., Any]
    x_range: tuple[float, float]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]


#: The families by name, in the order in which they are fitted.
FAMILIES = {
    family.name: family
    for family in (
        Family(
            name="exponential",
            value=exponential,
            jacobian=exponential_jacobian,
            x_range=(0.0, 5.0),
            lowest=(2.0, 0.8, 0.3),
            highest=(4.0, 1.6, 0.9),
        ),
        Family(
            name="gaussian",
            value=peaks,
            jacobian=peaks_jacobian,
            x_range=(-5.0, 5.0),
            lowest=(2.0, -1.0, 0.7),
            highest=(4.0, 1.0, 1.4),
        ),
        Family(
            name="peaks",
            value=peaks,
            jacobian=peaks_jacobian,
            x_range=(0.0, 12.0),
            lowest=(2.0, 1.8, 0.5, 2.0, 5.8, 0.5, 2.0, 9.8, 0.5),
            highest=(4.0, 2.2, 0.8, 4.0, 6.2, 0.8, 4.0, 10.2, 0.8),
        ),
        Family(
            name="polynomial",
            value=polynomial,
            jacobian=polynomial_jacobian,
            x_range=(-1.0, 1.0),
            lowest=(0.5, -2.0, 0.5, -2.0, 0.5),
            highest=(2.0, -0.5, 2.0, -0.5, 2.0),
        ),
    )
}
