"""Runs the whole aligner on one recording, as the C++ side does. Also loads exported weights."""

import json
import struct

import numpy as np
import torch

import augment
import contrast
import geometry
import heads
from lag import LagEstimator
from networks import (FACE_CONTEXT, MAX_LAG, SPEECH_CONTEXT, SpeechActivity, fold, motion)

KINDS = {"F16": np.float16, "F32": np.float32, "U8": np.uint8, "I16": np.int16, "I32": np.int32}


def read_safetensors(path):
    """({name: array}, metadata)."""
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    out = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        data = np.frombuffer(raw[8 + size + begin : 8 + size + end], KINDS[entry["dtype"]])
        out[name] = data.reshape(entry["shape"])
    return out, metadata


def empty_aligner():
    """Aligner without batch norms, to be filled with exported weights."""
    encoders = contrast.Encoders(np.zeros(40), np.ones(40))
    encoders.face.fast = False
    return fold(heads.Aligner(encoders, SpeechActivity()).eval())


def exported_names(model):
    """{exported name: parameter or buffer} of a folded aligner; align.window is apart."""
    parts = {"audio": model.encoders.audio, "face": model.encoders.face, "align": model.align,
             "speaking": model.speaking, "offscreen": model.offscreen, "speech": model.speech}
    names = {}
    for part, module in parts.items():
        for name, value in module.named_parameters():
            if name != "window_logits":
                names[f"{part}.{name.replace('.conv.', '.')}"] = value
    names["mel.mean"], names["mel.std"] = model.encoders.mel_mean, model.encoders.mel_std
    return names


def load_exported(path):
    arrays, _ = read_safetensors(path)
    model = empty_aligner()
    with torch.no_grad():
        for name, value in exported_names(model).items():
            value.copy_(torch.from_numpy(arrays[name].astype(np.float32)))
        window = torch.from_numpy(arrays["align.window"].astype(np.float32))
    model.align.window = lambda: window
    return model


@torch.no_grad()
def hear(model, sound):
    """16 kHz sound -> audio tokens [1, T, 128], speech probability [1, T], T = ceil(len / 640)."""
    count = -(-len(sound) // 640)
    frames = 4 * (count - 1) + 2 * SPEECH_CONTEXT + 1
    mel = geometry.log_mel(sound, -SPEECH_CONTEXT, frames)
    return model.listen(torch.from_numpy(mel.T[None].copy()))


@torch.no_grad()
def see(model, crops):
    """Crops of a track [n, 48, 48] -> face tokens [n, 128], motion [n]."""
    crops = torch.from_numpy(np.asarray(crops)).float()
    padded = torch.cat([crops[:1]] * FACE_CONTEXT + [crops] + [crops[-1:]] * FACE_CONTEXT)
    x = augment.standardise(padded)[None]
    edge = FACE_CONTEXT - 1
    return model.encoders.face(x)[0].T, motion(x)[0, edge:-edge]


def place(tracks, count):
    """tracks: [(start token, face tokens, motion)] -> face [1, F, T + 30, 128], present, moved."""
    faces = max(len(tracks), 1)
    face = torch.zeros(1, faces, count + 2 * MAX_LAG, 128)
    present = torch.zeros(1, faces, count + 2 * MAX_LAG)
    moved = torch.zeros(1, faces, count + 2 * MAX_LAG)
    for f, (start, tokens, motions) in enumerate(tracks):
        first, last = max(start, -MAX_LAG), min(start + len(tokens), count + MAX_LAG)
        if last <= first:
            continue
        to = slice(first + MAX_LAG, last + MAX_LAG)
        face[0, f, to] = tokens[first - start : last - start]
        present[0, f, to] = 1
        moved[0, f, to] = motions[first - start : last - start]
    return face, present, moved[:, :, MAX_LAG : MAX_LAG + count]


@torch.no_grad()
def align_recording(model, sound, tracks, prior=None):
    """tracks: [(start token, crops uint8)] -> the dict of Aligner.forward, and `present`."""
    audio, speech = hear(model, sound)
    seen = [(start, *see(model, crops)) for start, crops in tracks]
    face, present, moved = place(seen, audio.shape[1])
    prior = None if prior is None else torch.as_tensor(prior).float()[None]
    out = model.align_tokens(audio, speech, face, present, moved, prior)
    out["face"], out["present"] = face, present
    out["moved"] = moved
    return out


def align_with_lag(model, sound, tracks):
    """align_recording with the recording's own lag estimated first; (its dict, LagEstimator)."""
    estimator = LagEstimator()
    first = align_recording(model, sound, tracks)
    estimator.add(first["weights"][0].sum(1).mean(0).numpy())
    return align_recording(model, sound, tracks, estimator.log_prior()), estimator
