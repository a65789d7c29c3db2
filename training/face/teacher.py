"""The teacher (YuNet-n) as a network of ours: its weights out of the published ONNX file.

Its batch norms are folded into the convolutions there, so those of our graph do nothing.
"""

import cv2
import numpy as np
import torch
from torch import nn

import detection
import network


def convolutions_in_order():
    """The convolutions' names in the order in which the published graph runs them."""
    units = [f"backbone.model{stage}.conv{unit}" for stage in range(1, 6) for unit in (1, 2)]
    units = ["backbone.model0.conv2"] + units
    units += [f"neck.lateral_convs.{level}" for level in (2, 1, 0)]
    units += [f"bbox_head.multi_level_share_convs.{level}.0" for level in range(3)]
    units += [f"bbox_head.multi_level_{head}.{level}" for head in ("cls", "bbox", "obj", "kps")
              for level in range(3)]
    names = [f"{unit}.{part}" for unit in units for part in ("conv1", "conv2")]
    return ["backbone.model0.conv1"] + names


def without_batch_norms(net):
    """Replaces them by nothing at all."""
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return net.eval()


def read_weights(onnx):
    """Tensor name to float32 array."""
    graph = cv2.dnn.readNetFromONNX(str(onnx))
    layers = [graph.getLayer(index + 1) for index in range(len(graph.getLayerNames()))]
    layers = [layer for layer in layers if layer.type == "Convolution"]
    state = {}
    names = convolutions_in_order()
    assert len(names) == len(layers), (len(names), len(layers))
    for name, layer in zip(names, layers):
        state[f"{name}.weight"] = np.array(layer.blobs[0], np.float32)
        state[f"{name}.bias"] = np.array(layer.blobs[1], np.float32).reshape(-1)
    return state


def build(state):
    """A network without batch norms from `read_weights`' answer (arrays or tensors)."""
    net = without_batch_norms(network.FaceDetector())
    net.load_state_dict({name: torch.as_tensor(value) for name, value in state.items()})
    return net.requires_grad_(False)


def largest_difference(state, onnx):
    """Between our network and OpenCV's outputs, over a few pictures of noise."""
    ours, theirs = detection.Student(build(state)), detection.Teacher(onnx)
    rng, worst = np.random.default_rng(1), 0.0
    for height, width in ((320, 320), (192, 256)):
        coarse = rng.integers(0, 256, (height // 16, width // 16, 3), np.uint8)
        image = cv2.resize(coarse, (width, height))
        a, b = ours.outputs(image), theirs.outputs(image)
        worst = max([worst] + [float(np.abs(a[name] - b[name]).max()) for name in b])
    return worst
