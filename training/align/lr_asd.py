"""LR-ASD as published (Liao et al.), for comparison only: reads the upstream weights, no training.

Written from the description of its layers; inputs are MFCC of int16-scaled sound at four times the
picture rate and gray 112 x 112 face crops, value (v / 255 - 0.4161) / 0.1688.
"""

import cv2
import numpy as np
import torch
from scipy.fft import dct
from torch import nn
from torch.nn import functional as F

EDGES = (0, 2, 4, 7, 10, 13, 16, 20, 24, 29, 34, 40, 46, 53, 60, 68, 77, 87, 97, 109, 122, 136, 152,
         169, 188, 209, 231, 256)


def mfcc(sound, rows):
    """[rows, 13]; sound -1..1 at 16 kHz, row k starts at sample 160 k."""
    x = np.round(np.asarray(sound, np.float64) * 32768)
    x = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])
    x = np.pad(x, (0, max(0, rows * 160 + 400 - len(x))))
    frames = np.lib.stride_tricks.sliding_window_view(x, 400)[::160][:rows]
    power = np.abs(np.fft.rfft(frames, 512)) ** 2 / 512
    tiny = np.finfo(float).eps
    energy = np.maximum(power.sum(1), tiny)
    bank = np.zeros((26, 257))
    for j, (a, b, c) in enumerate(zip(EDGES, EDGES[1:], EDGES[2:])):
        bank[j, a:b] = (np.arange(a, b) - a) / (b - a)
        bank[j, b:c] = (c - np.arange(b, c)) / (c - b)
    mel = power @ bank.T
    cepstra = dct(np.log(np.where(mel == 0, tiny, mel)), norm="ortho", axis=1)[:, :13]
    cepstra *= 1 + 11 * np.sin(np.pi * np.arange(13) / 22)
    cepstra[:, 0] = np.log(energy)
    return cepstra.astype(np.float32)


def face_crop(gray, box, whole_box):
    """112 x 112 crop: the whole box (AVA weights) or its lower middle (TalkSet weights)."""
    x, y, w, h = (float(v) for v in box)
    if whole_box:
        left, top, right, bottom = x, y, x + w, y + h
    else:
        cx, cy, s = x + w / 2, y + h / 2, max(w, h) / 2
        left, right, top, bottom = cx - 0.7 * s, cx + 0.7 * s, cy - 0.3 * s, cy + 1.1 * s
    scale = np.array([[(right - left) / 112, 0, left], [0, (bottom - top) / 112, top]])
    return cv2.warpAffine(gray, scale, (112, 112), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_CONSTANT, borderValue=110)


class LrAsd(nn.Module):
    def __init__(self, path):
        super().__init__()
        stored = torch.load(path, map_location="cpu")
        self.w = {k.replace("module.", ""): v for k, v in stored.items()}
        self.gru = nn.ModuleDict()
        for way in ("forward", "backward"):
            gru, prefix = nn.GRU(256, 64, batch_first=True), f"model.detector.gru_{way}."
            gru.load_state_dict({k[len(prefix):]: v for k, v in self.w.items()
                                 if k.startswith(prefix)})
            self.gru[way + "_gru"] = gru

    def norm(self, x, name):
        w = self.w
        return F.batch_norm(x, w[name + ".running_mean"], w[name + ".running_var"],
                            w[name + ".weight"], w[name + ".bias"], False, 0, 1e-3)

    def chain(self, x, block, first, stride=1):
        """Four convolutions of an encoder block; first is "s" (picture) or "m" (sound)."""
        for kind in (first, "t"):
            for n in (1, 2):
                w = self.w[f"{block}.{kind}_{n}.weight"]
                pad = [k // 2 for k in w.shape[2:]]
                conv = F.conv3d if w.dim() == 5 else F.conv2d
                step = [1, stride, stride] if (kind, n) == ("s", 1) else 1
                x = F.relu(self.norm(conv(x, w, None, step, pad), f"{block}.{kind}_norm_{n}"))
        return x

    def see(self, crops):
        x = ((torch.from_numpy(crops).float() / 255 - 0.4161) / 0.1688)[None, None]
        for n in (1, 2, 3):
            x = self.chain(x, f"model.visualEncoder.block{n}", "s", 2 if n == 1 else 1)
            x = F.max_pool3d(x, (1, 3, 3), (1, 2, 2), (0, 1, 1)) if n < 3 else x
        return x.amax((3, 4))

    def hear(self, features):
        x = torch.from_numpy(features.T.copy())[None, None]
        for n in (1, 2, 3):
            x = self.chain(x, f"model.audioEncoder.block{n}", "m")
            x = F.max_pool2d(x, (1, 3), (1, 2), (0, 1)) if n < 3 else x
        return x.mean(2)

    def fuse(self, name, *inputs):
        x = torch.cat(inputs, 1)
        w = self.w[name + ".attention.weight"]
        gate = F.conv1d(x, w.reshape(w.shape[0], w.shape[1], 1))
        return x * torch.sigmoid(self.norm(gate, name + ".bn"))

    @torch.no_grad()
    def forward(self, features, crops):
        """[4 T, 13], uint8 [T, 112, 112] -> speaking logits [T]."""
        return self.score(features, self.see(crops))

    @torch.no_grad()
    def score(self, features, seen):
        """The same from what `see` made of the crops."""
        y = self.fuse("model.fusion", self.hear(features), seen).transpose(1, 2)
        f = self.gru["forward_gru"](y)[0]
        b = self.gru["backward_gru"](y.flip(1))[0].flip(1)
        z = self.fuse("model.detector.attention", f.transpose(1, 2), b.transpose(1, 2))[0].T
        return (z @ self.w["lossAV.FC.weight"].T + self.w["lossAV.FC.bias"])[:, 1].numpy()
