#!/usr/bin/env python3
"""ONNX Runtime's attention on one thread, in milliseconds: where Debian has it (13: python3-onnxruntime, python3-onnx).

    bench/attention/onnxruntime_peer.py [LENGTH...]     default 250 1000 2000 4000

Two graphs, 4 heads, float32: product, softmax and product as exporters write them, which the optimiser may fuse, and the
MultiHeadAttention operator of Microsoft's own set. Run attention_bench in the same minutes to compare.
"""

import math
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

HEADS = 4


def tensor(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def chain(length, width):
    shape = [1, HEADS, length, width]
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [], [1 / math.sqrt(width)])
    nodes = [
        helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["q", "kt"], ["s"]),
        helper.make_node("Mul", ["s", "scale"], ["l"]),
        helper.make_node("Softmax", ["l"], ["w"], axis=-1),
        helper.make_node("MatMul", ["w", "v"], ["o"]),
    ]
    return helper.make_graph(nodes, "chain", [tensor(n, shape) for n in "qkv"],
                             [tensor("o", shape)], [scale]), shape


def fused(length, width):
    shape = [1, length, HEADS * width]
    node = helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["o"], domain="com.microsoft",
                            num_heads=HEADS)
    return helper.make_graph([node], "fused", [tensor(n, shape) for n in "qkv"],
                             [tensor("o", shape)]), shape


def milliseconds(make, length, width):
    graph, shape = make(length, width)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17),
                                                    helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    random = np.random.default_rng(1)
    inputs = {n: random.standard_normal(shape, dtype=np.float32) for n in "qkv"}
    session.run(None, inputs)
    best = math.inf
    for _ in range(9):
        start = time.perf_counter()
        session.run(None, inputs)
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def main():
    print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}")
    for width in (32, 64):
        for length in [int(a) for a in sys.argv[1:]] or [250, 1000, 2000, 4000]:
            print(f"head size {width}, length {length}: chain {milliseconds(chain, length, width):.3f} ms, "
                  f"MultiHeadAttention {milliseconds(fused, length, width):.3f} ms")


if __name__ == "__main__":
    main()
