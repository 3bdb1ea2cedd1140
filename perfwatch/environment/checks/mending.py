"""The one command that mends what is missing; it must not run any."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from perfwatch.environment.machine import text_of, virtualisation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from perfwatch.environment.interpreter import Interpreter

#: Measured with another build, the same programme can be looked into.
WITH_THE_LOCK = "perfwatch doctor --python PATH_OF_A_BUILD_WITH_THE_LOCK"
#: Said of what took too long.
AGAIN = "The machine may be busy, or the disk cold: ask again."
#: Package managers in the order in which they are looked for; conda needs no administrator.
_MANAGERS = (
    ("apt-get", "apt-get install {}"),
    ("dnf", "dnf install {}"),
    ("yum", "yum install {}"),
    ("zypper", "zypper install {}"),
    ("pacman", "pacman -S {}"),
    ("apk", "apk add {}"),
)


def pip_line(interpreter: Interpreter, *words: str) -> str:
    """Return the line that installs into the target's interpreter, with uv where there is no pip."""
    return _pip(interpreter.executable, words, has_pip="pip" in interpreter.installed)


def own_pip_line(*words: str) -> str:
    """Return the line that installs beside perfwatch itself."""
    return _pip(sys.executable, words, has_pip=importlib.util.find_spec("pip") is not None)


def _pip(executable: str, words: tuple[str, ...], *, has_pip: bool) -> str:
    command = [executable, "-m", "pip"] if has_pip else ["uv", "pip"]
    place = [] if has_pip else ["--python", executable]
    return shlex.join([*command, "install", *place, *words])


def system_line(package: str, environ: Mapping[str, str]) -> str:
    """Return the line that installs a system package; nothing where no package manager is known."""
    path = environ.get("PATH")
    if environ.get("CONDA_PREFIX") and shutil.which("conda", path=path):
        return f"conda install -c conda-forge {package}"
    for program, line in _MANAGERS:
        if shutil.which(program, path=path):
            return as_root(line.format(package))
    return f"brew install {package}" if shutil.which("brew", path=path) else ""


def as_root(command: str) -> str:
    """Return the command with sudo before it, unless we are the administrator already."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return command if root else f"sudo {command}"


def tracing(root: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return why one process may not look into another here, and the command that allows it.

    Yama's ``ptrace_scope``, the missing capability of a container and macOS's
    protection are told apart by ``/proc`` below ``root``.
    """
    scope = text_of(root / "proc/sys/kernel/yama/ptrace_scope")
    if scope == "3":
        return "ptrace_scope is 3: nobody may trace until the machine is started again.", ""
    capabilities = re.search(r"^CapEff:\s*([0-9a-f]+)", text_of(root / "proc/self/status"), re.MULTILINE)
    may_trace = capabilities is not None and bool(int(capabilities[1], 16) >> _SYS_PTRACE & 1)
    if scope in {"1", "2"} and not may_trace:
        return (
            f"ptrace_scope is {scope}: only processes that perfwatch started itself can be looked into."
            if scope == "1"
            else "ptrace_scope is 2: only an administrator may look into a process.",
            as_root("sysctl kernel.yama.ptrace_scope=0"),
        )
    if (virtualisation(root, environ) or "").startswith("container") and not may_trace:
        return (
            "The container does not hold the capability SYS_PTRACE.",
            "docker run --cap-add=SYS_PTRACE IMAGE",
        )
    if sys.platform == "darwin":
        return "macOS lets only an administrator look into a process.", "sudo perfwatch doctor"
    return "", ""


#: The number of CAP_SYS_PTRACE in linux/capability.h.
_SYS_PTRACE = 19
