"""usage: make_arrays.py FOLDER

Arrays for one head of attention over 3 tokens with 2 features: the right answer,
a wrong one, and files that are no good.
"""

import os
import sys

import numpy as np

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
save = lambda name, array: np.save(os.path.join(folder, name), array)
zeros = np.zeros((3, 2), np.float32)
values = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
save("query.npy", zeros)
save("key.npy", zeros)
save("value.npy", values)
# Scores of zero: row i is the mean of the values 0..i.
right = np.array([[1, 2], [2, 3], [3, 4]], np.float32)
save("right.npy", right)
wrong = right.copy()
wrong[1, 1] = 7
save("wrong.npy", wrong)
save("rank1.npy", np.zeros(6, np.float32))
save("longer.npy", np.zeros((4, 2), np.float32))
save("wide.npy", np.zeros((3, 3), np.float32))
save("doubles.npy", np.zeros((3, 2)))
with open(os.path.join(folder, "query.npy"), "rb") as file:
    content = file.read()
with open(os.path.join(folder, "truncated.npy"), "wb") as file:
    file.write(content[:-5])
with open(os.path.join(folder, "noise.npy"), "wb") as file:
    file.write(b"this is not an array")
