"""Whisper in numpy, written from the paper (Radford et al. 2022, arXiv 2212.04356) and the published
layout of its files: what the C++ networks are held against. Float64 throughout."""

import math

import numpy as np

SAMPLE_RATE = 16000
WINDOW = 30 * SAMPLE_RATE
FRAME = 400
HOP = 160


def log_mel(samples, filters):
    """[mel bands, 3000] of at most 30 s of sound; filters [mel bands, 201]."""
    sound = np.zeros(WINDOW)
    length = min(len(samples), WINDOW)
    sound[:length] = samples[:length]
    sound = np.pad(sound, FRAME // 2, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    count = 1 + (len(sound) - FRAME) // HOP
    frames = np.stack([sound[i * HOP:i * HOP + FRAME] * hann for i in range(count)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    mel = filters.astype(np.float64) @ power[:-1].T
    logarithm = np.log10(np.maximum(mel, 1e-10))
    return (np.maximum(logarithm, logarithm.max() - 8) + 4) / 4


def slaney_filters(bands):
    """[bands, 201]; the mel scale of Slaney's Auditory Toolbox, triangles of unit area."""
    log_step = math.log(6.4) / 27

    def to_mel(hz):
        return hz * 3 / 200 if hz < 1000 else 15 + math.log(hz / 1000) / log_step

    def to_hz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * math.exp(log_step * (mel - 15))

    corners = [to_hz(m) for m in np.linspace(0, to_mel(8000), bands + 2)]
    bins = np.arange(201) * SAMPLE_RATE / FRAME
    filters = np.zeros((bands, 201))
    for band in range(bands):
        low, middle, high = corners[band:band + 3]
        rising = (bins - low) / (middle - low)
        falling = (high - bins) / (high - middle)
        filters[band] = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return filters


def sinusoids(length, channels):
    scales = np.exp(-math.log(10000) / (channels // 2 - 1) * np.arange(channels // 2))
    angles = np.arange(length)[:, None] * scales[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


# By cubic Hermite interpolation between the C library's values: within 1e-13, and a hundred times as
# fast on whole arrays.
ERF_STEP = 1 / 1024
ERF_AT = np.array([math.erf(i * ERF_STEP) for i in range(6 * 1024 + 2)])
ERF_SLOPE = 2 / math.sqrt(math.pi) * np.exp(-(np.arange(len(ERF_AT)) * ERF_STEP) ** 2) * ERF_STEP


def erf(x):
    position = np.minimum(np.abs(x), 6) / ERF_STEP
    i = position.astype(np.int64)
    t = position - i
    value = (ERF_AT[i] * (1 + 2 * t) * (1 - t) ** 2 + ERF_SLOPE[i] * t * (1 - t) ** 2
             + ERF_AT[i + 1] * t ** 2 * (3 - 2 * t) + ERF_SLOPE[i + 1] * t ** 2 * (t - 1))
    return np.copysign(value, x)


def gelu(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Whisper:
    """`tensors`: by the ggml format's names, PyTorch's shapes; `sizes`: as in models.py."""

    def __init__(self, sizes, tensors):
        self.sizes = sizes
        self.tensors = {name: value.astype(np.float64) for name, value in tensors.items()}

    def linear(self, x, name):
        y = x @ self.tensors[name + ".weight"].T
        bias = self.tensors.get(name + ".bias")
        return y if bias is None else y + bias

    def norm(self, x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred ** 2).mean(axis=-1, keepdims=True)
        unit = centred / np.sqrt(variance + 1e-5)
        return unit * self.tensors[name + ".weight"] + self.tensors[name + ".bias"]

    def conv(self, x, name, stride):
        """x [in, length], kernel 3, padding 1."""
        weight = self.tensors[name + ".weight"]
        padded = np.pad(x, ((0, 0), (1, 1)))
        taps = [padded[:, k:k + x.shape[1]][:, ::stride] for k in range(3)]
        y = sum(weight[:, :, k] @ taps[k] for k in range(3))
        return y + self.tensors[name + ".bias"].reshape(-1, 1)

    def attend(self, name, x, source, heads, causal):
        """Output, and the weights [heads, queries, keys]."""
        def split(y):
            return y.reshape(len(y), heads, -1).transpose(1, 0, 2)

        q = split(self.linear(x, name + ".query"))
        k = split(self.linear(source, name + ".key"))
        v = split(self.linear(source, name + ".value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        if causal:
            later = np.triu(np.ones(scores.shape[1:], bool), 1)
            scores = np.where(later, -np.inf, scores)
        weights = softmax(scores)
        mixed = (weights @ v).transpose(1, 0, 2).reshape(len(x), -1)
        return self.linear(mixed, name + ".out"), weights

    def feed_forward(self, x, block):
        hidden = gelu(self.linear(self.norm(x, block + ".mlp_ln"), block + ".mlp.0"))
        return x + self.linear(hidden, block + ".mlp.2")

    def encode(self, mel):
        """[mel bands, 3000] -> [1500, width]"""
        x = gelu(self.conv(mel, "encoder.conv1", 1))
        x = gelu(self.conv(x, "encoder.conv2", 2)).T
        x = x + self.tensors["encoder.positional_embedding"]
        for layer in range(self.sizes["audio_layers"]):
            block = f"encoder.blocks.{layer}"
            y = self.norm(x, block + ".attn_ln")
            x = x + self.attend(block + ".attn", y, y, self.sizes["audio_heads"], False)[0]
            x = self.feed_forward(x, block)
        return self.norm(x, "encoder.ln_post")

    def decode(self, tokens, encoded):
        """Logits [tokens, vocabulary], and cross-attention weights [layer][heads, tokens, 1500]."""
        embedding = self.tensors["decoder.token_embedding.weight"]
        x = embedding[tokens] + self.tensors["decoder.positional_embedding"][:len(tokens)]
        heads = self.sizes["text_heads"]
        cross = []
        for layer in range(self.sizes["text_layers"]):
            block = f"decoder.blocks.{layer}"
            y = self.norm(x, block + ".attn_ln")
            x = x + self.attend(block + ".attn", y, y, heads, True)[0]
            y = self.norm(x, block + ".cross_attn_ln")
            mixed, weights = self.attend(block + ".cross_attn", y, encoded, heads, False)
            x = x + mixed
            cross.append(weights)
            x = self.feed_forward(x, block)
        return self.norm(x, "decoder.ln") @ embedding.T, cross
