"""Which interpreter and which environment each side gets, and whether its code is served from its own tree.

One environment serves both where only Python source changed: then each side's tree
goes first. It must not measure and must not judge.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.builds.bytecode import byte_compile
from perfwatch.builds.dependencies import installable
from perfwatch.builds.furnishing import EnvironmentKind, Furnishing, Ground, Seating
from perfwatch.builds.hiding import hiding
from perfwatch.builds.isolated import isolated
from perfwatch.builds.layout import layout_of
from perfwatch.builds.revisions import compiled_sources
from perfwatch.builds.sides import ONE_ENVIRONMENT
from perfwatch.environment import lent_profilers, probe_interpreter
from perfwatch.errors import NotComparable
from perfwatch.measure.setting import Served, SidePlace
from perfwatch.records.pairing import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from perfwatch.builds.sides import Sides
    from perfwatch.measure.setting import Setting
    from perfwatch.records.plan import Progress
    from perfwatch.records.run import Target

VERSIONS_AT_MOST = 12


@contextmanager
def seated(
    sides: Sides, furnishing: Furnishing, setting: Setting, targets: Sequence[Target], progress: Progress
) -> Iterator[Seating]:
    """Give each side its place, building environments where they are needed.

    Raises ``NotComparable`` where something hides a side's own code and nothing
    was to be built.
    """
    head = probe_interpreter(furnishing.head)
    base = head if furnishing.base == furnishing.head else probe_interpreter(furnishing.base)
    ground = Ground(
        sides=sides,
        furnishing=furnishing,
        setting=setting,
        targets=targets,
        progress=progress,
        interpreters={Side.BASE: base, Side.TWIN: base, Side.HEAD: head},
        layouts={side: layout_of(tree.root) for side, tree in sides.trees.items()},
    )
    places = _shared(ground)
    reason = "" if sides.change_nothing else _reason(ground, places)
    with ExitStack() as stack:
        seating = Seating(places=places)
        if reason:
            seating = isolated(ground, places, stack, reason)
        elif sides.to_build and not sides.change_nothing:
            seating = replace(seating, notes=(f"{ONE_ENVIRONMENT}: {', '.join(sides.to_build)}",))
        if not sides.change_nothing:
            for place in (place for side, place in seating.places.items() if side not in seating.unbuilt):
                byte_compile(place, setting.environment, setting.folder / "compiling")
        yield replace(seating, chosen=(*seating.chosen, *_interpreters(ground, seating)))


def _shared(ground: Ground) -> dict[Side, SidePlace]:
    hidden = _hidden(ground)
    return {
        side: SidePlace(
            root=tree.root,
            import_roots=ground.layouts[side].import_roots,
            served=Served(
                names=ground.names,
                folders=ground.layouts[side].import_roots,
                hidden=() if tree.root == ground.setting.root else hidden,
            ),
            interpreter=ground.interpreters[side],
            lending=lent_profilers(ground.interpreters[side]),
            environment=ground.environment,
        )
        for side, tree in ground.sides.trees.items()
    }


def _hidden(ground: Ground) -> tuple[Path, ...]:
    """Folders of the user's own work tree, which a ``.pth`` file may have put on the path of every process."""
    root = ground.setting.root
    return tuple(dict.fromkeys((root, *layout_of(root).import_roots)))


def _reason(ground: Ground, places: Mapping[Side, SidePlace]) -> str:
    """Why each side needs an environment of its own; empty where one serves both.

    Raises ``NotComparable`` where one was asked for, and does not serve.
    """
    kind, sides = ground.furnishing.kind, ground.sides
    if kind is EnvironmentKind.ISOLATED:
        return "as asked for"
    found = hiding(ground, places)
    if kind is EnvironmentKind.SHARED or (found and not _can_build(ground)):
        if found:
            raise NotComparable(
                found,
                means="Both sides would run the same code, so nothing was measured.",
                do="Give each side an environment of its own: --env isolated. Or take the installed copy out of "
                "the way: pip uninstall",
            )
        return ""
    if ground.two or not _can_build(ground):
        return ""
    if sides.to_build:
        return f"{', '.join(sides.to_build[:3])} changed"
    compiled = _compiled(ground)
    return f"the project has compiled code ({compiled})" if compiled else found


def _can_build(ground: Ground) -> bool:
    return ground.furnishing.build is not None or all(
        installable(tree.root) for tree in ground.sides.trees.values()
    )


def _compiled(ground: Ground) -> str:
    """A compiled source of the project's own, where git says that there is one."""
    sides = ground.sides
    if sides.top is None or sides.base is None:
        return ""
    return next(iter(compiled_sources(sides.top, sides.base.commit, sides.inside)), "")


def _interpreters(ground: Ground, seating: Seating) -> tuple[str, ...]:
    """Say who runs what, where the sides differ in that: interpreters, and versions of what is installed."""
    base, head = (seating.places[side].interpreter for side in (Side.BASE, Side.HEAD))
    told = []
    if ground.two:
        told += [f"base runs on {base.title}", f"head runs on {head.title}"]
    if base.executable == head.executable or seating.unbuilt:
        return tuple(told)
    both = {name for name in base.installed if name in head.installed}
    other = [
        f"{name} {base.installed[name]} in base, {head.installed[name]} in head"
        for name in sorted(both)
        if base.installed[name] != head.installed[name]
    ]
    if other:
        more = len(other) - VERSIONS_AT_MOST
        told.append(
            f"Versions that differ: {'; '.join(other[:VERSIONS_AT_MOST])}"
            + (f"; {more} more" if more > 0 else "")
        )
    return tuple(told)
