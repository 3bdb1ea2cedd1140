"""A window of eight blocks slides along; the line keeps a copy of every other block for good."""

from collections import deque

window = deque(maxlen=8)
archive = []
for step in range(40):
    window.append(bytearray(2_000_000))
    if step % 2:
        archive.append(bytes(window[-1]))  # without
window.clear()
tail = bytearray(25_000_000)
