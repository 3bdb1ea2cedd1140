"""The second half of this workload's stages: files, caches, pools, and many users.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Size, Stage
from perfwatch.workloads.intent.table_one import variant

_HERE = "perfwatch.workloads.intent"
_SOURCE = "optimisation manual of a human-intent recognition system,"
_GP = ("scipy", "sklearn")

FILES = Stage(
    name="files",
    title="Recordings of hands, read from files",
    source=f"{_SOURCE} example 2: memory-efficient data processing",
    inputs=f"{_HERE}.files:inputs",
    variants=(
        variant("files:reference", "each recording loaded whole, one by one"),
        variant("files:memmap", "recordings mapped into memory"),
        variant("files:ring_buffer", "read block by block into one ring, which holds the last frames"),
        variant("files:chunks", "read block by block, the last blocks being kept"),
    ),
    equality=Equality(note="every mean and every frame, to the last bit"),
    sizes={
        "small": Size(
            items_count=6,
            extents={"recordings": 6, "frames": 20_000, "kept": 1_000},
            note="6 MB of files, in a folder that is removed with the process",
        ),
        "medium": Size(
            items_count=8,
            extents={"recordings": 8, "frames": 400_000, "kept": 10_000},
            note="150 MB of files, in a folder that is removed with the process",
        ),
    },
    optimized="ring-buffer",
)

CACHE = Stage(
    name="cache",
    title="Features of movements that are asked for again and again",
    source=f"{_SOURCE} section 4: caching system",
    inputs=f"{_HERE}.cache:inputs",
    variants=(
        variant("cache:reference", "no cache: every answer computed"),
        variant("cache:memory", "answers asked for last kept in memory (LRU), for an hour at most"),
        variant("cache:disk", "answers kept in files that any process may share"),
        variant("cache:two_level", "memory in front of files"),
    ),
    equality=Equality(rule=f"{_HERE}.rules:same_features", note="every feature, to the last bit"),
    sizes={
        "small": Size(
            items_count=150, extents={"movements": 40, "samples": 4_000, "requests": 150, "kept": 20}
        ),
        "medium": Size(
            items_count=1_500,
            extents={"movements": 200, "samples": 8_000, "requests": 1_500, "kept": 100},
            note="a second or two for the reference; 26 MB of movements",
        ),
    },
    optimized="memory",
)

POOL = Stage(
    name="pool",
    title="Maps of where hands have been, with fresh or pooled grids",
    source=f"{_SOURCE} section 3: memory manager",
    inputs=f"{_HERE}.pool:inputs",
    variants=(
        variant("pool:reference", "a fresh array of zeros for each batch"),
        variant("pool:pool", "arrays taken back by their shape, and filled with zeros"),
        variant("pool:temporary_array", "arrays borrowed from such a pool for a block"),
    ),
    equality=Equality(rule=f"{_HERE}.rules:same_maps", note="every sum; which arrays were used is no answer"),
    sizes={
        "small": Size(
            items_count=30,
            extents={"batches": 30, "places": 2_000, "cells": 600},
            note="grids of 3 MB",
        ),
        "medium": Size(
            items_count=400,
            extents={"batches": 400, "places": 2_000, "cells": 1_000},
            note="a second or two for the reference; grids of 8 MB",
        ),
    },
    optimized="reference",
)

LOAD = Stage(
    name="load",
    title="The pipeline called by 1, 10 and 100 users at once",
    source=f"{_SOURCE} section 5: scalability analyser",
    inputs=f"{_HERE}.load:inputs",
    variants=(
        variant("load:reference", "one call after the other, users in turn", *_GP),
        variant("load:threads", "a thread for each user", *_GP),
        variant(
            "load:processes",
            "two worker processes, to which each user's thread sends its calls",
            *_GP,
            "multiprocessing",
        ),
    ),
    equality=Equality(
        rule=f"{_HERE}.rules:same_load_table",
        note="the same levels, controls within 1e-6 m/s^2, and for each level times that can be true",
    ),
    sizes={
        "small": Size(
            items_count=222,
            extents={
                "few": 1, "some": 10, "many": 100, "calls": 2, "points": 60, "horizon": 10, "processes": 2,
            },
        ),
        "medium": Size(
            items_count=3_330,
            extents={
                "few": 1, "some": 10, "many": 100, "calls": 30, "points": 150, "horizon": 10, "processes": 2,
            },
            note="some 3 s for the reference",
        ),
    },
    optimized="reference",
)  # fmt: skip

#: All of this file's stages, in their natural order.
STAGES_TWO = (FILES, CACHE, POOL, LOAD)
