"""A small decoder of the GPT family, as IR that a front end could have written.

    ids -> embedding -> N blocks -> norm -> logits
    block:  x = x + attention(norm(x)),   x = x + mlp(norm(x))

Prints one function @decoder from L token ids to L x vocabulary logits; nothing in
it depends on L but the sizes of tensors. --oracle writes random arguments and the
logits that numpy computes in double precision.

Ids outside of the vocabulary are the caller's error.

RUN: %python %s > %t.mlir && diff %t.mlir %S/gpt-decoder.mlir

A plan becomes an attribute of the function:

RUN: %python %s --plan="#attn.plan<segments = [<layers = 2>]>" | attn-opt | FileCheck %s
CHECK: func.func @decoder({{.*}}attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>}
"""

import argparse
import os

import numpy as np

EPSILON = 1e-5
ROTARY_BASE = 10000.0

# t: token, d: feature, h: head, r and c: row and column of a rotation, i: pair.
MAPS = [
    "#all = affine_map<(t) -> (t)>",
    "#token = affine_map<(t, d) -> (t)>",
    "#feature = affine_map<(t, d) -> (d)>",
    "#token_feature = affine_map<(t, d) -> (t, d)>",
]
ROTARY_MAPS = [
    "#all4 = affine_map<(t, r, c, i) -> (t, r, c, i)>",
    "#rotation = affine_map<(t, h, r, i, c) -> (t, r, c, i)>",
    "#unrotated = affine_map<(t, h, r, i, c) -> (t, h, c, i)>",
    "#rotated = affine_map<(t, h, r, i, c) -> (t, h, r, i)>",
]
GROUPED_MAPS = [
    "#query = affine_map<(h, g, m, k1, k2, n) -> (m, h, g, k1)>",
    "#key = affine_map<(h, g, m, k1, k2, n) -> (k2, h, k1)>",
    "#value = affine_map<(h, g, m, k1, k2, n) -> (k2, h, n)>",
    "#grouped_output = affine_map<(h, g, m, k1, k2, n) -> (m, h, g, n)>",
]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--layers", type=int, default=2, help="number of blocks")
    add("--length", default="?", help="tokens, or ? for any number")
    add("--dim", type=int, default=64, help="features of a token")
    add("--heads", type=int, default=4, help="query heads")
    add("--key-heads", type=int, help="key and value heads (default: all)")
    add("--hidden", type=int, help="hidden features of the MLP (default: 2 dim)")
    add("--vocab", type=int, default=64, help="size of the vocabulary")
    add("--norm", choices=["rms", "layer"], default="rms")
    add("--positions", choices=["rotary", "learned", "none"], default="rotary")
    add("--context", type=int, default=128, help="rows of learned positions")
    add("--mlp", choices=["swiglu", "gelu"], default="swiglu")
    add("--type", choices=["f32", "f64"], default="f32", help="of all numbers")
    add("--weights", choices=["arguments", "constants"], default="arguments")
    add("--window", type=int, help="keys that a token sees, itself among them")
    add("--plan", help="value of the function's attribute attn.plan")
    add("--seed", type=int, default=0, help="of random arguments and constants")
    add("--oracle", metavar="DIR",
        help="write inputN.npy and expected.npy there too")
    add("--tokens", type=int, default=40, help="tokens of the oracle if length is ?")
    config = parser.parse_args()
    config.key_heads = config.key_heads or config.heads
    config.hidden = config.hidden or 2 * config.dim
    if config.dim % config.heads or config.heads % config.key_heads:
        parser.error("heads must divide dim, and key-heads heads")
    config.head_dim = config.dim // config.heads
    config.group = config.heads // config.key_heads
    if config.positions == "rotary" and config.head_dim % 2:
        parser.error("rotary positions need an even number of features per head")
    if config.length != "?":
        config.tokens = int(config.length)
    if config.positions == "learned" and config.tokens > config.context:
        parser.error("more tokens than learned positions: increase --context")
    return config


# ----------------------------------------------------------------------- weights


def weight_shapes(c):
    """Name -> shape, in the order of the function's arguments."""
    shapes = {"embedding": (c.vocab, c.dim)}
    if c.positions == "learned":
        shapes["positions"] = (c.context, c.dim)

    def norm(name):
        shapes[f"{name}_scale"] = (c.dim,)
        if c.norm == "layer":
            shapes[f"{name}_shift"] = (c.dim,)

    keys = c.key_heads * c.head_dim
    for layer in range(c.layers):
        at = f"layer{layer}_"
        norm(at + "attention_norm")
        shapes[at + "query"] = (c.dim, c.dim)
        shapes[at + "key"] = shapes[at + "value"] = (c.dim, keys)
        shapes[at + "output"] = (c.dim, c.dim)
        norm(at + "mlp_norm")
        if c.mlp == "swiglu":
            shapes[at + "gate"] = (c.dim, c.hidden)
        shapes[at + "up"] = (c.dim, c.hidden)
        shapes[at + "down"] = (c.hidden, c.dim)
    norm("final_norm")
    shapes["logits"] = (c.dim, c.vocab)
    return shapes


def random_weights(c):
    """Products keep the size of what they multiply."""
    random = np.random.default_rng(c.seed)
    weights = {}
    for name, shape in weight_shapes(c).items():
        draw = random.standard_normal(shape)
        if name.endswith("_scale"):
            draw = 1 + 0.1 * draw
        elif name not in ("embedding", "positions") and len(shape) == 2:
            draw /= np.sqrt(shape[0])
        weights[name] = draw.astype({"f32": np.float32, "f64": np.float64}[c.type])
    return weights


# ------------------------------------------------------------------------ oracle


def oracle(c, ids, weights):
    """The logits, in double precision."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    tokens, half = len(ids), c.head_dim // 2
    t = np.arange(tokens)

    def norm(x, name):
        if c.norm == "layer":
            x = x - x.mean(1, keepdims=True)
        x = x / np.sqrt((x * x).mean(1, keepdims=True) + EPSILON)
        x = x * w[name + "_scale"]
        return x + w[name + "_shift"] if c.norm == "layer" else x

    def rotate(x):
        if c.positions != "rotary":
            return x
        angle = t[:, None, None] * ROTARY_BASE ** (-np.arange(half) / half)
        a, b = x[..., :half], x[..., half:]
        cos, sin = np.cos(angle), np.sin(angle)
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], 2)

    def attention(x, at):
        heads = lambda name: np.reshape(
            x @ w[at + name], (tokens, w[at + name].shape[1] // c.head_dim, c.head_dim))
        q, k = rotate(heads("query")), rotate(heads("key"))
        k, v = (np.repeat(y, c.group, 1) for y in (k, heads("value")))
        scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(c.head_dim)
        ago = t[:, None] - t
        visible = (ago >= 0) & (ago < (c.window or tokens))
        scores = np.where(visible, scores, -np.inf)
        p = np.exp(scores - scores.max(2, keepdims=True, initial=-np.inf))
        o = np.einsum("hij,jhd->ihd", p / p.sum(2, keepdims=True), v)
        return o.reshape(tokens, c.dim) @ w[at + "output"]

    def mlp(x, at):
        up = x @ w[at + "up"]
        if c.mlp == "swiglu":
            gate = x @ w[at + "gate"]
            return (gate / (1 + np.exp(-gate)) * up) @ w[at + "down"]
        inner = np.sqrt(2 / np.pi) * (up + 0.044715 * up**3)
        return (0.5 * up * (1 + np.tanh(inner))) @ w[at + "down"]

    x = w["embedding"][ids]
    if c.positions == "learned":
        x = x + w["positions"][:tokens]
    for layer in range(c.layers):
        at = f"layer{layer}_"
        x = x + attention(norm(x, at + "attention_norm"), at)
        x = x + mlp(norm(x, at + "mlp_norm"), at)
    return norm(x, "final_norm") @ w["logits"]


def write_oracle(c, weights):
    random = np.random.default_rng(c.seed + 1)
    ids = random.integers(0, c.vocab, c.tokens)
    expected = oracle(c, ids, weights)
    os.makedirs(c.oracle, exist_ok=True)
    inputs = [ids] + (list(weights.values()) if c.weights == "arguments" else [])
    for number, array in enumerate(inputs):
        np.save(os.path.join(c.oracle, f"input{number}.npy"), array)
    dtype = next(iter(weights.values())).dtype
    np.save(os.path.join(c.oracle, "expected.npy"), expected.astype(dtype))


# ---------------------------------------------------------------------------- IR


class Decoder:
    """Writes the function, line by line. Methods that begin with `emit` write
    operations and return the name of their result."""

    def __init__(self, config, weights):
        self.c, self.weights = config, weights
        self.lines, self.used = [], {}
        self.empties, self.zeros = {}, {}  # By type.

    # Text

    @staticmethod
    def number(value):
        """MLIR takes no 1e-05 for a float."""
        text = repr(float(value))
        return text if "." in text else text.replace("e", ".0e")

    def line(self, text):
        self.lines.append("  " + text)

    def fresh(self, name):
        """`%name`, or `%name_2` and so on if there is one."""
        count = self.used[name] = self.used.get(name, 0) + 1
        return f"%{name}" if count == 1 else f"%{name}_{count}"

    def tensor(self, *shape, dtype=None):
        sizes = "".join(f"{size}x" for size in shape)
        return f"tensor<{sizes}{dtype or self.c.type}>"

    def tokens(self, *shape, dtype=None):
        """One entry of `shape` per token."""
        return self.tensor(self.c.length, *shape, dtype=dtype)

    def emit(self, name, text):
        result = self.fresh(name)
        self.line(f"{result} = {text}")
        return result

    def emit_empty(self, kind):
        if kind not in self.empties:
            sizes = "%length" if kind.startswith("tensor<?") else ""
            self.empties[kind] = self.emit("empty", f"tensor.empty({sizes}) : {kind}")
        return self.empties[kind]

    def emit_zeros(self, kind):
        if kind not in self.zeros:
            self.zeros[kind] = self.emit(
                "zeros", f"linalg.fill ins(%zero : {self.c.type}) "
                f"outs({self.emit_empty(kind)} : {kind}) -> {kind}")
        return self.zeros[kind]

    def emit_generic(self, name, maps, loops, inputs, output, body):
        """`maps` are aliases, `inputs` pairs (value, type), `output` the same;
        `body` is text: its arguments have the names of its first line."""
        arguments, *body = [line.strip() for line in body.strip().split("\n")]
        kinds = {"p": '"parallel"', "r": '"reduction"'}
        ins = ""
        if inputs:
            values, types = (", ".join(x) for x in zip(*inputs))
            ins = f" ins({values} : {types})"
        result = self.fresh(name)
        self.line(f"{result} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
                  f"iterator_types = [{', '.join(kinds[x] for x in loops)}]}}")
        self.line(f"   {ins} outs({output[0]} : {output[1]}) {{")
        elements = [kind.rstrip(">").split("x")[-1] for _, kind in [*inputs, output]]
        names = arguments.split()
        self.line(f"^bb0({', '.join(f'%{n}: {e}' for n, e in zip(names, elements))}):")
        for text in body:
            self.line("  " + text.replace("TYPE", self.c.type))
        self.line(f"}} -> {output[1]}")
        return result

    # Layers

    def emit_product(self, name, x, features, weight, columns):
        kind = self.tokens(columns)
        zeros = self.emit_zeros(kind)
        return self.emit(
            name, f"linalg.matmul ins({x}, %{weight} : {self.tokens(features)}, "
            f"{self.tensor(features, columns)}) outs({zeros} : {kind}) -> {kind}")

    def emit_sum(self, name, x, y):
        return self.emit(name, f"arith.addf {x}, {y} : {self.tokens(self.c.dim)}")

    def emit_mean(self, name, x, body):
        """Of the features of each token."""
        kind, each = self.tokens(self.c.dim), self.tokens()
        total = self.emit_generic(
            "total", ["#token_feature", "#token"], "pr", [(x, kind)],
            (self.emit_zeros(each), each), body)
        return self.emit_generic(
            name, ["#all", "#all"], "p", [(total, each)],
            (self.emit_empty(each), each), """sum out
            %quotient = arith.divf %sum, %features : TYPE
            linalg.yield %quotient : TYPE""")

    def emit_norm(self, x, weight):
        c, kind, each = self.c, self.tokens(self.c.dim), self.tokens()
        if c.norm == "layer":
            mean = self.emit_mean("mean", x, """entry sum
                %next = arith.addf %entry, %sum : TYPE
                linalg.yield %next : TYPE""")
            x = self.emit_generic(
                "centered", ["#token_feature", "#token", "#token_feature"], "pp",
                [(x, kind), (mean, each)], (self.emit_empty(kind), kind),
                """entry center out
                %difference = arith.subf %entry, %center : TYPE
                linalg.yield %difference : TYPE""")
        square = self.emit_mean("mean_square", x, """entry sum
            %next = math.fma %entry, %entry, %sum : TYPE
            linalg.yield %next : TYPE""")
        vector = self.tensor(c.dim)
        inputs = [(x, kind), (square, each), (f"%{weight}_scale", vector)]
        maps = ["#token_feature", "#token", "#feature"]
        if c.norm == "layer":
            maps.append("#feature")
            inputs.append((f"%{weight}_shift", vector))
        names = "entry square scale shift out" if c.norm == "layer" else "entry square scale out"
        body = """
            %safe = arith.addf %square, %epsilon : TYPE
            %factor = math.rsqrt %safe : TYPE
            %unit = arith.mulf %entry, %factor : TYPE
            """
        if c.norm == "layer":
            body += """%y = math.fma %unit, %scale, %shift : TYPE
            linalg.yield %y : TYPE"""
        else:
            body += """%y = arith.mulf %unit, %scale : TYPE
            linalg.yield %y : TYPE"""
        return self.emit_generic("normed", maps + ["#token_feature"], "pp", inputs,
                                 (self.emit_empty(kind), kind), names + body)

    def emit_embedding(self):
        c, kind = self.c, self.tokens(self.c.dim)
        table = self.tensor(c.vocab, c.dim)
        x = self.emit_generic(
            "x", ["#token", "#token_feature"], "pp",
            [("%ids", self.tokens(dtype="i64"))], (self.emit_empty(kind), kind),
            f"""id out
            %row = arith.index_cast %id : i64 to index
            %feature = linalg.index 1 : index
            %entry = tensor.extract %embedding[%row, %feature] : {table}
            linalg.yield %entry : TYPE""")
        if c.positions != "learned":
            return x
        table = self.tensor(c.context, c.dim)
        return self.emit_generic(
            "x", ["#token_feature", "#token_feature"], "pp", [(x, kind)],
            (self.emit_empty(kind), kind),
            f"""entry out
            %token = linalg.index 0 : index
            %feature = linalg.index 1 : index
            %position = tensor.extract %positions[%token, %feature] : {table}
            %sum = arith.addf %entry, %position : TYPE
            linalg.yield %sum : TYPE""")

    def emit_rotations(self):
        """For each token and frequency the matrix of a rotation. Angles are f64:
        an f32 angle of 100000 would be off by 0.004."""
        c, half = self.c, self.c.head_dim // 2
        kind = self.tokens(2, 2, half)
        step = -np.log2(ROTARY_BASE) / half
        self.line(f"%step = arith.constant {self.number(step)} : f64")
        narrow = "" if c.type == "f64" else """
            %narrow = arith.truncf %entry : f64 to f32"""
        return self.emit_generic(
            "rotations", ["#all4"], "pppp", [], (self.emit_empty(kind), kind),
            """out
            %token = linalg.index 0 : index
            %row = linalg.index 1 : index
            %column = linalg.index 2 : index
            %pair = linalg.index 3 : index
            %token_i64 = arith.index_cast %token : index to i64
            %position = arith.sitofp %token_i64 : i64 to f64
            %pair_i64 = arith.index_cast %pair : index to i64
            %number = arith.sitofp %pair_i64 : i64 to f64
            %exponent = arith.mulf %number, %step : f64
            %frequency = math.exp2 %exponent : f64
            %angle = arith.mulf %position, %frequency : f64
            %cos = math.cos %angle : f64
            %sin = math.sin %angle : f64
            %minus_sin = arith.negf %sin : f64
            %is_diagonal = arith.cmpi eq, %row, %column : index
            %is_above = arith.cmpi ult, %row, %column : index
            %off_diagonal = arith.select %is_above, %minus_sin, %sin : f64
            %entry = arith.select %is_diagonal, %cos, %off_diagonal : f64"""
            + narrow + f"\nlinalg.yield %{'narrow' if narrow else 'entry'} : TYPE")

    def emit_rotated(self, name, x, heads):
        """The pairs (i, i + half) of features of each head, rotated."""
        half = self.c.head_dim // 2
        flat, pairs = self.tokens(heads * 2 * half), self.tokens(heads, 2, half)
        x = self.emit_expanded("pairs", x, flat, [heads, 2, half])
        return self.emit_generic(
            name, ["#rotation", "#unrotated", "#rotated"], "ppppr",
            [("%rotations", self.tokens(2, 2, half)), (x, pairs)],
            (self.emit_zeros(pairs), pairs), """factor entry sum
            %next = math.fma %factor, %entry, %sum : TYPE
            linalg.yield %next : TYPE""")

    def emit_expanded(self, name, x, flat, shape):
        """(token, features) to (token, *shape)."""
        groups = f"[[0], [{', '.join(str(i + 1) for i in range(len(shape)))}]]"
        sizes = ["%length" if self.c.length == "?" else self.c.length, *shape]
        return self.emit(
            name, f"tensor.expand_shape {x} {groups} output_shape "
            f"[{', '.join(map(str, sizes))}] : {flat} into {self.tokens(*shape)}")

    def emit_heads(self, name, x, shape, is_rotated):
        """(token, features) to (token, *shape), where `shape` ends in the head's
        features."""
        heads = int(np.prod(shape[:-1]))
        flat, kind = self.tokens(heads * shape[-1]), self.tokens(*shape)
        if not is_rotated or self.c.positions != "rotary":
            return self.emit_expanded(name, x, flat, shape)
        half = shape[-1] // 2
        rotated = self.emit_rotated("rotated", x, heads)
        if len(shape) == 2:
            return self.emit(
                name, f"tensor.collapse_shape {rotated} [[0], [1], [2, 3]] : "
                f"{self.tokens(heads, 2, half)} into {kind}")
        flattened = self.emit(
            "flat", f"tensor.collapse_shape {rotated} [[0], [1, 2, 3]] : "
            f"{self.tokens(heads, 2, half)} into {flat}")
        return self.emit_expanded(name, flattened, flat, shape)

    def emit_attention(self, x, at):
        c = self.c
        keys = c.key_heads * c.head_dim
        key_shape = [c.key_heads, c.head_dim]
        is_grouped = c.group > 1
        shape = [c.key_heads, c.group, c.head_dim] if is_grouped else key_shape
        q, k, v = (
            self.emit_product(f"{name}_features", x, c.dim, at + name, columns)
            for name, columns in (("query", c.dim), ("key", keys), ("value", keys)))
        q = self.emit_heads("query", q, shape, True)
        k = self.emit_heads("key", k, key_shape, True)
        v = self.emit_heads("value", v, key_shape, False)
        kind, key_kind = self.tokens(*shape), self.tokens(*key_shape)
        empty = self.emit_empty(kind)
        mask = f"#attn.window<{c.window - 1}, 0>" if c.window else "#attn.causal"
        result = self.fresh("attention")
        self.line(f"{result} = attn.attention ins({q}, {k}, {v} : "
                  f"{kind}, {key_kind}, {key_kind})")
        layout = "" if is_grouped else "layout(shd) "
        maps = ("indexing_maps = [#query, #key, #value, #grouped_output], "
                if is_grouped else "")
        self.line(f"    outs({empty} : {kind}) {layout}{{{maps}mask = {mask}}} -> {kind}")
        flat = self.tokens(c.dim)
        groups = f"[[0], [{', '.join(str(i + 1) for i in range(len(shape)))}]]"
        joined = self.emit(
            "joined", f"tensor.collapse_shape {result} {groups} : {kind} into {flat}")
        return self.emit_product("attended", joined, c.dim, at + "output", c.dim)

    def emit_mlp(self, x, at):
        c, kind = self.c, self.tokens(self.c.hidden)
        inputs = [(self.emit_product("up", x, c.dim, at + "up", c.hidden), kind)]
        if c.mlp == "swiglu":
            gate = self.emit_product("gate", x, c.dim, at + "gate", c.hidden)
            inputs.append((gate, kind))
            body = """u g out
            %minus = arith.negf %g : TYPE
            %power = math.exp %minus : TYPE
            %denominator = arith.addf %power, %one : TYPE
            %swish = arith.divf %g, %denominator : TYPE
            %y = arith.mulf %swish, %u : TYPE
            linalg.yield %y : TYPE"""
        else:
            body = """u out
            %square = arith.mulf %u, %u : TYPE
            %bend = math.fma %square, %cubic, %one : TYPE
            %inner = arith.mulf %u, %bend : TYPE
            %scaled = arith.mulf %inner, %inner_scale : TYPE
            %tanh = math.tanh %scaled : TYPE
            %weight = math.fma %tanh, %half, %half : TYPE
            %y = arith.mulf %u, %weight : TYPE
            linalg.yield %y : TYPE"""
        maps = ["#token_feature"] * (len(inputs) + 1)
        hidden = self.emit_generic("hidden", maps, "pp", inputs,
                                   (self.emit_empty(kind), kind), body)
        return self.emit_product("mixed", hidden, c.hidden, at + "down", c.dim)

    # The whole

    def emit_constants(self):
        c = self.c

        def number(name, value):
            self.line(f"%{name} = arith.constant {self.number(value)} : {c.type}")

        number("zero", 0)
        number("features", c.dim)
        number("epsilon", EPSILON)
        number("one", 1)
        if c.mlp == "gelu":
            number("half", 0.5)
            number("cubic", 0.044715)
            number("inner_scale", np.sqrt(2 / np.pi))
        if c.length == "?":
            self.line("%c0 = arith.constant 0 : index")
            self.line(f"%length = tensor.dim %ids, %c0 : {self.tokens(dtype='i64')}")
        if c.weights == "constants":
            for name, array in self.weights.items():
                data = array.tobytes().hex().upper()
                self.line(f'%{name} = arith.constant dense<"0x{data}"> : '
                          f"{self.tensor(*array.shape)}")

    def write(self):
        c = self.c
        kind = self.tokens(c.vocab)
        arguments = [f"%ids: {self.tokens(dtype='i64')}"]
        if c.weights == "arguments":
            arguments += [f"%{name}: {self.tensor(*shape)}"
                          for name, shape in weight_shapes(c).items()]
        self.emit_constants()
        x = self.emit_embedding()
        if c.positions == "rotary":
            self.emit_rotations()
        for layer in range(c.layers):
            at = f"layer{layer}_"
            self.lines.append("")
            self.line(f"// Block {layer}")
            attended = self.emit_attention(self.emit_norm(x, at + "attention_norm"), at)
            x = self.emit_sum("x", x, attended)
            mixed = self.emit_mlp(self.emit_norm(x, at + "mlp_norm"), at)
            x = self.emit_sum("x", x, mixed)
        self.lines.append("")
        normed = self.emit_norm(x, "final_norm")
        result = self.emit_product("result", normed, c.dim, "logits", c.vocab)
        self.line(f"return {result} : {kind}")
        plan = f" attributes {{attn.plan = {c.plan}}}" if c.plan else ""
        between = ",\n                   ".join(arguments)
        return "\n".join([
            "// Written by gpt-decoder.py: a decoder with "
            f"{c.layers} blocks of {c.dim} features.",
            "// Ids outside of the vocabulary are the caller's error.",
            "",
            *MAPS,
            *(ROTARY_MAPS if c.positions == "rotary" else []),
            *(GROUPED_MAPS if c.group > 1 else []),
            "",
            f"func.func @decoder({between}) -> {kind}{plan} {{",
            *self.lines,
            "}",
        ])


def main():
    config = parse()
    weights = random_weights(config)
    if config.oracle:
        write_oracle(config, weights)
    print(Decoder(config, weights).write())


if __name__ == "__main__":
    main()
