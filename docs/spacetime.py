"""The tables of docs/SpaceTime.md, each from runs of the tools.

usage: docs/spacetime.py measured | growth | headlines | next | budgets | llama
       docs/spacetime.py plot      rewrites docs/SpaceTime/curve.svg

Stacks are printed by test/Examples/gpt-decoder.py; the tools are looked for on PATH.
"""

import json
import math
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
CPU = "--cpu=x86-64-v3"  # Frames depend on the width of vectors.


def decoder(*arguments):
    return subprocess.run([sys.executable, TOP / "test/Examples/gpt-decoder.py", *arguments],
                          check=True, capture_output=True, text=True).stdout


def run(ir, *arguments):
    done = subprocess.run(["attn-run", "-", "--json", "--count", "--memory", CPU, *arguments],
                          input=ir, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def cost(ir, length):
    done = subprocess.run(["attn-opt", "-", f"--attn-print-cost=length={length} json=true",
                           "-o", "/dev/null"], input=ir, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["decoder"]


def plan(*segments, block=1):
    text = ", ".join(f"<{segment}>" for segment in segments)
    return f"#attn.plan<segments = [{text}], block = {block}>"


def recompute(layers):
    return plan(f"layers = {layers}")


def cached(layers):
    return plan(*["layers = 1, keep = kv"] * layers)


def short(number):
    return str(number) if number < 10**6 else f"{number:.2e}"


def one_head(layers, keep):
    return decoder(f"--layers={layers}", "--dim=8", "--heads=1", "--vocab=8", f"--plan={keep}")


def chosen(result):
    return result["curve"][result["chosen"]]


def measured():
    print("layers  tokens        folds  evaluations   disk reads  scratch")
    for layers, length in ((1, 64), (2, 64), (3, 32), (4, 16)):
        result = run(one_head(layers, recompute(layers)), "--size=arg0_size0=%d" % length)
        counts = result["counts"]
        assert all(c["measured"] == c["predicted"] for c in counts.values())
        forms = cost(one_head(layers, recompute(layers)), length)["closed_forms"]
        print(f"{layers:6}  {length:6}  {counts['folds']['measured']:11}  "
              f"{counts['blocks']['measured']:11}  {counts['disk_reads']['measured']:11}  "
              f"{counts['scratch_bytes']['measured']} bytes")
        print(f"        {forms['folds']} folds, {forms['block_evaluations']} evaluations, "
              f"{forms['disk_reads']} reads")


def growth():
    print("layers  tokens   folds recomputed   folds with KV cache      ratio")
    for layers in (1, 2, 3, 4):
        for length in (16, 128, 1024, 16384):
            again = int(chosen(cost(one_head(layers, recompute(layers)), length))["folds"])
            kept = int(chosen(cost(one_head(layers, cached(layers)), length))["folds"])
            print(f"{layers:6}  {length:6}  {short(again):>17}   {short(kept):>19}  "
                  f"{short(round(again / kept, 1)):>9}")


def headlines():
    length = 1024
    one = int(chosen(cost(one_head(1, recompute(1)), length))["folds"])
    kept = int(chosen(cost(one_head(1, cached(1)), length))["folds"])
    two = int(chosen(cost(one_head(2, recompute(2)), length))["folds"])
    # Without a cache, all layers but the last are computed for all tokens, for each
    # new token again.
    layerwise = sum(t * (t + 1) // 2 + t for t in range(1, length + 1))
    print(f"1 layer,  {length} tokens: recomputed {one}, with a KV cache {kept}")
    print(f"2 layers, {length} tokens: recomputed {two}, layer by layer without a cache {layerwise}")


def last_token(ir):
    """The decoder `ir` as a function of all ids that gives the logits of the last."""
    wide, row = re.search(r"return %\w+ : (tensor<\?(x.*)>)", ir).groups()
    ir = re.sub(r"-> tensor<\?x\w+>( attributes .*)? \{$", f"-> tensor<1{row}>\\1 {{", ir,
                count=1, flags=re.M)
    features = row.split("x")[1]
    return re.sub(
        r"  return (%\w+) : .*",
        f"""  %index_one = arith.constant 1 : index
  %at = arith.subi %length, %index_one : index
  %last = tensor.extract_slice \\1[%at, 0] [1, {features}] [1, 1] : {wide} to tensor<1{row}>
  return %last : tensor<1{row}>""", ir)


def next_token():
    for layers in (1, 2, 3):
        ir = last_token(one_head(layers, recompute(layers)))
        counts = run(ir, "--size=arg0_size0=32")["counts"]
        expected = math.comb(32 + layers, layers) - 1
        assert counts["folds"]["measured"] == counts["folds"]["predicted"] == expected
        print(f"{layers} layers, token 32: {expected} folds, "
              f"{counts['scratch_bytes']['measured']} bytes")


def budgets():
    length = 32
    ir = decoder("--layers=3", "--dim=32", "--heads=2", "--vocab=32")
    # Blocks on the heap are a few bytes larger or smaller from run to run.
    print("   budget   foreseen   measured   operations   plan")
    for budget in ("4KiB", "12KiB", "24KiB", "1MiB"):
        result = run(ir, f"--memory-budget={budget}", f"--length={length}",
                     f"--size=arg0_size0={length}")
        scratch = result["scratch"]
        bytes_ = scratch["stack_bytes"] + scratch["heap_bytes"]
        planned = scratch["planned"]
        segments = " + ".join(describe(s) for s in result["plan"]["segments"])
        print(f"{budget:>9}  {int(planned['peak_bytes']) / 1024:5.0f} KiB  {bytes_ / 1024:5.0f} KiB  "
              f"{short(int(planned['flops'])):>11}   {segments}; block {result['plan']['block']}")


def describe(segment):
    text = f"{segment['layers']}"
    for name in ("keep", "window", "prefix"):
        if segment[name] not in (0, "none"):
            text += f" {name} {segment[name]}"
    return text


def llama():
    layers, features, heads, key_features, tokens = 80, 8192, 64, 1024, 2**20
    state = 2 * features * layers
    frames = layers * (3 * features + 2 * heads)
    cache = 2 * layers * key_features * tokens * 2
    print(f"state of residual and accumulator, 2 x {features} x {layers}: {state} numbers")
    print(f"frames of all layers, {layers} x (3 x {features} + 2 x {heads}): {frames} numbers, "
          f"{frames * 4 / 2**20:.1f} MiB in f32")
    print(f"KV cache of {tokens} tokens in bf16: {cache / 2**30:.0f} GiB")
    print(f"ids of {state} tokens take as many numbers as the state")


def plot():
    ir = decoder("--layers=3", "--dim=32", "--heads=2", "--vocab=32")
    page = subprocess.run(["attn-compile", "-", "--emit=report", "--memory-budget=24KiB",
                           "--length=64"], input=ir, check=True, stderr=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True).stdout
    style = re.search(r"<style>.*?</style>", page, re.S).group()
    head, rest = re.search(r"(<svg[^>]*>)(.*?</svg>)", page, re.S).groups()
    if "xmlns=" not in head:
        head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    target = TOP / "docs/SpaceTime/curve.svg"
    target.parent.mkdir(exist_ok=True)
    target.write_text(head + style + rest + "\n")


if __name__ == "__main__":
    commands = {"measured": measured, "growth": growth, "headlines": headlines,
                "next": next_token, "budgets": budgets, "llama": llama, "plot": plot}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]]()
