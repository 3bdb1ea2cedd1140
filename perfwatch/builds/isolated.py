"""Base and head, each in an environment of its own, built from its own tree.

It must not decide whether that is needed.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.builds.dependencies import constraints_of, digest_of_files, distribution_of
from perfwatch.builds.environments import BuildFailed, Built, Recipe, Shelf, Source, variables_of
from perfwatch.builds.furnishing import Ground, Seating
from perfwatch.builds.revisions import check_out, dirty_files, forget, tree_id
from perfwatch.builds.trees import copied, files_of, overlay
from perfwatch.environment import lent_profilers
from perfwatch.measure.setting import Served, SidePlace
from perfwatch.records.pairing import Side
from perfwatch.records.plan import StepEnded, StepStarted
from perfwatch.records.run import PassName, TargetKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: What a suite written for pytest needs, beside the project's own dependencies.
_SUITES_NEED = ("pytest", "pytest-benchmark")


def isolated(ground: Ground, shared: Mapping[Side, SidePlace], stack: ExitStack, reason: str) -> Seating:
    """Build, or find again, an environment for base and for head; the twin has that of base."""
    built: dict[Side, Built] = {}
    unbuilt: dict[Side, str] = {}
    shelf = Shelf(
        folder=ground.furnishing.folder,
        scratch=ground.setting.folder,
        environment=ground.setting.environment,
    )
    for side in (Side.BASE, Side.HEAD):
        try:
            with _told(ground, side) as say:
                made = shelf.holding(_recipe(ground, side), _source(ground, side), say)
                built[side] = stack.enter_context(made)
        except BuildFailed as failure:
            unbuilt[side] = failure.said
    places = dict(shared)
    for side in places:
        owner = built.get(Side.BASE if side is Side.TWIN else side)
        if owner is not None:
            places[side] = _inside(ground, shared[side], owner)
    kept = [side.value for side, one in built.items() if one.reused]
    chosen = f"Each side has an environment of its own: {reason}"
    return Seating(
        places=places,
        unbuilt=unbuilt,
        chosen=(chosen + (f" (kept from before: {', '.join(kept)})" if kept else ""),),
        notes=_notes(built, unbuilt),
    )


def _notes(built: Mapping[Side, Built], unbuilt: Mapping[Side, str]) -> tuple[str, ...]:
    notes = [
        f"{side.value} does not build. The end of what was said: {' | '.join(said.splitlines())}"
        for side, said in unbuilt.items()
    ]
    notes += [
        f"The current environment's versions do not suit {side.value}: its dependencies were chosen anew"
        for side, one in built.items()
        if one.unconstrained
    ]
    return tuple(notes)


@contextmanager
def _told(ground: Ground, side: Side) -> Iterator[Callable[[], object]]:
    """Tell of a build, where there is one: ``say`` is called at its start."""
    step = f"preparing: building {side.value}'s environment"
    began: list[int] = []

    def say() -> None:
        began.append(time.perf_counter_ns())
        ground.progress(StepStarted(target=side.value, pass_name=PassName.TIMING, step=step))

    failed = True
    try:
        yield say
        failed = False
    finally:
        if began:
            took = time.perf_counter_ns() - began[0]
            ground.progress(
                StepEnded(
                    target=side.value, pass_name=PassName.TIMING, step=step, duration_ns=took, failed=failed
                )
            )


def _recipe(ground: Ground, side: Side) -> Recipe:
    tree, interpreter = ground.sides.trees[side], ground.interpreters[side]
    own = distribution_of(tree.root)
    wanted = ground.furnishing.requirements
    if wanted is None:
        suites = any(target.kind is TargetKind.PYTEST for target in ground.targets)
        needed = [name for name in _SUITES_NEED if suites and name in interpreter.installed]
        wanted = tuple(f"{name}=={interpreter.installed[name]}" for name in needed)
    return Recipe(
        interpreter=interpreter,
        build=ground.furnishing.build,
        requirements=wanted,
        constraints=constraints_of(interpreter.installed, own),
        names=ground.layouts[side].names,
        distribution=own,
        source=_source_digest(ground, side),
    )


def _source_digest(ground: Ground, side: Side) -> str:
    sides, tree = ground.sides, ground.sides.trees[side]
    if sides.top is None or tree.revision is None:
        return digest_of_files(tree.root, files_of(tree.root))
    committed = tree_id(sides.top, tree.revision.commit, sides.inside)
    if not tree.revision.work_tree:
        return committed
    return committed + digest_of_files(sides.top, dirty_files(sides.top, tree.revision))


def _source(ground: Ground, side: Side) -> Source:
    """The side's tree as it was found, in a copy that a build may litter."""
    sides, tree = ground.sides, ground.sides.trees[side]
    place = ground.setting.folder / f"build-{side.value}"

    @contextmanager
    def source() -> Iterator[Path]:
        try:
            if sides.top is None or tree.revision is None:
                yield copied(tree.root, place).root
                return
            check_out(sides.top, tree.revision.commit, place)
            if tree.revision.work_tree:
                overlay(sides.top, dirty_files(sides.top, tree.revision), place)
            yield place / sides.inside
        finally:
            if sides.top is not None:
                forget(sides.top, place)
            shutil.rmtree(place, ignore_errors=True)

    return source


def _inside(ground: Ground, shared: SidePlace, built: Built) -> SidePlace:
    """The side's place with the built environment in place of the current one."""
    venv = Path(built.interpreter.executable).parent.parent
    variables = variables_of(venv, ground.setting.environment)
    return replace(
        shared,
        import_roots=(),
        served=Served(
            names=built.names,
            folders=tuple(Path(folder) for folder in built.interpreter.site_folders),
            hidden=shared.served.hidden,
        ),
        interpreter=built.interpreter,
        lending=lent_profilers(built.interpreter),
        # A test inside a package has another path here than the installed copy that is imported.
        environment={**shared.environment, **variables, "PY_IGNORE_IMPORTMISMATCH": "1"},
    )
