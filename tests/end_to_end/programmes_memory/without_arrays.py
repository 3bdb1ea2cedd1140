"""numpy: snapshots of a field pile up beside the working arrays of each step."""

import numpy as np

field = np.ones((1_000, 1_000))
snapshots = []
for step in range(12):
    field = field + np.sqrt(field) * 0.01
    if step % 3 == 0:
        snapshots.append(field.copy())  # without
mean = float(field.mean())
