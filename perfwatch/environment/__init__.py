"""The machine, the interpreter, the libraries and the sources a run was measured with.

It must not judge whether two environments may be compared: it only says what
they are, and gives the key that is equal where they may.
"""

from __future__ import annotations

from perfwatch.environment.capture import capture_environment
from perfwatch.environment.interpreter import Interpreter, choose_interpreter, probe_interpreter
from perfwatch.environment.lending import Lending, LentTool, lent_profilers
from perfwatch.environment.sources import capture_commit, digest_sources

__all__ = [
    "Interpreter",
    "Lending",
    "LentTool",
    "capture_commit",
    "capture_environment",
    "choose_interpreter",
    "digest_sources",
    "lent_profilers",
    "probe_interpreter",
]
