"""Where a run takes place: interpreter, project, folders, streams, what is lent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perfwatch.collect.ownership import Ownership
from perfwatch.environment.interpreter import Interpreter
from perfwatch.environment.lending import Lending
from perfwatch.measure.streams import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The project's own top-level names, and the only folders that they may come from.

    ``hidden`` are folders that a worker takes off its ``sys.path``.
    """

    names: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SidePlace:
    """Where one side of a gate takes place.

    ``root`` stands for the project's root, ``import_roots`` go first on
    ``sys.path``, ``environment`` is added to the variables.
    """

    root: Path
    import_roots: tuple[Path, ...]
    served: Served
    interpreter: Interpreter
    lending: Lending
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Everything about the place of a run that every execution shares.

    ``interpreter`` runs the target. ``lent_names`` are top-level modules served
    from ``lent_folders``; ``missing`` says, by tool, why it cannot run there.
    ``folder`` is for scratch files. ``append_path`` goes last on the target's
    ``sys.path`` (the bundled workloads need it in a foreign environment).
    ``served`` binds the project's own names to one side's folders. Where the run
    stands ``aside``, standard streams are somebody else's, and no execution gets them.
    """

    root: Path
    cwd: Path
    interpreter: str
    environment: Mapping[str, str]
    folder: Path
    ownership: Ownership
    stdin: Input
    lent_names: tuple[str, ...] = ()
    lent_folders: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    append_path: str = ""
    served: Served = field(default_factory=Served)
    aside: bool = False
