"""What pip would install to have this very perfwatch elsewhere; must not install anything."""

from __future__ import annotations

import json
from importlib import metadata
from urllib.parse import urlsplit, urlunsplit

from perfwatch._version import __version__


def requirement() -> tuple[str, bool]:
    """Return a requirement for this perfwatch, and whether another machine can follow it for certain.

    An installation from a repository or from an archive on a server says where
    it came from (``direct_url.json``, a standard of Python packaging); one from a
    folder has no address that others could use, so its version has to do.
    """
    try:
        text = metadata.distribution("perfwatch").read_text("direct_url.json")
        origin = json.loads(text) if text else None
    except (metadata.PackageNotFoundError, OSError, ValueError):
        origin = None
    return requirement_from(origin if isinstance(origin, dict) else None)


def requirement_from(origin: dict[str, object] | None) -> tuple[str, bool]:
    """Return the requirement that an installation's origin amounts to; ``None`` came from an index."""
    pinned = f"perfwatch=={__version__}"
    if origin is None:
        return pinned, True
    address = _public(str(origin.get("url", "")))
    source = origin.get("vcs_info")
    if isinstance(source, dict) and source.get("vcs") == "git" and address:
        return f"perfwatch @ git+{address}@{source.get('commit_id', 'HEAD')}", True
    if "archive_info" in origin and address:
        return f"perfwatch @ {address}", True
    return pinned, False


def _public(address: str) -> str:
    """The address without a password in it; empty for one that only this machine can reach."""
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        return ""
    place = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
