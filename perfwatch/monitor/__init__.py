"""Spans that a program names in itself, in the user's own process.

``perfwatch.monitor("name")`` calls this very module: importing a submodule
binds its name in the package, so a function of that name would be a function or
a module depending on who imported first. A module that can be called is always
both. It must not load anything but the standard library, records and units.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from perfwatch.monitor.collected import collected, collected_custom
from perfwatch.monitor.custom import record
from perfwatch.monitor.ledger import clear, dropped_count
from perfwatch.monitor.spans import Level, Monitor, monitor

if TYPE_CHECKING:
    from inspect import Signature

__all__ = [
    "Level",
    "Monitor",
    "clear",
    "collected",
    "collected_custom",
    "dropped_count",
    "monitor",
    "record",
]


class _CallableModule(ModuleType):
    """A module that is called as ``Monitor`` is."""

    __call__ = staticmethod(monitor)

    @property
    def __signature__(self) -> Signature:
        """What ``help`` and editors show."""
        from inspect import signature

        return signature(monitor)


sys.modules[__name__].__class__ = _CallableModule
