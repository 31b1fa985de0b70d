"""Plans within a memory budget: what is measured keeps within it, and of all plans of
a small stack none that does has less work.

usage: recompute_budget.py ATTN-RUN
"""

import json
import subprocess
import sys

from stack import Stack, make_plan

LENGTH = 16


def run(plan=None, budget=None):
    """Bytes at the peak, and operations, of a stack of two layers."""
    stack = Stack(layers=2, dim=32, plan=plan or "")
    options = [f"--memory-budget={budget}", f"--length={LENGTH}"] if budget else []
    done = subprocess.run(
        [sys.argv[1], "-", f"--size=arg0_size0={LENGTH}", "--json", "--memory", *options],
        input=stack.ir(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"plan {plan}, budget {budget}: {done.stderr}")
    scratch = json.loads(done.stdout)["scratch"]
    return scratch["stack_bytes"] + scratch["heap_bytes"], int(scratch["planned"]["flops"])


def all_plans():
    for block in (1, 4, 16):
        sizes = [0] + [size for size in (2, 4, 8) if size % block == 0]
        yield from (make_plan([(2, "none", window, prefix)], block)
                    for window in sizes for prefix in sizes)
        yield from (make_plan([(1, first), (1, second)], block)
                    for first in ("none", "kv") for second in ("input", "kv"))


def main():
    costs = {plan: run(plan) for plan in all_plans()}
    least, most = min(b for b, _ in costs.values()), max(b for b, _ in costs.values())
    for budget in (least + 128, 3000, 4000, 5000, 6000, 8000, most + 4096):
        measured, flops = run(budget=budget)
        if measured > budget:
            sys.exit(f"budget {budget}: {measured} bytes")
        best = min(f for b, f in costs.values() if b + 512 <= budget or b == least)
        if flops > best:
            sys.exit(f"budget {budget}: {flops} operations, but there is a plan with {best}")
        print(f"budget {budget}: {measured} bytes, {flops} operations")
    print(f"{len(costs)} plans: none within a budget has less work")


main()
