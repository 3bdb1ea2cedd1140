"""Result files for tests: true samples that the tools wrote, and documents made of them."""

from __future__ import annotations

import json
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "data" / "result_files"
ROUNDS = SAMPLES / "pytest_benchmark_rounds.json"
SUMMARY = SAMPLES / "pytest_benchmark_summary.json"
PYPERF = SAMPLES / "pyperf_times.json"
PYPERF_PACKED = SAMPLES / "pyperf_times.json.gz"
PYPERF_MEMORY = SAMPLES / "pyperf_memory.json"
ASV_MEDIANS = SAMPLES / "asv" / "host" / "medians.json"
ASV_SAMPLES = SAMPLES / "asv" / "host" / "samples.json"
#: One true file of each tool.
TRUE_FILES = (ROUNDS, PYPERF, ASV_SAMPLES)


def changed(sample, folder, change):
    """A copy of a sample after ``change`` was made to its document."""
    document = json.loads(sample.read_text(encoding="utf-8"))
    change(document)
    return written(folder, json.dumps(document))


def written(folder, content, name="result.json"):
    """A file with this content."""
    file = folder / name
    if isinstance(content, str):
        file.write_text(content, encoding="utf-8")
    else:
        file.write_bytes(content)
    return file
