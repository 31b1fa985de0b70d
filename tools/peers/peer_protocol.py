"""What the scripts beside this file share: attn-bench's folder in, lines of JSON out.

A script is called with one folder (attn-bench --framework, docs/Tools.md). Everything
is measured on the thread that calls, which must be the only one that works.
"""

import json
import os
import sys
import time

# Read when the libraries below the frameworks are loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

try:
    import numpy as np
except ImportError as error:
    sys.exit(f"no numpy for {sys.executable} ({error}): install it, or name another interpreter")

# Shorter samples would be compared with a longer one of the machine's peak.
SAMPLE_SECONDS = 0.01


class Problem:
    """Arrays are batch x head x token x feature; key heads divide query heads."""

    def __init__(self, folder):
        with open(os.path.join(folder, "shape.json"), encoding="utf-8") as file:
            shape = json.load(file)
        self.folder, self.repetitions, self.copies = folder, shape["repetitions"], shape["copies"]
        self.queries, self.keys = shape["queries"], shape["keys"]
        self.group = shape["heads"] // shape["kv_heads"]
        self.mask = shape["mask"]  # "no mask", "causal", "window 256" or "8 documents".
        query, key, value = (np.load(os.path.join(folder, name + ".npy"))
                             for name in ("query", "key", "value"))
        self.output_shape = query.shape
        query = query.reshape(shape["batch"], shape["heads"], self.queries, shape["head_dim"])
        self.inputs = [query, key, value]

    @property
    def window(self):
        return int(self.mask.split()[1]) if self.mask.startswith("window ") else None

    @property
    def document_size(self):
        return self.keys // int(self.mask.split()[0]) if self.mask.endswith(" documents") else None

    @property
    def hides_nothing(self):
        return self.mask == "no mask" or self.mask == "causal" and self.queries == 1

    def is_visible(self, i, j):
        """Of query and key numbers; the last query sees the last key."""
        if self.mask == "no mask":
            return j == j
        i = i + (self.keys - self.queries)
        visible = j <= i
        if self.window is not None:
            visible = visible & (j > i - self.window)
        if self.document_size is not None:
            visible = visible & (i // self.document_size == j // self.document_size)
        return visible

    def get_mask(self):
        """None if all is visible."""
        if self.hides_nothing:
            return None
        return self.is_visible(np.arange(self.queries)[:, None], np.arange(self.keys)[None, :])


def say(**fields):
    print(json.dumps(fields), flush=True)


def say_missing(program, reason):
    """`reason`: words, or an exception."""
    if isinstance(reason, Exception):
        reason = f"{type(reason).__name__}: " + " ".join(str(reason).split())[:300]
    say(program=program, missing=reason)


def measure(problem, program, settings, call, convert=lambda array: array, back=np.asarray):
    """Times `call(query, key, value)` on arrays as `convert` makes them, and says it."""
    copies = [[convert(array.copy()) for array in problem.inputs] for _ in range(problem.copies)]
    try:
        output = back(call(*copies[0]))
        for copy in copies:
            call(*copy)
    except Exception as error:  # Whatever a framework throws where it lacks something.
        return say_missing(program, error)
    path = program.replace(" ", "-").replace("/", "-") + ".npy"
    np.save(os.path.join(problem.folder, path),
            np.ascontiguousarray(output, dtype=np.float32).reshape(problem.output_shape))
    turn = 0

    def run(calls):
        nonlocal turn
        start = time.thread_time()
        for _ in range(calls):
            call(*copies[turn % len(copies)])
            turn += 1
        return (time.thread_time() - start) / calls

    calls = int(SAMPLE_SECONDS / max(run(1), 1e-7)) + 1
    process, thread = time.process_time(), time.thread_time()
    seconds = [run(calls) for _ in range(problem.repetitions)]
    process, thread = time.process_time() - process, time.thread_time() - thread
    if process > 1.1 * thread + 0.01:
        return say_missing(program, "works on several threads: its time cannot be compared")
    say(program=program, settings=settings, output=path, seconds=seconds)


def main(run):
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} FOLDER, as attn-bench --framework calls it")
    run(Problem(sys.argv[1]))
