"""Random models of Whisper's shape, and the two forms of file that they are kept in."""

import json
import struct

import numpy as np

from reference import sinusoids, slaney_filters

GGML_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8}


def random_tensors(sizes, seed):
    """By the ggml format's names, with values that keep activations of ordinary size."""
    rng = np.random.default_rng(seed)
    width = sizes["width"]
    tensors = {}

    def matrix(name, rows, columns, scale):
        tensors[name] = rng.standard_normal((rows, columns), np.float32) * np.float32(scale)

    def vector(name, length, centre, scale):
        tensors[name] = (centre + scale * rng.standard_normal(length)).astype(np.float32)

    def norm(name):
        vector(name + ".weight", width, 1, 0.1)
        vector(name + ".bias", width, 0, 0.1)

    def linear(name, outputs, inputs, gain=1.0, bias=True):
        matrix(name + ".weight", outputs, inputs, gain / np.sqrt(inputs))
        if bias:
            vector(name + ".bias", outputs, 0, 0.1)

    def attention(name):
        # Queries and keys of this size make attention pick some positions over others.
        linear(name + ".query", width, width, 1.5)
        linear(name + ".key", width, width, 1.5, bias=False)
        linear(name + ".value", width, width)
        linear(name + ".out", width, width)

    def block(name, cross):
        norm(name + ".attn_ln")
        attention(name + ".attn")
        if cross:
            norm(name + ".cross_attn_ln")
            attention(name + ".cross_attn")
        norm(name + ".mlp_ln")
        linear(name + ".mlp.0", 4 * width, width)
        linear(name + ".mlp.2", width, 4 * width)

    for conv, inputs in (("encoder.conv1", sizes["mels"]), ("encoder.conv2", width)):
        kernel = rng.standard_normal((width, inputs, 3)) / np.sqrt(3 * inputs)
        tensors[conv + ".weight"] = kernel.astype(np.float32)
        vector(conv + ".bias", width, 0, 0.1)
    tensors["encoder.positional_embedding"] = sinusoids(1500, width).astype(np.float32)
    for layer in range(sizes["audio_layers"]):
        block(f"encoder.blocks.{layer}", False)
    norm("encoder.ln_post")
    matrix("decoder.positional_embedding", sizes["text_context"], width, 0.3)
    matrix("decoder.token_embedding.weight", sizes["vocabulary"], width, 0.1)
    for layer in range(sizes["text_layers"]):
        block(f"decoder.blocks.{layer}", True)
    norm("decoder.ln")
    return tensors


def is_quantised(name, tensor):
    """Matrices of layers and the token embedding."""
    return tensor.ndim == 2 and not name.endswith("positional_embedding")


def quantise(values, type_name):
    """Blocks of 32 as the format holds them: (bytes, the values that they stand for)."""
    blocks = values.reshape(-1, 32).astype(np.float32)
    if type_name == "q8_0":
        scale = (np.abs(blocks).max(axis=1) / 127).astype(np.float16)
        integers = np.round(blocks / np.maximum(scale.astype(np.float32), 1e-8)[:, None])
        integers = np.clip(integers, -127, 127).astype(np.int8)
        stood_for = integers * scale.astype(np.float32)[:, None]
        packed = np.concatenate(
            [scale[:, None].view(np.uint8), integers.view(np.uint8)], axis=1)
        return packed.tobytes(), stood_for.reshape(values.shape)
    bits = int(type_name[1])
    levels = 1 << bits
    if type_name.endswith("_0"):
        scale = (np.abs(blocks).max(axis=1) / (levels // 2 - 1)).astype(np.float16)
        offset = -scale.astype(np.float32) * (levels // 2)
        head = [scale]
    else:
        minimum = blocks.min(axis=1).astype(np.float16)
        scale = ((blocks.max(axis=1) - blocks.min(axis=1)) / (levels - 1)).astype(np.float16)
        offset = minimum.astype(np.float32)
        head = [scale, minimum]
    step = np.maximum(scale.astype(np.float32), 1e-8)[:, None]
    integers = np.clip(np.round((blocks - offset[:, None]) / step), 0, levels - 1)
    integers = integers.astype(np.uint32)
    stood_for = integers * scale.astype(np.float32)[:, None] + offset[:, None]
    parts = [h[:, None].view(np.uint8) for h in head]
    if bits == 5:
        fifth = ((integers >> 4) << np.arange(32, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
        parts.append(fifth[:, None].view(np.uint8))
    nibbles = (integers & 15).astype(np.uint8)
    parts.append(nibbles[:, :16] | nibbles[:, 16:] << 4)
    return np.concatenate(parts, axis=1).tobytes(), stood_for.reshape(values.shape)


def write_ggml(path, sizes, tensors, type_name):
    """Returns the tensors as the file stands for them."""
    stood_for = {}
    filters = slaney_filters(sizes["mels"]).astype(np.float32)
    with open(path, "wb") as file:
        file.write(struct.pack("<I", 0x67676D6C))
        file.write(struct.pack(
            "<11i", sizes["vocabulary"], 1500, sizes["width"], sizes["audio_heads"],
            sizes["audio_layers"], sizes["text_context"], sizes["width"], sizes["text_heads"],
            sizes["text_layers"], sizes["mels"], GGML_TYPES[type_name]))
        file.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        words = [f"t{i}".encode() for i in range(sizes["vocabulary"] - 100)]
        file.write(struct.pack("<i", len(words)))
        for word in words:
            file.write(struct.pack("<I", len(word)) + word)
        for name, tensor in tensors.items():
            stored = tensor.reshape(-1, 1) if "conv" in name and "bias" in name else tensor
            if stored.ndim == 1 or (stored.ndim == 2 and not is_quantised(name, tensor)):
                kind = "f32"
            elif is_quantised(name, tensor):
                kind = type_name
            else:
                kind = "f32" if type_name == "f32" else "f16"
            if kind == "f32":
                data, value = tensor.astype("<f4").tobytes(), tensor
            elif kind == "f16":
                half = tensor.astype("<f2")
                data, value = half.tobytes(), half.astype(np.float32)
            else:
                data, value = quantise(tensor, kind)
            file.write(struct.pack("<3i", stored.ndim, len(name), GGML_TYPES[kind]))
            file.write(struct.pack(f"<{stored.ndim}i", *reversed(stored.shape)))
            file.write(name.encode() + data)
            stood_for[name] = value
    return stood_for


# The names of Hugging Face's modules, written down from its published checkpoints.
PARTS = {
    "attn.query": "self_attn.q_proj", "attn.key": "self_attn.k_proj",
    "attn.value": "self_attn.v_proj", "attn.out": "self_attn.out_proj",
    "attn_ln": "self_attn_layer_norm", "cross_attn.query": "encoder_attn.q_proj",
    "cross_attn.key": "encoder_attn.k_proj", "cross_attn.value": "encoder_attn.v_proj",
    "cross_attn.out": "encoder_attn.out_proj", "cross_attn_ln": "encoder_attn_layer_norm",
    "mlp.0": "fc1", "mlp.2": "fc2", "mlp_ln": "final_layer_norm",
}
OTHERS = {
    "encoder.positional_embedding": "encoder.embed_positions.weight",
    "decoder.positional_embedding": "decoder.embed_positions.weight",
    "decoder.token_embedding.weight": "decoder.embed_tokens.weight",
    "encoder.ln_post.weight": "encoder.layer_norm.weight",
    "encoder.ln_post.bias": "encoder.layer_norm.bias",
    "decoder.ln.weight": "decoder.layer_norm.weight",
    "decoder.ln.bias": "decoder.layer_norm.bias",
}


def hugging_face_name(name):
    if name in OTHERS:
        return "model." + OTHERS[name]
    if ".blocks." not in name:
        return "model." + name
    network, _, number, rest = name.split(".", 3)
    part, parameter = rest.rsplit(".", 1)
    return f"model.{network}.layers.{number}.{PARTS[part]}.{parameter}"


def write_hugging_face(folder, sizes, tensors):
    """float16, as the published files are. Returns the tensors as the file stands for them."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "whisper", "vocab_size": sizes["vocabulary"], "d_model": sizes["width"],
        "max_source_positions": 1500, "max_target_positions": sizes["text_context"],
        "encoder_layers": sizes["audio_layers"], "encoder_attention_heads": sizes["audio_heads"],
        "decoder_layers": sizes["text_layers"], "decoder_attention_heads": sizes["text_heads"],
        "num_mel_bins": sizes["mels"]}))
    header, data, stood_for = {}, b"", {}
    for name, tensor in tensors.items():
        half = tensor.astype("<f2")
        header[hugging_face_name(name)] = {
            "dtype": "F16", "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + half.nbytes]}
        data += half.tobytes()
        stood_for[name] = half.astype(np.float32)
    write_safetensors(folder / "model.safetensors", header, data)
    return stood_for


def write_safetensors(path, header, data):
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def divide_hugging_face(folder, pieces, count):
    """The model of one folder once more, its tensors dealt out to several files."""
    pieces.mkdir(exist_ok=True)
    (pieces / "config.json").write_text((folder / "config.json").read_text())
    whole = (folder / "model.safetensors").read_bytes()
    length, = struct.unpack("<Q", whole[:8])
    header, data = json.loads(whole[8:8 + length]), whole[8 + length:]
    headers, parts, weight_map = [{} for _ in range(count)], [b""] * count, {}
    for number, (name, tensor) in enumerate(header.items()):
        piece = number % count
        begin, end = tensor["data_offsets"]
        first = len(parts[piece])
        headers[piece][name] = {**tensor, "data_offsets": [first, first + end - begin]}
        parts[piece] += data[begin:end]
        weight_map[name] = f"model-{piece + 1:05}-of-{count:05}.safetensors"
    for piece in range(count):
        write_safetensors(pieces / f"model-{piece + 1:05}-of-{count:05}.safetensors",
                          headers[piece], parts[piece])
    (pieces / "model.safetensors.index.json").write_text(json.dumps(
        {"metadata": {"total_size": len(data)}, "weight_map": weight_map}))
