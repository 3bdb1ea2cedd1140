"""What hides a side's own code from programs that run without a worker, which would bind the project's names.

It must not import anything of the project's: bare interpreters are asked.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.environment.bounded import Bounds, ask
from perfwatch.records.pairing import Side
from perfwatch.records.run import TargetKind
from perfwatch.worker import served as served_script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.builds.furnishing import Ground
    from perfwatch.measure.setting import Setting, SidePlace
    from perfwatch.records.run import Target

_PROGRAMS = (TargetKind.SCRIPT, TargetKind.MODULE)
_PROBE = Bounds(timeout_s=120.0, with_stderr=True)


def hiding(ground: Ground, places: Mapping[Side, SidePlace]) -> str:
    """What serves another copy to whole programs: no worker of ours binds their names."""
    for target in ground.targets:
        if target.kind not in _PROGRAMS:
            continue
        for side in (Side.BASE, Side.HEAD):
            place = places[side]
            folder = _first_folder(target, place, ground)
            for name, file in _served(place, folder, ground.setting).items():
                if not any(
                    Path(file).resolve().is_relative_to(one.resolve()) for one in place.served.folders
                ):
                    return f"{side.value} would import {name} from {file}, which is not in its tree"
    return ""


def _first_folder(target: Target, place: SidePlace, ground: Ground) -> Path:
    """The folder that Python puts first for a program: a script's own, else where it is started."""
    root = ground.setting.root
    path = Path(target.path) if target.path else ground.setting.cwd
    folder = path.parent if target.path else path
    return place.root / folder.relative_to(root) if folder.is_relative_to(root) else folder


def _served(place: SidePlace, folder: Path, setting: Setting) -> dict[str, str]:
    """Ask a bare interpreter, in the side's environment, where it would find the names that this side has."""
    names = [
        name
        for name in place.served.names
        if any((root / name).is_dir() or (root / f"{name}.py").is_file() for root in place.served.folders)
    ]
    known = setting.environment.get("PYTHONPATH")
    path = os.pathsep.join([*map(str, place.import_roots), *([known] if known else [])])
    answer = ask(
        (place.interpreter.executable, served_script.__file__, str(folder), *names),
        _PROBE,
        environ={**setting.environment, **place.environment, "PYTHONPATH": path},
        folder=place.root,
    )
    _, _, rest = answer.output.decode(errors="replace").partition(served_script.BEGIN)
    text, end, _ = rest.partition(served_script.END)
    found: dict[str, str] = json.loads(text) if end else {}
    return found
