"""Stage 1: the two encoders learn which sound belongs to which mouth movement, and when.

InfoNCE in both directions over windows of several lengths. Negatives of a window: the same clip at
any other time (neighbours of +-1 token are left out), other clips, and the clip's own picture
frozen. `measure_lags` gives each recording's own lag between sound and picture; training again with
those corrected is what makes short windows work.
"""

import math
import time

import numpy as np
import torch
from torch import nn

import augment
from networks import HEADS, Alignment, AudioEncoder, FaceEncoder

WINDOWS = {20: (3, 10, 16), 48: (3, 10, 25)}  # clip length in tokens -> window lengths
BATCH = {20: 28, 48: 12}


class Encoders(nn.Module):
    """Both encoders and the projections of the alignment, with a temperature per window length."""

    def __init__(self, mel_mean, mel_std):
        super().__init__()
        self.audio, self.face, self.align = AudioEncoder(), FaceEncoder(fast=True), Alignment()
        self.face.to(memory_format=torch.channels_last)
        self.register_buffer("mel_mean", torch.as_tensor(mel_mean).float())
        self.register_buffer("mel_std", torch.as_tensor(mel_std).float())
        self.temperature = nn.ParameterDict(
            {str(w): nn.Parameter(torch.tensor(math.log(10.0))) for w in (3, 10, 16, 25)})

    def hear(self, mel):
        """log-mel [B, 40, frames] -> audio tokens [B, T, 128]."""
        mel = (mel - self.mel_mean[:, None]) / self.mel_std[:, None]
        return self.audio(mel).transpose(1, 2)

    def see(self, crops):
        """crops [B, n + 8, 48, 48] in 0..255 -> face tokens [B, n, 128]."""
        return self.face(augment.standardise(crops)).transpose(1, 2)

    def query_vectors(self, audio):
        """[B, T, 128] queries with their gains, so that a dot product is the mean head score."""
        q, gain = self.align.queries(audio)
        return (q * gain[..., None] / HEADS).transpose(1, 2).flatten(2)

    def key_vectors(self, face):
        return self.align.keys(face).transpose(1, 2).flatten(2)


def speech_weight(mel):
    """[B, 40, frames] log-mel of an audio input -> [B, T] 0..1: near the peak, not silent."""
    energy = torch.logsumexp(mel, 1)[:, 15 : mel.shape[2] - 15 : 4]
    return (torch.sigmoid((energy - energy.amax(1, keepdim=True) + 5) * 1.5)
            * torch.sigmoid(2 * (energy + 2)))


def diagonal_sums(table, window):
    """[A, T, B, T] -> [A, P, B, P]: mean over `window` steps along the common time direction."""
    places = table.shape[1] - window + 1
    total = sum(table[:, k : k + places, :, k : k + places] for k in range(window))
    return total / window


def info_nce(scores, weight, frozen=None):
    """scores [B, P, B, P] of row against column windows; frozen [B, P, K] more negatives."""
    batch, places = scores.shape[:2]
    clip = torch.arange(batch)
    own = scores[clip, :, clip]  # [B, P, P]
    near = torch.arange(places)
    distance = (near[:, None] - near[None]).abs()
    positive = own.diagonal(dim1=1, dim2=2)
    shifted = own.masked_fill(distance == 1, -1e4)
    candidates = shifted if frozen is None else torch.cat([shifted, frozen], 2)
    by_shift = torch.logsumexp(candidates, 2) - positive
    others = scores.masked_fill(torch.eye(batch, dtype=torch.bool)[:, None, :, None], -1e4)
    others = torch.cat([others.flatten(2), positive[..., None]], 2)
    by_clip = torch.logsumexp(others, 2) - positive
    loss = by_shift + 0.5 * by_clip
    return (loss * weight).sum() / weight.sum()


def contrastive_loss(model, mel, crops, frozen_crops=None):
    queries = model.query_vectors(model.hear(mel))
    keys = model.key_vectors(model.see(crops))
    weight = speech_weight(mel)
    table = torch.einsum("atc,bsc->atbs", queries, keys)
    still = None
    if frozen_crops is not None:
        frozen_keys = model.key_vectors(model.see(frozen_crops))  # [B, K, 128]
        still = torch.einsum("atc,akc->atk", queries, frozen_keys)
    loss = 0
    for window in WINDOWS[table.shape[1]]:
        scale = model.temperature[str(window)].exp()
        scores = scale * diagonal_sums(table, window)
        heard = weight.unfold(1, window, 1).mean(2) ** 2 + 1e-3
        frozen = None
        if still is not None:
            frozen = scale * still.unfold(1, window, 1).mean(3)
        loss = loss + info_nce(scores, heard, frozen)
        loss = loss + info_nce(scores.permute(2, 3, 0, 1), heard)
    return loss / (2 * len(WINDOWS[table.shape[1]]))


class Sampler:
    """Batches of clips of one length, by how much usable material a clip has."""

    def __init__(self, clips, rng, drawn_share=0.15):
        self.rng, self.pools = rng, {}
        for length in WINDOWS:
            pool = [c for c in clips if len(c.crops) >= length + 8]
            size = np.array([min(len(c.crops), 400) ** 0.75 for c in pool])
            size *= [6 if "movie" in c.name else 1 for c in pool]  # few, and of another style
            drawn = np.array([c.kind == "drawn" for c in pool])
            if drawn.any() and not drawn.all():
                wanted = drawn_share / (1 - drawn_share) * size[~drawn].sum()
                size[drawn] *= wanted / size[drawn].sum()
            self.pools[length] = pool, size / size.sum()

    def batch(self, length):
        pool, p = self.pools[length]
        chosen = self.rng.choice(len(pool), BATCH[length], replace=False, p=p)
        mels, crops = [], []
        for clip in (pool[i] for i in chosen):
            low, high = clip.first_tokens(length)
            first = int(self.rng.integers(low, high + 1))
            mels.append(clip.audio_input(first, length))
            crops.append(clip.face_input(first, length))
        mel = augment.vary_mel(np.stack(mels), self.rng)
        crops = augment.vary_crops(torch.from_numpy(np.stack(crops)), self.rng)
        return torch.from_numpy(mel).float(), crops


def freeze_pictures(crops, rng, count=2):
    """[B, n, 48, 48] -> [B, count + 8, 48, 48] one crop of each clip, repeated with faint noise."""
    pick = torch.from_numpy(rng.integers(0, crops.shape[1], len(crops)))
    still = crops[torch.arange(len(crops)), pick][:, None].repeat(1, count + 8, 1, 1)
    return still + torch.randn_like(still) * torch.from_numpy(
        rng.exponential(1.0, (len(crops), 1, 1, 1))).float()


def train(model, clips, steps, checkpoint, seed, frozen_from=0.5, rate=2e-3, report=100):
    """Trains (or resumes) for `steps`; the state goes to `checkpoint` every 250 steps."""
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps + 1,
                                                   pct_start=0.08)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done = state["step"]
        rng = np.random.default_rng([seed, done])
    sampler = Sampler(clips, rng)
    began, losses = time.time(), []
    model.train()
    for step in range(done, steps):
        length = 20 if step % 2 == 0 else 48
        mel, crops = sampler.batch(length)
        still = freeze_pictures(crops, rng) if step >= frozen_from * steps else None
        loss = contrastive_loss(model, mel, crops, still)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % report == 0:
            pace = (time.time() - began) / (step + 1 - done)
            print(f"step {step + 1}/{steps} loss {np.mean(losses[-report:]):.3f} "
                  f"{pace:.2f} s/step", flush=True)
        if (step + 1) % 250 == 0 or step + 1 == steps:
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(),
                        "schedule": schedule.state_dict(), "step": step + 1}, checkpoint)
    model.eval()


@torch.no_grad()
def lag_curve(model, clip, reach=8):
    """Mean score of a clip at lags -reach..reach in quarter tokens: (sum [n], weight [n])."""
    faces = min(len(clip.crops) - 8, 1500)
    first = clip.start + 4
    keys = model.key_vectors(model.see(torch.from_numpy(clip.crops[: faces + 8])[None]))[0]
    total = np.zeros(8 * reach + 1)
    weight = np.zeros(8 * reach + 1)
    for part in range(4):  # sound moved by quarter tokens
        lag = -part / 4
        mel = torch.from_numpy(clip.audio_input(first - reach, faces + 2 * reach, lag=lag))
        queries = model.query_vectors(model.hear(mel[None].float()))[0]
        centre = 4 * (first - reach + np.arange(len(queries))) + part
        valid = torch.from_numpy((centre >= 15) & (centre < len(clip.mel) - 15)).float()
        for shift in range(2 * reach + 1):  # audio token index first - reach + shift + i
            s = (queries[shift : shift + faces] * keys).sum(1)
            v = valid[shift : shift + faces]
            # the sound is (shift - reach) + part / 4 tokens after the picture: lag is the negative
            index = 4 * reach - (4 * (shift - reach) + part)
            if 0 <= index < len(total):
                total[index] += float((s * v).sum())
                weight[index] += float(v.sum())
    return total, weight


def measure_lags(model, clips, reach=8, prior_tokens=12.0):
    """{recording: lag in tokens, in quarters}, pulled to its kind's median if evidence is thin."""
    curves, kinds = {}, {}
    for clip in clips:
        if clip.kind == "drawn":
            continue
        total, weight = lag_curve(model, clip, reach)
        old = curves.get(clip.recording, (0, 0))
        curves[clip.recording] = old[0] + total, old[1] + weight
        kinds[clip.recording] = clip.kind
    grid = np.arange(-4 * reach, 4 * reach + 1) / 4
    score = {r: t / np.maximum(w, 6) for r, (t, w) in curves.items()}
    lags = {}
    for kind in set(kinds.values()):
        members = [r for r in curves if kinds[r] == kind]
        middle = np.median([grid[score[r].argmax()] for r in members])
        for r in members:
            tokens = curves[r][1].max()
            pull = 0.002 * prior_tokens / max(tokens, 1) * (grid - middle) ** 2
            lags[r] = float(grid[(score[r] - pull).argmax()])
    return lags
