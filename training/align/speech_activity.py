"""Stage 2: speech or not for each 40 ms, from sound alone.

    speech_activity.py --pack FILE --sounds FILE --work DIR [--steps 8000] [--device cuda] [--seed S]

Clean speech of the pack, labelled by its own level, is covered with what speech_sounds.py gathered
and with other voices, moved in level, speed and tone, band-limited and put into rooms: all of it as
log-mel, where powers add, a batch at a time on the device. Silence, room tone, breaths, noise and
music alone are the negatives. WORK/speech.pt holds `model` (the mean of the weights over the last
steps) and all that is needed to go on.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import augment
import contrast
import geometry
import pack
from networks import SPEECH_CONTEXT, SpeechActivity

TOKENS = 75  # of an example
FRAMES = 4 * (TOKENS - 1) + 2 * SPEECH_CONTEXT + 1
LONGEST = 500  # frames of one utterance; longer recordings give a part of that length
DECIBEL = math.log(10) / 10  # of power, in natural logarithms
LEVEL = math.log(0.05**2)  # of speech, music and noise before their gains
SILENT = -40.0
UNSURE = 0.5  # label of a token that does not count


class Pieces:
    """Log-mel of many sounds in one flat tensor, each at the same mean power."""

    def __init__(self, mels, device, weights=None):
        ends = np.cumsum([len(m) for m in mels])
        lengths = np.array([len(m) for m in mels])
        self.lengths = torch.as_tensor(lengths, device=device)
        self.first = torch.as_tensor(ends - lengths, device=device)
        self.mel = torch.from_numpy(np.concatenate(mels).astype(np.float16)).to(device)
        weights = np.ones(len(mels)) if weights is None else weights
        self.weights = torch.as_tensor(weights, dtype=torch.float32, device=device)

    def pick(self, count, chance):
        return torch.multinomial(self.weights, count, True, generator=chance.generator)

    def read(self, which, frame):
        """[B, 40, n] at frames [B, n] (fractions between); SILENT outside the piece."""
        last = (self.lengths[which] - 1)[:, None]
        low = torch.floor(frame)
        part = (frame - low)[..., None]
        low = low.long()
        base = self.first[which][:, None]
        a = self.mel[base + torch.minimum(low.clamp(min=0), last)].float()
        b = self.mel[base + torch.minimum((low + 1).clamp(min=0), last)].float()
        mel = a * (1 - part) + b * part
        outside = (frame < 0) | (frame > last)
        return mel.masked_fill(outside[..., None], SILENT).transpose(1, 2)


def above_floor(mel):
    return np.where(mel <= augment.FLOOR + 0.05, SILENT, mel)


def levelled(mel):
    """The log-mel at the common level; what lies at the floor stays out of it."""
    size = np.exp(mel.astype(np.float64)).sum(1).mean()
    return np.maximum(above_floor(mel) - np.log(size) + REFERENCE, SILENT)


def reference():
    """ln of a mel frame's power, all bands together, of white noise at LEVEL."""
    noise = np.random.default_rng(0).normal(0, math.exp(LEVEL / 2), 16000).astype(np.float32)
    return float(np.log(np.exp(geometry.log_mel(noise, 0, 100)).sum(1).mean()))


REFERENCE = reference()


def is_clean(clip):
    """Clips whose own level tells speech from silence."""
    return (clip.kind in ("anchors", "spokespeople") and "loop" not in clip.name
            and "fidget" not in clip.name and clip.active.max() > 0)


class Speech(Pieces):
    """Utterances with their labels by token."""

    def __init__(self, material, device):
        heard = {c.recording: (c.mel, c.active, 0.6 if c.kind == "anchors" else 1.0)
                 for c in material.clips if is_clean(c)}
        found = list(heard.values()) + [(mel, active, 1.0) for (mel, active), kept in
                                        zip(material.voices, material.unheard) if not kept]
        found = [f for f in found if len(f[0]) > 75 and f[1].max() > 0]
        super().__init__([levelled(mel) for mel, _, _ in found], device,
                         [min(len(mel), LONGEST) * share for mel, _, share in found])
        counts = np.array([len(active) for _, active, _ in found])
        self.label_first = torch.as_tensor(np.cumsum(counts) - counts, device=device)
        self.label_count = torch.as_tensor(counts, device=device)
        self.labels = torch.from_numpy(np.concatenate([a for _, a, _ in found])).to(device).float()

    def active(self, which, token):
        """Labels [B, n] at tokens [B, n] (rounded); 0 outside."""
        at = token.round().long()
        last = (self.label_count[which] - 1)[:, None]
        value = self.labels[self.label_first[which][:, None] + torch.minimum(at.clamp(min=0), last)]
        return torch.where((at >= 0) & (at <= last), value, torch.zeros_like(value))


class Mixer:
    """Makes batches of examples."""

    def __init__(self, material, sounds, device):
        self.device = torch.device(device)
        self.speech = Speech(material, device)
        data = dict(np.load(sounds))
        kinds = {}
        for kind in (n for n in data if not n.endswith("_ends")):
            ends = data[f"{kind}_ends"]
            parts = np.split(pack.restored(data[kind]), ends[:-1])
            kinds[kind] = [above_floor(p) if kind == "breath" else levelled(p) for p in parts]
        generated = kinds["music"] + kinds["melody"]
        played = kinds.get("sampled", []) + kinds.get("song", [])
        share = 0.6 / max(len(played), 1) / (0.4 / len(generated))  # of played to generated
        self.music = Pieces(generated + played, device,
                            [1] * len(generated) + [share] * len(played))
        self.noise, self.room = (Pieces(kinds[k], device) for k in ("noise", "room"))
        self.breath = Pieces(kinds["breath"], device)
        self.frames = torch.arange(FRAMES, device=self.device).float()[None]
        self.tokens = torch.arange(TOKENS, device=self.device).float()[None]

    def utterances(self, size, chance, early):
        """Speech one after the other with pauses: log-mel [B, 40, FRAMES], labels [B, TOKENS]."""
        out = torch.full((size, 40, FRAMES), SILENT, device=self.device)
        labels = torch.zeros(size, TOKENS, device=self.device)
        at = torch.where(early, -60 + 160 * chance.uniform(size), 100 + 260 * chance.uniform(size))
        for _ in range(3):
            which = self.speech.pick(size, chance)
            rate = torch.where(chance.whether(0.3, size), 0.85 + 0.35 * chance.uniform(size), 1.0)
            length = self.speech.lengths[which].float().clamp(max=LONGEST)
            spare = (self.speech.lengths[which].float() - length) * chance.uniform(size)
            cut = 4 * torch.floor(spare / 4)
            at = 4 * torch.round(at / 4)  # frame of the example, counted from its column 0
            source = (self.frames - at[:, None]) * rate[:, None]
            shown = (source >= 0) & (source < length[:, None])
            mel = self.speech.read(which, source + cut[:, None])
            gain = 2 * 0.4 * chance.normal(size, 1, 1)
            out = torch.where(shown[:, None], mel + gain, out)
            token = (4 * self.tokens + SPEECH_CONTEXT - at[:, None]) * rate[:, None]
            inside = (token >= 0) & (token < length[:, None])
            active = self.speech.active(which, (token + cut[:, None]) / 4)
            labels = torch.where(inside, active, labels)
            at = at + length / rate + 120 * chance.uniform(size) * chance.whether(0.8, size)
        return out, labels

    def stretch(self, pieces, size, chance, bent=0.0):
        """A stretch of some pieces; a share `bent` of them at another speed and pitch."""
        which = pieces.pick(size, chance)
        speed = torch.where(chance.whether(bent, size), 0.7 + 0.6 * chance.uniform(size), 1.0)
        spare = (pieces.lengths[which] - FRAMES * speed).clamp(min=0)
        first = spare * chance.uniform(size)
        mel = pieces.read(which, first[:, None] + self.frames * speed[:, None])
        return pitched(mel, speed) if bent else mel

    def breaths(self, size, chance):
        which = self.breath.pick(size, chance)
        at = FRAMES * chance.uniform(size, 1)
        mel = self.breath.read(which, self.frames - at)
        return mel + decibel(chance, -50, -15, size)

    def batch(self, size, chance):
        """-> log-mel [B, 40, FRAMES], labels [B, TOKENS]: 0, 1, or UNSURE."""
        speaks = chance.whether(0.65, size)
        mel, labels = self.utterances(size, chance, chance.whether(0.8, size))
        mel, labels = with_voices(mel, labels, chance)
        mel = torch.where(speaks[:, None, None], mel, SILENT)
        labels = labels * speaks[:, None]
        for _ in range(2):
            here = chance.whether(0.5, size)[:, None, None]
            mel = torch.logaddexp(mel, self.breaths(size, chance).masked_fill(~here, SILENT))
        mel = augment.reverberate(mel, chance, 0.3)
        cover = chance.uniform(size)
        loudest = torch.where(speaks, 3.0, 15.0)
        music = torch.logaddexp(self.stretch(self.music, size, chance, 0.6),
                                self.stretch(self.music, size, chance)
                                + decibel(chance, -15, 0, size)
                                + SILENT * ~chance.whether(0.25, size)[:, None, None])
        music = augment.reverberate(music, chance, 0.25)
        noise = self.stretch(self.noise, size, chance)
        room = self.stretch(self.room, size, chance)
        for sound, here, low, high in (
                (music, cover < torch.where(speaks, 0.4, 0.7), -28, loudest),
                (noise, (cover > 0.3) & (cover < 0.7), -28, loudest),
                (room, chance.whether(0.5, size), -50, torch.where(speaks, -12.0, 0.0))):
            gain = DECIBEL * (low + (high - low) * chance.uniform(size))
            gain = torch.where(here, gain, torch.full_like(gain, SILENT))
            mel = torch.logaddexp(mel, sound + gain[:, None, None])
        mel = coloured(mel, chance) + decibel(chance, -30, 14, size)
        hiss = torch.where(chance.whether(0.6, size), 2 * math.log(10)
                           * (-5.5 + 2.2 * chance.uniform(size)), 2 * SILENT)
        hiss = hiss[:, None, None] - LEVEL + self.white(chance, size)
        return torch.logaddexp(mel, hiss).clamp(min=augment.FLOOR), labels

    def white(self, chance, size):
        """White noise at LEVEL: wide bands hold more of it, and waver less."""
        share = torch.linspace(-1.2, 0.9, 40, device=self.device)[None, :, None]
        draws = sum(chance.exponential(size, 40, FRAMES) for _ in range(3)) / 3
        return REFERENCE - math.log(40) + share + torch.log(draws)


def decibel(chance, low, high, size):
    return DECIBEL * (low + (high - low) * chance.uniform(size, 1, 1))


def pitched(mel, speed):
    """Bands [B, 40, n] moved as a sound played `speed` times as fast moves them."""
    low, high = (1127 * math.log(1 + f / 700) for f in (60.0, 7600.0))
    centre = low + (high - low) * torch.arange(1, 41, device=mel.device) / 41
    hertz = 700 * (torch.exp(centre / 1127) - 1)
    source = 1127 * torch.log(1 + hertz[None] / speed[:, None] / 700)
    at = (source - low) / (high - low) * 41 - 1
    lost = at > 39
    at = at.clamp(0, 38.999)
    below = at.long()
    part = (at - below)[..., None]
    index = below[..., None].expand(-1, -1, mel.shape[2])
    moved = mel.gather(1, index) * (1 - part) + mel.gather(1, index + 1) * part
    return moved.masked_fill(lost[..., None], SILENT)


def with_voices(mel, labels, chance):
    """Another voice in some, which is speech if it is loud, or babble, which does not count."""
    size = len(mel)
    kind = chance.uniform(size)
    other, babble = kind < 0.06, (kind >= 0.06) & (kind < 0.14)
    below = 18 * chance.uniform(size)
    also = labels.roll(1, 0)
    also = torch.where((also > 0) & (below[:, None] > 8), UNSURE, also)
    also = torch.where(labels == 1, labels, torch.maximum(also, labels))
    voice = mel.roll(1, 0) - (DECIBEL * below)[:, None, None]
    crowd = torch.logsumexp(torch.stack([mel.roll(k, 0) for k in range(2, 8)]), 0) - math.log(6)
    crowd = crowd - decibel(chance, 3, 25, size)
    mixed = torch.logaddexp(mel, torch.where(other[:, None, None], voice, crowd))
    mel = torch.where((other | babble)[:, None, None], mixed, mel)
    labels = torch.where(other[:, None], also, labels)
    return mel, torch.where(babble[:, None] & (labels < 1), UNSURE, labels)


def coloured(mel, chance):
    """What microphones and telephones do: an equaliser, and bands that are cut off."""
    size = len(mel)
    mel = mel + augment.knots(0.6 * chance.normal(size, 6), 40)[..., None]
    band = torch.arange(40.0, device=mel.device)[None]
    draw = chance.uniform(size, 1)
    high = torch.where(draw < 0.12, 20 + 17 * chance.uniform(size, 1),
                       torch.where(draw < 0.2, 24 + 4 * chance.uniform(size, 1), 60.0))
    low = torch.where((draw > 0.12) & (draw < 0.4), 6 * chance.uniform(size, 1), -20.0)
    cut = 3 * (band - high).clamp(min=0) + 2 * (low - band).clamp(min=0)
    return mel - cut[..., None]


def train(model, mixer, statistics, a):
    checkpoint, device = a.work / "speech.pt", mixer.device
    optimiser = torch.optim.AdamW(model.parameters(), lr=a.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, a.rate, total_steps=a.steps + 1,
                                                   pct_start=0.1, final_div_factor=1000)
    average = SpeechActivity().to(device)
    average.load_state_dict(model.state_dict())
    done = contrast.resume(checkpoint, device, model, average, optimiser, schedule)
    chance = augment.Chance(1000003 * a.seed + done, device)
    mean, std = (torch.as_tensor(s, dtype=torch.float32, device=device)[:, None]
                 for s in statistics)
    model.train()
    began, history = time.time(), torch.zeros((), device=device)
    for step in range(done, a.steps):
        mel, labels = mixer.batch(a.batch, chance)
        losses = F.binary_cross_entropy_with_logits(model((mel - mean) / std), labels,
                                                    reduction="none")
        weights = (labels != UNSURE).float()
        loss = (losses * weights).sum() / weights.sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        contrast.update_average(average, model, step)
        history += loss.detach()
        if (step + 1) % 200 == 0 or step + 1 == a.steps:
            print(f"speech step {step + 1}/{a.steps} loss {history.item() / (step % 200 + 1):.4f} "
                  f"{1000 * (time.time() - began) / (step + 1 - done):.0f} ms/step", flush=True)
            history.zero_()
        if (step + 1) % 1000 == 0 or step + 1 == a.steps:
            contrast.save(checkpoint, step + 1, model, average, optimiser, schedule)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="of pack.py")
    parser.add_argument("--sounds", type=Path, required=True, help="of speech_sounds.py")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--batch", type=int, default=256, help="examples of a step")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    material = pack.read(a.pack)
    mixer = Mixer(material, a.sounds, a.device)
    print(f"{len(mixer.speech.lengths)} utterances, {len(mixer.speech.labels) / 1500:.0f} min, "
          f"speech {(mixer.speech.labels == 1).float().mean():.2f}, "
          f"unsure {(mixer.speech.labels == UNSURE).float().mean():.2f}, "
          f"{len(mixer.music.lengths)} pieces of music", flush=True)
    train(SpeechActivity().to(a.device), mixer, material.statistics, a)


if __name__ == "__main__":
    main()
