"""Times PyTorch's attention for attn-bench --framework='python3 tools/peers/run-pytorch.py'.

scaled_dot_product_attention (2.0 or newer), FlexAttention compiled (2.5 or newer, and
a C++ compiler), and without either two products and a softmax.
"""

import math
import sys

import peer_protocol

try:
    import torch
except ImportError as error:
    sys.exit(f"no PyTorch for {sys.executable} ({error}): install it, or name another interpreter")


def describe_settings():
    name = "one thread"
    if hasattr(torch.backends, "cpu"):
        name += ", " + torch.backends.cpu.get_cpu_capability()
    if torch.backends.mkl.is_available():
        name += ", MKL"
    return name


def get_products(problem):
    """What to write where there is no attention."""
    mask = problem.get_mask()
    hidden = None if mask is None else torch.from_numpy(~mask)

    def call(query, key, value):
        batch, heads, queries, dim = query.shape
        grouped = query.view(batch, heads // problem.group, problem.group, queries, dim)
        scores = grouped @ key.unsqueeze(2).transpose(-1, -2) * (1 / math.sqrt(dim))
        if hidden is not None:
            scores = scores.masked_fill(hidden, -math.inf)
        return torch.softmax(scores, -1) @ value.unsqueeze(2)

    return call


def get_sdpa(problem):
    attend = torch.nn.functional.scaled_dot_product_attention
    is_causal = problem.mask == "causal" and problem.queries == problem.keys
    mask = None if is_causal else problem.get_mask()
    mask = None if mask is None else torch.from_numpy(mask)

    def expand(array):
        """A view: each key head stands for the query heads that share it."""
        if problem.group == 1:
            return array
        batch, heads, keys, dim = array.shape
        array = array.unsqueeze(2).expand(batch, heads, problem.group, keys, dim)
        return array.reshape(batch, heads * problem.group, keys, dim)

    def call(query, key, value):
        if problem.queries == 1 and problem.hides_nothing:
            # Query heads that share keys are as queries of one head.
            return attend(query.view(key.shape[0], key.shape[1], problem.group, -1), key, value)
        if problem.group > 1 and get_version() >= (2, 5):
            return attend(query, key, value, mask, is_causal=is_causal, enable_gqa=True)
        return attend(query, expand(key), expand(value), mask, is_causal=is_causal)

    return call


def get_version():
    return tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])


def get_flex(problem):
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    blocks = None
    if not problem.hides_nothing:
        blocks = create_block_mask(lambda b, h, i, j: problem.is_visible(i, j), None, None,
                                   problem.queries, problem.keys, device="cpu")
    compiled = torch.compile(flex_attention, dynamic=False)
    return lambda query, key, value: compiled(query, key, value, block_mask=blocks,
                                              enable_gqa=problem.group > 1)


def run(problem):
    torch.set_num_threads(1)
    name = "PyTorch " + torch.__version__.split("+")[0]
    settings = describe_settings()

    def measure(program, get_call, settings):
        try:
            call = get_call(problem)
        except Exception as error:
            return peer_protocol.say_missing(f"{name} {program}", error)
        peer_protocol.measure(problem, f"{name} {program}", settings, call, torch.from_numpy,
                              lambda output: output.numpy())

    with torch.inference_mode():
        if get_version() < (2, 0):
            peer_protocol.say_missing(f"{name} SDPA", "needs PyTorch 2.0 or newer")
            measure("matmul-softmax-matmul", get_products, settings)
        else:
            measure("SDPA", get_sdpa, settings)
        if get_version() < (2, 5):
            peer_protocol.say_missing(f"{name} FlexAttention", "needs PyTorch 2.5 or newer")
        else:
            measure("FlexAttention", get_flex, settings + ", compiled")


peer_protocol.main(run)
