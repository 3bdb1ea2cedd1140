"""How rules put amounts into sentences; it must not judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units

if TYPE_CHECKING:
    from perfwatch.diagnose.scene import Scene, Site


def times(count: float) -> str:
    """Return a count of executions: ``12,000 times``."""
    return "once" if round(count) == 1 else f"{count:,.0f} times"


def each(scene: Scene, site: Site) -> str:
    """Return how often a statement ran and what one run of it took, with all that it calls."""
    return each_with(scene, site, site.share)


def each_alone(scene: Scene, site: Site) -> str:
    """Return the same without what functions of the user's took that it calls."""
    return each_with(scene, site, site.own)


def each_with(scene: Scene, site: Site, share: float) -> str:
    """Return the same with what is handed over as the statement's share."""
    if not site.hits:
        return f"{share:.0%} of the time"
    once = share * scene.evidence.whole_ns / site.hits
    return f"ran {times(site.hits)}, {units.time(once)} each, {share:.0%} of the time"
