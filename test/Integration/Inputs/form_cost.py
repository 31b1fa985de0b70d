"""What attn-print-cost says of each form of an attention, against its code: the memory
that a run takes, and the pairs that it works on.

Pairs are counted by `attn-instrument` in the folds of tiles, after their masks are
removed: then each pair of a tile is counted, hidden or not.

usage: form_cost.py memory|counts
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from math import comb

ATTN_OPT, ATTN_COMPILE, ATTN_RUN = "attn-opt", "attn-compile", "attn-run"
CPU, PARTS = "--cpu=x86-64-v3", 2
CAUSAL, WINDOW = "#attn.causal", "#attn.and<#attn.causal, #attn.window<40, 0>>"
# What alignment and rounding add to an allocation, and how many of them a form has at most.
ALIGNMENT, MOST_BUFFERS = 64 + 16, 7
# Products of so many keys, or of unknown size, pack panels; those of unknown size fit
# the second cache.
PANEL_KEYS, MOST_PANEL = 512, 1 << 20
PREFIX = "#attn.or<#attn.prefix<20>, #attn.causal>"


@dataclass
class Case:
    queries: int
    keys: int
    features: int = 48
    values: int = 24
    heads: int = 1
    mask: str = ""
    type: str = "f32"
    form: str = "blocked"
    tile: int = 16
    key_tile: int = 256
    block: int = 0
    dynamic: bool = False
    interleaved: bool = False # Heads: those of a token lie together.

    def source(self):
        def tensor(rows, row):
            if self.interleaved:
                return f"tensor<1x{rows}x{self.heads}x{row}x{self.type}>"
            heads = f"{self.heads}x" if self.heads > 1 else ""
            rows = "?" if self.dynamic else rows
            return f"tensor<{heads}{rows}x{row}x{self.type}>"
        q, k, v, o = (tensor(*shape) for shape in [
            (self.queries, self.features), (self.keys, self.features),
            (self.keys, self.values), (self.queries, self.values)])
        mask = f"{{mask = {self.mask}}}" if self.mask else ""
        layout = "layout(bshd)" if self.interleaved else ""
        size, dims = "", ""
        if self.dynamic:
            dim = 1 if self.heads > 1 else 0
            size = (f"%c = arith.constant {dim} : index\n"
                    f"%n = tensor.dim %q, %c : {q}\n")
            dims = "%n"
        return (f"func.func @f(%q: {q}, %k: {k}, %v: {v}) -> {o} {{\n{size}"
                f"%init = tensor.empty({dims}) : {o}\n"
                f"%y = attn.attention ins(%q, %k, %v : {q}, {k}, {v}) "
                f"outs(%init : {o}) {layout} {mask} -> {o}\nreturn %y : {o}\n}}\n")

    def get_tiles(self):
        return (f"queries={self.tile} keys={self.key_tile} "
                f"block={self.block or self.tile} parts={PARTS}")

    def get_sizes(self, is_lowered=False):
        if not self.dynamic:
            return []
        if is_lowered: # Without the attention nobody says what is as long as what.
            return [f"--size=arg{i}_size0={size}"
                    for i, size in enumerate([self.queries, self.keys, self.keys])]
        return [f"--size=queries={self.queries}", f"--size=keys={self.keys}"]


def run(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def predict(case):
    options = case.get_tiles() + " json=true"
    if case.dynamic:
        options += f" length={case.queries}"
    text = run(ATTN_OPT, "-", f"--attn-print-cost={options}", "-o", "/dev/null",
               text=case.source())
    attention = json.loads(text)["f"]["attentions"][0]
    form = next(f for f in attention["forms"] if f["form"] == case.form)
    return attention, form


def check(condition, what, case):
    if not condition:
        sys.exit(f"{what}: {case}")


def get(figure):
    return int(figure["value"])


# ------------------------------------------------------------------------- memory


def measure(case):
    """Of a run where the length is free, else of the code alone: a run takes longer."""
    options = ["-", CPU, f"--form={case.form}", f"--queries={case.tile}",
               f"--keys={case.key_tile}", f"--block={case.block or case.tile}"]
    if case.dynamic:
        text = run(ATTN_RUN, *options, "--json", *case.get_sizes(), text=case.source())
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "f")
            run(ATTN_COMPILE, *options, "--emit=json", "-o", path, text=case.source())
            with open(path + ".json") as file:
                text = file.read()
    result = json.loads(text)
    return result["scratch"]["stack_bytes"] + result["scratch"]["heap_bytes"]


def check_memory(case, exact=True):
    """What may stay in registers is the only difference; where not `exact`, code knows
    more of a tile than its size, or has fewer loops, and takes less."""
    _, form = predict(case)
    predicted, measured = get(form["peak_bytes"]), measure(case)
    slack = form["row_bytes"] if exact else predicted
    more = MOST_BUFFERS * ALIGNMENT if case.dynamic else 0
    if case.form == "materialized" and case.dynamic:
        more += MOST_PANEL
    elif case.form == "materialized" and case.keys >= PANEL_KEYS:
        more += case.keys * (case.features + case.values) * 4
    if not predicted - slack <= measured <= predicted + more:
        sys.exit(f"predicted {predicted}, of which {form['row_bytes']} in rows, "
                 f"measured {measured}: {case}")


def check_more_memory(more, less):
    forms = [predict(case)[1] for case in (more, less)]
    predicted = get(forms[0]["peak_bytes"]) - get(forms[1]["peak_bytes"])
    measured = measure(more) - measure(less)
    if not 0 < predicted - forms[0]["row_bytes"] <= measured <= predicted:
        sys.exit(f"predicted {predicted} more, measured {measured} more: {more}")


def check_all_memory():
    for heads, type, mask in [(1, "f32", ""), (1, "f32", CAUSAL), (2, "f32", WINDOW),
                              (2, "f64", CAUSAL), (2, "bf16", CAUSAL)]:
        # Several tiles of keys: one alone needs no loop, and less.
        case = Case(128, 128, heads=heads, type=type, mask=mask, key_tile=32)
        check_memory(replace(case, form="materialized"))
        check_memory(replace(case, form="recurrent"))
        check_memory(replace(case, form="recurrent", queries=100, keys=100))
        for block in [0, 64]:
            check_memory(replace(case, block=block))
        check_memory(replace(case, queries=100, keys=100, block=64), exact=False)
        check_memory(replace(case, block=64, interleaved=True))
    check_memory(Case(256, 256, mask="#attn.window<100, 0>", key_tile=32, block=64))
    case = Case(96, 96, mask=CAUSAL, dynamic=True)
    for heads in [1, 3]:
        check_memory(replace(case, form="materialized", heads=heads, queries=800, keys=800))
        for form in ["recurrent", "blocked"]:
            check_memory(replace(case, form=form, heads=heads), exact=False)
    # One query for each head: few, and so in rows.
    check_memory(Case(1, 1000, heads=4), exact=False)
    check_memory(Case(4, 1000, heads=4, mask=CAUSAL), exact=False)
    # Keys in several splits: two states more.
    for case in [Case(1, 3000, heads=4), Case(16, 5000, 64, 128, type="bf16")]:
        check_memory(case, exact=False)
        check_more_memory(case, replace(case, keys=1000))
    # Rows that would alias are longer, on the stack.
    for size in [64, 256, 512]:
        check_memory(Case(size, size, 64, 64, form="materialized"))
    check_memory(Case(512, 512, 64, 64, block=256, key_tile=64, mask=CAUSAL))
    print("memory: as predicted")


# ------------------------------------------------------------------------- counts

LOWER = {
    "materialized": "--attn-to-materialized",
    "recurrent": "--attn-to-recur --recur-to-scf=queries={tile}",
    "blocked": "--attn-to-blocked={tiles}",
}


def count_folds(case, text, is_lowered=False):
    result = json.loads(run(ATTN_RUN, "-", CPU, "--count", "--json", *case.get_sizes(is_lowered),
                            text=text))
    return int(result["counts"]["folds"]["measured"])


def evaluate(figure, length):
    """The closed form, where it holds."""
    step = figure.get("tokens_per_n", 1)
    if "closed_form" not in figure or length % step:
        return None
    text = re.sub(r"(\d|\)) (?=[CLn])", r"\1 * ", figure["closed_form"].replace("^", "**"))
    return eval(text, {"C": comb, "n": length // step, "L": length})


def check_counts(case):
    attention, form = predict(case)
    check(count_folds(case, case.source()) == get(attention["folds"]), "folds", case)
    # Without an end of the whole, so that the tiles are named.
    passes = LOWER[case.form].format(tile=case.tile, tiles=case.get_tiles())
    lowered = run(ATTN_OPT, "-", *re.findall(r"--\S+(?: \w+=\d+)*", passes),
                  text=case.source())
    shown = re.sub(r",? *mask = #attn[^}]*(?=})", "", lowered)
    pairs = count_folds(case, shown, is_lowered=True)
    flops = 2 * (case.features + case.values) * pairs
    check(flops == get(form["flops"]), f"{flops} flops", case)
    if case.form == "recurrent" or case.form == "blocked" and not case.mask:
        if not case.block and case.queries % case.tile == 0:
            check(pairs == case.tile * get(form["key_reads"]), "key reads", case)
    elif case.form == "blocked" and not case.block and case == replace(
            case, mask=CAUSAL, tile=16, queries=case.keys // 16 * 16):
        # Tiles before a tile's own, and the first half of that, then both halves.
        reads = sum(16 * tile + 8 + 16 for tile in range(case.queries // 16))
        check(case.heads * reads == get(form["key_reads"]), "key reads", case)
    for figure in [attention["folds"], form["flops"], form["key_reads"]]:
        value = evaluate(figure, case.queries)
        if case.queries == case.keys and value is not None:
            check(value == get(figure), "closed form", case)


def check_all_counts():
    for queries, keys, mask in [(128, 128, ""), (128, 128, CAUSAL), (100, 100, CAUSAL),
                                (100, 100, WINDOW), (40, 200, PREFIX)]:
        for form in LOWER:
            for block in [0, 64] if form == "blocked" else [0]:
                check_counts(Case(queries, keys, 4, 4, 2, mask, form=form,
                                  key_tile=32, block=block))
    # Windows with no key at two edges for tiles, and for blocks too; narrower ones.
    for mask in ["#attn.window<30, 4>", "#attn.window<100, 0>", "#attn.window<28, 0>"]:
        for queries, block in [(208, 0), (208, 64), (200, 64)]:
            check_counts(Case(queries, 208, 4, 4, 2, mask, key_tile=32, block=block))
    check_counts(Case(96, 96, 4, 4, mask=WINDOW, dynamic=True, key_tile=32))
    check_counts(Case(1, 90, 4, 4, 2, CAUSAL, key_tile=32))
    check_counts(Case(3, 2500, 4, 4, 2, key_tile=32))
    check_counts(Case(3, 2500, 4, 4, 2, "#attn.prefix<1500>", key_tile=32))
    check_counts(Case(96, 96, 4, 4, mask=CAUSAL, dynamic=True, block=32, key_tile=8))
    check_counts(Case(96, 96, 4, 4, mask=CAUSAL, tile=12, block=24, key_tile=8))
    check_counts(Case(96, 96, 4, 4, mask=CAUSAL, tile=16, block=32, key_tile=1))
    print("counts: as predicted")


{"memory": check_all_memory, "counts": check_all_counts}[sys.argv[1]]()
