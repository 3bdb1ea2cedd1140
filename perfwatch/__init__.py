"""Profiles and benchmark verdicts for scientific Python.

The public names load on first use, so that ``import perfwatch`` costs a script
next to nothing. This file must not import anything when it is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfwatch._version import __version__ as __version__
    from perfwatch.api import benchmark as benchmark
    from perfwatch.api import profile as profile
    from perfwatch.api import prove as prove
    from perfwatch.monitor import monitor as monitor
    from perfwatch.monitor import record as record
    from perfwatch.monitor.watching import watch as watch

#: Where each public name lives. ``monitor`` is that submodule itself, which can be
#: called: importing it binds this very name, so that it means one object whoever
#: imports first.
_HOMES = {
    "__version__": "perfwatch._version",
    "benchmark": "perfwatch.api",
    "monitor": "perfwatch.monitor",
    "profile": "perfwatch.api",
    "prove": "perfwatch.api",
    "record": "perfwatch.monitor",
    "watch": "perfwatch.monitor.watching",
}

__all__ = ["__version__", "benchmark", "monitor", "profile", "prove", "record", "watch"]


def __getattr__(name: str) -> Any:
    """Load a public name; called for names that are not here yet."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Here and not above: only whoever uses a name pays for loading it.
    from importlib import import_module

    home = import_module(_HOMES[name])
    value = home if name == "monitor" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
