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
    install_line,
)
from perfwatch.workloads.digital_twin import DIGITAL_TWIN
from perfwatch.workloads.intent import INTENT
from perfwatch.workloads.nlsq import NLSQ
from perfwatch.workloads.surrogate import SURROGATE

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Every bundled workload, in the order in which they are listed.
WORKLOADS: tuple[Workload, ...] = (DIGITAL_TWIN, SURROGATE, NLSQ, INTENT)

#: How a workload is told from a path or a module.
PREFIX = "workload:"

#: What stands for every stage in place of one stage's name.
EVERY_STAGE = "*"

_FORMS = (
    "workload:NAME, workload:NAME@VARIANT, workload:NAME/STAGE, workload:NAME/STAGE@VARIANT "
    "or 'workload:NAME/*' for every stage"
)


def find_workload(text: str) -> tuple[WorkloadCase, ...]:
    """Return the cases that ``text`` stands for, in the order of the table.

    ``text`` has one of these forms, with or without ``workload:`` in front:

    * ``digital-twin``: the whole, by reference; ``digital-twin@optimized``: the whole in that form;
    * ``digital-twin/physics``: the stage's working variants, less those whose optional packages
      are not installed; ``digital-twin/physics@vectorised``: that variant, working or not;
    * ``digital-twin/*``: the working variants of every stage, one by one;
      ``digital-twin/*@optimized``: that variant of every stage that has it.

    ``@optimized`` is the stage's best working variant, under its real name. Raises
    ``TargetError`` for a name that does not exist, naming the nearest.
    """
    workload, stage_name, variant_name = _parts(text)
    if stage_name == EVERY_STAGE:
        return _cases_of_every_stage(workload, variant_name)
    stage = workload.whole if stage_name is None else _stage(workload, stage_name)
    if variant_name is not None:
        return (_case(workload, stage, _variant(workload, stage, variant_name)),)
    if stage is workload.whole:
        return (_case(workload, stage, _variant(workload, stage, stage.reference)),)
    return tuple(_case(workload, stage, variant) for variant in _ready(stage))


def find_stage(text: str) -> tuple[Stage, Variant]:
    """Return the stage (or whole) and the one variant that ``NAME[/STAGE]@VARIANT`` stands for.

    Raises as ``find_workload`` does.
    """
    workload, stage_name, variant_name = _parts(text)
    if variant_name is None or stage_name == EVERY_STAGE:
        raise TargetError(
            f"{text!r} names no variant of one stage.",
            means="One form of one stage, or of the whole, is needed here.",
            do="Write workload:NAME/STAGE@VARIANT or workload:NAME@VARIANT; perfwatch workloads lists them.",
        )
    stage = workload.whole if stage_name is None else _stage(workload, stage_name)
    return stage, _variant(workload, stage, variant_name)


def _parts(text: str) -> tuple[Workload, str | None, str | None]:
    """Return the workload, and the names of stage and variant where ``text`` has them."""
    path, at, variant_name = text.removeprefix(PREFIX).partition("@")
    workload_name, slash, stage_name = path.partition("/")
    return _workload(workload_name), stage_name if slash else None, variant_name if at else None


def _cases_of_every_stage(workload: Workload, variant_name: str | None) -> tuple[WorkloadCase, ...]:
    if variant_name is None:
        return tuple(
            _case(workload, stage, variant) for stage in workload.stages for variant in _ready(stage)
        )
    found = tuple(
        _case(workload, stage, variant)
        for stage in workload.stages
        for variant in stage.variants
        if variant.name == (stage.optimized if variant_name == OPTIMIZED else variant_name)
    )
    if not found:
        known = dict.fromkeys(variant.name for stage in workload.stages for variant in stage.variants)
        raise _unknown("variant", variant_name, [*known, OPTIMIZED], within=f"{workload.name}/{EVERY_STAGE}")
    return found


def missing_packages(variant: Variant) -> tuple[str, ...]:
    """Return which of the packages that a variant requires this interpreter does not have."""
    return tuple(name for name in variant.requires if find_spec(name) is None)


def left_out(text: str) -> tuple[str, ...]:
    """Return a sentence for each working variant that ``text`` stands for but for a package that is not there.

    ``text`` is as for ``find_workload``. A variant that is named is measured, and fails
    where its package is missing: nothing is left out then.
    """
    workload, stage_name, variant_name = _parts(text)
    if stage_name is None or variant_name is not None:
        return ()
    stages = workload.stages if stage_name == EVERY_STAGE else (_stage(workload, stage_name),)
    return tuple(
        f"{stage.name}@{variant.name} was left out: {', '.join(missing)} is not installed "
        f"({install_line(missing)})"
        for stage in stages
        for variant in stage.variants
        if variant.expected is Expectation.WORKS and variant.name != stage.reference
        if (missing := missing_packages(variant))
    )


def _ready(stage: Stage) -> tuple[Variant, ...]:
    """Return the variants that can be measured here; without its reference a stage must fail, not vanish."""
    return tuple(
        variant
        for variant in stage.variants
        if variant.expected is Expectation.WORKS
        and (variant.name == stage.reference or not missing_packages(variant))
    )


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
    names = list(dict.fromkeys([*(variant.name for variant in stage.variants), OPTIMIZED]))
    if stage is not workload.whole:
        raise _unknown("variant", name, names, within=f"{workload.name}/{stage.name}")
    elsewhere = [
        f"{workload.name}/{one.name}@{variant.name}" for one in workload.stages for variant in one.variants
    ]
    raise _unknown("variant", name, names, within=f"{workload.name} as a whole", hints=elsewhere)


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
    # The pieces of a longer name, such as digital-twin, physics and vectorised.
    longer = [hint for hint in hints if name and name in hint.replace("@", "/").split("/")]
    near = get_close_matches(name, known, n=2) or longer
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return TargetError(
        f"{place} no {noun} {name!r}.",
        means="Nothing was measured.",
        do=f"{meant}Known {noun}s: {_listed(known)}. Write {_FORMS}.",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
