"""A library allocates for the line: the whole text of a table, beside the table and a report made later."""

import json

rows = [{"name": f"row {number}", "notes": f"{number} " * 500} for number in range(4_000)]
texts = []


def dump():
    for _ in range(6):
        texts[:0] = [json.dumps(rows)]  # without


dump()
del texts[3:]
report = bytearray(50_000_000)
