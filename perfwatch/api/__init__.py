"""``perfwatch.profile`` and ``perfwatch.benchmark``: another door to the pipeline, for Python's own calls.

It must not print: whoever asks gets a record. Importing it must stay cheap; what
measures is loaded when something is measured.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from perfwatch.api.asked import BenchmarkOptions, ProfileOptions
    from perfwatch.api.measuring import Errand
    from perfwatch.api.proving import Named, ProofOptions
    from perfwatch.api.results import ProfileResult, TimingResult
    from perfwatch.records.proof import Proof
    from perfwatch.records.report import Report

__all__ = ["benchmark", "profile", "prove"]

R = TypeVar("R")


def profile(
    function: Callable[..., R], /, *args: Any, **options: Unpack[ProfileOptions]
) -> tuple[R, ProfileResult]:
    """Call ``function(*args)`` once, here, and profile it; return its value and the profile.

    A function that another process can import is then executed in processes of its
    own: for clean times, and once more under each pass. Any other is profiled in
    this very call, by samples of its calls alone, and the result is marked so.

    Options: ``passes`` ("timing,cpu,lines,memory,io,gpu"), ``budget``, ``timeout``,
    ``kwargs`` (the function's arguments by name), ``name``, ``store``, ``progress``.

    What the function raises goes on up. Raises ``TargetError`` for a generator or
    coroutine function and for what cannot be called, ``UsageError`` for an option that
    makes no sense, ``TargetFailed`` where it works here and in no other process.
    """
    from perfwatch.api import measuring

    errand = _errand("profile", function, args, dict(options))
    if errand.subject.here_because:
        _refuse_passes(errand, dict(options))
        value, report = measuring.profiled_here(errand)
    else:
        value = errand.subject.call()
        report = measuring.in_workers(errand)
    return value, _profile_result(errand, report, value)


def benchmark(
    function: Callable[..., Any], /, *args: Any, **options: Unpack[BenchmarkOptions]
) -> TimingResult:
    """Time ``function(*args)``: in several processes of its own, where they can import it; return the timing.

    Any other function is timed in this process, and the result is marked "one
    process: no interval". It is called again and again with the same arguments.

    Options: ``budget``, ``timeout``, ``processes``, ``margin``, ``kwargs`` (the
    function's arguments by name), ``name``, ``store``, ``progress``.

    Raises ``TargetFailed`` where the function raises, ``TargetError`` for a
    generator or coroutine function and for what cannot be called, ``UsageError`` for
    an option that makes no sense.
    """
    from perfwatch.api import measuring

    errand = _errand("benchmark", function, args, dict(options))
    if not errand.subject.here_because:
        return _timing_result(errand, measuring.in_workers(errand))
    from perfwatch.errors import PerfwatchError, TargetFailed

    try:
        return _timing_result(errand, measuring.timed_here(errand))
    except PerfwatchError:
        raise
    except Exception as error:
        raise TargetFailed(
            f"{errand.subject.title} raised {type(error).__name__}: {error}",
            means="It was called in this process, and nothing of it was stored.",
            do="The traceback above shows where.",
        ) from error


def prove(
    reference: Named, candidate: Named, inputs: Named | None = None, /, **options: Unpack[ProofOptions]
) -> Proof:
    """Hold ``candidate`` against ``reference``: whether it gives the same answer, and how much faster it is.

    All three are functions that another process can import, or texts that name
    them (``"package.module:function"``); ``inputs`` makes the arguments. Both sides are called in
    processes of their own.

    Options: ``sizes``, ``rtol``, ``atol``, ``exact``, ``statistical``, ``rule``,
    ``ignore``, ``margin`` (a share: 0.05), ``name``, ``budget``, ``timeout``, ``progress``;
    as those of ``perfwatch prove``.

    Raises ``TargetError`` for a function that no other process can import,
    ``UsageError`` for an option that makes no sense.
    """
    from perfwatch.api import proving

    return proving.prove(reference, candidate, inputs, options)


def _errand(verb: str, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Errand:
    from perfwatch.api.asked import asked_for
    from perfwatch.api.measuring import Errand, refuse
    from perfwatch.api.subjects import subject_of

    refuse(verb)
    asked = asked_for(verb, options)
    return Errand(verb=verb, subject=subject_of(function, args, asked.keywords), asked=asked)


def _refuse_passes(errand: Errand, options: dict[str, Any]) -> None:
    """A call in this process has one collector; whoever names another should know it before the call."""
    from perfwatch.errors import UsageError
    from perfwatch.records.run import PassName

    passes = errand.asked.config.passes
    if options.get("passes") is not None and passes != (PassName.CPU,):
        named = ", ".join(name.value for name in passes)
        raise UsageError(
            f"{errand.subject.title} can only be profiled in this process: {errand.subject.here_because}.",
            means=f"Here there is the cpu pass alone, and {named} was asked for. Nothing was called.",
            do='Leave passes out, write passes="cpu", or make it a function of a module, with arguments that pickle.',
        )


def _marks(errand: Errand, report: Report) -> tuple[str, ...]:
    """What must be known of the figures: which of them one process told, and which process."""
    from perfwatch.pipeline.here import ONE_PROCESS

    if errand.subject.here_because:
        return (ONE_PROCESS, f"measured in the calling process: {errand.subject.here_because}")
    timings = [one.timing for one in report.run.benchmarks if one.timing is not None]
    if any(timing.interval_ns is None and len(timing.processes) == 1 for timing in timings):
        return (f"{ONE_PROCESS}; there was no room for another in the budget",)
    return ()


def _fields(errand: Errand, report: Report) -> dict[str, Any]:
    """What both kinds of result have."""
    from perfwatch.api.results import Where

    return {
        "name": errand.target.name,
        "where": Where.HERE if errand.subject.here_because else Where.WORKERS,
        "marks": _marks(errand, report),
        "report": report,
        "settings": errand.asked.config,
    }


def _timing_result(errand: Errand, report: Report) -> TimingResult:
    from perfwatch.api.results import TimingResult

    return TimingResult(**_fields(errand, report))


def _profile_result(errand: Errand, report: Report, value: Any) -> ProfileResult:
    from perfwatch.api.results import ProfileResult

    fields = _fields(errand, report)
    if isinstance(value, types.GeneratorType | types.CoroutineType | types.AsyncGeneratorType):
        undone = f"it returned a {type(value).__name__}, and only the making of that was measured"
        fields["marks"] = (*fields["marks"], undone)
    return ProfileResult(**fields)
