"""Nothing to do in Python: where most of the time passes in compiled code, and what is left to try.

It must not be asked where a rule has found something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfwatch.diagnose.scene import Scene, Site

_MOST = 0.5


def in_compiled_code(scene: Scene) -> str:
    """Return a sentence on the lines whose time is compiled code's; empty where these have less than half of the time."""
    sites = sorted((one for one in scene.sites if _is_compiled(scene, one)), key=lambda one: -one.own)
    share = min(1.0, sum(one.own for one in sites))
    if share < _MOST:
        return ""
    first = sites[0]
    return (
        f"{share:.0%} of the time passes in compiled code, most of it at {first.module.file}:{first.first}: what is left to try there "
        "is fewer or larger calls, another algorithm, a narrower type, threads, or other hardware."
    )


def _is_compiled(scene: Scene, site: Site) -> bool:
    stats = [scene.evidence.line(site.module.file, line) for line in range(site.first, site.last + 1)]
    spent = sum(one.time_ns or 0.0 for one in stats if one is not None)
    native = sum((one.time_ns or 0.0) * (one.native_ratio or 0.0) for one in stats if one is not None)
    return spent > 0 and native >= _MOST * spent
