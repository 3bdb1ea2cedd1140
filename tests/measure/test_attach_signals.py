"""A signal that comes while a process is watched is kept, not raised, and what was before comes back."""

from __future__ import annotations

import contextlib
import signal

import pytest

from perfwatch.errors import Terminated
from perfwatch.measure.attach_signals import Signals


@contextlib.contextmanager
def handling(number, handler):
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_signals_within_the_block_are_kept():
    with Signals() as signals:
        assert not signals.came()
        assert signals.reason is None
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert signals.came()
    assert isinstance(signals.reason, KeyboardInterrupt)


def test_termination_is_stronger_than_ctrl_c():
    with Signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert isinstance(signals.reason, Terminated)


def test_behind_the_block_a_signal_does_what_it_did_before():
    with handling(signal.SIGINT, signal.default_int_handler):
        with Signals():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_was_ignored_stays_ignored():
    # As in a job that a shell script put into the background.
    with handling(signal.SIGINT, signal.SIG_IGN), Signals() as signals:
        signal.raise_signal(signal.SIGINT)
        assert not signals.came()
