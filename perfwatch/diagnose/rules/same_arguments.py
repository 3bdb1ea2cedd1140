"""The same call with the same arguments, answered anew each time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.effects import changing_reads, effect_of
from perfwatch.diagnose.places import place_of
from perfwatch.diagnose.purity import is_pure_function
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import times
from perfwatch.records.experiment import Experiment, ExperimentKind
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Function, Module

    Place = tuple[Module, Function]

_REFERENCE = "https://docs.python.org/3/library/functools.html#functools.cache"
_SHARE_AT_LEAST = 0.1
_CALLS_AT_LEAST = 20
_DISTINCT_AT_MOST = 0.5
_FUNCTIONS_AT_MOST = 8
_NAMED_AT_MOST = 3


def ask(scene: Scene) -> Iterator[Experiment]:
    """Want to know how often the dearest functions that nobody keeps the answers of get the same arguments."""
    places = _candidates(scene)[:_FUNCTIONS_AT_MOST]
    if places:
        yield Experiment(
            kind=ExperimentKind.ARGUMENTS,
            target=scene.evidence.benchmark.target,
            benchmark=scene.evidence.benchmark.name,
            share_ratio=scene.function_share(*places[0]),
            functions=tuple(place_of(*one) for one in places),
        )


def find(scene: Scene) -> Iterator[Suspect]:
    """A function at least half of whose calls had arguments that it was given before."""
    brought = {
        one.function: one.figures
        for one in scene.evidence.tried(ExperimentKind.ARGUMENTS)
        if one.figures and not one.figures["opaque_count"]
    }
    explained: set[int] = set()
    for module, function in _candidates(scene) if brought else ():
        figures = brought.get(place_of(module, function))
        if figures is None or figures["distinct_count"] > _DISTINCT_AT_MOST * figures["calls_count"]:
            continue
        # What only a repeated function calls is repeated with it, and goes with it.
        within = _callers(scene, function)
        explained_here = bool(within) and within <= explained
        explained.add(id(function))
        if not explained_here and not effect_of(scene.program, module, function):
            yield _suspect(scene, (module, function), figures)


def _candidates(scene: Scene) -> list[Place]:
    """The functions worth asking about, dearest first."""
    found: list[tuple[float, Module, Function]] = []
    for module in scene.program.modules.values():
        for function in (one for named in module.functions.values() for one in named):
            share = scene.function_share(module, function)
            if share >= _SHARE_AT_LEAST and _is_askable(scene, module, function):
                found.append((share, module, function))
    return [(module, function) for _, module, function in sorted(found, key=lambda one: -one[0])]


def _is_askable(scene: Scene, module: Module, function: Function) -> bool:
    """Whether a function's arguments say all that goes in, and nothing keeps its answers yet.

    A method's object is one of them. A function inside a function has what is around it; a
    recursion's own answers are another rule's.
    """
    plain = isinstance(function, ast.FunctionDef) and (
        isinstance(module.parents.get(function), (ast.Module, ast.If))
        or _class_of(module, function) is not None
    )
    own = any(isinstance(one, ast.Call) and called_name(one) == function.name for one in ast.walk(function))
    kept = any(
        "cache" in (words := module.words(one).lower()) or "memo" in words for one in function.decorator_list
    )
    return plain and not own and not kept and scene.calls_of(module, function) >= _CALLS_AT_LEAST


def _class_of(module: Module, function: Function) -> ast.ClassDef | None:
    """The class that a function is a method of, where it is called of its objects and not by Python's own protocols."""
    owner = module.parents.get(function)
    if not isinstance(owner, ast.ClassDef) or not isinstance(module.parents.get(owner), ast.Module):
        return None
    named = [one.arg for one in (*function.args.posonlyargs, *function.args.args)][:1] == ["self"]
    special = function.name.startswith("__") and function.name.endswith("__")
    return owner if named and not special and not function.decorator_list else None


def _callers(scene: Scene, function: Function) -> set[int]:
    """The functions that call a function, by identity; what calls it at the module's own level is nobody."""
    return {id(module.function_of(call)) for module, call in scene.program.calls_named(function.name)}


def _suspect(scene: Scene, place: Place, figures: Mapping[str, float]) -> Suspect:
    module, function = place
    calls, distinct = figures["calls_count"], figures["distinct_count"]
    repeated = 1 - distinct / calls
    owner = _class_of(module, function)
    doubts = (*changing_reads(module, function), *(_shared(owner) if owner is not None else ()))
    pure = is_pure_function(scene.program, module, function) and not doubts
    where, node = _dearest_call(scene, place)
    return Suspect(
        module=where,
        node=node,
        share=scene.function_share(module, function) * repeated,
        mechanism=f"{function.name} (line {function.lineno}) was called {times(calls)} with {units.count(distinct)} different "
        f"arguments{' and states of its object' if owner is not None else ''}: {units.portion(repeated)} of its calls computed "
        "what was known",
        evidence={
            "calls_count": calls,
            "distinct_count": distinct,
            "opaque_count": figures["opaque_count"],
            "unhashable_count": figures["unhashable_count"],
            "repeated_ratio": repeated,
        },
        advice=(_advice if owner is None else _method_advice)(
            function, "" if pure else _check(doubts), unhashable=figures["unhashable_count"] > 0
        ),
        sure=Grade.HIGH if pure else Grade.MEDIUM,
    )


def _shared(owner: ast.ClassDef) -> tuple[str, ...]:
    """What the objects of a class have in common and may change: its own values, and what it inherits."""
    values = [
        ast.unparse(target)
        for one in owner.body
        if isinstance(one, (ast.Assign, ast.AnnAssign))
        and not isinstance(one.value, (ast.Constant, type(None)))
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
    ]
    return tuple(f"{owner.name}.{name}" for name in values) + tuple(
        f"what {ast.unparse(one)} holds" for one in owner.bases
    )


def _check(doubts: tuple[str, ...]) -> str:
    what = (
        f"that {', '.join(doubts)} does not change between calls"
        if doubts
        else "that it only computes its answer"
    )
    return f" Check first {what}: it could not be told from its source."


def _advice(function: Function, check: str, *, unhashable: bool) -> Advice:
    arguments, name = ast.unparse(function.args), function.name
    risk = "Answers are kept until the programme ends, and every caller gets the same object: none may change it."
    if not unhashable:
        return Advice(
            summary=f"Keep the answers of {name} by its arguments, or fill a table of them before the loop.{check}",
            code=f"@functools.cache\ndef {name}({arguments}):",
            risk=risk,
            reference=_REFERENCE,
        )
    names = [one.arg for one in function.args.args]
    return Advice(
        summary=f"Keep the answers of {name} in a dictionary. Its arguments are no keys themselves: take a list as a tuple, an array "
        f"by its shape and tobytes().{check}",
        code=f"answers = {{}}  # outside {name}\nkey = ({', '.join(names)},)  # each as a tuple, or (shape, tobytes())\n"
        f"if key not in answers:\n    answers[key] = {name}({', '.join(names)})",
        risk=risk,
        reference=_REFERENCE,
    )


def _method_advice(function: Function, check: str, *, unhashable: bool) -> Advice:
    name = function.name
    arguments = [
        one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    ][1:]
    read = sorted({
        one.attr
        for one in ast.walk(function)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self"
    })  # fmt: skip
    rests = f"self.{', self.'.join(read[:_NAMED_AT_MOST])}" if read else "the object"
    changes = (
        f"{rests} or another of its attributes changes" if len(read) > _NAMED_AT_MOST else f"{rests} changes"
    )
    risk = "Where that is forgotten, old answers are given; and every caller gets the same object: none may change it."
    if not arguments:
        return Advice(
            summary=f"Keep the answer of {name} with its object, and make it anew where {changes}.{check}",
            code=f"if self.kept_{name} is None:  # set so in __init__, and where the object changes\n"
            f"    self.kept_{name} = self.{name}()",
            risk=risk,
            reference=_REFERENCE,
        )
    key = ", ".join(arguments)
    hint = "  # each as a tuple, or (shape, tobytes())" if unhashable else ""
    return Advice(
        summary=f"Keep the answers of {name} in a dictionary of its object's, by its arguments; empty it where {changes}.{check}",
        code=f"key = ({key},){hint}\nif key not in self.answers:  # a dictionary, made in __init__\n"
        f"    self.answers[key] = self.{name}({key})",
        risk=risk,
        reference=_REFERENCE,
    )


def _dearest_call(scene: Scene, place: Place) -> tuple[Module, ast.AST]:
    """The statement with the most time that calls the function; its definition where no such line was seen."""
    for site in scene.sites:
        for call in site.calls():
            if called_name(call) == place[1].name and scene.program.defined(site.module, call) in (
                None,
                place,
            ):
                return site.module, site.statement
    return place


RULE = Rule(
    slug="same-arguments",
    title="The same call with the same arguments",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function of a module or a method, with a tenth of the time and entered 20 times and more, at least half of whose calls had "
    "arguments that it was given before, and that does nothing but answer",
    limits="inner functions and functions that call themselves are not asked about; arguments that are known by their identity "
    "alone, and methods of objects that hold such things, are no ground for a finding",
    source=_REFERENCE,
    find=find,
    ask=ask,
)
