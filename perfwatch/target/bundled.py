"""Targets that are bundled workloads: ``workload:NAME[/STAGE[@VARIANT]] [--size S] [--seed N]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment.machine import free_bytes
from perfwatch.errors import TargetError
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.identity import target_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwatch.workloads.definition import Size

PREFIX = "workload:"
OPTIONS = ("size", "seed")
PACKAGE = "perfwatch.workloads."


def is_bundled(target: Target) -> bool:
    """Whether what the target calls is code of the bundled workloads, which a foreign environment lacks."""
    ours = target.kind is TargetKind.EXPERIMENT and str(target.module).startswith(PACKAGE)
    return ours or target.kind is TargetKind.WORKLOAD


def workload_target(text: str, arguments: tuple[str, ...]) -> Target:
    """Return the target of a bundled workload; its ``parameters`` are ``size`` and ``seed``.

    Raises ``TargetError`` for an unknown name, size or option.
    """
    # The table is small, but no other kind of target has a use for it.
    from perfwatch.workloads.catalogue import find_workload
    from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE

    cases = find_workload(text)
    given = _options(text, arguments)
    size = given.get("size", DEFAULT_SIZE)
    for case in cases:
        if size not in case.sizes:
            raise TargetError(
                f"{text} has no size {size!r}.",
                means="The workload's inputs cannot be made.",
                do=f"Choose one of: {', '.join(case.sizes)}.",
            )
        check_room(case.name, size, case.sizes)
    seed = given.get("seed", str(DEFAULT_SEED))
    if not (seed.isascii() and seed.isdigit()):
        raise TargetError(
            f"--seed {seed!r} is not a whole number of zero or more.",
            means="The workload's inputs cannot be drawn.",
            do="Write for example --seed 1",
        )
    seed = str(int(seed))
    identity = f"{text.removeprefix(PREFIX)}[size={size},seed={seed}]"
    return Target(
        kind=TargetKind.WORKLOAD,
        name=text,
        key=target_key(TargetKind.WORKLOAD, identity),
        arguments=arguments,
        parameters={"size": size, "seed": seed},
    )


def check_room(name: str, size: str, sizes: Mapping[str, Size]) -> None:
    """Raise ``TargetError`` where the memory that is free now is less than a size is known to need."""
    need = sizes[size].peak_bytes
    if not need or need <= (free := free_bytes()):
        return
    smaller = [one for one, other in sizes.items() if other.peak_bytes < free]
    choice = f"Choose size {' or '.join(smaller)}, or free" if smaller else "Free"
    raise TargetError(
        f"{name} at size {size} needs about {units.size(need)} of memory, and {units.size(free)} are free.",
        means="Nothing was started: the system would end it half way, or something else in its place.",
        do=f"{choice} memory.",
    )


def left_out_of(targets: Sequence[Target]) -> tuple[str, ...]:
    """Return a sentence for each variant that bundled targets leave out for want of a package."""
    from perfwatch.workloads.catalogue import left_out

    return tuple(text for one in targets if one.kind is TargetKind.WORKLOAD for text in left_out(one.name))


def _options(text: str, arguments: tuple[str, ...]) -> dict[str, str]:
    """Read ``--size S`` and ``--seed N``, each also as ``--size=S``."""
    given: dict[str, str] = {}
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in OPTIONS:
            raise TargetError(
                f"{text} takes no argument {word!r}.",
                means="A bundled workload knows --size and --seed only.",
                do="Put perfwatch's own options in front of the workload's name.",
            )
        if not equals and not waiting:
            raise TargetError(
                f"--{name} has no value.",
                means="The workload's inputs cannot be made.",
                do=f"Write for example {'--size small' if name == 'size' else '--seed 1'}",
            )
        given[name] = value if equals else waiting.pop(0)
    return given
