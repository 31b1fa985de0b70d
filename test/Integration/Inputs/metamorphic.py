"""Changes of the input whose effect on the bits of the output is known.

usage: metamorphic.py ATTN-RUN FOLDER
"""

import dataclasses
import os
import sys

import numpy as np

from attention_case import Case
from run_case import compare, run_kernel


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)

    def run(case, arrays, *options):
        return run_kernel(attn_run, case.ir(), list(arrays.values()), 1 + case.lse, folder,
                          *options)  # fmt: skip

    def same_bits(what, first, second):
        if first.tobytes() != second.tobytes():
            sys.exit(f"{what}: {np.sum(first != second)} of {first.size} elements differ")
        print(f"{what}: the same bits")

    base = Case(queries=70, keys=70, mask="causal", seed=5)
    for dtype in ("f32", "f64", "f16", "bf16"):
        for form in ("materialized", "recurrent", "blocked"):
            dynamic = "sequence" if dtype == "f32" else "none"
            case = dataclasses.replace(base, dtype=dtype, dynamic=dynamic)
            arrays = case.inputs()
            output = run(case, arrays, f"--form={form}")[0]

            doubled = {**arrays, "value": arrays["value"] * 2}
            same_bits(f"{dtype} {form}, values doubled", 2 * output,
                      run(case, doubled, f"--form={form}")[0])  # fmt: skip

            # The same tokens, and 43 more after them.
            longer = dataclasses.replace(case, queries=113, keys=113, seed=6)
            appended = longer.inputs()
            for name in appended:
                appended[name][:70] = arrays[name]
            same_bits(f"{dtype} {form}, tokens appended", output,
                      run(longer, appended, f"--form={form}")[0][:70])  # fmt: skip

    # The width of vectors and the number of rows in registers change no bit.
    case = dataclasses.replace(base, layout="bhsd", heads=3, score="softcap", lse=True)
    arrays = case.inputs()
    for form in ("materialized", "recurrent", "blocked"):
        results = {
            cpu: run(case, arrays, f"--form={form}", f"--cpu={cpu}", "--queries=24", "--keys=40")
            for cpu in ("x86-64", "x86-64-v2", "x86-64-v3", "native")
        }
        for cpu, (output, lse) in results.items():
            same_bits(f"{form} for {cpu}", output, results["native"][0])
            same_bits(f"{form} for {cpu}, log-sum-exp", lse, results["native"][1])

    # These checks can fail: other tiles add in another order, and it shows.
    other = run(case, arrays, "--form=blocked", "--queries=24", "--keys=7")[0]
    if other.tobytes() == results["native"][0].tobytes():
        sys.exit("the data does not tell one order of additions from another")

    # A constant added to all scores moves the log-sum-exp and nothing else.
    case = dataclasses.replace(base, lse=True)
    shifted = dataclasses.replace(case, score="plus3")
    for form in ("materialized", "recurrent", "blocked"):
        output, lse = run(case, arrays := case.inputs(), f"--form={form}")
        moved, moved_lse = run(shifted, arrays, f"--form={form}")
        compare("output", moved, output.astype(float), 4 * case.gate(arrays))
        compare("log-sum-exp", moved_lse, lse.astype(float) + 3, 3e-6 * 8)


if __name__ == "__main__":
    main()
