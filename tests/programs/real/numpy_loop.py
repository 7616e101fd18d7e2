"""A loop over numpy arrays."""

import numpy as np

grid = np.arange(12, dtype="float64").reshape(3, 4)
total = 0.0
for row in grid:
    scaled = row * 2
    total += float(scaled.sum())  # @sum
print("total", total)
print(np.linalg.norm(grid) ** 2)
