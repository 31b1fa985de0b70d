"""One attention problem: its IR, its data, and what numpy says it computes.

A case names sizes, layout, masks and element type; `ir()` writes the function,
`inputs()` draws data for it, `reference()` computes it in double precision by
the definition, row by row. Nothing here knows how the compiler works.
"""

import dataclasses
import math

import numpy as np

# Dimensions: b batch, h head, g query heads that share a key head, m queries,
# k keys, d features of query and key, n features of the value.
# Each layout: dimensions of query, key, value, output, log-sum-exp.
LAYOUTS = {
    "sd": ("md", "kd", "kn", "mn", "m"),
    "hsd": ("hmd", "hkd", "hkn", "hmn", "hm"),
    "bhsd": ("bhmd", "bhkd", "bhkn", "bhmn", "bhm"),
    "bshd": ("bmhd", "bkhd", "bkhn", "bmhn", "bmh"),
    "bhgsd": ("bhgmd", "bhkd", "bhkn", "bhgmn", "bhgm"),
    "bshgd": ("bmhgd", "bkhd", "bkhn", "bmhgn", "bmhg"),
    # Without a short form: written as indexing maps.
    "transposed-key": ("bhmd", "bhdk", "bhkn", "bhmn", "bhm"),
    "transposed-value": ("bhmd", "bhkd", "bhnk", "bhmn", "bhm"),
    "shared-key": ("bhmd", "bkd", "bkn", "bhmn", "bhm"),
    "features-first": ("dmhb", "dkhb", "nkhb", "nmhb", "mhb"),
}
SHORT = ("sd", "hsd", "bhsd", "bshd", "bhgsd", "bshgd")

NUMPY = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": np.float32}


def round_to(array, dtype):
    """The nearest values of `dtype`; bfloat16 is kept in float32."""
    array = np.atleast_1d(np.asarray(array, NUMPY[dtype]))
    if dtype != "bf16":
        return array
    bits = array.view(np.uint32).astype(np.uint64)
    bits = bits + 0x7FFF + ((bits >> 16) & 1)
    rounded = (bits & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return np.where(np.isfinite(array), rounded, array).astype(np.float32)


@dataclasses.dataclass
class Case:
    queries: int = 5
    keys: int = 9
    features: int = 8
    value_features: int = 8
    batch: int = 1
    heads: int = 1
    group: int = 1  # Only where the layout has g.
    layout: str = "sd"
    dtype: str = "f32"
    dynamic: str = "none"  # none | keys | sequence | all
    mask: str = ""  # As in IR, without "#attn.": causal, window<3, 0>, ...
    offset: str = "none"  # none | scalar | batch (one entry per batch)
    offset_value: int = 0
    valid: str = "none"  # none | scalar | batch
    valid_value: int = 0
    mask_tensor: str = "none"  # none | bool | float | bool-rows (no batch dims)
    # Ids of queries and keys, where the mask names segments: rows (the same for
    # all batches) | batch | shuffled (rows, in no order).
    segments: str = "rows"
    # none | alibi | softcap | plus3, or a mask: past (j <= i) | odd (of j)
    score: str = "none"
    lse: bool = False
    scale: float = 0.0  # 0: the default, 1/sqrt(features).
    tile: tuple = (0, 0)  # Queries and keys per tile; 0: the compiler's choice.
    seed: int = 0

    # ------------------------------------------------------------------ shapes

    @property
    def dims(self):
        return LAYOUTS[self.layout]

    @property
    def state(self):
        return "f64" if self.dtype == "f64" else "f32"

    def size(self, letter):
        return {
            "b": self.batch,
            "h": self.heads,
            "g": self.group,
            "m": self.queries,
            "k": self.keys,
            "d": self.features,
            "n": self.value_features,
        }[letter]

    def shape(self, dims):
        return tuple(self.size(letter) for letter in dims)

    def mask_dims(self):
        batch = "".join(c for c in "bhg" if c in self.dims[0])
        return ("" if self.mask_tensor.endswith("rows") else batch) + "mk"

    @property
    def has_segments(self):
        return "segments" in self.mask

    def segment_dims(self, sequence):
        return ("b" if self.segments == "batch" and "b" in self.dims[0] else "") + sequence

    # ---------------------------------------------------------------------- IR

    def type(self, dims, element):
        changing = {"none": "", "keys": "k", "sequence": "mk", "all": "bhgmkdn"}[self.dynamic]
        sizes = ["?" if c in changing else str(self.size(c)) for c in dims]
        return "tensor<" + "x".join(sizes + [element]) + ">"

    def indexing_maps(self):
        batch = [c for c in "bhg" if c in self.dims[0]]
        # `k` of this file is k2 of the operation, `d` is k1.
        space = ", ".join(batch + ["m", "d", "k", "n"])
        operands = list(self.dims[:3])
        if self.mask_tensor != "none":
            operands.append(self.mask_dims())
        if self.has_segments:
            operands += [self.segment_dims("m"), self.segment_dims("k")]
        operands.append(self.dims[3])
        if self.lse:
            operands.append(self.dims[4])
        return ", ".join(
            f"affine_map<({space}) -> ({', '.join(dims)})>" for dims in operands
        )

    def ir(self):
        query, key, value, output, lse = self.dims
        element = self.dtype
        types = [self.type(d, element) for d in (query, key, value)]
        arguments = [f"%{n}: {t}" for n, t in zip(("query", "key", "value"), types)]
        clauses = ""
        if self.mask_tensor != "none":
            kind = "i1" if self.mask_tensor.startswith("bool") else element
            mask_type = self.type(self.mask_dims(), kind)
            arguments.append(f"%mask: {mask_type}")
            clauses += f" mask_tensor(%mask : {mask_type})"
        if self.has_segments:
            segment_types = [self.type(self.segment_dims(c), "i32") for c in "mk"]
            names = ["%query_segments", "%key_segments"]
            arguments += [f"{n}: {t}" for n, t in zip(names, segment_types)]
            clauses += f" segments({', '.join(names)} : {', '.join(segment_types)})"
        for name, kind in (("query_offset", self.offset), ("valid_keys", self.valid)):
            if kind != "none":
                operand = "index" if kind == "scalar" else self.type("b", "i64")
                arguments.append(f"%{name}: {operand}")
                clauses += f" {name}(%{name} : {operand})"
        if self.score == "alibi":
            slopes = f"tensor<{self.heads * self.group}x{self.state}>"
            arguments.append(f"%slopes: {slopes}")

        body, where = [], {}
        for name, dims in zip(("query", "key", "value"), (query, key, value)):
            for place, letter in enumerate(dims):
                where.setdefault(letter, (name, place))
        outs = [("init", output, element)]
        if self.lse:
            outs.append(("init_lse", lse, self.state))
        for name, dims, kind in outs:
            sizes = []
            for letter, size in zip(dims, self.type(dims, kind)[7:].split("x")):
                if size == "?":
                    operand, place = where[letter]
                    tag = f"{name}_{letter}"
                    body.append(f"  %{tag}_place = arith.constant {place} : index")
                    body.append(
                        f"  %{tag} = tensor.dim %{operand}, %{tag}_place : "
                        + types[("query", "key", "value").index(operand)]
                    )
                    sizes.append(f"%{tag}")
            body.append(
                f"  %{name} = tensor.empty({', '.join(sizes)}) : "
                + self.type(dims, kind)
            )
        attributes = []
        if self.mask:
            attributes.append(f"mask = {self.mask_attribute()}")
        if self.scale:
            attributes.append(f"scale = {self.scale!r} : f64")
        layout = (
            f" layout({self.layout})"
            if self.layout in SHORT and not self.mask_tensor.endswith("rows")
            else f" indexing_maps = [{self.indexing_maps()}]"
        )
        out_types = [self.type(d, k) for _, d, k in outs]
        names = ", ".join("%" + n for n, _, _ in outs)
        results = ", ".join(f"%r{i}" for i in range(len(outs)))
        text = "".join(
            f"  {results} = attn.attention ins(%query, %key, %value : "
            f"{', '.join(types)}){clauses} outs({names} : {', '.join(out_types)})"
            f"{layout}"
        )
        if attributes:
            text += " {" + ", ".join(attributes) + "}"
        text += self.score_region() + f" -> {', '.join(out_types)}"
        body.append(text)
        body.append(f"  return {results} : {', '.join(out_types)}")
        signature = f"({', '.join(arguments)}) -> ({', '.join(out_types)})"
        return f"func.func @attention{signature} {{\n" + "\n".join(body) + "\n}\n"

    def mask_attribute(self):
        return self.mask if self.mask.startswith("#") else "#attn." + self.mask

    def score_region(self):
        if self.score == "none":
            return ""
        batch = "%b : index, " if "b" in self.dims[0] else ""
        t = self.state
        head = f" score(%s : {t}, {batch}%h : index, %i : index, %j : index) {{\n"
        if self.score == "alibi":
            slopes = f"tensor<{self.heads * self.group}x{t}>"
            return head + (
                f"    %slope = tensor.extract %slopes[%h] : {slopes}\n"
                "    %difference = arith.subi %j, %i : index\n"
                "    %integer = arith.index_cast %difference : index to i64\n"
                f"    %distance = arith.sitofp %integer : i64 to {t}\n"
                f"    %bias = arith.mulf %slope, %distance : {t}\n"
                f"    %biased = arith.addf %s, %bias : {t}\n"
                f"    attn.yield %biased : {t}\n  }}"
            )
        if self.score == "plus3":
            return head + (
                f"    %three = arith.constant 3.0 : {t}\n"
                f"    %shifted = arith.addf %s, %three : {t}\n"
                f"    attn.yield %shifted : {t}\n  }}"
            )
        if self.score in ("past", "odd"):
            condition = {
                "past": "    %sees = arith.cmpi sle, %j, %i : index\n",
                "odd": "    %one = arith.constant 1 : index\n"
                "    %bit = arith.andi %j, %one : index\n"
                "    %sees = arith.cmpi eq, %bit, %one : index\n",
            }[self.score]
            never = "0xFFF0000000000000" if t == "f64" else "0xFF800000"
            return head + condition + (
                f"    %never = arith.constant {never} : {t}\n"
                f"    %score = arith.select %sees, %s, %never : {t}\n"
                f"    attn.yield %score : {t}\n  }}"
            )
        return head + (
            f"    %cap = arith.constant 2.0 : {t}\n"
            f"    %ratio = arith.divf %s, %cap : {t}\n"
            f"    %bounded = math.tanh %ratio : {t}\n"
            f"    %capped = arith.mulf %bounded, %cap : {t}\n"
            f"    attn.yield %capped : {t}\n  }}"
        )

    # -------------------------------------------------------------------- data

    def inputs(self):
        """A dictionary of arrays, in the order of the function's arguments."""
        random = np.random.default_rng(self.seed)
        draw = lambda dims: round_to(random.uniform(-1, 1, self.shape(dims)), self.dtype)
        arrays = {n: draw(d) for n, d in zip(("query", "key", "value"), self.dims)}
        mask_shape = self.shape(self.mask_dims())
        if self.mask_tensor.startswith("bool"):
            arrays["mask"] = random.uniform(size=mask_shape) < 0.6
        elif self.mask_tensor != "none":
            bias = random.uniform(-2, 2, mask_shape)
            bias[random.uniform(size=mask_shape) < 0.3] = -np.inf
            arrays["mask"] = round_to(bias, self.dtype)
        if self.has_segments:
            arrays["query_segments"] = self.draw_segments(random, "m")
            arrays["key_segments"] = self.draw_segments(random, "k")
        for name, kind, base in (
            ("query_offset", self.offset, self.offset_value),
            ("valid_keys", self.valid, self.valid_value),
        ):
            if kind == "scalar":
                arrays[name] = np.array(base, np.int64)
            elif kind == "batch":
                arrays[name] = base + np.arange(self.batch, dtype=np.int64) * 2 - 1
        if self.score == "alibi":
            heads = self.heads * self.group
            arrays["slopes"] = (2.0 ** -np.arange(1, heads + 1)).astype(NUMPY[self.state])
        return arrays

    def draw_segments(self, random, sequence):
        """Ids of documents of unequal lengths, some of one token."""
        ids = random.integers(0, 5, self.shape(self.segment_dims(sequence))) ** 2
        ids = ids if self.segments == "shuffled" else np.sort(ids, -1)
        return (ids - 4).astype(np.int32)

    # --------------------------------------------------------------- reference

    def visible(self, arrays, b, h, g):
        """Which key (column) each query (row) sees, and the bias of the mask."""
        entry = lambda name, default: (
            default if name not in arrays
            else arrays[name] if arrays[name].ndim == 0
            else arrays[name][b]
        )
        i = np.arange(self.queries)[:, None] + entry("query_offset", 0)
        j = np.arange(self.keys)[None, :]
        names = {
            "causal": j <= i,
            "window": lambda left, right: (j >= i - left) & (j <= i + right),
            "segments": self.same_segment(arrays, b),
            "prefix": lambda size: np.broadcast_to(j < size, (self.queries, self.keys)),
            "and": lambda *masks: np.logical_and.reduce(masks),
            "or": lambda *masks: np.logical_or.reduce(masks),
        }
        seen = np.ones((self.queries, self.keys), bool)
        if self.mask:
            python = self.mask.replace("#attn.", "").replace("<", "(").replace(">", ")")
            names = {n + "_": v for n, v in names.items()}
            for name in names:
                python = python.replace(name[:-1], name)
            seen &= eval(python, {"__builtins__": {}}, names)
        seen &= j < entry("valid_keys", self.keys)
        bias = np.zeros((self.queries, self.keys))
        if "mask" in arrays:
            where = {"b": b, "h": h, "g": g}
            index = tuple(where[c] for c in self.mask_dims() if c in where)
            mask = arrays["mask"][index]
            if mask.dtype == bool:
                seen &= mask
            else:
                seen &= mask != -np.inf
                bias = mask.astype(np.float64)
        return seen, bias

    def same_segment(self, arrays, b):
        if not self.has_segments:
            return None
        queries, keys = (
            np.atleast_2d(arrays[name]) for name in ("query_segments", "key_segments")
        )
        pick = lambda ids: ids[b if len(ids) > 1 else 0]
        return pick(queries)[:, None] == pick(keys)[None, :]

    def reference(self, arrays):
        """Output and log-sum-exp in float64, by the definition."""

        def canonical(name, dims):
            array = arrays[name].astype(np.float64)
            # To (b, h, g, rows, columns), with missing dimensions of size 1.
            rows = "".join(c for c in dims if c in "mk")
            columns = "".join(c for c in dims if c in "dn")
            order = [c for c in "bhg" if c in dims] + [rows, columns]
            array = array.transpose([dims.index(c) for c in order])
            for place, letter in enumerate("bhg"):
                if letter not in dims:
                    array = np.expand_dims(array, place)
            return array

        query_dims, key_dims, value_dims, output_dims, lse_dims = self.dims
        q, k, v = (
            canonical(n, d)
            for n, d in zip(("query", "key", "value"), (query_dims, key_dims, value_dims))
        )
        scale = self.scale or (1 / math.sqrt(self.features) if self.features else 0.0)
        batch, heads, group = q.shape[:3]
        output = np.zeros((batch, heads, group, self.queries, self.value_features))
        lse = np.full((batch, heads, group, self.queries), -np.inf)
        pick = lambda array, *index: array[
            tuple(min(i, array.shape[x] - 1) for x, i in enumerate(index))
        ]
        with np.errstate(all="ignore"):
            for b, h, g in np.ndindex(batch, heads, group):
                seen, bias = self.visible(arrays, b, h, g)
                scores = pick(q, b, h, g) @ pick(k, b, h, g).T * scale
                if self.score == "alibi":
                    i, j = np.ogrid[: self.queries, : self.keys]
                    scores = scores + arrays["slopes"][h * group + g].astype(float) * (j - i)
                elif self.score in ("past", "odd"):
                    i, j = np.ogrid[: self.queries, : self.keys]
                    sees = j <= i if self.score == "past" else (j % 2 == 1) & (i >= 0)
                    scores = np.where(sees, scores, -np.inf)
                elif self.score == "plus3":
                    scores = scores + 3.0
                elif self.score == "softcap":
                    scores = 2.0 * np.tanh(scores / 2.0)
                scores = scores + bias
                values = pick(v, b, h, g)
                for i in range(self.queries):
                    here = seen[i] & (scores[i] != -np.inf)
                    if not here.any():
                        continue
                    s = scores[i, here]
                    weights = np.exp(s - s.max())
                    total = weights.sum()
                    output[b, h, g, i] = (weights[:, None] * values[here]).sum(0) / total
                    lse[b, h, g, i] = s.max() + np.log(total)

        def restore(array, dims):
            letters = "bhgmn"[: array.ndim]
            drop = tuple(x for x, c in enumerate(letters) if c not in dims)
            kept = [c for c in letters if c in dims]
            return array.squeeze(drop).transpose([kept.index(c) for c in dims])

        results = [restore(output, output_dims)]
        if self.lse:
            results.append(restore(lse, lse_dims))
        return results

    def gate(self, arrays):
        """The largest absolute error of the output that rounding explains."""
        finite = lambda name: np.nan_to_num(arrays[name].astype(np.float64), nan=0, posinf=0, neginf=0)
        with np.errstate(all="ignore"):
            norm = lambda name, dims: np.sqrt(
                (finite(name) ** 2).sum(dims.index("d"))
            ).max(initial=0.0)
            largest = np.abs(finite("value")).max(initial=0.0)
            scale = self.scale or 1 / math.sqrt(max(self.features, 1))
            product = scale * norm("query", self.dims[0]) * norm("key", self.dims[1])
        if self.dtype == "f64":
            return 1e-13 * largest
        gate = 2**-23 * (1 + math.sqrt(self.keys) + math.sqrt(self.features) * product)
        if self.score != "none" or self.mask_tensor.startswith("float"):
            gate += 1e-6 * (1 + self.keys)  # The bias rounds too.
        return (gate + {"f32": 0, "f16": 5e-4, "bf16": 4e-3}[self.dtype]) * largest
