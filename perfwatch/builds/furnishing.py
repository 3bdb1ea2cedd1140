"""What is asked of the sides' environments, and what comes of it; it must not decide or build anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from perfwatch.builds.bytecode import environment_of
from perfwatch.builds.layout import Layout
from perfwatch.builds.sides import Sides
from perfwatch.environment import Interpreter
from perfwatch.measure.setting import Setting, SidePlace
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Progress
from perfwatch.records.run import Target


class EnvironmentKind(StrEnum):
    """Whether both sides run in the current environment, or each in one that is built for it."""

    SHARED = "shared"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnishing:
    """What the user asked of the sides' environments.

    ``kind`` is ``None`` where perfwatch decides, ``base`` and ``head`` are their
    interpreters, ``build`` a command that installs a tree, ``requirements`` what
    benchmarks need (``None``: what the target calls for). Built environments are kept
    below ``folder``.
    """

    kind: EnvironmentKind | None
    base: str
    head: str
    build: str | None
    requirements: tuple[str, ...] | None
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    """Where each side takes place; ``unbuilt`` says by side why it cannot, ``chosen`` and ``notes`` what to tell."""

    places: Mapping[Side, SidePlace]
    unbuilt: Mapping[Side, str] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What deciding and building share."""

    sides: Sides
    furnishing: Furnishing
    setting: Setting
    targets: Sequence[Target]
    progress: Progress
    interpreters: Mapping[Side, Interpreter]
    layouts: Mapping[Side, Layout]

    @property
    def names(self) -> tuple[str, ...]:
        """The project's names on any side: one that base lacks may not come from elsewhere."""
        return tuple(sorted({name for layout in self.layouts.values() for name in layout.names}))

    @property
    def environment(self) -> dict[str, str]:
        """What all sides add to the variables: one folder of byte code, where each file has its full path."""
        return environment_of(self.setting.folder / "bytecode")

    @property
    def two(self) -> bool:
        """Whether the sides have interpreters of their own."""
        return self.furnishing.base != self.furnishing.head
