"""What a test needs from the machine: present, or the test is skipped with the install line.

With ``PERFWATCH_TEST_REQUIRE=all`` in the environment a missing tool fails the
test instead, so that a machine which should have everything cannot pass by
skipping. A GPU is the one exception: nobody can install one.
"""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

import pytest


def need(condition, reason, install):
    """Go on where ``condition`` holds; else skip, or fail where everything is required."""
    __tracebackhide__ = True
    if condition:
        return
    message = f"{reason}; {install}"
    if os.environ.get("PERFWATCH_TEST_REQUIRE") == "all":
        pytest.fail(f"{message} (PERFWATCH_TEST_REQUIRE=all)", pytrace=False)
    pytest.skip(message, allow_module_level=True)


def need_program(name, package):
    """Return the path of a program; ``package`` is Debian's."""
    __tracebackhide__ = True
    path = shutil.which(name)
    need(path is not None, f"{name} is not in PATH", f"apt-get install {package}")
    return path


def need_module(name, package):
    """Return an imported module; ``package`` is its distribution."""
    __tracebackhide__ = True
    try:
        return importlib.import_module(name)
    except ImportError as error:
        need(condition=False, reason=f"{name} does not import ({error})", install=f"pip install {package}")
        raise


def need_gpu():
    """Skip where the machine has no NVIDIA GPU, whatever is required."""
    if not Path("/proc/driver/nvidia/version").exists():
        pytest.skip("no NVIDIA driver on this machine", allow_module_level=True)
