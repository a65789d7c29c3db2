"""Stage 3: attention with its null key, the speaking head and the off-screen head, on mixed scenes.

    heads.py --pack FILE --work DIR --encoders FILE --lags FILE [--steps 2500] [--device cuda]

First everything but speech activity learns on scenes of all people, the encoders slowly and with
their contrastive loss beside it; then the encoders rest and the others settle on people whom the
encoders never met (--settle-steps), so that the null key and the heads trust strangers' tokens as
far as strangers deserve.
"""

import argparse
import copy
import json
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import augment
import contrast
import pack
import scenes
from material import Material, Sampler
from networks import (AUDIO_CONTEXT, HEAD_CONTEXT, MAX_LAG, SPEECH_CONTEXT, OffscreenHead,
                      SpeakingHead, SpeechActivity, fold, motion)

CONTRAST_WEIGHT = 0.5
ABLATIONS = ("none", "null", "bias")


class Aligner(nn.Module):
    """All networks of attune-align together."""

    def __init__(self, encoders, speech):
        super().__init__()
        self.encoders, self.speech = encoders, speech
        self.align = encoders.align
        self.speaking, self.offscreen = SpeakingHead(), OffscreenHead()

    def listen(self, mel):
        """mel [B, 40, 4 (T - 1) + 109] -> audio tokens [B, T, 128], speech probability [B, T]."""
        e = self.encoders
        x = (mel - e.mel_mean[:, None]) / e.mel_std[:, None]
        trim = SPEECH_CONTEXT - AUDIO_CONTEXT
        audio = e.audio(x[:, :, trim:-trim]).transpose(1, 2)
        return audio, torch.sigmoid(self.speech(x)).detach()

    def forward(self, mel, face, present, moved, prior=None):
        """-> dict of weights, null, e, n, speech, speaking logits [B, F, T], off-screen [B, T]."""
        audio, speech = self.listen(mel)
        return self.align_tokens(audio, speech, face, present, moved, prior)

    def align_tokens(self, audio, speech, face, present, moved, prior=None):
        prior = None if prior is None else prior[:, None, None, None]
        weights, null, e, n = self.align(audio, face, present, prior)
        pad = (HEAD_CONTEXT, HEAD_CONTEXT)
        columns = self.speaking.features(audio, face, weights, null, e, n, moved, speech)
        faces = columns.shape[1]
        speaking = self.speaking(F.pad(columns.flatten(0, 1), pad, mode="replicate")
                                 .unflatten(0, (-1, faces)))
        columns = self.offscreen.features(audio, weights, null, speech)
        offscreen = self.offscreen(F.pad(columns, pad, mode="replicate"))
        return {"weights": weights, "null": null, "e": e, "n": n, "speech": speech,
                "audio": audio, "speaking": speaking, "offscreen": offscreen}


def look(model, crops_of, scene, chance):
    """Adds face tokens [B, F, P, 128] and motion [B, F, T] of a scene batch, from varied crops."""
    pairs, device = scene["pairs"], crops_of.device
    index = augment.held(scene["crops"], chance, 0.15)
    x = augment.standardise(augment.vary_crops(crops_of[index], chance, 0.6))
    tokens = model.encoders.face(x).transpose(1, 2)
    moved = motion(x)[:, 3:-3]
    size = (len(scene["mel"]), scenes.FACES)
    face = torch.zeros(*size, *tokens.shape[1:], device=device)
    moving = torch.zeros(*size, moved.shape[1], device=device)
    where = (pairs[:, 0], pairs[:, 1])
    scene["face"] = face.index_put(where, tokens) * scene["present"][..., None]
    moving = moving.index_put(where, moved) * scene["present"]
    scene["moved"] = moving[:, :, MAX_LAG:-MAX_LAG]
    return scene


def in_rooms(scene, chance):
    """Some of the scenes' sounds as a microphone across the room hears them."""
    mel = augment.reverberate(scene["mel"], chance, 0.35)
    far = chance.whether(0.2, len(mel), 1, 1)
    scene["mel"] = torch.where(far, augment.reverberate(mel, chance, 1.0), mel)
    return scene


def attention_loss(out, scene):
    """Per-head negative log of the weight on the true (face, lag +-1) or on null."""
    lag, voice, off = scene["lag"], scene["voice"], scene["off"]
    weights, null = out["weights"], out["null"]
    d = torch.arange(-MAX_LAG, MAX_LAG + 1.0, device=lag.device)
    near = ((d - lag[:, None]).abs() <= 1.25).float()
    there = scene["present"].unfold(2, 2 * MAX_LAG + 1, 1)  # [B, F, T, 31]
    there = (there * near[:, None, None]).amax(3)
    target = voice * there  # [B, F, T]
    right = (weights * near[:, None, None, None] * target[:, None, :, :, None]).sum((2, 4))
    heard = target.amax(1)
    other = torch.maximum(off, scene["unseen"])
    face_weight = heard * torch.where(other > 0.5, 0.5, 1.0)
    null_weight = (1 - heard) * torch.where(other > 0.5, 1.0, 0.3)
    face_loss = -torch.log(right + 1e-5) * face_weight[:, None]
    null_loss = -torch.log(null + 1e-5) * null_weight[:, None]
    return (face_loss.sum() / (face_weight.sum() + 1) + null_loss.sum() / (null_weight.sum() + 1)
            ) / 4


def loss_of(model, scene):
    out = model(scene["mel"], scene["face"], scene["present"], scene["moved"], scene["prior"])
    shown = scene["present"][:, :, MAX_LAG:-MAX_LAG]
    speaking = F.binary_cross_entropy_with_logits(out["speaking"], scene["voice"],
                                                  reduction="none")
    speaking = (speaking * shown).sum() / (shown.sum() + 1)
    unseen = torch.maximum(scene["off"], scene["unseen"])
    offscreen = F.binary_cross_entropy_with_logits(out["offscreen"], unseen)
    attention = attention_loss(out, scene)
    return attention + 2 * speaking + offscreen, (attention, speaking, offscreen), out


def shorten(scene, rng):
    """A stretch of the scenes, so that little evidence is met with little trust."""
    count = int(rng.choice([12, 25, 50]))
    first = int(rng.integers(0, scenes.TOKENS - count + 1))
    frames = (2, 4 * first, 4 * (count - 1) + 2 * SPEECH_CONTEXT + 1)
    places = (2, first, count + 2 * MAX_LAG)
    cuts = {"mel": frames, "face": places, "present": places, "off": (1, first, count),
            "unseen": (1, first, count), "moved": (2, first, count),
            "voice": (2, first, count)}
    return {n: v.narrow(*cuts[n]) if n in cuts else v for n, v in scene.items()}


BY_SCENE = ("mel", "lag", "present", "voice", "off", "unseen", "prior", "face", "moved")


def scene_losses(model, scene, short, rng):
    """Loss over a batch whose `short` scenes (a mask on the host) are cut; parts [3]."""
    total, parts = 0, 0
    for mask, cut in ((~short, False), (short, True)):
        if not mask.any():
            continue
        which = torch.from_numpy(np.flatnonzero(mask)).to(scene["mel"].device)
        part = {n: scene[n][which] for n in BY_SCENE}
        loss, pieces, _ = loss_of(model, shorten(part, rng) if cut else part)
        total = total + loss * float(mask.mean())
        parts = parts + torch.stack(pieces).detach() * float(mask.mean())
    return total, parts


def make_stage(rng, clips, rows, spoken, noises, stills):
    """spoken: (log-mel, activity) of voices that are only heard; all clips' voices join them."""
    level = np.mean([np.quantile(c.mel, 0.9) for c in clips[:100]])
    voices = [(m + np.float32(level - np.quantile(m, 0.9)), a) for m, a in spoken]
    heard = {c.recording: c for c in clips if c.kind != "drawn" and c.active.mean() > 0.2}
    voices += [(c.mel, c.active) for c in heard.values()] * 2
    return scenes.Stage(clips, rows, voices, noises, rng, stills)


def stage_maker(material, spoken, noises, people):
    """A function from a generator to a Stage of the clips that `people` accepts."""
    stills = [int(row) + k for c, row in zip(material.clips, material.rows) if c.kind == "photos"
              for k in range(len(c.crops))]
    chosen = [k for k, c in enumerate(material.clips)
              if c.kind != "photos" and len(c.crops) >= 20 and people(c)]
    return partial(make_stage, clips=[material.clips[k] for k in chosen],
                   rows=material.rows[chosen], spoken=spoken, noises=noises, stills=stills)


def parameter_groups(model, rate, settle):
    """Encoders slowest, projections of the alignment slower, heads at the full rate."""
    slow = [p for n, p in model.align.named_parameters() if n.startswith(("query", "key"))]
    quick = [p for n, p in model.align.named_parameters() if not n.startswith(("query", "key"))]
    quick += [*model.speaking.parameters(), *model.offscreen.parameters()]
    encoders = [*model.encoders.audio.parameters(), *model.encoders.face.parameters(),
                *model.encoders.temperature.parameters()]
    groups = [{"params": quick, "lr": rate}, {"params": slow, "lr": rate / 3}]
    return groups if settle else [*groups, {"params": encoders, "lr": rate / 5}]


def train(model, material, maker, steps, checkpoint, a, settle=False):
    """Trains (or resumes) for `steps`; returns the averaged model. State: `checkpoint`."""
    device, rate = material.device, a.rate / 2 if settle else a.rate
    for p in [*model.encoders.audio.parameters(), *model.encoders.face.parameters()]:
        p.requires_grad_(not settle)
    groups = parameter_groups(model, rate, settle)
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [g["lr"] for g in groups], total_steps=steps + 1, pct_start=0.1)
    average = copy.deepcopy(model)
    done = contrast.resume(checkpoint, device, model, average, optimiser, schedule)
    seed = 1000003 * a.seed + done + 7 * settle
    chance, rng = augment.Chance(seed, device), np.random.default_rng(seed)
    samplers = [Sampler(material, n, max(a.batch * 40 // n, 4), chance) for n in (20, 48)]
    loader = iter(torch.utils.data.DataLoader(scenes.Scenes(maker, a.batch, seed),
                                              batch_size=None, num_workers=a.workers))
    model.encoders.face.fast = device.type == "cuda"
    began, history = time.time(), torch.zeros(4, device=device)
    for step in range(done, steps):
        scene = next(loader)
        short = scene["short"].numpy() > 0.5
        scene = {n: v.to(device, non_blocking=True) for n, v in scene.items()}
        scene = look(model, material.crops, in_rooms(scene, chance), chance)
        loss, parts = scene_losses(model, scene, short, rng)
        beside = torch.zeros((), device=device)
        if not settle:
            mel, crops = samplers[step % 2].batch()
            still = contrast.freeze_pictures(crops, chance)
            beside = contrast.contrastive_loss(model.encoders, mel, crops, still)
            loss = loss + CONTRAST_WEIGHT * beside
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 5.0)
        optimiser.step()
        schedule.step()
        contrast.update_average(average, model, step)
        history += torch.cat([parts, beside.detach()[None]])
        if (step + 1) % 100 == 0 or step + 1 == steps:
            attention, speaking, offscreen, beside = (history / ((step % 100) + 1)).tolist()
            print(f"heads step {step + 1}/{steps} attention {attention:.3f} speaking "
                  f"{speaking:.3f} offscreen {offscreen:.3f} contrast {beside:.3f} "
                  f"{1000 * (time.time() - began) / (step + 1 - done):.0f} ms/step", flush=True)
            history.zero_()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            contrast.save(checkpoint, step + 1, model, average, optimiser, schedule)
    average.encoders.face.fast = False
    return average.eval()


def load_frozen(encoders_file, speech_file):
    """Aligner with trained encoders and speech activity, batch norms folded, in eval mode."""
    encoders = contrast.Encoders(np.zeros(40), np.ones(40))
    encoders.load_state_dict(torch.load(encoders_file, map_location="cpu")["model"])
    speech = SpeechActivity()
    if speech_file.exists():
        speech.load_state_dict(torch.load(speech_file, map_location="cpu")["model"])
    model = fold(Aligner(encoders, speech).eval())
    for p in model.speech.parameters():
        p.requires_grad_(False)
    return model


def run(a):
    torch.manual_seed(a.seed)
    material_pack = pack.read(a.pack)
    material = Material(material_pack.clips, a.device)
    material.set_lags(json.loads(a.lags.read_text()))
    model = load_frozen(a.encoders, a.speech or a.work / "speech.pt").to(a.device)
    model.align.ablation = a.ablation
    heard = (material_pack.voices, material_pack.noises)
    everyone = stage_maker(material, *heard, lambda clip: True)
    model = train(model, material, everyone, a.steps, a.work / a.name, a)
    strangers = stage_maker(material, *heard, lambda clip: clip.held_out or clip.kind == "drawn")
    settled = (a.work / a.name).with_suffix(".settled.pt")
    train(model, material, strangers, a.settle_steps, settled, a, settle=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--encoders", type=Path, required=True)
    parser.add_argument("--lags", type=Path, required=True)
    parser.add_argument("--speech", type=Path, help="speech.pt of speech_activity.py")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--settle-steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=48, help="scenes of a step")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--name", default="heads.pt")
    parser.add_argument("--ablation", choices=ABLATIONS, default="none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    run(arguments)


if __name__ == "__main__":
    main()
