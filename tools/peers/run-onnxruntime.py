"""Times ONNX Runtime's attention, for attn-bench --framework='python3 tools/peers/run-onnxruntime.py'.

The operator Attention of ONNX (opset 23) where the version here has it, and two
products with a softmax between them. Needs the package onnx too.
"""

import math
import sys

import peer_protocol

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    sys.exit(f"{error} for {sys.executable}: install onnxruntime and onnx, or name another "
             "interpreter")


def make_session(problem, nodes, constants, opset):
    """Inputs query, key and value; output is `output`."""
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
              for name, array in zip(("query", "key", "value"), problem.inputs)]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "attention", inputs, [output],
                              [numpy_helper.from_array(array, name)
                               for name, array in constants.items()])
    imports = [helper.make_opsetid("", opset)]
    # The oldest format that has the opset: onnx may be newer than the runtime.
    version = 11 if opset > 22 else 8
    model = helper.make_model(graph, opset_imports=imports, ir_version=version)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    return lambda *arrays: session.run(None, dict(zip(("query", "key", "value"), arrays)))[0]


def get_attention(problem):
    mask = problem.get_mask()
    is_causal = problem.mask == "causal" and problem.queries == problem.keys
    constants, names = {}, ["query", "key", "value"]
    if mask is not None and not is_causal:
        constants["mask"] = mask
        names.append("mask")
    node = helper.make_node("Attention", names, ["output"], is_causal=int(is_causal))
    return make_session(problem, [node], constants, 23)


def get_products(problem):
    """Key heads are repeated by a dimension of query heads that share one."""
    batch, heads, queries, dim = problem.inputs[0].shape
    grouped = np.array([batch, heads // problem.group, problem.group * queries, dim])
    scores = np.array([batch, heads // problem.group, problem.group, queries, problem.keys])
    flat = np.array([batch, heads // problem.group, problem.group * queries, problem.keys])
    constants = {"grouped": grouped, "by_row": scores, "flat": flat,
                 "scale": np.float32(1 / math.sqrt(dim))}
    nodes = [helper.make_node("Reshape", ["query", "grouped"], ["q"]),
             helper.make_node("Mul", ["q", "scale"], ["scaled"]),
             helper.make_node("Transpose", ["key"], ["k"], perm=[0, 1, 3, 2]),
             helper.make_node("MatMul", ["scaled", "k"], ["products"]),
             helper.make_node("Reshape", ["products", "by_row"], ["scores"])]
    masked, mask = "scores", problem.get_mask()
    if mask is not None:
        masked = "masked"
        constants["bias"] = np.where(mask, np.float32(0), np.float32(-np.inf))
        nodes.append(helper.make_node("Add", ["scores", "bias"], [masked]))
    nodes += [helper.make_node("Softmax", [masked], ["weights"], axis=-1),
              helper.make_node("Reshape", ["weights", "flat"], ["w"]),
              helper.make_node("MatMul", ["w", "value"], ["output"])]
    return make_session(problem, nodes, constants, 17)


def run(problem):
    name = f"ONNX Runtime {onnxruntime.__version__}"
    for program, get_call in (("Attention", get_attention),
                              ("matmul-softmax-matmul", get_products)):
        try:
            call = get_call(problem)
        except Exception as error:
            # The end of its first line is the reason; the rest is where.
            reason = str(error).strip().splitlines() or [type(error).__name__]
            peer_protocol.say_missing(f"{name} {program}", reason[0][-300:])
            continue
        peer_protocol.measure(problem, f"{name} {program}", "one thread, CPU provider", call)


peer_protocol.main(run)
