"""The two targets of an experiment, from the words that name its sides; must not import either."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.records.proof import AnswerRule, Experiment
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.bundled import PREFIX, check_room
from perfwatch.target.identity import target_key
from perfwatch.target.modules import callable_target, is_callable_name
from perfwatch.target.parse import parse_targets

if TYPE_CHECKING:
    from perfwatch.target.choice import TargetChoice

PROGRAMMES = (TargetKind.SCRIPT, TargetKind.MODULE)


def experiment_targets(experiment: Experiment, choice: TargetChoice) -> tuple[Experiment, Target, Target]:
    """Return the experiment with what its stage adds to it, and the targets of reference and candidate.

    Raises ``TargetError`` for a side that does not exist, and for two that are not
    of one kind.
    """
    words = (experiment.reference, experiment.candidate)
    if all(word.startswith(PREFIX) for word in words):
        return _of_a_stage(experiment)
    if len({is_callable_name(word) for word in words}) > 1 or any(word.startswith(PREFIX) for word in words):
        raise TargetError(
            f"{words[0]} and {words[1]} are not of one kind.",
            means="Both sides of a proof are callables, or variants of one stage, or scripts and modules.",
            do="Write for example perfwatch prove package.module:old package.module:new",
        )
    if all(is_callable_name(word) for word in words):
        choice = replace(
            choice, setup=experiment.inputs, setup_option="--inputs", setup_given=_given(experiment)
        )
        for word in words:
            callable_target(word, choice)
        reference, candidate = (callable_side(word, experiment.inputs, experiment.sizes) for word in words)
        return experiment, reference, candidate
    programmes = [_programme(word, choice) for word in words]
    for option, given in (("--inputs", experiment.inputs), ("--sizes", experiment.sizes)):
        if given:
            raise TargetError(
                f"{option} is for callables, and {experiment.reference} is a programme.",
                means="A programme has no arguments that a function makes.",
                do="Name callables (package.module:function), or put the arguments into the words of each side.",
            )
    return experiment, programmes[0], programmes[1]


def _given(experiment: Experiment) -> tuple[str, ...]:
    """What the function of ``--inputs`` is called with, by name."""
    return ("seed", "size") if experiment.sizes else ("seed",)


def _programme(word: str, choice: TargetChoice) -> Target:
    found = parse_targets(tuple(shlex.split(word)), choice)
    if len(found) != 1 or found[0].kind not in PROGRAMMES:
        raise TargetError(
            f"{word!r} cannot be a side of a proof beside the other one.",
            means="Both sides are callables, or both are scripts or modules.",
            do="Write for example perfwatch prove package.module:old package.module:new, or old.py new.py",
        )
    return found[0]


def callable_side(word: str, inputs: str | None, sizes: tuple[str, ...]) -> Target:
    """Return a function (``package.module:function``) as one side of an experiment."""
    module, _, function = word.partition(":")
    return Target(
        kind=TargetKind.EXPERIMENT,
        name=word,
        key=target_key(TargetKind.EXPERIMENT, word, setup=inputs),
        module=module,
        function=function,
        setup=inputs,
        parameters={"sizes": ",".join(sizes)},
    )


def _of_a_stage(experiment: Experiment) -> tuple[Experiment, Target, Target]:
    """Two variants of one stage: its inputs, its sizes, its rule."""
    # The table is small, but no other kind of experiment has a use for it.
    from perfwatch.workloads.catalogue import find_stage
    from perfwatch.workloads.definition import rule_of_equality

    (stage, reference), (other, candidate) = (
        find_stage(word) for word in (experiment.reference, experiment.candidate)
    )
    if stage is not other:
        raise TargetError(
            f"{experiment.reference} and {experiment.candidate} are variants of two stages.",
            means="They do not compute the same thing.",
            do=f"Choose among the variants of {stage.name}: {', '.join(one.name for one in stage.variants)}.",
        )
    sizes = experiment.sizes or ("small",)
    for size in sizes:
        if size not in stage.sizes:
            raise TargetError(
                f"{stage.name} has no size {size!r}.",
                means="The stage's inputs cannot be made.",
                do=f"Choose one of: {', '.join(stage.sizes)}.",
            )
        check_room(stage.name, size, stage.sizes)
    targets = []
    for variant in (reference, candidate):
        target = callable_side(variant.function, stage.inputs, sizes)
        targets.append(replace(target, parameters={**target.parameters, "whole": "yes"}))
    rule = experiment.rule if experiment.rule != AnswerRule() else rule_of_equality(stage.equality)
    return replace(experiment, sizes=sizes, rule=rule, inputs=stage.inputs), targets[0], targets[1]
