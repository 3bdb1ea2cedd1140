"""Base, head and the twin of base, each with its tree, for as long as a gate lasts.

It must not measure. Everything but head's own work tree lies in a folder that
goes when the gate ends, at a path as long as head's: paths lie in memory, and what
lies there moves everything after it (Mytkowicz et al. 2009, "Producing wrong data
without doing anything obviously wrong").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.builds.dependencies import to_build
from perfwatch.builds.places import UNLIKE, place_for, vacate
from perfwatch.builds.revisions import (
    Revision,
    base_of,
    can_change_nothing,
    changed_files,
    dirty_files,
    head_of,
    messages_between,
    repository,
)
from perfwatch.builds.trees import Tree, checked_out, copied, overlay, take_definitions, tree_at
from perfwatch.environment.git import ask_git
from perfwatch.errors import UsageError
from perfwatch.records.pairing import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.run import Target


#: Said where a side would need an environment of its own.
ONE_ENVIRONMENT = (
    "Both sides ran in this one environment, as it is installed; these files differ, and only a build or an "
    "installation brings them into force"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked to compare: revisions, or two folders.

    ``environments`` is ``shared``, ``isolated``, or ``None`` where that was not said.
    ``itself`` asks for head's own code on both sides.
    """

    base: str | None = None
    head: str | None = None
    base_folder: Path | None = None
    head_folder: Path | None = None
    base_python: str | None = None
    head_python: str | None = None
    environments: str | None = None
    itself: bool = False

    @property
    def same_code(self) -> bool:
        """Whether base is head's own code: what differs are the interpreters, or nothing."""
        others = self.base_python is not None or self.head_python is not None
        return self.itself or (self.base is None and others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The trees by side, how they were chosen, and what git says of the way from base to head.

    ``changed`` are the files that differ, ``None`` where that is not known;
    ``messages`` the commits of head alone, each with its message. ``top`` is the
    repository's work tree, ``None`` without one, ``inside`` the way from it to the project.
    """

    trees: Mapping[Side, Tree]
    chosen: tuple[str, ...]
    changed: tuple[str, ...] | None = None
    base: Revision | None = None
    head: Revision | None = None
    messages: tuple[tuple[str, str], ...] = ()
    top: Path | None = None
    inside: str = ""
    notes: tuple[str, ...] = ()

    @property
    def to_build(self) -> tuple[str, ...]:
        """Files that differ and that only a build or an installation brings into force."""
        roots = (self.trees[side].root for side in (Side.BASE, Side.HEAD))
        return to_build(self.changed or (), self.inside, *roots)

    @property
    def change_nothing(self) -> bool:
        """Whether no file differs that a benchmark could notice."""
        return self.changed is not None and all(can_change_nothing(path) for path in self.changed)


def against_itself(project: Path, environments: str | None) -> Wish:
    """Ask for the work tree held against copies of itself, in git or not."""
    try:
        head_of(repository(project), None)
    except UsageError:  # no repository, or one without a commit
        return Wish(base_folder=project, head_folder=project, environments=environments)
    return Wish(itself=True, environments=environments)


@contextmanager
def sides_of(wish: Wish, project: Path, targets: Sequence[Target], folder: Path) -> Iterator[Sides]:
    """Make the trees of a gate below ``folder``; those that git knows of are forgotten at the end.

    Raises ``UsageError`` and ``NotComparable`` for what cannot be compared.
    """
    if wish.base_folder is not None or wish.head_folder is not None:
        sides = _of_folders(wish, targets, folder)
        try:
            yield sides
        finally:
            vacate(sides.trees[side].root for side in (Side.BASE, Side.TWIN))
        return
    top = repository(project)
    head = head_of(top, wish.head)
    base = _same(head) if wish.same_code else base_of(top, wish.base, head)
    made = {side: place_for(side.value, folder, top if head.work_tree else None) for side in Side}
    if head.work_tree:
        del made[Side.HEAD]
    try:
        trees = {
            side: checked_out(top, project, head if side is Side.HEAD else base, place)
            for side, place in made.items()
        }
        trees.setdefault(Side.HEAD, tree_at(project, head))
        if base.work_tree:
            for side in (Side.BASE, Side.TWIN):
                overlay(top, dirty_files(top, head), made[side])
        _take(targets, trees, project)
        yield Sides(
            trees=trees,
            chosen=(f"{base.chosen}: {base.short}", f"{head.chosen}: {head.short}"),
            # What did not change may be slower all the same under another interpreter.
            changed=None if wish.same_code else changed_files(top, base, head),
            base=base,
            head=head,
            messages=messages_between(top, base, head),
            top=top,
            inside=str(project.relative_to(top)),
            notes=_unlike(trees),
        )
    finally:
        for place in made.values():
            ask_git(top, "worktree", "remove", "--force", str(place))
        vacate(made.values())


def _same(head: Revision) -> Revision:
    return replace(head, chosen="base is the same code as head, on another interpreter")


def _of_folders(wish: Wish, targets: Sequence[Target], folder: Path) -> Sides:
    if wish.base_folder is None or wish.head_folder is None:
        raise UsageError(
            "--base-dir and --head-dir go together.",
            means="Nothing was measured: one of the two trees is missing.",
            do="perfwatch gate --base-dir OLD --head-dir NEW TARGET",
        )
    trees = {
        side: copied(wish.base_folder, place_for(side.value, folder, wish.head_folder))
        for side in (Side.BASE, Side.TWIN)
    }
    trees[Side.HEAD] = tree_at(wish.head_folder)
    _take(targets, trees, wish.head_folder)
    chosen = (f"base is {wish.base_folder}", f"head is {wish.head_folder}")
    return Sides(trees=trees, chosen=chosen, notes=_unlike(trees))


def _unlike(trees: Mapping[Side, Tree]) -> tuple[str, ...]:
    """Say so where the sides' code lies at paths of different length."""
    roots = {side: trees[side].root for side in (Side.BASE, Side.HEAD)}
    lengths = {len(str(root)) for root in roots.values()}
    return () if len(lengths) == 1 else (UNLIKE.format(**{side.value: root for side, root in roots.items()}),)


def _take(targets: Sequence[Target], trees: Mapping[Side, Tree], project: Path) -> None:
    """Give base and twin the definitions of the project, from where the targets were named."""
    named = tree_at(project)
    for target in targets:
        for tree in trees.values():
            if tree.root != project:
                take_definitions(target, named, tree)
