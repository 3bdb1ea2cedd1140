"""Which tree each side's code came from; a side that ran another's, or a copy's, was not measured.

It must not import anything itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from perfwatch.measure.setting import Served, Setting
    from perfwatch.measure.side_by_side import SideBySide
    from perfwatch.records.pairing import Side

_OUT_OF_THE_WAY = "Take it out of the way (pip uninstall), or measure with --env isolated"


def crossed_in(found: SideBySide, settings: Mapping[Side, Setting]) -> str:
    """Say so where a side imported code that is not its own: the other side's, or a copy that hides both."""
    mine = {side: (one.root, *one.served.folders) for side, one in settings.items()}
    for side, loaded in found.provenance.items():
        for one in loaded:
            file = settings[side].ownership.locate(one.file)
            owner = _owner(file, mine, side)
            if owner is not None and owner is not side:
                return (
                    f"{side.value} imported {one.module} from {owner.value}'s tree ({file}): an editable install "
                    f"or a path setting hides its own. {_OUT_OF_THE_WAY}"
                )
            if not _in_its_place(one.module, file, settings[side].served):
                return (
                    f"{side.value} imported {one.module} from {file}, which is in neither side's tree: "
                    f"an installed copy hides both. {_OUT_OF_THE_WAY}"
                )
    return ""


def _owner(file: Path, mine: Mapping[Side, Sequence[Path]], reader: Side) -> Side | None:
    """Whose folder holds the file: the nearest around it counts, and the reader's own first."""
    around = [
        (len(folder.parts), side is reader, side)
        for side, folders in mine.items()
        for folder in folders
        if file.is_relative_to(folder.resolve())
    ]
    return None if not around else max(around, key=lambda one: one[:2])[2]


def _in_its_place(module: str, file: Path, served: Served) -> bool:
    """Whether a module of the project came from the folders that serve it; a namespace has parts elsewhere, too."""
    top = module.partition(".")[0]
    if top not in served.names:
        return True
    places = [folder.resolve() for folder in served.folders]
    if any((place / top).is_dir() and not (place / top / "__init__.py").exists() for place in places):
        return True
    return any(file.is_relative_to(place / top) or file.parent == place for place in places)
