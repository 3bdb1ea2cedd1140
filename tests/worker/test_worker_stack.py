"""A process that began with a larger stack has its user's again, and so have its threads."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import threading

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no limit of the stack", allow_module_level=True)

import resource

from perfwatch.worker.stack import HELD_TO_IT, UNLIMITED_THREAD_BYTES, give_back

#: Elsewhere the limit is not what sizes a thread's stack, and nothing is set.
GLIBC = platform.libc_ver()[0] == "glibc"
TOLD = """
import json, os, resource, sys, threading
from perfwatch.worker.stack import give_back

hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
resource.setrlimit(resource.RLIMIT_STACK, (32 << 20, hard))
give_back({allowed})
done = []
thread = threading.Thread(target=done.append, args=(1,))
thread.start()
thread.join()
print(json.dumps([resource.getrlimit(resource.RLIMIT_STACK)[0], threading.stack_size(), done]))
"""


def told(allowed):
    done = subprocess.run(
        [sys.executable, "-c", TOLD.format(allowed=allowed)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_the_limit_is_the_users_again_and_threads_have_as_much():
    soft, thread, done = told(8 << 20)
    assert soft == (32 << 20 if sys.version_info >= HELD_TO_IT else 8 << 20)
    assert thread == (8 << 20 if GLIBC else 0)
    assert done == [1]


def test_a_limit_that_is_less_than_a_thread_needs_was_never_that_of_threads(monkeypatch):
    limits = []
    monkeypatch.setattr(resource, "setrlimit", lambda _which, values: limits.append(values[0]))
    give_back(1 << 10)
    assert limits == ([] if sys.version_info >= HELD_TO_IT else [1 << 10])
    assert threading.stack_size() == 0


def test_without_a_limit_a_thread_has_what_the_library_gives():
    if resource.getrlimit(resource.RLIMIT_STACK)[1] != resource.RLIM_INFINITY:
        pytest.skip("this shell's hard limit of the stack does not let a process go without one")
    soft, thread, done = told(-1)
    assert soft == (32 << 20 if sys.version_info >= HELD_TO_IT else -1)
    assert thread == (UNLIMITED_THREAD_BYTES if GLIBC else 0)
    assert done == [1]
