"""Profiles and benchmark verdicts for scientific Python.

The public names load on first use, so that ``import perfwatch`` costs a script
next to nothing. This file must not import anything when it is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfwatch._version import __version__ as __version__
    from perfwatch.monitor import monitor as monitor
    from perfwatch.monitor import record as record

__all__ = ["__version__", "monitor", "record"]


def __getattr__(name: str) -> Any:
    """Load a public name; called for names that are not here yet."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Here and not above: only whoever uses a name pays for loading it.
    from importlib import import_module

    if name == "__version__":
        value: Any = import_module("perfwatch._version").__version__
    elif name == "monitor":
        # The submodule itself, which can be called: importing it binds this
        # very name, so that the name means one object whoever imports first.
        value = import_module("perfwatch.monitor")
    else:
        value = getattr(import_module("perfwatch.monitor"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
