"""Plans within a memory budget: what is measured keeps within it, and of all plans of
a small stack none that does has less work, but for those that the analysis foresees to be
beaten: no code is made for them.

usage: recompute_budget.py ATTN-RUN
"""

import json
import subprocess
import sys
from dataclasses import dataclass

from stack import Stack, make_plan

LENGTH = 16


# What the compiler takes a buffer on the heap for beyond its elements, less what it is.
HEAP_BLOCK = 128 - 72


@dataclass
class Cost:
    measured: int  # Bytes at the peak.
    foreseen: int
    flops: int
    buffers: int = 0  # On the heap, of a size that arguments decide.

    def fits(self, budget):
        return self.measured + HEAP_BLOCK * self.buffers <= budget


def run(plan=None, budget=None):
    """What a stack of two layers takes."""
    stack = Stack(layers=2, dim=32, plan=plan or "")
    options = [f"--memory-budget={budget}", f"--length={LENGTH}"] if budget else []
    done = subprocess.run(
        [sys.argv[1], "-", f"--size=arg0_size0={LENGTH}", "--json", "--memory", *options],
        input=stack.ir(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"plan {plan}, budget {budget}: {done.stderr}")
    scratch = json.loads(done.stdout)["scratch"]
    planned = scratch["planned"]
    return Cost(scratch["stack_bytes"] + scratch["heap_bytes"], int(planned["peak_bytes"]),
                int(planned["flops"]),
                (plan or "").count("keep = input") + 2 * (plan or "").count("keep = kv"))


def is_beaten(cost, others, budget):
    """Whether the analysis says that another plan takes no more, of neither; and the
    code of that one does not fit."""
    return any(other.foreseen <= cost.foreseen and other.flops <= cost.flops
               and not other.fits(budget) for other in others if other is not cost)


def all_plans():
    for block in (1, 4, 16):
        sizes = [0] + [size for size in (2, 4, 8) if size % block == 0]
        yield from (make_plan([(2, "none", window, prefix)], block)
                    for window in sizes for prefix in sizes)
        yield from (make_plan([(1, first), (1, second)], block)
                    for first in ("none", "kv") for second in ("input", "kv"))


def main():
    costs = {plan: run(plan) for plan in all_plans()}
    sizes = [cost.measured for cost in costs.values()]
    least, most = min(sizes), max(sizes)
    for budget in (least + 128, 3000, 4000, 5000, 6000, 8000, most + 4096):
        chosen = run(budget=budget)
        if chosen.measured > budget:
            sys.exit(f"budget {budget}: {chosen}")
        for plan, cost in costs.items():
            if (cost.fits(budget) and cost.flops < chosen.flops
                    and not is_beaten(cost, costs.values(), budget)):
                sys.exit(f"budget {budget}: {chosen}, but there is {plan} with {cost}")
        print(f"budget {budget}: {chosen}")
    print(f"{len(costs)} plans: none within a budget has less work")


main()
