"""Stage 1: the two encoders learn which sound belongs to which mouth movement, and when.

InfoNCE in both directions over windows of several lengths. Negatives of a window: the same clip at
any other time (neighbours of +-1 token are left out), other clips, and the clip's own picture
frozen. `measure_lags` gives each recording's own lag between sound and picture; training again with
those corrected is what makes short windows work.
"""

import copy
import math
import time

import numpy as np
import torch
from torch import nn

import augment
from material import Sampler
from networks import HEADS, Alignment, AudioEncoder, FaceEncoder

WINDOWS = {20: (3, 10, 16), 48: (3, 10, 25)}  # excerpt length in tokens -> window lengths
GROUP = {20: 64, 48: 32}  # excerpts that are each other's negatives
EMA_DECAY = 0.999


class Encoders(nn.Module):
    """Both encoders and the projections of the alignment, with a temperature per window length."""

    def __init__(self, mel_mean, mel_std):
        super().__init__()
        self.audio, self.face, self.align = AudioEncoder(), FaceEncoder(), Alignment()
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


def diagonal_means(table, window):
    """[G, A, T, A, T] -> [G, A, P, A, P]: mean over `window` steps along the common time."""
    places = table.shape[2] - window + 1
    total = sum(table[:, :, k : k + places, :, k : k + places] for k in range(window))
    return total / window


def info_nce(scores, weight, frozen=None, shifts=True):
    """scores [G, A, P, A, P] of row against column windows, weight [G, A, P]; frozen [G, A, P, K]:
    more negatives. Without `shifts`, other times of the same clip are no negatives (ablation)."""
    size, places = scores.shape[1:3]
    clip = torch.arange(size, device=scores.device)
    own = scores[:, clip, :, clip].transpose(0, 1)  # [G, A, P, P]
    near = torch.arange(places, device=scores.device)
    distance = (near[:, None] - near[None]).abs()
    positive = own.diagonal(dim1=2, dim2=3)
    shifted = own.masked_fill(distance == 1 if shifts else distance > 0, -1e4)
    candidates = shifted if frozen is None else torch.cat([shifted, frozen], 3)
    by_shift = torch.logsumexp(candidates, 3) - positive
    same = torch.eye(size, dtype=torch.bool, device=scores.device)[:, None, :, None]
    others = scores.masked_fill(same, -1e4)
    others = torch.cat([others.flatten(3), positive[..., None]], 3)
    by_clip = torch.logsumexp(others, 3) - positive
    loss = by_shift + 0.5 * by_clip
    return (loss * weight).sum() / weight.sum()


def contrastive_loss(model, mel, crops, frozen_crops=None, shifts=True):
    queries = model.query_vectors(model.hear(mel))
    keys = model.key_vectors(model.see(crops))
    tokens = keys.shape[1]
    group = min(GROUP[tokens], len(mel))
    whole = len(mel) // group * group
    grouped = [x[:whole].unflatten(0, (-1, group)) for x in (queries, keys, speech_weight(mel))]
    table = torch.einsum("gatc,gbsc->gatbs", *grouped[:2])
    weight = grouped[2]
    still = None
    if frozen_crops is not None:
        frozen_keys = model.key_vectors(model.see(frozen_crops))  # [B, K, 128]
        still = torch.einsum("atc,akc->atk", queries, frozen_keys)[:whole]
        still = still.unflatten(0, (-1, group))
    loss = 0
    for window in WINDOWS[tokens]:
        scale = model.temperature[str(window)].exp()
        scores = scale * diagonal_means(table, window)
        heard = weight.unfold(2, window, 1).mean(3) ** 2 + 1e-3
        frozen = None
        if still is not None:
            frozen = scale * still.unfold(2, window, 1).mean(4)
        loss = loss + info_nce(scores, heard, frozen, shifts)
        loss = loss + info_nce(scores.permute(0, 3, 4, 1, 2), heard, None, shifts)
    return loss / (2 * len(WINDOWS[tokens]))


def freeze_pictures(crops, chance, count=2):
    """[B, n, 48, 48] -> [B, count + 8, 48, 48] one crop of each clip, held while the crop's
    placement wanders and the camera is noisy."""
    b = len(crops)
    pick = (chance.uniform(b) * crops.shape[1]).long()
    still = crops[torch.arange(b, device=crops.device), pick][:, None].repeat(1, count + 8, 1, 1)
    still = augment.place(still, chance.exponential(b) * chance.whether(0.6, b), chance, 0.0)
    return still + chance.normal(*still.shape) * chance.exponential(b, 1, 1, 1)


def update_average(average, model, step):
    """Exponential moving average of weights and statistics."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), model.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)


def save(path, step, model, average, optimiser, schedule):
    """A checkpoint, whole or not at all; `model` in it is the averaged one."""
    partial = path.with_suffix(".part")
    torch.save({"raw": model.state_dict(), "model": average.state_dict(), "step": step,
                "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}, partial)
    partial.rename(path)


def resume(path, device, model, average, optimiser, schedule):
    """Takes all from a checkpoint, if there is one; -> steps done."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device)
    model.load_state_dict(state["raw"])
    average.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return state["step"]


def train(model, material, steps, checkpoint, seed, batch_tokens=12000, frozen_from=0.5, rate=2e-3,
          shifts=True, report=100):
    """Trains (or resumes) for `steps`; returns the averaged model. State: `checkpoint`."""
    device = material.device
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps + 1,
                                                   pct_start=0.08)
    average = copy.deepcopy(model)
    done = resume(checkpoint, device, model, average, optimiser, schedule)
    chance = augment.Chance(1000003 * seed + done, device)
    samplers = [Sampler(material, n, max(batch_tokens // n // GROUP[n], 1) * GROUP[n]
                        if batch_tokens >= n * GROUP[n] else batch_tokens // n, chance)
                for n in WINDOWS]
    model.face.fast = True
    model.train()
    began, losses = time.time(), torch.zeros((), device=device)
    for step in range(done, steps):
        mel, crops = samplers[step % 2].batch()
        still = freeze_pictures(crops, chance) if step >= frozen_from * steps else None
        loss = contrastive_loss(model, mel, crops, still, shifts)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        update_average(average, model, step)
        losses += loss.detach()
        if (step + 1) % report == 0:
            pace = (time.time() - began) / (step + 1 - done)
            print(f"encoders step {step + 1}/{steps} loss {losses.item() / report:.3f} "
                  f"{1000 * pace:.1f} ms/step", flush=True)
            losses.zero_()
        if (step + 1) % 1000 == 0 or step + 1 == steps:
            save(checkpoint, step + 1, model, average, optimiser, schedule)
    average.face.fast = False
    return average.eval()


@torch.no_grad()
def lag_curves(model, material, tracks, reach=8):
    """Mean score of each track at lags -reach..reach in quarter tokens: sums and weights [K, n].

    tracks: clip numbers of equally many crops.
    """
    clips, device = [material.clips[k] for k in tracks], material.device
    faces = min(len(clips[0].crops) - 8, 1500)
    which = torch.as_tensor(tracks, device=device)
    rows = material.first[which][:, None] + torch.arange(faces + 8, device=device)
    keys = model.key_vectors(model.see(material.crops[rows]))  # [K, faces, 128]
    first = np.array([c.start + 4 for c in clips])
    begin = torch.as_tensor(4 * (first - reach) - 15, device=device)[:, None]
    columns = begin + torch.arange(4 * (faces + 2 * reach - 1) + 31, device=device)
    total = np.zeros((len(clips), 8 * reach + 1))
    weight = np.zeros((len(clips), 8 * reach + 1))
    lengths = np.array([len(c.mel) for c in clips])[:, None]
    for part in range(4):  # sound moved by quarter tokens
        mel = material.sound(which, (columns + part).float())
        queries = model.query_vectors(model.hear(mel))  # [K, faces + 2 reach, 128]
        scores = torch.stack([(queries[:, s : s + faces] * keys).sum(2)
                              for s in range(2 * reach + 1)], 1).cpu().numpy()
        at = 4 * (first[:, None] - reach + np.arange(faces + 2 * reach)) + part
        valid = ((at >= 15) & (at < lengths - 15)).astype(float)
        for shift in range(2 * reach + 1):  # audio token index first - reach + shift + i
            # the sound is (shift - reach) + part / 4 tokens after the picture: lag is the negative
            index = 4 * reach - (4 * (shift - reach) + part)
            if 0 <= index < total.shape[1]:
                v = valid[:, shift : shift + faces]
                total[:, index] += (scores[:, shift] * v).sum(1)
                weight[:, index] += v.sum(1)
    return total, weight


def measure_lags(model, material, reach=8, prior_tokens=12.0, crops_at_once=20000):
    """{recording: lag in tokens, in quarters}, pulled to its kind's median if evidence is thin."""
    curves, kinds, by_length = {}, {}, {}
    for track, clip in enumerate(material.clips):
        if clip.kind not in ("drawn", "photos") and len(clip.crops) >= 12:
            by_length.setdefault(len(clip.crops), []).append(track)
    for length, tracks in by_length.items():
        size = max(crops_at_once // length, 1)
        for k in range(0, len(tracks), size):
            part = tracks[k : k + size]
            for track, total, weight in zip(part, *lag_curves(model, material, part, reach)):
                clip = material.clips[track]
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
