"""Cells of test/Examples/Recurrences against numpy, in every schedule.

usage: recurrences.py ATTN-COMPILE ATTN-RUN EXAMPLES FOLDER PART PARTS [NAME ...]

Compiles each cell in each element type and schedule, runs it on sequences of
many lengths, from zero and from random states, with mild decays and with decays
that forget at once, and compares with a double-precision evaluation of the cell's
equations, token by token. One sequence goes through attn-run and its reference
evaluation too. Runs the cells PART, PART + PARTS, ..., or those named.
"""

import ctypes
import json
import os
import re
import subprocess
import sys

import numpy as np

from attention_case import round_to
from guard_pages import GuardedArray, call, in_memory
from run_case import run_kernel

LENGTHS = [0, 1, 2, 7, 63, 64, 65, 129]
# Of the largest output.
GATES = {"f64": 1e-12, "f32": 1e-5, "bf16": 2e-2}
WIDTHS = {"f64": 8, "f32": 4, "bf16": 2}

# ------------------------------------------------------------------------- data
# Each argument of a cell has a distribution: (random, shape, strong) -> array,
# where `strong` asks for decays of -8 and of -inf per token among mild ones.


def normal(scale=1.0):
    return lambda random, shape, strong: scale * random.standard_normal(shape)


def uniform(low, high):
    return lambda random, shape, strong: random.uniform(low, high, shape)


def constant(value):
    return lambda random, shape, strong: np.full(shape, value)


def rates(low, high, *strong_values):
    """Mostly between low and high; if strong, often one of the others."""

    def draw(random, shape, strong):
        mild = random.uniform(low, high, shape)
        if not strong:
            return mild
        choice = random.integers(0, len(strong_values) + 2, shape)
        for number, value in enumerate(strong_values):
            mild = np.where(choice == number, value, mild)
        return mild

    return draw


def contraction(scale):
    """A square matrix whose norm is `scale`."""

    def draw(random, shape, strong):
        matrix = random.standard_normal(shape)
        return scale * matrix / np.linalg.norm(matrix, 2)

    return draw


def state(start=0.0, draw=normal()):
    """A state: at the start of a sequence `start`, or in the midst of one."""
    draw.start = start
    return draw


log_decays = rates(-1.0, -0.01, -8.0, -np.inf)
INF = np.inf

# ------------------------------------------------------------------------ cells
# The equations of the headers of the files. A cell takes its arguments as a
# dictionary and returns what the function returns. Everything is float64.


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def walk(length, state, step):
    """The outputs of step(t, state) -> (output, state), and the last state."""
    outputs = []
    for t in range(length):
        output, state = step(t, state)
        outputs.append(output)
    return outputs, state


def over(outputs, shape, axis):
    """Outputs of tokens as one array; `shape` is that of a token's output."""
    if not outputs:
        return np.zeros(shape[:axis] + (0,) + shape[axis:])
    return np.stack(outputs, axis)


def write_key(s, k, v):
    return s + k[..., :, None] * v[..., None, :]


def read_key(q, s):
    return np.einsum("...k,...kv->...v", q, s)


def matrix_cell(q, k, v, g, s, exclusive=False):
    """Heads first; g is the log decay, of all tokens, that broadcasts to keys."""

    def step(t, s):
        new = write_key(np.exp(g(t))[..., None] * s, k[:, :, t], v[:, :, t])
        return read_key(q[:, :, t], s if exclusive else new), new

    outputs, last = walk(q.shape[2], s, step)
    return over(outputs, v.shape[:2] + v.shape[3:], 2), last


def no_decay(t):
    return np.zeros(1)


def linear_attention(q, k, v, s):
    return matrix_cell(q, k, v, no_decay, s)


def normalized_linear_attention(q, k, v, s, z):
    phi = lambda x: np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))
    q, k = phi(q), phi(k)
    y, s = matrix_cell(q, k, v, no_decay, s)
    total, z = matrix_cell(q, k, np.ones(v.shape[:3] + (1,)), no_decay, z)
    return y / total, s, z


def retention(q, k, v, g, s):
    return matrix_cell(q, k, v, lambda t: g[None, :, None], s)


def mamba2(x, d, B, C, A, bias, skip, s):
    delta = softplus(d + bias)  # (batch, token, head)
    shape = (x.shape[0], x.shape[2], x.shape[1])
    shared = lambda p: np.broadcast_to(p[:, None], shape + p.shape[2:])
    dx = np.swapaxes(delta[..., None] * x, 1, 2)
    y, s = matrix_cell(shared(C), shared(B), dx, lambda t: (delta * A)[:, t, :, None], s)
    return np.swapaxes(y, 1, 2) + skip[:, None] * x, s


def gated_linear_attention(q, k, v, a, s):
    g = -softplus(-a) / 16
    return matrix_cell(q, k, v, lambda t: g[:, :, t], s)


def rwkv4(k, v, g, u, m, l, a):
    # The definition, with no running maximum but that of all exponents.
    length, outputs = k.shape[1], []

    def sums(t, ends):
        """Exponents and values of tokens before t, and of the state."""
        ago = np.arange(t - 1, -1, -1)[:, None]
        gone = np.where(ago == 0, 0, g * np.maximum(ago, 1))
        start = m if t == 0 else m + t * g
        exponents = [start[:, None], gone + k[:, :t]]
        weights, values = [l[:, None], np.ones((len(k), t) + g.shape)], [a[:, None], v[:, :t]]
        if ends:
            exponents.append((u + k[:, t])[:, None])
            weights.append(np.ones_like(exponents[-1]))
            values.append(v[:, t][:, None])
        top = np.concatenate(exponents, 1).max(1)
        power = lambda list: sum(
            (np.exp(e - np.where(np.isinf(top), 0, top)[:, None]) * x).sum(1)
            for e, x in zip(exponents, list))  # fmt: skip
        return top, power(weights), power(values)

    for t in range(length):
        _, total, acc = sums(t, True)
        outputs.append(acc / total)
    return over(outputs, (len(k),) + g.shape, 1), *sums(length, False)


def rwkv6(r, k, v, w, u, s):
    g = -np.exp(w)
    y, s = matrix_cell(r, k, v, lambda t: g[:, :, t], s, exclusive=True)
    return y + (r * k * u[:, None]).sum(3, keepdims=True) * v, s


def mamba(x, d, B, C, A, bias, skip, h):
    delta = softplus(d + bias)

    def step(t, h):
        h = np.exp(delta[:, t, :, None] * A) * h
        h = h + (delta[:, t] * x[:, t])[..., None] * B[:, t, None]
        return (h * C[:, t, None]).sum(2), h

    outputs, h = walk(x.shape[1], h, step)
    return over(outputs, h.shape[:2], 1) + skip * x, h


def lru(u, nu, theta, B_re, B_im, C_re, C_im, skip, h_re, h_im):
    factor = np.exp(-np.exp(nu)) * np.exp(1j * np.exp(theta))
    gamma = np.sqrt(1 - np.abs(factor) ** 2)

    def step(t, h):
        h = factor * h + gamma * (u[:, t] @ (B_re + 1j * B_im).T)
        return (h @ (C_re + 1j * C_im).T).real, h

    outputs, h = walk(u.shape[1], h_re + 1j * h_im, step)
    return over(outputs, (len(u), len(skip)), 1) + skip * u, h.real, h.imag


def delta_cell(q, k, v, beta, g, s):
    k = k / np.linalg.norm(k, axis=3, keepdims=True)

    def step(t, s):
        s = np.exp(g[:, :, t])[..., None, None] * s
        held = read_key(k[:, :, t], s)
        s = write_key(s, k[:, :, t], beta[:, :, t, None] * (v[:, :, t] - held))
        return read_key(q[:, :, t], s), s

    outputs, last = walk(q.shape[2], s, step)
    return over(outputs, v.shape[:2] + v.shape[3:], 2), last


def delta_net(q, k, v, b, s):
    return delta_cell(q, k, v, sigmoid(b), np.zeros_like(b), s)


def gated_delta_net(q, k, v, b, a, A, bias, s):
    g = A[:, None] * softplus(a + bias[:, None])
    return delta_cell(q, k, v, sigmoid(b), g, s)


def in_order(cell, length, shape, axis, *states):
    """A cell whose output is its state."""
    outputs, last = walk(length, states, lambda t, s: (cell(t, *s), cell(t, *s)))
    each = [over([o[i] for o in outputs], shape, axis) for i in range(len(states))]
    return (*each, *last)


def tanh_rnn(x, W, U, bias, h):
    cell = lambda t, h: (np.tanh(h @ W.T + x[:, t] @ U.T + bias),)
    return in_order(cell, x.shape[1], h.shape, 1, h)


def gru(x_r, x_z, x_n, W_r, W_z, W_n, h):
    def cell(t, h):
        r = sigmoid(x_r[:, t] + h @ W_r.T)
        z = sigmoid(x_z[:, t] + h @ W_z.T)
        return (z * h + (1 - z) * np.tanh(x_n[:, t] + (r * h) @ W_n.T),)

    return in_order(cell, x_r.shape[1], h.shape, 1, h)


def van_der_pol(s, u):
    x, v = s
    return np.array([v, (1 - x * x) * v - x + u])


def euler(u, h, x, v):
    def cell(t, x, v):
        s = np.array([x, v])
        return tuple(s + h * van_der_pol(s, u[:, t]))

    return in_order(cell, u.shape[1], x.shape, 1, x, v)


def runge_kutta(u, h, x, v):
    def cell(t, x, v):
        s, f = np.array([x, v]), lambda s: van_der_pol(s, u[:, t])
        a = f(s)
        b = f(s + h / 2 * a)
        c = f(s + h / 2 * b)
        d = f(s + h * c)
        return tuple(s + h / 6 * (a + 2 * b + 2 * c + d))

    return in_order(cell, u.shape[1], x.shape, 1, x, v)


def reread(cell, x, h, chain):
    start, outputs = h, []
    for t in range(x.shape[1]):
        h = h if chain else start
        for j in range(t + 1):
            h = cell(t, j, h)
        outputs.append(h)
    return over(outputs, start.shape, 1), h


def page_flipping_tanh(x, W, h, chain=True):
    return reread(lambda t, j, h: np.tanh(h @ W.T + x[:, t] + x[:, j]), x, h, chain)


def page_flipping_linear(x, g, h, chain=True):
    return reread(lambda t, j, h: np.exp(g) * h + x[:, j], x, h, chain)


positive_state = lambda: state(0.0, uniform(0.1, 2.0))
matrices = dict(q=normal(), k=normal(), v=normal())

CELLS = {
    linear_attention: dict(matrices, s=state()),
    normalized_linear_attention: dict(matrices, s=state(), z=positive_state()),
    retention: dict(matrices, g=log_decays, s=state()),
    mamba2: dict(x=normal(), d=normal(), B=normal(), C=normal(),
                 A=rates(-2.0, -0.1, -8.0, -INF), bias=normal(), skip=normal(), s=state()),
    gated_linear_attention: dict(matrices, a=rates(-16.0, 3.0, -128.0, -INF), s=state()),
    rwkv4: dict(k=normal(2.0), v=normal(), g=log_decays, u=normal(),
                m=state(-INF), l=positive_state(), a=state()),
    rwkv6: dict(r=normal(), k=normal(), v=normal(), w=rates(-5.0, 0.0, np.log(8.0), INF),
                u=normal(), s=state()),
    mamba: dict(x=normal(), d=normal(), B=normal(), C=normal(),
                A=rates(-2.0, -0.1, -8.0, -INF), bias=normal(), skip=normal(), h=state()),
    lru: dict(u=normal(), nu=rates(-3.5, -0.5, np.log(8.0), INF), theta=rates(-3.0, 0.0, 1.0),
              B_re=normal(), B_im=normal(), C_re=normal(), C_im=normal(), skip=normal(),
              h_re=state(), h_im=state()),
    delta_net: dict(matrices, b=normal(), s=state()),
    gated_delta_net: dict(matrices, b=normal(), a=normal(), A=rates(-2.0, -0.1, -8.0, -INF),
                          bias=normal(), s=state()),
    tanh_rnn: dict(x=normal(), W=contraction(0.9), U=normal(), bias=normal(), h=state()),
    gru: dict(x_r=normal(), x_z=normal(), x_n=normal(), W_r=contraction(1.0),
              W_z=contraction(1.0), W_n=contraction(1.0), h=state()),
    euler: dict(u=normal(), h=constant(0.0625), x=state(), v=state()),
    runge_kutta: dict(u=normal(), h=constant(0.0625), x=state(), v=state()),
    page_flipping_tanh: dict(x=normal(), W=contraction(0.9), h=state()),
    page_flipping_linear: dict(x=normal(), g=log_decays, h=state()),
}  # fmt: skip

# ---------------------------------------------------------------------- kernels


class Kernel:
    """A compiled function, as attn-compile describes it."""

    def __init__(self, attn_compile, text, prefix):
        with open(prefix + ".mlir", "w") as file:
            file.write(text)
        done = subprocess.run([attn_compile, prefix + ".mlir", "--emit=so,json", "-o", prefix],
                              capture_output=True, text=True, timeout=300)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()[:2000]}")
        with open(prefix + ".json") as file:
            interface = json.load(file)
        self.inputs = [a for a in interface["arguments"] if a["role"] == "input"]
        self.outputs = [a for a in interface["arguments"] if a["role"] == "output"]
        if len(interface["sizes"]) > 1:
            raise RuntimeError(f"one free size expected, there are {interface['sizes']}")
        library = ctypes.CDLL(os.path.abspath(prefix + ".so"))
        self.function = getattr(library, interface["name"] + "_packed")

    def run(self, arrays, length):
        """On pages that end where the arrays end."""
        contents = [in_memory(a, b["type"]) for a, b in zip(arrays, self.inputs, strict=True)]
        shapes = [shape_of(output, length) for output in self.outputs]
        for output, shape in zip(self.outputs, shapes):
            contents.append(b"\xee" * (int(np.prod(shape)) * WIDTHS[output["type"]]))
        memory = [GuardedArray(content, at_end=True) for content in contents]
        status = call(self.function, [array.address for array in memory], [length])
        assert status == 0, f"error code {status}"
        results = [
            np.frombuffer(array.read(), {"f64": np.float64, "f32": np.float32}[output["type"]])
            .reshape(shape).astype(np.float64)
            for array, output, shape in zip(memory[len(arrays):], self.outputs, shapes)
        ]  # fmt: skip
        for array in memory:
            array.free()
        return results


def shape_of(argument, length):
    return tuple(length if isinstance(size, str) else size for size in argument["shape"])


def token_axis(argument):
    return next((i for i, size in enumerate(argument["shape"]) if isinstance(size, str)), None)


def draw(arguments, inputs, length, start, strong, seed):
    """Arguments by name, each rounded to the type of the kernel's input."""
    random = np.random.default_rng(seed)
    arrays = {}
    for (name, distribution), argument in zip(arguments.items(), inputs, strict=True):
        shape = shape_of(argument, length)
        array = distribution(random, shape, strong)
        if start == "zero" and hasattr(distribution, "start"):
            array = np.full(shape, distribution.start)
        with np.errstate(invalid="ignore"):
            arrays[name] = round_to(array, argument["type"]).reshape(shape)
    return arrays


def variant(text, dtype, schedule="", reverse=False, boundary=""):
    state = "f64" if dtype == "f64" else "f32"
    text = text.replace("!input = f32", f"!input = {dtype}")
    text = text.replace("!state = f32", f"!state = {state}")
    extra = f", schedule = #recur.schedule<{schedule}>" if schedule else ""
    text = re.sub(r"(monoid = #recur\.\w+(<\w+>)?)", rf"\1{extra}", text)
    if reverse:
        text = re.sub(r"({indexing_maps = \[[^\]]*\])(,\s+monoid|}\n *step)", r"\1, reverse\2", text)
    if boundary:
        text = text.replace("boundary chain", f"boundary {boundary}")
    return text


def schedules(text, dtype):
    """The schedules of a cell, "" for the compiler's choice."""
    if "monoid" not in text:
        return [""]
    found = ["sequential", "chunked, chunk = 16"]
    if dtype == "f64":
        found.append("chunked, chunk = 5")
    if dtype == "f32":
        found += ["", "chunked", "chunked, chunk = 1", "chunked, chunk = 7", "chunked, chunk = 64"]
    if "dplr" not in text:
        found.append("tree")
    return found


def largest_difference(what, computed, expected, gate):
    """Over all results, relative to the largest of each. Raises above `gate`."""
    worst = 0.0
    for number, (a, b) in enumerate(zip(computed, expected, strict=True)):
        assert a.shape == b.shape, f"{what}: result {number} has shape {a.shape}, not {b.shape}"
        special = ~np.isfinite(a) | ~np.isfinite(b)
        wrong = special & ~((a == b) | (np.isnan(a) & np.isnan(b)))
        with np.errstate(invalid="ignore"):
            error = np.where(special, 0.0, np.abs(a - b))
        size = np.abs(b[np.isfinite(b)]).max(initial=0.0)
        wrong |= error > gate * size
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise AssertionError(
                f"{what}: result {number}{list(place)} is {a[place]!r}, not {b[place]!r}; "
                f"{int(wrong.sum())} of {wrong.size} differ by more than {gate * size:.2e}")
        if size:
            worst = max(worst, error.max(initial=0.0) / size)
    return worst


class Run:
    def __init__(self, attn_compile, attn_run, examples, folder):
        self.attn_compile, self.attn_run = attn_compile, attn_run
        self.examples, self.folder = examples, folder
        self.passed = self.failed = 0
        self.worst = {}

    def fail(self, message):
        self.failed += 1
        if self.failed <= 20:
            print(message, file=sys.stderr, flush=True)

    def compile(self, what, text):
        prefix = os.path.join(self.folder, re.sub(r"\W+", "-", what))
        try:
            return Kernel(self.attn_compile, text, prefix)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return self.fail(f"{what}: {error}")

    def check(self, what, kernel, cell, arguments, dtype, others=None, reverse=False):
        """Every length, start and decay. Equal data must give equal results in all
        schedules: `others` keeps those of the first."""
        gate = GATES[dtype]
        has_strong = any(f.__qualname__.startswith("rates") for f in arguments.values())
        flip = lambda array, argument: (
            array if token_axis(argument) is None else np.flip(array, token_axis(argument)))
        for seed, length in enumerate(LENGTHS):
            for start in ("zero", "random"):
                for strong in (False, True) if has_strong else (False,):
                    data = draw(arguments, kernel.inputs, length, start, strong, seed)
                    wide = {name: array.astype(np.float64) for name, array in data.items()}
                    if reverse:
                        wide = {name: flip(array, argument) for (name, array), argument
                                in zip(wide.items(), kernel.inputs)}  # fmt: skip
                    with np.errstate(over="ignore"):
                        expected = cell(**wide)
                    if reverse:
                        expected = [flip(a, o) for a, o in zip(expected, kernel.outputs)]
                    case = f"{what}, {length} tokens, {start} state" + ", strong" * strong
                    try:
                        results = kernel.run(list(data.values()), length)
                        error = largest_difference(case, results, expected, gate)
                        self.worst[dtype] = max(error, self.worst.get(dtype, 0.0))
                        if others is not None:
                            first = others.setdefault((length, start, strong), results)
                            largest_difference(case + ", between schedules", results, first, gate)
                        self.passed += 1
                    except AssertionError as error:
                        self.fail(str(error))

    def check_reference(self, what, text, kernel, cell, arguments):
        """attn-run, its reference evaluation and numpy agree. f32."""
        data = draw(arguments, kernel.inputs, 7, "random", True, 0)
        expected = cell(**{name: array.astype(np.float64) for name, array in data.items()})
        size = max(np.abs(array[np.isfinite(array)]).max() for array in expected)
        try:
            results = run_kernel(self.attn_run, text, list(data.values()), len(expected),
                                 self.folder, "--check", f"--atol={GATES['f32'] * size}")  # fmt: skip
            results = [array.astype(np.float64) for array in results]
            largest_difference(what + ", attn-run", results, expected, GATES["f32"])
            self.passed += 1
        except (AssertionError, RuntimeError) as error:
            self.fail(f"{what}, attn-run: {error}")

    def check_order(self, what, kernel, order):
        """An error of h^order: halving the step of a solver divides it by 2^order."""
        x, v, end = np.array([0.5, 2.0]), np.array([0.0, -1.0]), 2.0
        exact = np.array(runge_kutta(np.zeros((2, 4096)), end / 4096, x, v)[2:])
        errors = []
        for steps in (64, 128):
            data = [np.zeros((2, steps)), np.array(end / steps), x, v]
            errors.append(np.abs(np.array(kernel.run(data, steps)[2:]) - exact).max())
        measured = np.log2(errors[0] / errors[1])
        if abs(measured - order) < 0.15:
            self.passed += 1
        else:
            self.fail(f"{what}: of order {measured}, not {order}")

    def cell(self, cell, arguments):
        name = cell.__name__.replace("_", "-")
        with open(os.path.join(self.examples, name + ".mlir")) as file:
            text = file.read()
        for dtype in GATES:
            others = {}
            for number, schedule in enumerate(schedules(text, dtype)):
                what = f"{name} {dtype} {schedule}".strip()
                if kernel := self.compile(what, variant(text, dtype, schedule)):
                    self.check(what, kernel, cell, arguments, dtype, others)
                    if dtype == "f32" and number == 0:
                        self.check_reference(what, text, kernel, cell, arguments)
                    if dtype == "f64" and cell in (euler, runge_kutta):
                        self.check_order(what, kernel, 1 if cell is euler else 4)
        if "rescan" in text:
            what = f"{name} f32 reset"
            if kernel := self.compile(what, variant(text, "f32", boundary="reset")):
                reset = lambda **arrays: cell(**arrays, chain=False)
                self.check(what, kernel, reset, arguments, "f32")
            return
        # Products of delta rules are no states, and their chunks go forward only.
        in_parallel = "monoid" in text and "dplr" not in text
        for schedule in ("", "chunked, chunk = 16", "tree") if in_parallel else ("",):
            what = f"{name} f32 {schedule} reverse"
            if kernel := self.compile(what, variant(text, "f32", schedule, reverse=True)):
                self.check(what, kernel, cell, arguments, "f32", reverse=True)


def main():
    attn_compile, attn_run, examples, folder, part, parts, *names = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    cells = list(CELLS.items())[int(part) :: int(parts)]
    if names:
        cells = [(cell, a) for cell, a in CELLS.items() if cell.__name__ in names]
    run = Run(attn_compile, attn_run, examples, folder)
    for cell, arguments in cells:
        run.cell(cell, arguments)
    print("largest errors:", ", ".join(f"{t} {e:.1e}" for t, e in run.worst.items()))
    print(f"{run.passed} passed, {run.failed} failed")
    sys.exit(run.failed != 0)


if __name__ == "__main__":
    main()
