"""attn-to-recur and recur-to-attn, one after the other, change nothing.

usage: round-trip.py ATTN_OPT FILE.mlir ...
"""

import subprocess
import sys

SIMPLIFY = ["--canonicalize", "--cse"]


def run(tool, path, *passes):
    done = subprocess.run([tool, path, *passes, *SIMPLIFY], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{path}: {' '.join(passes)}: {done.stderr}")
    return done.stdout


tool, paths = sys.argv[1], sys.argv[2:]
failures = 0
for path in paths:
    before = run(tool, path)
    for between in [[], SIMPLIFY]:
        rescan = run(tool, path, "--attn-to-recur", *between)
        if "recur.rescan" not in rescan or "attn.attention" in rescan:
            sys.exit(f"{path}: attn-to-recur leaves attention\n{rescan}")
        after = run(tool, path, "--attn-to-recur", *between, "--recur-to-attn")
        if before != after:
            failures += 1
            print(f"{path}: became\n{after}instead of\n{before}through\n{rescan}")
    run(tool, path, "--attn-to-recur=stabilize=false")
print(f"{len(paths)} files, {failures} failures")
sys.exit(failures != 0 or not paths)
