"""Stage 3: attention with its null key, the speaking head and the off-screen head, on mixed scenes.

    heads.py --cache DIR --speech FOLDER --work DIR --encoders FILE --lags FILE [--steps 3000]

The encoders and speech activity are frozen; the projections of the alignment keep learning.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import clips as clip_files
import contrast
import geometry
import media
import scenes
import voices as generated
from networks import (AUDIO_CONTEXT, HEAD_CONTEXT, MAX_LAG, SPEECH_CONTEXT, OffscreenHead,
                      SpeakingHead, SpeechActivity)


class Aligner(nn.Module):
    """All networks of attune-align together."""

    def __init__(self, encoders, speech):
        super().__init__()
        self.encoders, self.speech = encoders, speech
        self.align = encoders.align
        self.speaking, self.offscreen = SpeakingHead(), OffscreenHead()

    def listen(self, mel):
        """mel [B, 40, 4 (T - 1) + 61] -> audio tokens [B, T, 128], speech probability [B, T]."""
        e = self.encoders
        x = (mel - e.mel_mean[:, None]) / e.mel_std[:, None]
        trim = SPEECH_CONTEXT - AUDIO_CONTEXT
        audio = e.audio(x[:, :, trim:-trim]).transpose(1, 2)
        return audio, torch.sigmoid(self.speech(x))

    def forward(self, mel, face, present, moved, prior=None):
        """-> dict of weights, null, e, n, speech, speaking logits [B, F, T], off-screen [B, T]."""
        with torch.no_grad():
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


def attention_loss(out, scene):
    """Per-head negative log of the weight on the true (face, lag +-1) or on null."""
    lag, voice, off = scene["lag"], scene["voice"], scene["off"]
    weights, null = out["weights"], out["null"]
    d = torch.arange(-MAX_LAG, MAX_LAG + 1.0)
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
    speaking = (speaking * shown).sum() / shown.sum()
    unseen = torch.maximum(scene["off"], scene["unseen"])
    offscreen = F.binary_cross_entropy_with_logits(out["offscreen"], unseen)
    attention = attention_loss(out, scene)
    return attention + 2 * speaking + offscreen, (attention, speaking, offscreen), out


def generated_and_read(folder, store):
    """[(log-mel, activity)] of read speech and flite; kept in the file `store`."""
    if not store.exists():
        sounds = [media.read_sound(p) for p in sorted(Path(folder).rglob("*.flac"))]
        sounds += [generated.speak(t, v) for t in generated.SENTENCES for v in generated.VOICES]
        arrays = {}
        for k, s in enumerate(sounds):
            arrays[f"mel_{k}"] = geometry.log_mel(s, 0, len(s) // 160 + 1)
            arrays[f"active_{k}"] = scenes.activity_of(s)
        np.savez(store, **arrays)
    stored = np.load(store)
    return [(stored[f"mel_{k}"], stored[f"active_{k}"]) for k in range(len(stored.files) // 2)]


def voice_pool(everyone, folder, store):
    """Voices for off screen: read speech, flite, and the training clips' own sound."""
    pool = generated_and_read(folder, store)
    level = np.mean([np.quantile(c.mel, 0.9) for c, _ in everyone[:100]])
    pool = [(m + level - np.quantile(m, 0.9), a) for m, a in pool]
    return pool + [(c.mel, a) for c, a in everyone if c.kind != "drawn"]


def training_clips(cache, lags, short_share=4):
    """One short clip in `short_share` will do, and all those held out from the encoders."""

    def keep(path):
        kind, stem = path.stem.split("_", 1)
        number = int("".join(filter(str.isdigit, stem)) or 0)
        return kind != "anchors" or clip_files.is_held_out(kind, stem) or number % short_share == 0

    return clip_files.load_all(cache, lags, keep)


def build_stage(model, everyone, cache, folder, store, versions, seed):
    """Encodes the clips' faces and gathers voices and noises; model: the encoders."""
    rng = np.random.default_rng(seed)
    activities, people, pool = {}, [], []
    for clip in everyone:
        if clip.recording not in activities:
            path = Path(cache) / (clip.recording + ".npz")
            sound = np.load(path)["sound"].astype(np.float32) / 32768
            activities[clip.recording] = scenes.activity_of(sound)
        active = activities[clip.recording]
        people.append(scenes.performer(model, clip, rng, versions, active))
        if active.mean() > 0.2:
            pool.append((clip, active))
    noises = [generated.music(rng, 8) for _ in range(60)]
    noises += [generated.noise(rng, 8) for _ in range(100)]
    noises = [geometry.log_mel(0.1 * x, 0, len(x) // 160 + 1) for x in noises]
    pool = voice_pool(pool, folder, store)
    print(f"{len(people)} performers, {len(pool)} voices", flush=True)
    return scenes.Stage(people, pool, noises, rng)


def shorten(scene, rng):
    """Three scenes in ten are cut short, so that little evidence is met with little trust."""
    if rng.random() > 0.3:
        return scene
    count = int(rng.choice([12, 25, 50]))
    first = int(rng.integers(0, scenes.TOKENS - count + 1))
    frames = (2, 4 * first, 4 * (count - 1) + 2 * SPEECH_CONTEXT + 1)
    places = (2, first, count + 2 * MAX_LAG)
    cuts = {"mel": frames, "face": places, "present": places, "off": (1, first, count),
            "unseen": (1, first, count), "moved": (2, first, count),
            "voice": (2, first, count)}
    return {n: v.narrow(*cuts[n]) if n in cuts else v for n, v in scene.items()}


def train(model, stage, steps, checkpoint, size=10, rate=1.5e-3):
    groups = [{"params": [p for n, p in model.align.named_parameters()
                          if n.startswith(("query", "key"))], "lr": rate / 3},
              {"params": [p for n, p in model.align.named_parameters()
                          if not n.startswith(("query", "key"))]},
              {"params": [*model.speaking.parameters(), *model.offscreen.parameters()]}]
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [rate / 3, rate, rate], total_steps=steps + 1, pct_start=0.1)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done = state["step"]
    began, history = time.time(), []
    for step in range(done, steps):
        scene = shorten(stage.batch(size), stage.rng)
        loss, parts, _ = loss_of(model, scene)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 5.0)
        optimiser.step()
        schedule.step()
        history.append([p.item() for p in parts])
        if (step + 1) % 100 == 0 or step + 1 == steps:
            recent = np.mean(history[-100:], 0)
            print(f"heads step {step + 1}/{steps} attention {recent[0]:.3f} speaking "
                  f"{recent[1]:.3f} offscreen {recent[2]:.3f} "
                  f"{(time.time() - began) / (step + 1 - done):.2f} s/step", flush=True)
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(),
                        "schedule": schedule.state_dict(), "step": step + 1}, checkpoint)


def load_frozen(encoders_file, speech_file):
    """Aligner with trained encoders and speech activity, batch norms folded, in eval mode."""
    from networks import fold

    encoders = contrast.Encoders(np.zeros(40), np.ones(40))
    encoders.load_state_dict(torch.load(encoders_file)["model"])
    speech = SpeechActivity()
    if speech_file.exists():
        speech.load_state_dict(torch.load(speech_file)["model"])
    model = Aligner(encoders, speech).eval()
    fold(model)
    model.encoders.face.fast = False
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--encoders", type=Path, required=True)
    parser.add_argument("--lags", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--versions", type=int, default=3)
    parser.add_argument("--name", default="heads.pt")
    parser.add_argument("--start", type=Path, help="checkpoint to take the weights from")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    model = load_frozen(arguments.encoders, arguments.work / "speech.pt")
    if arguments.start:
        model.load_state_dict(torch.load(arguments.start)["model"])
    lags = json.loads(arguments.lags.read_text())
    clips = training_clips(arguments.cache, lags)
    stage = build_stage(model.encoders, clips, arguments.cache, arguments.speech,
                        arguments.work / "voices.npz", arguments.versions, arguments.seed)
    train(model, stage, arguments.steps, arguments.work / arguments.name, rate=arguments.rate)


if __name__ == "__main__":
    main()
