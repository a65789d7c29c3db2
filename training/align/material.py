"""All tracks and sounds of the training clips as flat tensors on one device."""

import numpy as np
import torch

import augment
from networks import AUDIO_CONTEXT, FACE_CONTEXT


class Material:
    """crops uint8 [N, 48, 48] and mel float16 [M, 40] of all clips, and where each clip lies there.

    Of track k: `first` crop row, `length` in crops, `start` token of its first crop, `mel_first`
    row and `mel_length` of its recording's sound, `lag` in tokens (int64 and float32 tensors).
    """

    def __init__(self, clips, device="cpu"):
        self.clips, self.device = clips, torch.device(device)
        lengths = np.array([len(c.crops) for c in clips])
        crops = np.concatenate([c.crops for c in clips])
        self.crops = torch.from_numpy(crops).to(self.device)
        sounds, rows, at = {}, [], 0
        for c in clips:
            if c.recording not in sounds:
                sounds[c.recording] = at
                rows.append(c.mel.astype(np.float16))
                at += len(c.mel)
        self.mel = torch.from_numpy(np.concatenate(rows)).to(self.device)

        def table(values, kind=torch.int64):
            return torch.as_tensor(np.asarray(list(values)), dtype=kind, device=self.device)

        self.rows = np.cumsum(lengths) - lengths  # first crop row of each clip, for scenes
        self.first, self.length = table(self.rows), table(lengths)
        self.start = table(c.start for c in clips)
        self.mel_first = table(sounds[c.recording] for c in clips)
        self.mel_length = table(len(c.mel) for c in clips)
        self.lag = table((c.lag for c in clips), torch.float32)

    def set_lags(self, lags):
        """{recording: tokens}"""
        for clip in self.clips:
            clip.lag = lags.get(clip.recording, 0.0)
        self.lag = torch.tensor([c.lag for c in self.clips], dtype=torch.float32,
                                device=self.device)

    def sound(self, track, frame):
        """Log-mel [B, 40, n] of these tracks' recordings at frames [B, n], fractions between."""
        low = torch.floor(frame)
        part = (frame - low)[..., None]
        low = low.long()
        last = (self.mel_length[track] - 1)[:, None]
        base = self.mel_first[track][:, None]
        a = self.mel[base + torch.minimum(low.clamp(min=0), last)].float()
        b = self.mel[base + torch.minimum((low + 1).clamp(min=0), last)].float()
        return (a * (1 - part) + b * part).transpose(1, 2)


class Sampler:
    """Batches of excerpts of one length, by how much usable material a clip has.

    Excerpts are played up to 8 % faster or slower, sound and picture alike; recordings' own lags
    are taken out.
    """

    def __init__(self, material, tokens, size, chance, drawn_share=0.1):
        self.material, self.tokens, self.size, self.chance = material, tokens, size, chance
        pool = [k for k, c in enumerate(material.clips) if len(c.crops) >= tokens + 8]
        clips = [material.clips[k] for k in pool]
        weight = np.array([min(len(c.crops), 400) ** 0.75 for c in clips])
        weight *= [6 if "movie" in c.name else 1 for c in clips]  # few, and of another style
        drawn = np.array([c.kind == "drawn" for c in clips])
        if drawn.any() and not drawn.all():
            wanted = drawn_share / (1 - drawn_share) * weight[~drawn].sum()
            weight[drawn] *= wanted / weight[drawn].sum()
        bounds = np.array([c.first_tokens(tokens) for c in clips]) - FACE_CONTEXT
        bounds = bounds - np.array([c.start for c in clips])[:, None]  # of the first crop
        to = material.device
        self.pool = torch.as_tensor(pool, device=to)
        self.weight = torch.as_tensor(weight, dtype=torch.float32, device=to)
        self.low, self.high = torch.as_tensor(bounds.T, dtype=torch.float32, device=to)

    def batch(self):
        """-> augmented log-mel [B, 40, 4 (T - 1) + 31] and crops float [B, T + 8, 48, 48]."""
        m, chance, tokens = self.material, self.chance, self.tokens
        size = min(self.size, len(self.pool))
        chosen = torch.multinomial(self.weight, size, generator=chance.generator)
        track = self.pool[chosen]
        crops = tokens + 2 * FACE_CONTEXT
        longest = (m.length[track] - 1).float()
        rate = torch.exp(0.05 * chance.normal(size)).clamp(0.92, 1.08)
        rate = torch.where(chance.whether(0.5, size), rate, 1.0)
        rate = torch.minimum(rate, longest / (crops - 1))
        spare = longest - rate * (crops - 1)
        low = torch.minimum(self.low[chosen].clamp(min=0), spare)
        high = torch.minimum(self.high[chosen], spare).maximum(low)
        first = torch.floor(low + chance.uniform(size) * (high - low + 0.999))
        first = torch.minimum(first, torch.floor(spare + 1e-3))
        at = first[:, None] + rate[:, None] * torch.arange(crops, device=m.device)
        index = torch.minimum(at.round().long(), (m.length[track] - 1)[:, None])
        index = augment.held(index, chance) + m.first[track][:, None]
        begin = m.start[track] + first + rate * FACE_CONTEXT - m.lag[track]
        frames = torch.arange(4 * (tokens - 1) + 2 * AUDIO_CONTEXT + 1, device=m.device)
        frame = 4 * begin[:, None] + rate[:, None] * (frames - AUDIO_CONTEXT)
        mel = m.sound(track, frame)
        mel = augment.vary_mel(mel, chance, mel.roll(size // 2 + 1, 0))
        return mel, augment.vary_crops(m.crops[index], chance)
