"""Data for a page's own script: JSON, compressed, as text that no parser of HTML can mistake for markup.

It must not know what the data mean.
"""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from typing import Any

#: Beyond this, a tenth of the size costs several times the time.
_LEVEL = 6


def packed(data: Any) -> str:
    """Return ``data`` as JSON, through gzip and base64: letters, digits, ``+``, ``/`` and ``=`` alone.

    The same data give the same text. Texts must hold no lone surrogate.
    """
    # No time of day in the header: the same report is the same page.
    return base64.b64encode(gzip.compress(msgspec.json.encode(data), _LEVEL, mtime=0)).decode("ascii")
