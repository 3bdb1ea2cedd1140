"""Three lines whose blocks outlive a call: one leaks 300 kB with each, one 40 kB in small objects, one replaces its block.

``step`` is called again and again; run as a script it is called 200 times over half a second.
"""

import time

kept = []
names = {}
last = [None]
table = []


def step():
    """One round: 300 kB and 1,000 small objects more are kept, and a block of 500 kB takes the last one's place."""
    kept.append(bytearray(300_000))  # line: leak
    names[len(names)] = [(number,) for number in range(1_000, 2_000)]  # line: small leak
    last[0] = bytearray(500_000)  # line: replaced
    if not table:
        table.append(bytearray(800_000))  # line: once
    return bytearray(700_000)  # line: returned


if __name__ == "__main__":
    for _ in range(200):
        step()
        time.sleep(0.0025)
