"""Mixed scenes of people never seen: evaluate_scenes.py --model M --cache DEV_CACHE --speech FOLDER

The scenes are made as in training (scenes.py) from the development clips. Reported per 40 ms token:
speaking (average precision and error at logit 0, by what is going on), off-screen speech, the right
face or nobody by mass, and the same with attention replaced by the token at the known lag.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import clips as clip_files
import contrast
import heads
import infer
from networks import MAX_LAG
from real_scenes import average_precision

CORPORA = ("spokespeople", "grid", "sentences")


def stage_of(model, cache, speech, store, seed):
    """Each recording's own lag is measured by the encoders first (no labels)."""
    clips = clip_files.load_all(cache, keep=lambda p: p.stem.split("_")[0] in CORPORA)
    lags = contrast.measure_lags(model.encoders, clips)
    for clip in clips:
        clip.lag = lags[clip.recording]
    return heads.build_stage(model.encoders, clips, cache, speech, store, 1, seed)


@torch.no_grad()
def aligned_mass(model, audio, scene):
    """Ablation: softmax over faces and null at the scene's true lag alone, no accumulation."""
    a = model.align
    s, places = a.scores(audio, scene["face"]), scene["present"].unfold(2, 2 * MAX_LAG + 1, 1)
    lag = (scene["lag"].round().long() + MAX_LAG)[:, None, None, None, None]
    s = s.gather(4, lag.expand(*s.shape[:4], 1))[..., 0]  # [B, H, F, T]
    shown = places.gather(3, lag[:, 0].expand(*places.shape[:3], 1))[..., 0][:, None]
    s = (s * a.scale[:, None, None]).masked_fill(shown == 0, -1e9)
    gain = torch.nn.functional.softplus(a.gain(audio)).transpose(1, 2)
    n = (gain * a.null_cosine[:, None] + a.null(audio).transpose(1, 2)) * a.scale[:, None]
    p = torch.softmax(torch.cat([s, n[:, :, None]], 2), 2).mean(1)
    return p[:, :-1], p[:, -1]


def collect(model, stage, batches):
    rows = []
    for _ in range(batches):
        scene = stage.batch(10)
        with torch.no_grad():
            _, _, out = heads.loss_of(model, scene)
        flat, null = aligned_mass(model, out["audio"], scene)
        rows.append({**{k: v.numpy() for k, v in scene.items() if k not in ("mel", "face")},
                     "speaking": out["speaking"].numpy(), "offscreen": out["offscreen"].numpy(),
                     "mass": out["weights"].sum(4).mean(1).numpy(),
                     "null": out["null"].mean(1).numpy(),
                     "aligned": flat.numpy(), "aligned_null": null.numpy()})
    return {k: np.concatenate([r[k] for r in rows]) for k in rows[0]}


def who(mass, null, data):
    """(right where one visible voice sounds, nobody where only unseen voices do)."""
    visible = (data["voice"] > 0.5) & (data["present"][:, :, MAX_LAG:-MAX_LAG] > 0)
    other = np.maximum(data["off"], data["unseen"]) > 0.5
    one, none = (visible.sum(1) == 1) & ~other, (visible.sum(1) == 0) & other
    best = np.where(mass.max(1) > null, mass.argmax(1), -1)
    return (best[one] == visible.argmax(1)[one]).mean(), (best[none] == -1).mean()


def summary(data):
    shown = data["present"][:, :, MAX_LAG:-MAX_LAG] > 0
    voice = (data["voice"] > 0.5) & shown
    other = (np.maximum(data["off"], data["unseen"]) > 0.5)[:, None] & np.ones_like(shown)
    silent = shown & ~voice & ~other & (data["voice"].max(1) < 0.5)[:, None]
    said = data["speaking"] > 0
    off = np.maximum(data["off"], data["unseen"]) > 0.5
    right, nobody = who(data["mass"], data["null"], data)
    flat_right, flat_nobody = who(data["aligned"], data["aligned_null"], data)
    return {
        "speaking, average precision": average_precision(data["speaking"][shown], voice[shown]),
        "speaking missed": 1 - said[voice].mean(),
        "speaking called though another voice sounds": said[shown & ~voice & other].mean(),
        "speaking called though another face speaks":
            said[shown & ~voice & ~other & (data["voice"].max(1) > 0.5)[:, None]].mean(),
        "speaking called in silence, noise or music": said[silent].mean(),
        "off-screen, average precision": average_precision(data["offscreen"].ravel(), off.ravel()),
        "off-screen missed": 1 - (data["offscreen"] > 0)[off].mean(),
        "off-screen called falsely": (data["offscreen"] > 0)[~off].mean(),
        "right face by mass": right, "nobody by mass": nobody,
        "right face, time-aligned token": flat_right, "nobody, time-aligned token": flat_nobody}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--voices", type=Path, required=True, help="store of generated voices")
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--seed", type=int, default=99)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = infer.load_exported(arguments.model)
    stage = stage_of(model, arguments.cache, arguments.speech, arguments.voices, arguments.seed)
    result = summary(collect(model, stage, arguments.batches))
    print(json.dumps({k: round(float(v), 3) for k, v in result.items()}, indent=1))


if __name__ == "__main__":
    main()
