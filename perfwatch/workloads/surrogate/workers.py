"""Processes that are lent for one call, and have ended when it returns, whatever happens.

This module must not know what they compute.
"""

from __future__ import annotations

import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def processes(
    count: int,
    start_method: str = "",
    *,
    initializer: Callable[..., Any] | None = None,
    initargs: tuple[Any, ...] = (),
) -> Iterator[ProcessPoolExecutor]:
    """Lend ``count`` processes, started by ``start_method`` or, where that is empty, as Python does by itself."""
    context = multiprocessing.get_context(start_method or None)
    with warnings.catch_warnings():
        # A fork beside other threads warns (Python from 3.12 on, and JAX where it is loaded);
        # the workers use no lock of theirs, and no library that keeps threads.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
        executor = ProcessPoolExecutor(count, context, initializer=initializer, initargs=initargs)
        try:
            yield executor
        finally:
            # Without cancelling what waits: where a task cannot be pickled, Python 3.11 would wait for
            # it for ever after (the queue's feeder and the pool then keep two lists of what is left).
            executor.shutdown(wait=True)
