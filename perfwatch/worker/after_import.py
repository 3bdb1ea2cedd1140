"""Do something at the moment when a module of the target's has been imported, and import nothing for it.

It must not know what is done. Whoever waits for a module goes first on
``sys.meta_path``, lets the other finders find it, and follows its loader.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import importlib.machinery
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType


class AfterImport:
    """A finder that finds like the others and calls a hook when the module has run."""

    def __init__(self, hooks: Mapping[str, Callable[[Any], None]]) -> None:
        self.hooks = hooks

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec, with our hook behind its loader's last step."""
        hook = self.hooks.get(name)
        if hook is None:
            return None
        spec = next(self._others(name, path, target), None)
        run = getattr(getattr(spec, "loader", None), "exec_module", None)
        if spec is None or run is None:
            return spec
        with contextlib.suppress(AttributeError):  # a loader that takes no attributes is left as it is
            spec.loader.exec_module = _followed(run, hook)  # type: ignore[union-attr, method-assign]
        return spec

    def _others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> Iterator[importlib.machinery.ModuleSpec]:
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                yield spec


def _followed(run: Callable[[Any], None], hook: Callable[[Any], None]) -> Callable[[Any], None]:
    def run_and_hook(module: Any) -> None:
        run(module)
        with contextlib.suppress(
            Exception
        ):  # what goes wrong in the hook is ours, and must not stop an import
            hook(module)

    return run_and_hook
