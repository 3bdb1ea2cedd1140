"""Arguments that the calling process handed over, for a function that was called from Python.

Named as a set-up, ``_perfwatch_worker.handed:arguments``. The file was written by
the process that started this run, a moment ago, in a folder of its own; no other
is ever read.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
from typing import Any

#: The environment variable that names the file.
VARIABLE = "PERFWATCH_HANDED"
SETUP = "_perfwatch_worker.handed:arguments"


class Handed:
    """What the function is called with: positional arguments, and those by name."""

    def __init__(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self.arguments = arguments
        self.keywords = keywords


class _Unpickler(pickle.Unpickler):
    """Finds what the caller's ``__main__`` defines in the module that its file is here."""

    def __init__(self, file: Any, main: str | None) -> None:
        super().__init__(file)
        self.main = main

    def find_class(self, module: str, name: str, /) -> Any:
        if module == "__main__" and self.main is not None:
            module = self.main
            importlib.import_module(module)
        return super().find_class(module, name)


def arguments() -> Handed:
    """Read the file: a line of JSON that says what the caller's ``__main__`` is called here, then the pickle."""
    with open(os.environ[VARIABLE], "rb") as file:  # noqa: PTH123
        heading = json.loads(file.readline())
        positional, by_name = _Unpickler(file, heading["main"]).load()
    return Handed(positional, by_name)
