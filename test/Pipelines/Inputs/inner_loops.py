"""The innermost loops of an assembly listing that are made of multiply-adds.

usage: inner_loops.py LEAST < FILE.s

Prints for each innermost loop of at least LEAST vector multiply-adds how many it
has, its instructions, those that load and those that store, and the registers that
the multiply-adds work on (AArch64: their shape). Loops that choose between values
(the masked ones) are marked.
"""

import re
import sys

LABEL = re.compile(r"(\.LBB\w+):")
BRANCH = re.compile(r"\s+(?:j\w+|b\.\w+|b|cbn?z\s+\w+,|tbn?z\s+.*,)\s*(\.LBB\w+)")
MULTIPLY_ADD = re.compile(r"\s+(?:vfn?m(?:add|sub)\d+p[sd]|fml[as]\s+v)")
# AT&T syntax on x86: the destination comes last. AArch64: str, stp, stur.
STORE = re.compile(r"\s+(?:v?mov\w+\s+%\w+, .*\)$|st(?:r|p|ur)\s)")
LOAD = re.compile(r"\s+(?:\w+\s+[^#]*\([^)]*\), |ld\w+\s)")
SHAPE = re.compile(r"%([xyz]mm)|v\d+\.(\w+)")
CHOICE = re.compile(r"\s+(?:vp?andn?|vblendv|vpternlog|bic|bsl|bif|bit)\w*\s|.*\{%k\d")


def main():
    least = int(sys.argv[1])
    lines = [line.rstrip() for line in sys.stdin]
    labels = {}
    for i, line in enumerate(lines):
        if label := LABEL.match(line):
            labels[label[1]] = i
        branch = BRANCH.match(line)
        if not branch or branch[1] not in labels:
            continue
        body = lines[labels[branch[1]] + 1 : i + 1]
        if any(LABEL.match(inside) for inside in body):
            continue  # Not innermost.
        count = lambda pattern: sum(bool(pattern.match(x)) for x in body)
        if count(MULTIPLY_ADD) >= least:
            instructions = sum(x.startswith("\t") and x[1] not in ".#" for x in body)
            shapes = {m[1] or m[2] for x in body if MULTIPLY_ADD.match(x) if (m := SHAPE.search(x))}
            print(f"{'masked' if count(CHOICE) else 'plain'}: "
                  f"{count(MULTIPLY_ADD)} multiply-adds of {instructions} instructions, "
                  f"{count(LOAD)} loads, {count(STORE)} stores, on {'/'.join(sorted(shapes))}")


if __name__ == "__main__":
    main()
