"""Stage 2: speech or not for each 40 ms, from sound alone.

    speech_activity.py --cache DIR --speech FOLDER --pack FILE --work DIR
        [--soundfont SF2 ...] [--start FILE] [--rate R] [--steps 6000] [--seed S]

Clean speech (read speech, the training clips' sound, flite) is labelled by its own level and then
covered with generated noise, music and other voices, moved in level, band-limited, coded and put
into generated rooms. Silence, room tone, breaths, noise and music alone are the negatives.
WORK/speech.pt holds `model` (the mean of the weights over the last steps) and all that is needed to
go on.
"""

import argparse
import time
import zlib
from pathlib import Path

import numpy as np
import torch
from scipy import fft, signal
from scipy.ndimage import binary_closing, binary_dilation, binary_opening, label as number
from torch.nn import functional as F

import geometry
import media
import voices
from networks import SPEECH_CONTEXT, SpeechActivity

TOKENS = 75  # of an example
RATE = voices.RATE
FIRST = 7  # token of an example's first output; column 0 is mel frame 4 * 7 - 30 = -2
FRAMES = 4 * (TOKENS - 1) + 2 * SPEECH_CONTEXT + 1
SAMPLES = FRAMES * 160 + 400
LEVEL = 0.05  # RMS of speech before the last gain
MEMORY = 0.995  # of the mean of the weights
UNSURE = np.float32(-1)  # label of a token that does not count
CHOIRS = (52, 53, 54, 85, 91)  # General MIDI programs that sing


def token_energy(sound):
    """dB of the 150 to 4500 Hz band in the 40 ms around each token."""
    sos = signal.butter(2, [150, 4500], "band", fs=RATE, output="sos")
    band = np.pad(signal.sosfilt(sos, sound), (320, 960))
    count = len(sound) // 640 + 1
    pieces = band[: 640 * count].reshape(count, 640)
    return 10 * np.log10(np.mean(pieces**2, 1) + 1e-10)


def label(sound):
    """By token: 1 where clean speech sounds, 0 where none does, UNSURE between.

    Speech is what rises within 22 dB of the loud parts, as far as it stays within 34 dB of them and
    clear of the floor, and one token on each side: so far do GRID's word times reach. Quieter
    sounds of their own (breaths) are unsure, and so are the dips of a recording that never pauses.
    """
    energy = token_energy(sound)
    loud, floor = np.quantile(energy, 0.95), np.quantile(energy, 0.05)
    low = loud - 34 if floor < loud - 44 else min(max(loud - 34, floor + 10), loud - 12)
    audible = energy > low
    parts, count = number(audible)
    active = np.zeros(len(energy) + 16, bool)
    for part in range(1, count + 1):
        inside = parts == part
        if energy[inside].max() > max(loud - 22, low):
            active[8:-8] |= inside
    active = binary_closing(active, np.ones(7))  # pauses under 0.24 s belong to speech
    active = binary_dilation(binary_opening(active, np.ones(3)), np.ones(3))[8:-8]
    unsure = ~active & (audible if floor < loud - 25 else True)
    return np.where(unsure, UNSURE, active).astype(np.float32)


def held_out(path):
    """Read speech kept for evaluation: one file in eight."""
    return zlib.crc32(path.name.encode()) % 8 == 0


def speech_material(cache, folder, rng):
    """List of (sound, label)."""
    paths = [p for p in sorted(Path(folder).rglob("*.flac")) if not held_out(p)]
    sounds = [media.read_sound(p) for p in paths]
    for path in sorted(Path(cache).glob("*.npz")):
        if "anchors" in path.name and rng.random() < 0.6:
            continue
        if ".part" in path.name or "loop" in path.name or "fidget" in path.name:
            continue
        if "lectures" not in path.name:
            sounds.append(np.load(path)["sound"].astype(np.float32) / 32768)
    for text in voices.SENTENCES:
        sounds += [voices.speak(text, v, rng.uniform(0.85, 1.2)) for v in voices.VOICES]
    sounds = [s for s in sounds if len(s) > 12000 and np.abs(s).max() > 0.01]
    for index in rng.choice(len(sounds), 48):
        codec = rng.choice(["libopus", "libmp3lame"])
        sounds.append(voices.coded(sounds[index][: 8 * RATE], codec, 8000 * rng.integers(1, 4)))
    return [(s / np.sqrt(np.mean(s**2)) * LEVEL, label(s)) for s in sounds]


def by_length(pool):
    """Running sum of how often each piece is to be drawn: by its length up to 5 s."""
    share = np.cumsum([min(len(sound), 5 * RATE) for sound, _ in pool])
    return share / share[-1]


def instruments():
    """General MIDI programs for training: no choirs, and a third is kept for evaluation."""
    return [p for p in range(104) if p % 3 and p not in CHOIRS]


def build_sounds(rng, soundfonts):
    """What may lie under or between speech: lists of pieces of 8 s, breaths, rooms."""
    sampled = []
    for soundfont in soundfonts:
        for _ in range(10):
            sampled += voices.sampled_music(rng, 30, 8, soundfont, instruments())
    return {
        "music": [voices.music(rng, 8) for _ in range(80)] + sampled,
        "melody": [voices.melody(rng, 8) for _ in range(260)],
        "noise": [voices.noise(rng, 8) for _ in range(220)],
        "room": [voices.room_tone(rng, 8) for _ in range(80)],
        "breath": [voices.breath(rng) for _ in range(200)],
        "response": [voices.room(rng) for _ in range(150)],
    }


def pick(pieces, rng, speed=1):
    """A stretch of one of the pieces at RMS LEVEL."""
    piece = pieces[int(rng.integers(len(pieces)))]
    needed = int(SAMPLES * speed) + 2
    begin = int(rng.integers(0, len(piece) - needed))
    piece = piece[begin : begin + needed]
    if speed != 1:
        piece = np.interp(np.arange(SAMPLES) * speed, np.arange(needed), piece)
    piece = piece[:SAMPLES].astype(np.float32)
    return piece * (LEVEL / (np.sqrt(np.mean(piece**2)) + 1e-6))


def decibel(rng, low, high):
    return np.float32(10 ** (rng.uniform(low, high) / 20))


def fill(pool, sounds, rng, share):
    """A stretch of SAMPLES with speech for about `share` of it, and its labels."""
    breaths = sounds["breath"]
    sound = np.zeros(SAMPLES + 40 * RATE, np.float32)
    active = np.zeros(len(sound) // 640 + 2, np.float32)
    at = 640 * int(rng.integers(0, 25)) if rng.random() < share else 640 * int(rng.integers(25, 90))
    while at < SAMPLES:
        piece, labels = pool[int(np.searchsorted(sounds["share"], rng.random()))]
        if len(piece) > 6 * RATE:
            cut = 640 * int(rng.integers(0, (len(piece) - 5 * RATE) // 640))
            piece, labels = piece[cut : cut + 5 * RATE], labels[cut // 640 : cut // 640 + 125]
        if rng.random() < 0.3:
            piece, labels = voices.faster(piece, labels, rng)
        gain = np.exp(rng.normal(0, 0.4))
        sound[at : at + len(piece)] = piece * gain
        active[at // 640 : at // 640 + len(labels)] = labels
        at += 640 * int(len(piece) / 640 + rng.uniform(0, 30))
    for _ in range(rng.poisson(1.2)):
        breath = breaths[int(rng.integers(len(breaths)))]
        begin = int(rng.integers(0, SAMPLES))
        sound[begin : begin + len(breath)] += breath * LEVEL * decibel(rng, -30, 3)
    return sound[:SAMPLES], active


def add_voices(sound, active, pool, sounds, rng):
    """Another voice, which is speech if it is loud, or babble, which is not counted alone."""
    if rng.random() < 0.4:
        other, also = fill(pool, sounds, rng, 0.6)
        below = rng.uniform(0, 18)
        also = np.where((also > 0) & (below > 8), UNSURE, also)
    else:
        count = int(rng.integers(4, 8))
        other = sum(fill(pool, sounds, rng, 1)[0] for _ in range(count)) / count**0.5
        below, also = rng.uniform(3, 25), np.full(len(active), UNSURE)
    sound = sound + other * np.float32(10 ** (-below / 20))
    merged = np.where(active > 0, active, np.where(also > 0, also, np.minimum(active, also)))
    return sound, merged


def tune(sounds, rng):
    """Music at RMS LEVEL, at its own or another speed and pitch, dry or in a room."""
    pieces = sounds["melody" if rng.random() < 0.35 else "music"]
    music = pick(pieces, rng, rng.uniform(0.7, 1.3) if rng.random() < 0.6 else 1)
    if rng.random() < 0.25:
        music = music + pick(pieces, rng, 1) * decibel(rng, -15, 0)
    if rng.random() < 0.25:
        response = sounds["response"][int(rng.integers(len(sounds["response"])))]
        music = signal.oaconvolve(music, response)[:SAMPLES]
    return music


def example(pool, sounds, rng):
    """(sound [SAMPLES] from media time 0, labels by token from media time 0)."""
    speaks = rng.random() < 0.65
    if speaks:
        sound, active = fill(pool, sounds, rng, 0.8)
    else:
        sound, active = np.zeros(SAMPLES, np.float32), np.zeros(SAMPLES // 640 + 9, np.float32)
        for _ in range(rng.poisson(1)):
            breath, at = pick_breath(sounds, rng)
            sound[at : at + len(breath)] += breath[: SAMPLES - at]
    if speaks and rng.random() < 0.12:
        sound, active = add_voices(sound, active, pool, sounds, rng)
    if rng.random() < 0.3:
        response = sounds["response"][int(rng.integers(len(sounds["response"])))]
        sound = signal.oaconvolve(sound, response)[:SAMPLES]
    cover = rng.random()
    loudest = 3 if speaks else 15
    if cover < (0.4 if speaks else 0.7):
        sound = sound + tune(sounds, rng) * decibel(rng, -28, loudest)
    if 0.3 < cover < 0.7:
        sound = sound + pick(sounds["noise"], rng) * decibel(rng, -28, loudest)
    if rng.random() < 0.5:
        sound = sound + pick(sounds["room"], rng) * decibel(rng, -50, -12 if speaks else 0)
    sound = voices.channel(sound, rng) * decibel(rng, -30, 14)
    if rng.random() < 0.6:
        hiss = 10 ** rng.uniform(-5.5, -3.3)
        sound = sound + rng.standard_normal(SAMPLES, np.float32) * np.float32(hiss)
    return np.clip(sound, -1, 1).astype(np.float32), active


def pick_breath(sounds, rng):
    breath = sounds["breath"][int(rng.integers(len(sounds["breath"])))]
    return breath * LEVEL * decibel(rng, -25, 6), int(rng.integers(0, SAMPLES))


class Mel:
    """geometry.log_mel from frame 4 * FIRST - SPEECH_CONTEXT, normalised; [40, FRAMES] float32."""

    def __init__(self, mean, std):
        self.mean, self.std = np.float32(mean), np.float32(std)
        self.window = np.float32(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400))
        self.filters = geometry.mel_filters().T.copy()
        self.padded = np.zeros(SAMPLES + 1200, np.float32)

    def __call__(self, sound):
        before = 200 - 160 * (4 * FIRST - SPEECH_CONTEXT)
        self.padded[before : before + SAMPLES] = sound
        frames = np.lib.stride_tricks.sliding_window_view(self.padded, 400)[::160][:FRAMES]
        spectrum = fft.rfft(frames * self.window, 512)
        power = (spectrum.real**2 + spectrum.imag**2) @ self.filters
        mel = np.log(np.maximum(power, np.float32(geometry.GEOMETRY["mel_floor"])))
        return ((mel - self.mean) / self.std).T


def fresh_examples(pool, sounds, mel, rng, size):
    """(mel [B, 40, FRAMES], labels [B, TOKENS])."""
    made = [example(pool, sounds, rng) for _ in range(size)]
    labels = np.stack([a[FIRST : FIRST + TOKENS] for _, a in made]).astype(np.float32)
    return np.stack([mel(s) for s, _ in made]), labels


def remember(mean, model, step):
    """Moves the mean of the weights (and of the statistics of the norms) towards the model's."""
    memory = min(MEMORY, step / (step + 10))
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            mean[name].mul_(memory).add_(value, alpha=1 - memory)
        else:
            mean[name].copy_(value)


class Replay:
    """The last examples in float16: each is used three times, among strangers."""

    def __init__(self, size):
        self.mels = np.zeros((size, 40, FRAMES), np.float16)
        self.labels = np.zeros((size, TOKENS), np.float32)
        self.made = 0

    def batch(self, fresh, rng):
        """fresh (mels, labels) and twice as many older ones -> (mel, labels, weights)."""
        size, count = len(self.mels), len(fresh[0])
        held = min(self.made, size)
        old = rng.integers(0, held, 2 * count) if held else np.zeros(0, int)
        mels = np.concatenate([fresh[0], self.mels[old].astype(np.float32)])
        labels = np.concatenate([fresh[1], self.labels[old]])
        at = (self.made + np.arange(count)) % size
        self.mels[at], self.labels[at], self.made = *fresh, self.made + count
        labels = torch.from_numpy(labels)
        return torch.from_numpy(mels), labels.clamp(min=0), (labels >= 0).float()


def train(model, statistics, pool, sounds, options):
    steps, seed, checkpoint = options.steps, options.seed, options.work / "speech.pt"
    done, mel, replay = 0, Mel(*statistics), Replay(4000)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=steps + 1,
                                                   pct_start=0.15, final_div_factor=1000)
    mean = {name: value.clone() for name, value in model.state_dict().items()}
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["latest"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done, mean = state["step"], state["model"]
    rng = np.random.default_rng([seed, done])
    model.train()
    began, history = time.time(), []
    for step in range(done, steps):
        inputs, labels, weights = replay.batch(fresh_examples(pool, sounds, mel, rng, 16), rng)
        losses = F.binary_cross_entropy_with_logits(model(inputs), labels, reduction="none")
        loss = (losses * weights).sum() / weights.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        remember(mean, model, step)
        history.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == steps:
            print(f"speech step {step + 1}/{steps} loss {np.mean(history[-100:]):.4f} "
                  f"{(time.time() - began) / (step + 1 - done):.2f} s/step", flush=True)
            torch.save({"model": mean, "latest": model.state_dict(), "step": step + 1,
                        "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()},
                       checkpoint)
    model.load_state_dict(mean)
    model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--pack", type=Path, required=True, help="for the mel statistics")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--soundfont", type=Path, nargs="*", default=[],
                        help="sampled instruments for fluidsynth")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to start from")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    stored = np.load(arguments.pack)
    rng = np.random.default_rng(arguments.seed)
    pool = speech_material(arguments.cache, arguments.speech, rng)
    labels = np.concatenate([labels for _, labels in pool])
    print(f"{len(pool)} utterances, {len(labels) / 1500:.0f} min, "
          f"speech {np.mean(labels > 0):.2f}, unsure {np.mean(labels < 0):.2f}", flush=True)
    sounds = build_sounds(rng, arguments.soundfont)
    sounds["share"] = by_length(pool)
    model = SpeechActivity()
    if arguments.start:
        model.load_state_dict(torch.load(arguments.start)["model"])
    train(model, (stored["mel_mean"], stored["mel_std"]), pool, sounds, arguments)


if __name__ == "__main__":
    main()
