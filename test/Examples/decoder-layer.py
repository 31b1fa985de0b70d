"""One layer of GPT-2 or Llama as plain linalg, the way torch-mlir writes it.

    x = x + attention(norm(x)),   x = x + mlp(norm(x))

Nothing says attention: heads are transposed and collapsed for linalg.batch_matmul,
the causal mask is a comparison of positions, and the softmax is five operations that
keep its dimension. GPT-2 has packed projections, LayerNorm and GELU; Llama has rotary
positions, key heads that groups of query heads share, RMSNorm and SwiGLU.

    --attention=spelled   that
    --attention=only      the attention alone, as one attn.attention
    --attention=none      query, key and value are added where attention was, so that
                          all that leads there is still computed: for timing

--oracle writes random arguments and the result that numpy computes in double
precision.

RUN: %python %s --model=gpt2 > %t.mlir && diff %t.mlir %S/gpt2-layer.mlir
RUN: %python %s --model=llama > %t.mlir && diff %t.mlir %S/llama-layer.mlir
RUN: not %python %s --heads=5 2>&1 | FileCheck %s --check-prefix=HEADS
HEADS: heads must divide dim, and key-heads heads
RUN: not %python %s --model=llama --dim=12 --heads=4 2>&1 | FileCheck %s --check-prefix=ODD
ODD: rotary positions need an even number of features per head
RUN: not %python %s --key-heads=2 2>&1 | FileCheck %s --check-prefix=GROUPED
GROUPED: GPT-2 has as many key heads as heads
"""

import argparse
import importlib.util
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
_spec = importlib.util.spec_from_file_location(
    "gpt_decoder", os.path.join(HERE, "gpt-decoder.py"))
gpt_decoder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gpt_decoder)

EPSILON, ROTARY_BASE = gpt_decoder.EPSILON, gpt_decoder.ROTARY_BASE
GELU_CUBIC, GELU_SCALE = 0.044715, float(np.sqrt(2 / np.pi))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--model", choices=["gpt2", "llama"], default="gpt2")
    add("--length", type=int, default=12, help="tokens")
    add("--dim", type=int, default=32, help="features of a token")
    add("--heads", type=int, default=4, help="query heads")
    add("--key-heads", type=int,
        help="key and value heads (default: all of GPT-2, half of Llama)")
    add("--hidden", type=int, help="hidden features of the MLP (default: 4 dim)")
    add("--attention", choices=["spelled", "only", "none"], default="spelled")
    add("--fill", choices=["lowest", "infinity"], default="lowest",
        help="minus what hidden scores are")
    add("--seed", type=int, default=0, help="of random arguments")
    add("--oracle", metavar="DIR", help="write inputN.npy and expected.npy there too")
    c = parser.parse_args()
    is_llama = c.model == "llama"
    c.key_heads = c.key_heads or (max(c.heads // 2, 1) if is_llama else c.heads)
    c.hidden = c.hidden or 4 * c.dim
    if c.dim % c.heads or c.heads % c.key_heads:
        parser.error("heads must divide dim, and key-heads heads")
    if not is_llama and c.key_heads != c.heads:
        parser.error("GPT-2 has as many key heads as heads: leave out --key-heads")
    c.type, c.head_dim, c.group = "f32", c.dim // c.heads, c.heads // c.key_heads
    if is_llama and c.head_dim % 2:
        parser.error("rotary positions need an even number of features per head")
    return c


# --------------------------------------------------------------------- arguments


def argument_shapes(c):
    """Name -> shape, in the order of the function's arguments."""
    keys = c.key_heads * c.head_dim
    if c.attention == "only":
        query = ((c.key_heads, c.group) if c.group > 1 else (c.heads,))
        return {"query": (1, *query, c.length, c.head_dim),
                "key": (1, c.key_heads, c.length, c.head_dim),
                "value": (1, c.key_heads, c.length, c.head_dim)}
    shapes = {"x": (1, c.length, c.dim)}
    if c.model == "gpt2":
        for norm in ("attention_norm", "mlp_norm"):
            shapes[f"{norm}_scale"] = shapes[f"{norm}_shift"] = (c.dim,)
        for name, rows, columns in (("packed", c.dim, 3 * c.dim),
                                    ("output", c.dim, c.dim),
                                    ("up", c.dim, c.hidden),
                                    ("down", c.hidden, c.dim)):
            shapes[f"{name}_weight"], shapes[f"{name}_bias"] = (rows, columns), (columns,)
        return shapes
    shapes["cosine"] = shapes["sine"] = (c.length, c.head_dim)
    shapes["attention_norm_scale"] = shapes["mlp_norm_scale"] = (c.dim,)
    for name, rows, columns in (("query", c.dim, c.dim), ("key", c.dim, keys),
                                ("value", c.dim, keys), ("output", c.dim, c.dim),
                                ("gate", c.dim, c.hidden), ("up", c.dim, c.hidden),
                                ("down", c.hidden, c.dim)):
        shapes[f"{name}_weight"] = (rows, columns)
    return shapes


def random_arguments(c):
    """Products keep the size of what they multiply."""
    random = np.random.default_rng(c.seed)
    angle = np.outer(np.arange(c.length),
                     ROTARY_BASE ** (-np.arange(0, c.head_dim, 2) / c.head_dim))
    angle = np.concatenate([angle, angle], 1)
    arguments = {}
    for name, shape in argument_shapes(c).items():
        draw = random.standard_normal(shape)
        if name.endswith("_scale"):
            draw = 1 + 0.1 * draw
        elif name.endswith("_weight"):
            draw /= np.sqrt(shape[0])
        elif name in ("cosine", "sine"):
            draw = np.cos(angle) if name == "cosine" else np.sin(angle)
        arguments[name] = draw.astype(np.float32)
    return arguments


# ------------------------------------------------------------------------ oracle


def attention_oracle(q, k, v):
    """Causal attention of heads x tokens x features, in double precision."""
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    tokens = np.arange(scores.shape[-1])
    scores = np.where(tokens <= tokens[:, None], scores, -np.inf)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True) @ v


def oracle(c, arguments):
    w = {name: array.astype(np.float64) for name, array in arguments.items()}
    if c.attention == "only":
        q, k, v = w["query"], w["key"], w["value"]
        return attention_oracle(q, *((k[:, :, None], v[:, :, None])
                                     if c.group > 1 else (k, v)))

    def norm(x, name):
        if c.model == "gpt2":
            x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * w[f"{name}_scale"] + w.get(f"{name}_shift", 0)

    def product(x, name):
        return x @ w[f"{name}_weight"] + w.get(f"{name}_bias", 0)

    def heads(x):
        return x.reshape(c.length, -1, c.head_dim).swapaxes(0, 1)

    def rotate(x):
        half = c.head_dim // 2
        turned = np.concatenate([-x[..., half:], x[..., :half]], -1)
        return x * w["cosine"] + turned * w["sine"]

    x = w["x"][0]
    y = norm(x, "attention_norm")
    if c.model == "gpt2":
        q, k, v = (heads(part) for part in np.split(product(y, "packed"), 3, 1))
    else:
        q, k, v = (heads(product(y, name)) for name in ("query", "key", "value"))
        q, k = rotate(q), rotate(k)
    k, v = np.repeat(k, c.group, 0), np.repeat(v, c.group, 0)
    o = q + k + v if c.attention == "none" else attention_oracle(q, k, v)
    x = x + product(o.swapaxes(0, 1).reshape(c.length, c.dim), "output")
    y = norm(x, "mlp_norm")
    up = product(y, "up")
    if c.model == "gpt2":
        hidden = 0.5 * up * (1 + np.tanh(GELU_SCALE * (up + GELU_CUBIC * up**3)))
    else:
        gate = product(y, "gate")
        hidden = gate / (1 + np.exp(-gate)) * up
    return (x + product(hidden, "down"))[None]


def write_oracle(c):
    arguments = random_arguments(c)
    os.makedirs(c.oracle, exist_ok=True)
    for number, array in enumerate(arguments.values()):
        np.save(os.path.join(c.oracle, f"input{number}.npy"), array)
    np.save(os.path.join(c.oracle, "expected.npy"),
            oracle(c, arguments).astype(np.float32))


# ---------------------------------------------------------------------------- IR


class Value:
    """A tensor: its name and its shape."""

    def __init__(self, name, shape, dtype="f32"):
        self.name, self.shape, self.dtype = name, tuple(shape), dtype
        self.type = "tensor<" + "".join(f"{size}x" for size in shape) + f"{dtype}>"


class Layer(gpt_decoder.Decoder):
    """Writes the function. Dimensions are letters: b batch, h head, k key head, g
    query head of a group, i and j tokens, d feature, m and n rows and columns; 0 in
    a map is a dimension of size 1 that is kept."""

    def __init__(self, config):
        super().__init__(config, {})
        self.maps, self.numbers = {}, {}
        self.arguments = {name: Value(f"%{name}", shape)
                          for name, shape in argument_shapes(config).items()}

    # Operations

    def op(self, name, shape, text, dtype="f32"):
        """`text` may name the type of the result: TYPE."""
        kind = Value("", shape, dtype).type
        return Value(self.emit(name, text.replace("TYPE", kind)), shape, dtype)

    def scalar(self, name, value, dtype="f32"):
        """A constant, once."""
        if name not in self.numbers:
            text = value if isinstance(value, str) else self.number(value)
            self.numbers[name] = self.emit(name, f"arith.constant {text} : {dtype}")
        return self.numbers[name]

    def filled(self, shape, value="%zero"):
        kind = Value("", shape).type
        if value == "%zero":
            self.scalar("zero", 0)
            return Value(self.emit_zeros(kind), shape)
        empty = self.emit_empty(kind)
        return self.op("start", shape,
                       f"linalg.fill ins({value} : f32) outs({empty} : TYPE) -> TYPE")

    def map(self, loops, results):
        text = f"affine_map<({', '.join(loops)}) -> ({', '.join(results)})>"
        name = f"#{loops}" if results == loops else f"#{loops}_to_{results}"
        self.maps[name] = text
        return name

    def generic(self, name, loops, inputs, outs, body):
        """`inputs` and `outs` are pairs (value, dimensions); a loop that is in no
        result is a sum or a maximum."""
        kept = "".join(dims for _, dims in outs)
        if set(loops) <= set(kept):  # Elementwise: the batch of one is read at 0.
            inputs = [(value, dims.replace("b", "0")) for value, dims in inputs]
        maps = [self.map(loops, dims) for _, dims in [*inputs, *outs]]
        kinds = "".join("p" if loop in kept else "r" for loop in loops)
        pairs = [(value.name, value.type) for value, _ in inputs]
        (out, _), = outs
        result = self.emit_generic(name, maps, kinds, pairs, (out.name, out.type), body)
        return Value(result, out.shape, out.dtype)

    def each(self, name, loops, inputs, body, dtype="f32"):
        """One result per point of `loops`."""
        sizes = {d: n for x, dims in inputs for d, n in zip(dims, x.shape)}
        shape = [sizes[d] for d in loops]
        kind = Value("", shape, dtype)
        out = Value(self.emit_empty(kind.type), shape, dtype)
        return self.generic(name, loops, inputs, [(out, loops)], body)

    def binary(self, name, op, loops, x, y):
        """`x` and `y` are pairs (value, dimensions)."""
        return self.each(name, loops, [x, y], f"""left right out
            %y = arith.{op} %left, %right : f32
            linalg.yield %y : f32""")

    def unary(self, name, loops, x, line, dtype="f32"):
        return self.each(name, loops, [(x, loops)], f"""entry out
            {line}
            linalg.yield %y : {dtype}""", dtype)

    def total(self, name, loops, x):
        """The sum over the last loop, which is kept with size 1."""
        kept = loops[:-1] + "0"
        zeros = self.filled((*x.shape[:-1], 1))
        return self.generic(name, loops, [(x, loops)], [(zeros, kept)], """entry sum
            %next = arith.addf %entry, %sum : f32
            linalg.yield %next : f32""")

    def reshaped(self, op, name, x, groups, shape):
        to = f" output_shape [{', '.join(map(str, shape))}]" if op == "expand" else ""
        return self.op(name, shape,
                       f"tensor.{op}_shape {x.name} {groups}{to} : {x.type} into TYPE")

    def collapsed(self, name, x, groups, shape):
        return self.reshaped("collapse", name, x, groups, shape)

    def expanded(self, name, x, groups, shape):
        return self.reshaped("expand", name, x, groups, shape)

    def transposed(self, name, x, order):
        shape = [x.shape[i] for i in order]
        empty = self.emit_empty(Value("", shape).type)
        return self.op(name, shape, f"linalg.transpose ins({x.name} : {x.type}) "
                       f"outs({empty} : TYPE) permutation = {list(order)}")

    def slice_of_last(self, name, x, start, size):
        shape = (*x.shape[:-1], size)
        offsets, ones = [0] * len(x.shape), [1] * len(x.shape)
        offsets[-1] = start
        return self.op(name, shape, f"tensor.extract_slice {x.name}{offsets} "
                       f"{list(shape)} {ones} : {x.type} to TYPE")

    # Layers

    def product(self, name, x, weight):
        """x W, + bias if there is one; x is 1 x tokens x features."""
        w, bias = (self.arguments.get(f"{weight}_{part}") for part in ("weight", "bias"))
        rows = self.collapsed("rows", x, "[[0, 1], [2]]", x.shape[1:])
        shape = (x.shape[1], w.shape[1])
        zeros = self.filled(shape)
        result = self.op(
            f"{name}_rows", shape, f"linalg.matmul ins({rows.name}, {w.name} : "
            f"{rows.type}, {w.type}) outs({zeros.name} : TYPE) -> TYPE")
        if bias:
            result = self.binary("shifted", "addf", "mn", (result, "mn"), (bias, "n"))
        return self.expanded(name, result, "[[0, 1], [2]]", (1, *shape))

    def mean(self, name, x):
        features = self.scalar("features", x.shape[-1])
        return self.unary(name, "bin", self.total("total", "bid", x),
                          f"%y = arith.divf %entry, {features} : f32")

    def norm(self, x, name):
        shift = self.arguments.get(f"{name}_shift")
        if shift:
            x = self.binary("centered", "subf", "bid", (x, "bid"),
                            (self.mean("mean", x), "bi0"))
        square = self.binary("square", "mulf", "bid", (x, "bid"), (x, "bid"))
        epsilon = self.scalar("epsilon", EPSILON)
        safe = self.unary("safe", "bin", self.mean("mean_square", square),
                          f"%y = arith.addf %entry, {epsilon} : f32")
        factor = self.unary("factor", "bin", safe, "%y = math.rsqrt %entry : f32")
        unit = self.binary("unit", "mulf", "bid", (x, "bid"), (factor, "bi0"))
        normed = self.binary("normed", "mulf", "bid", (unit, "bid"),
                             (self.arguments[f"{name}_scale"], "d"))
        if not shift:
            return normed
        return self.binary("normed", "addf", "bid", (normed, "bid"), (shift, "d"))

    def heads_of(self, name, x, heads):
        """1 x tokens x (heads * features) to 1 x heads x tokens x features."""
        c = self.c
        split = self.expanded(f"{name}_split", x, "[[0], [1], [2, 3]]",
                              (1, c.length, heads, c.head_dim))
        return self.transposed(f"{name}_heads", split, (0, 2, 1, 3))

    def rotated(self, name, x):
        """x cos + (-second half, first half) sin."""
        half = self.c.head_dim // 2
        first = self.slice_of_last("first", x, 0, half)
        second = self.slice_of_last("second", x, half, half)
        minus = self.unary("minus", "bhid", second, "%y = arith.negf %entry : f32")
        turned = self.op("turned", x.shape, f"tensor.concat dim(3) {minus.name}, "
                         f"{first.name} : ({minus.type}, {first.type}) -> TYPE")
        cosine, sine = self.arguments["cosine"], self.arguments["sine"]
        a = self.binary("straight", "mulf", "bhid", (x, "bhid"), (cosine, "id"))
        b = self.binary("across", "mulf", "bhid", (turned, "bhid"), (sine, "id"))
        return self.binary(name, "addf", "bhid", (a, "bhid"), (b, "bhid"))

    def repeated(self, name, x):
        """Each key head as often as its group has query heads."""
        c = self.c
        if c.group == 1:
            return x
        groups = "[[0], [1, 2], [3], [4]]"
        split = self.expanded(f"{name}_split", x, groups,
                              (1, c.key_heads, 1, c.length, c.head_dim))
        shape = (1, c.key_heads, c.group, c.length, c.head_dim)
        out = Value(self.emit_empty(Value("", shape).type), shape)
        spread = self.generic(f"{name}_spread", "bkgjd", [(split, "bk0jd")],
                              [(out, "bkgjd")], """entry out
            linalg.yield %entry : f32""")
        return self.collapsed(f"{name}_repeated", spread, groups,
                              (1, c.heads, c.length, c.head_dim))

    def visible(self):
        """Which key a query sees: positions are compared."""
        length = self.c.length
        kind = Value("", (length,), "i64")
        positions = self.generic(
            "positions", "i", [],
            [(Value(self.emit_empty(kind.type), (length,), "i64"), "i")], """out
            %token = linalg.index 0 : index
            %position = arith.index_cast %token : index to i64
            linalg.yield %position : i64""")
        groups = "[[0, 1]]"
        rows, columns = (
            self.op(name, shape, f"tensor.expand_shape {positions.name} {groups} "
                    f"output_shape {list(shape)} : {positions.type} into TYPE", "i64")
            for name, shape in (("rows", (length, 1)), ("columns", (1, length))))
        out = Value(self.emit_empty(f"tensor<{length}x{length}xi1>"),
                    (length, length), "i1")
        return self.generic("visible", "ij", [(columns, "0j"), (rows, "i0")],
                            [(out, "ij")], """column row out
            %is_seen = arith.cmpi sle, %column, %row : i64
            linalg.yield %is_seen : i1""")

    def masked(self, scores):
        """GPT-2 chooses between the score and the fill, Llama adds a tensor of 0 and
        the fill."""
        lowest = self.c.fill == "lowest"
        fill = self.scalar("fill", "-3.40282347E+38" if lowest else "0xFF800000")
        visible = self.visible()
        if self.c.model == "gpt2":
            return self.each("masked", "bhij", [(visible, "ij"), (scores, "bhij")],
                             f"""seen score out
                %y = arith.select %seen, %score, {fill} : f32
                linalg.yield %y : f32""")
        zero = self.scalar("zero", 0)
        bias = self.each("bias", "ij", [(visible, "ij")], f"""seen out
            %y = arith.select %seen, {zero}, {fill} : f32
            linalg.yield %y : f32""")
        return self.binary("masked", "addf", "bhij", (scores, "bhij"), (bias, "ij"))

    def maximum(self, x):
        """Over the last dimension, with the position that nobody uses."""
        shape = (*x.shape[:-1], 1)
        start = self.filled(shape, self.scalar("minus_infinity", "0xFF800000"))
        at = Value("", shape, "i64").type
        c0 = self.scalar("zero_i64", "0", "i64")
        empty = self.emit_empty(at)
        first = self.emit(
            "first", f"linalg.fill ins({c0} : i64) outs({empty} : {at}) -> {at}")
        maps = ", ".join(self.map("bhij", dims) for dims in ("bhij", "bhi0", "bhi0"))
        self.line(f"%max, %at = linalg.generic {{indexing_maps = [{maps}], "
                  'iterator_types = ["parallel", "parallel", "parallel", "reduction"]}')
        self.line(f"    ins({x.name} : {x.type}) "
                  f"outs({start.name}, {first} : {start.type}, {at}) {{")
        for line in ("^bb0(%score: f32, %most: f32, %most_at: i64):",
                     "  %token = linalg.index 3 : index",
                     "  %position = arith.index_cast %token : index to i64",
                     "  %y = arith.maximumf %score, %most : f32",
                     "  %is_more = arith.cmpf ogt, %score, %most : f32",
                     "  %y_at = arith.select %is_more, %position, %most_at : i64",
                     "  linalg.yield %y, %y_at : f32, i64",
                     f"}} -> ({start.type}, {at})"):
            self.line(line)
        return Value("%max", shape)

    def softmax(self, scores):
        shifted = self.binary("shifted_scores", "subf", "bhij", (scores, "bhij"),
                              (self.maximum(scores), "bhi0"))
        power = self.unary("power", "bhij", shifted, "%y = math.exp %entry : f32")
        total = self.total("power_sum", "bhij", power)
        return self.binary("probability", "divf", "bhij", (power, "bhij"), (total, "bhi0"))

    def batch_product(self, name, x, y):
        """Batch and heads are one dimension for the product."""
        shape = (*x.shape[:-1], y.shape[-1])
        flat = [self.collapsed("flat", z, "[[0, 1], [2], [3]]", z.shape[1:])
                for z in (x, y)]
        zeros = self.filled(shape[1:])
        result = self.op(
            f"{name}_flat", shape[1:],
            f"linalg.batch_matmul ins({flat[0].name}, {flat[1].name} : {flat[0].type}, "
            f"{flat[1].type}) outs({zeros.name} : TYPE) -> TYPE")
        return self.expanded(name, result, "[[0, 1], [2], [3]]", shape)

    def spelled_attention(self, q, k, v):
        k, v = self.repeated("key", k), self.repeated("value", v)
        scores = self.batch_product("scores", q, self.transposed("key_columns", k,
                                                                 (0, 1, 3, 2)))
        root = self.scalar("root", np.float32(np.sqrt(self.c.head_dim)))
        scaled = self.unary("scaled", "bhij", scores,
                            f"%y = arith.divf %entry, {root} : f32")
        return self.batch_product("attended", self.softmax(self.masked(scaled)), v)

    def no_attention(self, q, k, v):
        """q + k + v: all that leads to attention is computed, and read once."""
        c, groups = self.c, "[[0], [1, 2], [3], [4]]"
        q = self.expanded("query_groups", q, groups,
                          (1, c.key_heads, c.group, c.length, c.head_dim))
        both = self.each("added", "bkgid", [(q, "bkgid"), (k, "bkid"), (v, "bkid")],
                         """left middle right out
            %pair = arith.addf %left, %middle : f32
            %y = arith.addf %pair, %right : f32
            linalg.yield %y : f32""")
        return self.collapsed("added_heads", both, groups,
                              (1, c.heads, c.length, c.head_dim))

    def attention(self, y):
        c = self.c
        if c.model == "gpt2":
            packed = self.product("packed", y, "packed")
            q, k, v = (
                self.heads_of(name, self.slice_of_last(name, packed, i * c.dim, c.dim),
                              c.heads)
                for i, name in enumerate(("query", "key", "value")))
        else:
            q, k, v = (
                self.heads_of(name, self.product(name, y, name), heads)
                for name, heads in (("query", c.heads), ("key", c.key_heads),
                                    ("value", c.key_heads)))
            q, k = self.rotated("query_rotated", q), self.rotated("key_rotated", k)
        spell = (self.no_attention if c.attention == "none" else self.spelled_attention)
        tokens = self.transposed("attended_tokens", spell(q, k, v), (0, 2, 1, 3))
        joined = self.collapsed("joined", tokens, "[[0], [1], [2, 3]]",
                                (1, c.length, c.dim))
        return self.product("attention_output", joined, "output")

    def gelu(self, x):
        """x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))"""
        cubic, scale = self.scalar("cubic", GELU_CUBIC), self.scalar("bend", GELU_SCALE)
        one, half = self.scalar("one", 1), self.scalar("half", 0.5)
        square = self.binary("square", "mulf", "bid", (x, "bid"), (x, "bid"))
        cube = self.binary("cube", "mulf", "bid", (square, "bid"), (x, "bid"))
        term = self.unary("term", "bid", cube, f"%y = arith.mulf %entry, {cubic} : f32")
        bent = self.binary("bent", "addf", "bid", (x, "bid"), (term, "bid"))
        inner = self.unary("inner", "bid", bent, f"%y = arith.mulf %entry, {scale} : f32")
        tanh = self.unary("tanh", "bid", inner, "%y = math.tanh %entry : f32")
        gate = self.unary("gate", "bid", tanh, f"%y = arith.addf %entry, {one} : f32")
        halved = self.unary("halved", "bid", x, f"%y = arith.mulf %entry, {half} : f32")
        return self.binary("hidden", "mulf", "bid", (halved, "bid"), (gate, "bid"))

    def swiglu(self, gate, up):
        one = self.scalar("one", 1)
        sigmoid = self.each("sigmoid", "bid", [(gate, "bid")], f"""entry out
            %minus_entry = arith.negf %entry : f32
            %power_entry = math.exp %minus_entry : f32
            %denominator = arith.addf %power_entry, {one} : f32
            %y = arith.divf {one}, %denominator : f32
            linalg.yield %y : f32""")
        swish = self.binary("swish", "mulf", "bid", (gate, "bid"), (sigmoid, "bid"))
        return self.binary("hidden", "mulf", "bid", (swish, "bid"), (up, "bid"))

    def mlp(self, y):
        if self.c.model == "gpt2":
            hidden = self.gelu(self.product("up", y, "up"))
        else:
            gate = self.product("gate", y, "gate")
            hidden = self.swiglu(gate, self.product("up", y, "up"))
        return self.product("mlp_output", hidden, "down")

    # The whole

    def write_attention(self):
        q, k, v = (self.arguments[name] for name in ("query", "key", "value"))
        empty = self.emit_empty(q.type)
        self.line(f"%attention = attn.attention ins({q.name}, {k.name}, {v.name} : "
                  f"{q.type}, {k.type}, {v.type})")
        self.line(f"    outs({empty} : {q.type}) {{mask = #attn.causal}} -> {q.type}")
        return Value("%attention", q.shape)

    def write_layer(self):
        x = self.arguments["x"]
        for part, name in ((self.attention, "attention"), (self.mlp, "mlp")):
            self.line(f"// x + {name}(norm(x))")
            y = part(self.norm(x, f"{name}_norm"))
            x = self.binary(f"x_plus_{name}", "addf", "bid", (x, "bid"), (y, "bid"))
        return x

    def write(self):
        c = self.c
        only = c.attention == "only"
        result = self.write_attention() if only else self.write_layer()
        name = "attention" if only else "layer"
        arguments = (",\n" + " " * len(f"func.func @{name}(")).join(
            f"{x.name}: {x.type}" for x in self.arguments.values())
        return "\n".join([
            f"// Written by decoder-layer.py: {name} of {c.model}, {c.length} tokens of "
            f"{c.dim} features.",
            "",
            *(f"{alias} = {text}" for alias, text in self.maps.items()),
            *([""] if self.maps else []),
            f"func.func @{name}({arguments}) -> {result.type} {{",
            *self.lines,
            f"  return {result.name} : {result.type}",
            "}",
        ])


def main():
    config = parse()
    if config.oracle:
        write_oracle(config)
    print(Layer(config).write())


if __name__ == "__main__":
    main()
