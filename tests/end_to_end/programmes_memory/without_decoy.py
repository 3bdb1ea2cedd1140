"""The line allocates 2 GB in all and never when the heap is at its fullest."""

held = [bytearray(30_000_000)]


def churn():
    scratch = []
    for _ in range(100):
        scratch.append(bytearray(20_000_000))  # without
        scratch.clear()


churn()
held.append(bytearray(45_000_000))
