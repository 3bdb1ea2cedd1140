"""Settings for the whole suite; what a test needs from the machine is in ``tools``."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# A shared machine pauses for longer than any deadline, and says nothing by it.
settings.register_profile("local", deadline=None)
# A failure that comes and goes helps nobody who only sees the log.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if {"CI", "PERFWATCH_TEST_REQUIRE"} & os.environ.keys() else "local")

# What the developer has set for their own runs must not decide a test, and an
# environment that they have active must not become a test's interpreter.
for _name in list(os.environ):
    _ours = _name.startswith("PERFWATCH_") and not _name.startswith("PERFWATCH_TEST_")
    if _ours or _name in {"VIRTUAL_ENV", "CONDA_PREFIX"}:
        del os.environ[_name]

# Whoever starts the suite in the background may have Ctrl-C ignored, and a child inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
