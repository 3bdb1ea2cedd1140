"""By what a function is named to whoever executes the programme again; it must not read evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.records.experiment import FunctionPlace

if TYPE_CHECKING:
    from perfwatch.diagnose.source import Function, Module


def place_of(module: Module, function: Function | None) -> FunctionPlace:
    """Return where a function's code begins, at its decorators where it has any; of ``None`` the module's own."""
    if function is None:
        return FunctionPlace(file=module.file, line=1, name="<module>")
    line = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    return FunctionPlace(file=module.file, line=line, name=function.name)
