"""Writes models/attune-align.safetensors and the parity arrays of the C++ tests.

    export.py --heads heads.settled.pt --pack FILE --out MODEL --parity FILE

Parity inputs are generated (a flite voice is not needed either: tones and noise; drawn faces), and
the expected values are computed with the weights as rounded to float16.
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch

import drawn
import geometry
import infer
import networks
import pack
from lag import LagEstimator

FULL = ("mel.", "align.null_cosine", "align.scale", "align.lag_bias", "align.window")
# Scenes are mixed with more talk over voices that are not theirs than recordings have: in these, a
# mouth that talks while speech sounds is nearly always the speaker's. Set on the development clips.
SPEAKING_PRIOR = 0.75
# People of other corpora match their sound less well than those of training do, and how the null
# key depends on the sound carries over to them only in part: it is drawn to its mean, and down.
# Both, too, were set on the development clips, and so was the prior of speech.
NULL_TRUST, NULL_SHIFT, SPEECH_PRIOR = 0.5, -0.03, 0.5
CODES = {np.dtype(v): k for k, v in infer.KINDS.items()}


def write_safetensors(path, arrays, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, array in arrays.items():
        size = array.nbytes
        header[name] = {"dtype": CODES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())


def weights_of(model):
    arrays = {n: v.detach().numpy() for n, v in sorted(infer.exported_names(model).items())}
    arrays["align.window"] = model.align.window().detach().numpy()
    return {n: a.astype(np.float32 if n.startswith(FULL) else np.float16)
            for n, a in arrays.items()}


@torch.no_grad()
def calibrate(model, clips):
    """Moves the operating points; `clips`: of people whom the encoders never met."""
    heard = {c.recording: c.mel for c in clips if c.held_out}
    total, count = 0, 0
    for mel in heard.values():
        whole = torch.from_numpy(mel[: 4 * ((len(mel) - 1) // 4) + 1].T[None].astype(np.float32))
        audio, speech = model.listen(whole)
        spoken = audio[0][speech[0] > 0.5]
        total, count = total + spoken.sum(0), count + len(spoken)
    null = model.align.null
    null.bias += (1 - NULL_TRUST) * (null.weight @ (total / count)) + NULL_SHIFT
    null.weight *= NULL_TRUST
    model.speaking.out.conv.bias += SPEAKING_PRIOR
    model.speech.out.conv.bias += SPEECH_PRIOR


def metadata(version, seed):
    hyper = {"width": networks.WIDTH, "heads": networks.HEADS, "head_width": networks.HEAD_WIDTH,
             "max_lag_tokens": geometry.MAX_LAG, "evidence_radius": networks.EVIDENCE_RADIUS,
             "audio_context_frames": networks.AUDIO_CONTEXT,
             "face_context_crops": networks.FACE_CONTEXT,
             "speech_context_frames": networks.SPEECH_CONTEXT,
             "head_context_tokens": networks.HEAD_CONTEXT, "evidence_min_weight": 0.5,
             "margin_clamp": 10, "margin_scale": 0.2, "motion_scale": 5, "unit_eps": 1e-6}
    return {"format": "attune", "architecture": "attune-align", "version": version,
            "hyper_parameters": json.dumps(hyper), "input_geometry": json.dumps(geometry.GEOMETRY),
            "data": "news anchors, spokespeople and lectures (single speakers), portraits, read speech, "
                    "flite voices, generated noise and music, sampled instruments, drawn faces",
            "licence": "Apache-2.0", "seed": str(seed)}


def parity_sound(rng, tokens):
    """A voice-like sound: gliding harmonics in syllables, with faint noise; int16."""
    t = np.arange(tokens * 640) / 16000
    pitch = np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.9 * t)) / 16000
    gate = np.clip(np.sin(2 * np.pi * 3.1 * t), 0, 1) * (t > 0.2)
    voice = sum(np.sin(2 * np.pi * k * pitch) / k for k in range(1, 20)) * gate
    return np.round(32767 * (0.15 * voice + 0.002 * rng.normal(size=len(t)))).astype(np.int16)


def parity_crop(rng, height, width, scale):
    """A picture, landmarks in it, and the crop."""
    y, x = np.mgrid[:height, :width]
    picture = 128 + 60 * np.sin(x / 5.3) * np.cos(y / 7.1) + rng.normal(0, 12, (height, width))
    picture = picture.clip(0, 255).astype(np.uint8)
    unit = np.array([[-0.5, -0.5], [0.48, -0.42], [0, 0], [-0.36, 0.52], [0.38, 0.55]])
    points = unit * scale + (width * 0.52, height * 0.47)
    placement = geometry.crop_placement(points)
    return picture, points.astype(np.float64), geometry.sample_crop(picture, placement)


def parity(model):
    rng = np.random.default_rng(5)
    arrays, count = {}, 40
    sound = parity_sound(rng, count)
    samples = sound.astype(np.float32) / 32768
    arrays["waveform"] = samples
    arrays["mel"] = geometry.log_mel(samples, -5, 60)
    for name, height, width, scale in (("small", 60, 70, 24.0), ("large", 110, 120, 60.0)):
        picture, points, crop = parity_crop(rng, height, width, scale)
        arrays.update({f"crop_{name}.picture": picture, f"crop_{name}.crop": crop,
                       f"crop_{name}.landmarks": points.astype(np.float32)})
        # the crop above is computed from float64 landmarks; redo it from what is stored
        placement = geometry.crop_placement(points.astype(np.float32).astype(np.float64))
        arrays[f"crop_{name}.crop"] = geometry.sample_crop(picture, placement)
    times = np.array([0.0, 0.13, 0.25, 0.41, 0.52, 0.66, 0.8], np.float32)
    marks = rng.uniform(20, 60, (len(times), 5, 2)).astype(np.float32)
    smooth = geometry.interpolate_landmarks(times.astype(np.float64), marks, np.arange(0, 21))
    arrays.update({"landmarks.times": times, "landmarks.detected": marks,
                   "landmarks.smoothed": geometry.smooth_landmarks(smooth).astype(np.float32)})
    tracks = []
    for name, start, length in (("a", 2, 30), ("b", 13, 22)):
        crops = drawn.draw_clip(samples if name == "a" else samples[::-1].copy(), rng)
        crops = crops[start : start + length]
        tracks.append((start, crops))
        arrays[f"track_{name}.crops"] = crops
        arrays[f"track_{name}.start"] = np.array([start], np.int32)
        tokens, moved = infer.see(model, crops)
        arrays[f"track_{name}.tokens"] = tokens.numpy()
        arrays[f"track_{name}.motion"] = moved.numpy()
    estimator = LagEstimator()
    first = infer.align_recording(model, samples, tracks)
    profile = first["weights"][0].sum(1).mean(0).numpy()
    estimator.add(profile)
    prior = estimator.log_prior().astype(np.float32)
    out = infer.align_recording(model, samples, tracks, prior)
    scores = model.align.scores(out["audio"], out["face"])[0]
    there = out["present"].unfold(2, networks.LAGS, 1)[0]
    arrays.update({
        "audio.tokens": out["audio"][0].numpy(), "speech.probability": out["speech"][0].numpy(),
        "scores": (scores * there).detach().numpy(), "prior": prior,
        "profile_without_prior": profile,
        "evidence": out["e"][0].numpy(), "null_evidence": out["n"][0].numpy(),
        "mass": out["weights"][0].sum(3).numpy(), "null": out["null"][0].numpy(),
        "profile": out["weights"][0].sum(1).mean(0).numpy(),
        "speaking.logits": out["speaking"][0].numpy(),
        "offscreen.logits": out["offscreen"][0].numpy()})
    return {n: np.ascontiguousarray(a.astype(np.float32) if a.dtype == np.float64 else a)
            for n, a in arrays.items()}


PARITY_NOTE = {
    "waveform": "16 kHz, 40 tokens",
    "mel": "frames -5 .. 54, not normalised",
    "tracks": "a, b = faces 0, 1; tokens and motion with ends repeated as at inference",
    "scores": "[heads, faces, 40, 31], 0 where the face token is absent",
    "evidence": "with prior; -1e9 where absent",
    "mass": "[heads, faces, 40], with prior; null [heads, 40]",
    "speaking.logits": "[faces, 40]; meaningless where the track is absent",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=Path, required=True, help="checkpoint of heads.py")
    parser.add_argument("--pack", type=Path, required=True, help="of pack.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parity", type=Path)
    parser.add_argument("--version", default="1")
    parser.add_argument("--seed", default=1)
    arguments = parser.parse_args()
    model = infer.empty_aligner()
    model.load_state_dict(torch.load(arguments.heads)["model"])
    calibrate(model, pack.read(arguments.pack).clips)
    write_safetensors(arguments.out, weights_of(model),
                      metadata(arguments.version, arguments.seed))
    if arguments.parity:
        arrays = parity(infer.load_exported(arguments.out))
        write_safetensors(arguments.parity, arrays, PARITY_NOTE)
    size = sum(v.numel() for v in infer.exported_names(model).values())
    print(f"{size} parameters, {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
