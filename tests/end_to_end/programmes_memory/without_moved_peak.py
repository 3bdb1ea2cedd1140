"""Without the line the peak moves: 100 MB in the first phase, 70 MB in the second."""

parts = []


def first():
    parts.append(bytearray(60_000_000))  # without
    parts.append(bytearray(40_000_000))


def second():
    parts.append(bytearray(50_000_000))
    parts.append(bytearray(20_000_000))


first()
parts.clear()
second()
