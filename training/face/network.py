"""The face detector's network (the graph published as YuNet-n, or slimmer) and its weight file.

Tensor names are those of the published network, so that one reader serves both weight files.
Input: BGR, 0..255, not normalised, [batch, 3, height, width], sides multiples of 32.
"""

import json
import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional

STRIDES = (8, 16, 32)
HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
WIDTH = 64


class Unit(nn.Module):
    """1x1 convolution, then depthwise 3x3; batch norm and ReLU unless it is an output layer."""

    def __init__(self, channels_in, channels_out, activated=True):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 1)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, groups=channels_out)
        self.bn = nn.BatchNorm2d(channels_out) if activated else None

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        return x if self.bn is None else functional.relu(self.bn(x))


class Stem(nn.Module):
    """3x3 convolution of stride 2 on the picture, then a unit."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = Unit(channels, channels)

    def forward(self, x):
        return self.conv2(functional.relu(self.bn1(self.conv1(x))))


class Stage(nn.Module):
    def __init__(self, channels_in, channels_middle, channels_out):
        super().__init__()
        self.conv1 = Unit(channels_in, channels_middle)
        self.conv2 = Unit(channels_middle, channels_out)

    def forward(self, x):
        return self.conv2(self.conv1(x))


class Backbone(nn.Module):
    def __init__(self, quarter):
        super().__init__()
        self.model0 = Stem(16)
        self.model1 = Stage(16, 16, quarter)
        self.model2 = Stage(quarter, quarter, WIDTH)
        for index in range(3, 6):
            setattr(self, f"model{index}", Stage(WIDTH, WIDTH, WIDTH))

    def forward(self, pictures):
        x = functional.max_pool2d(self.model0(pictures), 2)
        p8 = self.model3(functional.max_pool2d(self.model2(self.model1(x)), 2))
        p16 = self.model4(functional.max_pool2d(p8, 2))
        p32 = self.model5(functional.max_pool2d(p16, 2))
        return p8, p16, p32


class Neck(nn.Module):
    def __init__(self):
        super().__init__()
        self.lateral_convs = nn.ModuleList(Unit(WIDTH, WIDTH) for _ in STRIDES)

    def forward(self, p8, p16, p32):
        f32 = self.lateral_convs[2](p32)
        f16 = self.lateral_convs[1](p16 + functional.interpolate(f32, scale_factor=2))
        f8 = self.lateral_convs[0](p8 + functional.interpolate(f16, scale_factor=2))
        return f8, f16, f32


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.multi_level_share_convs = nn.ModuleList(
            nn.ModuleList([Unit(WIDTH, WIDTH)]) for _ in STRIDES)
        for name, channels in HEADS.items():
            units = nn.ModuleList(Unit(WIDTH, channels, activated=False) for _ in STRIDES)
            setattr(self, f"multi_level_{name}", units)

    def forward(self, features):
        shared = [convs[0](feature) for convs, feature in
                  zip(self.multi_level_share_convs, features)]
        outputs = {}
        for name in HEADS:
            levels = [unit(x) for unit, x in zip(getattr(self, f"multi_level_{name}"), shared)]
            outputs[name] = torch.cat([y.permute(0, 2, 3, 1).flatten(1, 2) for y in levels], 1)
        return outputs


class FaceDetector(nn.Module):
    """Maps pictures to {cls, obj: logits, bbox, kps}: each [batch, cells of all levels, n].

    `quarter`: channels at quarter resolution, where most of the arithmetic is; 64 as published.
    """

    def __init__(self, quarter=WIDTH):
        super().__init__()
        self.backbone = Backbone(quarter)
        self.neck = Neck()
        self.bbox_head = Head()

    def forward(self, pictures):
        return self.bbox_head(self.neck(*self.backbone(pictures)))


def quarter_width(state):
    """Channels at quarter resolution of a network with these tensors."""
    return state["backbone.model1.conv2.conv1.weight"].shape[0]


def initialise(network):
    """Seeded by the caller. The score outputs start at a prior of 0.1: faces are rare."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        for name in HEADS:
            for unit in getattr(network.bbox_head, f"multi_level_{name}"):
                unit.conv1.weight.mul_(0.3)
                unit.conv2.weight.mul_(0.3)
                if name in ("cls", "obj"):
                    unit.conv2.bias.fill_(-2.2)


def priors(height, width):
    """Cell origins and strides, [cells, 3] (x, y, stride), in the order of the outputs."""
    rows = []
    for stride in STRIDES:
        y, x = np.mgrid[0:height // stride, 0:width // stride]
        grid = np.stack([x.ravel() * stride, y.ravel() * stride], 1)
        rows.append(np.concatenate([grid, np.full((len(grid), 1), stride)], 1))
    return np.concatenate(rows).astype(np.float32)


def to_boxes(bbox, cells):
    """Raw box outputs [..., cells, 4] to x1, y1, x2, y2 in pixels (torch)."""
    origin, stride = cells[:, :2], cells[:, 2:]
    centre = bbox[..., :2] * stride + origin
    half = bbox[..., 2:].clamp(max=6).exp() * stride / 2
    return torch.cat([centre - half, centre + half], -1)


def to_landmarks(kps, cells):
    """Raw landmark outputs [..., cells, 10] to five x, y pairs in pixels (torch)."""
    return kps * cells[:, 2:] + cells[:, :2].repeat(1, 5)


def write_safetensors(path, tensors, metadata):
    """`tensors`: name to float32 or float16 array. Little-endian, as the format asks."""
    header, offset = {"__metadata__": metadata}, 0
    kinds = {"float32": "F32", "float16": "F16"}
    for name, array in tensors.items():
        header[name] = {"dtype": kinds[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def read_safetensors(path):
    """Returns (name to array, metadata)."""
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    kinds = {"F32": np.float32, "F16": np.float16}
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + value for value in entry["data_offsets"])
        flat = np.frombuffer(data[begin:end], kinds[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata
