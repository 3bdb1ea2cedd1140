"""Collectors: each tool's figures turned into records.

The halves that start and stop a tool inside the target are in
``perfwatch.worker``; here are the halves that read what it left, and those that
watch from outside. Nothing here decides what runs.
"""

from __future__ import annotations

from perfwatch.records.run import PassName

#: Which distribution each pass needs inside the target's interpreter.
TOOLS = {
    PassName.CPU: "pyinstrument",
    PassName.LINES: "line_profiler",
    PassName.MEMORY: "memray",
}
