"""The list of bundled workloads, and the way from a name to the cases it stands for.

This module must not import the science, so that listing is instant.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.workloads.definition import (
    OPTIMIZED,
    Expectation,
    Stage,
    Variant,
    Workload,
    WorkloadCase,
)
from perfwatch.workloads.digital_twin import DIGITAL_TWIN

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Every bundled workload, in the order in which they are listed.
WORKLOADS: tuple[Workload, ...] = (DIGITAL_TWIN,)

#: How a workload is told from a path or a module.
PREFIX = "workload:"

_FORMS = "workload:NAME, workload:NAME/STAGE or workload:NAME/STAGE@VARIANT"


def find_workload(text: str) -> tuple[WorkloadCase, ...]:
    """Return the cases that ``text`` stands for, in the order of the table.

    ``text`` is ``digital-twin`` (all stages), ``digital-twin/physics`` (the stage's
    working variants, less those whose optional packages are not installed) or ``digital-twin/physics@vectorised`` (that variant, working
    or not), each with or without ``workload:`` in front. ``@optimized`` is the
    stage's best working variant, under its real name.

    Raises ``TargetError`` for a name that does not exist, naming the nearest.
    """
    wanted = text.removeprefix(PREFIX)
    path, at, variant_name = wanted.partition("@")
    workload_name, slash, stage_name = path.partition("/")
    workload = _workload(workload_name)
    if at and not slash:
        raise TargetError(
            f"{text!r} names a variant but no stage.",
            means="Each stage has variants of its own, so nothing was chosen.",
            do=f"Write {_FORMS}; the stages are {_listed(stage.name for stage in workload.stages)}.",
        )
    stages = (_stage(workload, stage_name),) if slash else workload.stages
    return tuple(
        _case(workload, stage, variant)
        for stage in stages
        for variant in ((_variant(workload, stage, variant_name),) if at else _ready(stage))
    )


def missing_packages(variant: Variant) -> tuple[str, ...]:
    """Return which of the packages that a variant requires this interpreter does not have."""
    return tuple(name for name in variant.requires if find_spec(name) is None)


def _ready(stage: Stage) -> tuple[Variant, ...]:
    """Return the variants that can be measured here; without its reference a stage must fail, not vanish."""
    return tuple(
        variant
        for variant in stage.variants
        if variant.expected is Expectation.WORKS
        and (variant.name == stage.reference or not missing_packages(variant))
    )


def find_stage(text: str) -> tuple[Stage, Variant]:
    """Return the stage and the one variant that ``NAME/STAGE@VARIANT`` stands for; raises as ``find_workload`` does."""
    wanted = text.removeprefix(PREFIX)
    path, at, variant_name = wanted.partition("@")
    workload_name, slash, stage_name = path.partition("/")
    if not (slash and at):
        raise TargetError(
            f"{text!r} names no variant.",
            means="One form of a stage is needed here.",
            do="Write workload:NAME/STAGE@VARIANT; perfwatch workloads lists them.",
        )
    workload = _workload(workload_name)
    stage = _stage(workload, stage_name)
    return stage, _variant(workload, stage, variant_name)


def _workload(name: str) -> Workload:
    for workload in WORKLOADS:
        if workload.name == name:
            return workload
    full_names = [f"{workload.name}/{stage.name}" for workload in WORKLOADS for stage in workload.stages]
    raise _unknown("workload", name, [workload.name for workload in WORKLOADS], hints=full_names)


def _stage(workload: Workload, name: str) -> Stage:
    for stage in workload.stages:
        if stage.name == name:
            return stage
    raise _unknown("stage", name, [stage.name for stage in workload.stages], within=workload.name)


def _variant(workload: Workload, stage: Stage, name: str) -> Variant:
    real_name = stage.optimized if name == OPTIMIZED else name
    for variant in stage.variants:
        if variant.name == real_name:
            return variant
    names = [*(variant.name for variant in stage.variants), OPTIMIZED]
    raise _unknown("variant", name, names, within=f"{workload.name}/{stage.name}")


def _case(workload: Workload, stage: Stage, variant: Variant) -> WorkloadCase:
    return WorkloadCase(
        workload=workload.name,
        stage=stage.name,
        variant=variant.name,
        function=variant.function,
        inputs=stage.inputs,
        sizes=stage.sizes,
    )


def _unknown(
    noun: str, name: str, known: list[str], *, within: str = "", hints: Iterable[str] = ()
) -> TargetError:
    """Return the error for an unknown name; ``hints`` are longer names that may have been meant."""
    place = f"{within} has" if within else "There is"
    near = get_close_matches(name, known, n=2) or [hint for hint in hints if name and name in hint.split("/")]
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return TargetError(
        f"{place} no {noun} {name!r}.",
        means="Nothing was measured.",
        do=f"{meant}Known {noun}s: {_listed(known)}. Write {_FORMS}.",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
