"""A peak of 120 MB, of which three lines hold 60, 36 and 24; a fourth allocates 1.2 GB and is not there.

What a line holds at the peak: 50%, 30%, 20%, 0%. In all the decoy allocates ten times the peak.
"""

MEGABYTE = 1_000_000


def churn():
    for _ in range(15):
        block = bytearray(40 * MEGABYTE)  # line: decoy
        del block


def load():
    return bytearray(60 * MEGABYTE)  # line: table


def build():
    return [bytearray(MEGABYTE) for _ in range(36)]  # line: index


churn()
table = load()
index = build()
result = bytearray(24 * MEGABYTE)  # line: result
del table, index, result
churn()
