"""Rules about memory: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade

PEAK = Measured(peak_bytes=400e6)

FIRES = [
    Case(
        claim="an index of three bands in one line",
        rule="peak-temporaries",
        source="""
            import numpy as np

            def index(red, nir, blue):
                return 2.5 * (nir - red) / (nir + 6.0 * red - 7.5 * blue + 1.0)     #@ 30% 4x peak=300MB without=100MB <-
        """,
        measured=PEAK,
        share=0.75,
        says=("8 steps", "400 MB", "300 MB", "100 MB"),
        advises=("out=",),
    ),
    Case(
        claim="a whole array converted for one row of it",
        rule="needless-copy",
        source="""
            import numpy as np

            class Tracks:
                def planes(self, event):
                    return np.array(self.hits, dtype=np.float64)[event]     #@ 70% 3000x alloc=2400MB <-
        """,
        measured=PEAK,
        share=0.70,
        says=("self.hits", "800 kB", "one part of it", "3,000 times"),
        advises=("self.hits[...]",),
    ),
    Case(
        claim="a conversion that no turn changes",
        rule="needless-copy",
        source="""
            def scored(weights, rows):
                found = []
                for row in rows:
                    found.append(weights.astype("f8") @ row)     #@ 60% 500x alloc=400MB <-
                return found
        """,
        measured=PEAK,
        share=0.60,
        says=("weights", "500 times"),
        advises=('copied = weights.astype("f8")',),
    ),
    Case(
        claim="yes and no in eight bytes",
        rule="wide-dtype",
        source="""
            import numpy as np

            class Mask:
                def __init__(self, n, m):
                    self.seen = np.zeros((n, m))               #@ 2% 1x peak=320MB without=80MB <-

                def mark(self, i, values):
                    self.seen[i] = values > 0.5                #@ 20% 900x
        """,
        measured=PEAK,
        share=0.80 * 7 / 8,
        says=("320 MB", "400 MB", "small whole numbers"),
        advises=("np.zeros(..., dtype=np.int8)",),
    ),
    Case(
        claim="places, which need four bytes",
        rule="wide-dtype",
        source="""
            import numpy as np

            def nearest(distances, n):
                labels = np.empty(n, dtype=np.int64)           #@ 2% 1x peak=320MB without=80MB <-
                for i in range(n):
                    labels[i] = np.argmin(distances[i])        #@ 20% 900x
                return labels
        """,
        measured=PEAK,
        share=0.80 / 2,
        says=("whole numbers",),
        advises=("dtype=np.int32",),
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="fields that are kept and never read",
        rule="unbounded-growth",
        source="""
            class Ocean:
                def __init__(self):
                    self.past = []

                def step(self, field):
                    self.past.append(field.copy())       #@ 5% 400x peak=320MB without=80MB <-
        """,
        measured=PEAK,
        share=0.80,
        says=("self.past", "400 times", "800 kB"),
        advises=("self.past = collections.deque(maxlen=...)",),
    ),
    Case(
        claim="parts that are joined in the end may all be wanted",
        rule="unbounded-growth",
        source="""
            import numpy as np

            def collected(blocks):
                parts = []
                for block in blocks:
                    parts.append(block * 2)        #@ 5% 400x peak=320MB without=80MB <-
                return np.concatenate(parts)       #@ 5% 1x
        """,
        measured=PEAK,
        share=0.80,
        sure=Grade.LOW,
    ),
    Case(
        claim="a text read whole to go through its lines",
        rule="whole-file",
        source="""
            from pathlib import Path

            def fixes(path):
                for line in Path(path).read_text().splitlines():     #@ 20% 90001x peak=240MB without=160MB <-
                    yield line.split(",")                            #@ 60% 90000x
        """,
        measured=PEAK,
        share=0.60,
        says=("240 MB", "400 MB", "160 MB"),
        advises=("for line in lines",),
    ),
    Case(
        claim="a text of which more is wanted than its lines",
        rule="whole-file",
        source="""
            def document(path):
                with open(path) as handle:
                    text = handle.read()          #@ 20% 1x peak=240MB without=160MB <-
                return checked(text), len(text)
        """,
        measured=PEAK,
        share=0.60,
        sure=Grade.LOW,
    ),
    Case(
        claim="large matrices in each call, which the C library never keeps",
        rule="fresh-memory",
        source="""
            def spread(samples):
                return pdist(samples).mean()      #@ 90% 20x alloc=1280MB peak=64MB allocs=20 <-
        """,
        measured=Measured(faults=40_000, system=0.4, called_again=True),
        share=0.4 * 0.95,
        sure=Grade.MEDIUM,
    ),
    Case(
        claim="a scratch image in each turn",
        rule="fresh-memory",
        source="""
            import numpy as np

            def stacked(images, gain):
                total = np.zeros_like(images[0])        #@ 1% 1x alloc=4MB peak=4MB allocs=1
                for image in images:
                    scratch = image * gain              #@ 60% 100x alloc=400MB peak=4MB allocs=100 <-
                    total += scratch                    #@ 30% 100x
                return total
        """,
        measured=Measured(faults=40_000, system=0.4),
        share=0.4 * 0.99,
        says=("400 MB", "4.00 MB at a time", "40.0 k pages", "40%"),
        advises=("out=",),
        sure=Grade.MEDIUM,
    ),
]

SPARES = [
    Case(
        claim="one array by its shape",
        rule="peak-temporaries",
        source="""
            import numpy as np

            def grid(n, m):
                return np.zeros((2 * n + 1, 2 * m + 1))     #@ 30% 4x peak=300MB without=100MB
        """,
        measured=PEAK,
    ),
    Case(
        claim="blocks that the library of linear algebra sets aside",
        rule="peak-temporaries",
        source="""
            import numpy as np

            def slope(hours, od):
                return np.polyfit(hours, np.log(od), 1)[0] + np.log(2)     #@ 3% 90x peak=33.6MB without=7.3MB
        """,
        measured=Measured(peak_bytes=40.6e6),
    ),
    Case(
        claim="a small peak",
        rule="peak-temporaries",
        source="""
            def index(red, nir):
                return (nir - red) / (nir + red)     #@ 30% 4x peak=9MB without=2MB
        """,
        measured=Measured(peak_bytes=10e6),
    ),
    Case(
        claim="a copy that is made to be changed",
        rule="needless-copy",
        source="""
            def proposals(state, moves):
                for i, move in moves:
                    trial = state.copy()          #@ 60% 500x alloc=400MB
                    trial[i] += move              #@ 5% 500x
                    yield trial
        """,
        measured=PEAK,
    ),
    Case(
        claim="a copy of a few numbers",
        rule="needless-copy",
        source="""
            def scored(weights, rows):
                for row in rows:
                    yield weights.astype("f8") @ row     #@ 60% 500x alloc=1MB
        """,
        measured=PEAK,
    ),
    Case(
        claim="an array that is narrow already",
        rule="wide-dtype",
        source="""
            import numpy as np

            def seen(n, m):
                return np.zeros((n, m), dtype=bool)       #@ 2% 1x peak=320MB without=80MB
        """,
        measured=PEAK,
    ),
    Case(
        claim="a wide array that is not at the peak",
        rule="wide-dtype",
        source="""
            import numpy as np

            def seen(n, m):
                marks = np.zeros((n, m))       #@ 2% 1x peak=3MB without=398MB
                marks[0] = 1                   #@ 2% 1x
                return marks
        """,
        measured=PEAK,
    ),
    Case(
        claim="places of an array that was there before",
        rule="unbounded-growth",
        source="""
            import numpy as np

            def filled(blocks, n):
                out = np.empty((n, 9))
                for i, block in enumerate(blocks):
                    out[i] = np.exp(block)        #@ 5% 400x peak=320MB without=80MB
                return out
        """,
        measured=PEAK,
    ),
    Case(
        claim="a few large things that are kept",
        rule="unbounded-growth",
        source="""
            def bands(paths):
                found = []
                for path in paths:
                    found.append(load(path))        #@ 5% 3x peak=320MB without=80MB
                return found
        """,
        measured=PEAK,
    ),
    Case(
        claim="a file that is mapped",
        rule="whole-file",
        source="""
            import numpy as np

            cube = np.load("cube.npy", mmap_mode="r")     #@ 20% 1x peak=240MB without=160MB
        """,
        measured=PEAK,
    ),
    Case(
        claim="a document that json loads whole",
        rule="whole-file",
        source="""
            import json

            def document(handle):
                return json.load(handle)     #@ 20% 1x peak=240MB without=160MB
        """,
        measured=PEAK,
    ),
    Case(
        claim="an array that is made once and kept",
        rule="fresh-memory",
        source="""
            import numpy as np

            table = np.zeros((1000, 50_000))      #@ 60% 1x alloc=40MB peak=40MB allocs=1
        """,
        measured=Measured(faults=40_000, system=0.4),
    ),
    Case(
        claim="scratch arrays beside files that are read",
        rule="fresh-memory",
        source="""
            def read(handle, count):
                for _ in range(count):
                    block = handle.read(4_000_000)      #@ 90% 100x alloc=400MB peak=4MB allocs=100
        """,
        measured=Measured(faults=40_000, system=0.4, read_bytes=400_000_000),
    ),
    Case(
        claim="scratch arrays in workers, whose beginning is the system's work",
        rule="fresh-memory",
        source="""
            def drawn(count):
                return sum(one.random(500_000).sum() for one in many(count))      #@ 90% 100x alloc=400MB peak=4MB allocs=100
        """,
        measured=Measured(faults=40_000, system=0.4, processes=3),
    ),
    Case(
        claim="scratch arrays of a few megabytes in later calls, which get what earlier ones gave back",
        rule="fresh-memory",
        source="""
            def shaded(images, gain):
                for image in images:
                    scratch = image * gain      #@ 90% 100x alloc=400MB peak=4MB allocs=100
        """,
        measured=Measured(faults=40_000, system=0.4, called_again=True),
    ),
    Case(
        claim="zeros, which the system makes",
        rule="fresh-memory",
        source="""
            import numpy as np

            def counted(images):
                for image in images:
                    counts = np.zeros((1000, 500))      #@ 90% 100x alloc=400MB peak=4MB allocs=100
        """,
        measured=Measured(faults=40_000, system=0.4),
    ),
    Case(
        claim="small pieces that the C library keeps",
        rule="fresh-memory",
        source="""
            def rows(table):
                return [row * 2 for row in table]      #@ 90% 1x alloc=400MB peak=4MB allocs=100000
        """,
        measured=Measured(faults=40_000, system=0.4),
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
