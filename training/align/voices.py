"""Sound that no recording is needed for: flite's voices, music, and noises."""

import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy import signal

import media

VOICES = ("slt", "rms", "awb", "kal")
RATE = media.SAMPLE_RATE
SENTENCES = (
    "The committee will meet again on Thursday to discuss the new proposal.",
    "I never thought we would see so many people at the station this early.",
    "Please bring a warm coat, because the evenings are cold by the lake.",
    "She opened the window, looked outside, and laughed at the falling snow.",
    "How much would it cost to repair the old bridge before the winter?",
    "Yes, of course. We can begin whenever everybody is ready.",
    "Nine out of ten visitors said they would gladly come back next year.",
    "My brother plays the violin, while my sister prefers to paint.",
    "Turn left after the bakery and walk until you reach the harbour.",
    "The results were better than anyone in the laboratory had expected.",
    "No, I do not believe that this is what the author wanted to say.",
    "Fresh bread, green apples, a bottle of milk, and some cheese, please.",
    "In the middle of the night, the telephone rang three times and stopped.",
    "Good morning, and welcome to the programme. Our first guest is here.",
    "Wait a moment. Did you hear that strange noise behind the door?",
    "All the boats left before sunrise, and none of them returned until dark.",
    "We have to choose between a faster engine and a much lighter frame.",
    "Thank you very much, it was a pleasure to talk to you today.",
    "Water boils at a lower temperature on the top of a high mountain.",
    "If you ask me, the third question was by far the most difficult one.",
)


def speak(text, voice, stretch=1.0):
    """16 kHz mono float32 from the flite program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        subprocess.run(["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}",
                        "-t", text, "-o", str(path)], check=True, capture_output=True)
        return media.read_sound(path)


def chord(rng, seconds):
    """A synthetic instrument holding a chord: decaying harmonics."""
    t = np.arange(int(seconds * RATE)) / RATE
    root = 55 * 2 ** rng.uniform(0, 3)
    out = np.zeros(len(t))
    for interval in rng.choice([0, 3, 4, 5, 7, 9, 10, 12, 16], rng.integers(1, 5), replace=False):
        base = root * 2 ** (interval / 12)
        decay = rng.uniform(0.2, 6)
        vibrato = 1 + rng.choice([0, 0.005]) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
        for k in range(1, int(rng.integers(2, 14))):
            if base * k < 7500:
                phase = 2 * np.pi * base * k * np.cumsum(vibrato) / RATE + rng.uniform(0, 6)
                out += np.sin(phase) * np.exp(-decay * t) / k ** rng.uniform(0.7, 2)
    attack = np.minimum(1, t / rng.uniform(0.002, 0.15))
    return out * attack


def drums(rng, seconds, beat):
    """Kick, snare and hi-hat on a regular beat."""
    out = np.zeros(int(seconds * RATE))
    t = np.arange(int(0.25 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (45 * t + 8 * (1 - np.exp(-30 * t)))) * np.exp(-14 * t)
    snare = rng.normal(0, 0.5, len(t)) * np.exp(-25 * t)
    hat = signal.lfilter([1, -1], [1], rng.normal(0, 0.3, len(t))) * np.exp(-60 * t)
    for n in range(int(seconds / beat * 2)):
        at = int(n * beat / 2 * RATE)
        hit = hat * rng.uniform(0.3, 1) + (kick if n % 4 == 0 else snare if n % 4 == 2 else 0)
        hit = hit[: len(out) - at]
        out[at : at + len(hit)] += hit
    return out


def music(rng, seconds):
    beat = rng.uniform(0.3, 0.8)
    out = np.zeros(int(seconds * RATE))
    for layer in range(int(rng.integers(1, 4))):
        at = 0
        while at < len(out):
            length = beat * rng.choice([0.5, 1, 2, 4]) if layer else beat * rng.choice([2, 4])
            note = chord(rng, min(length * 1.3, 3)) * rng.uniform(0.2, 1)
            note = note[: len(out) - at]
            out[at : at + len(note)] += note
            at += int(length * RATE)
    if rng.random() < 0.6:
        out += drums(rng, seconds, beat) * rng.uniform(0.5, 3)
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)


def noise(rng, seconds):
    """Coloured noise, hum, clicks, knocks, or a modulated band (wind, traffic, machines)."""
    count = int(seconds * RATE)
    white = rng.normal(0, 1, count)
    kind = rng.integers(0, 5)
    if kind == 0:  # tilted
        out = signal.lfilter([1], [1, -rng.uniform(-0.5, 0.98)], white)
    elif kind == 1:  # band with slow swells
        low = rng.uniform(60, 3000)
        sos = signal.butter(2, [low, min(low * rng.uniform(1.3, 5), 7800)], "band", fs=RATE,
                            output="sos")
        swell = np.interp(np.arange(count), np.linspace(0, count, int(seconds * 3) + 2),
                          rng.uniform(0.05, 1, int(seconds * 3) + 2))
        out = signal.sosfilt(sos, white) * swell
    elif kind == 2:  # mains or motor hum and its harmonics
        t, base = np.arange(count) / RATE, rng.uniform(40, 300)
        out = sum(np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) * rng.uniform(0, 1) / k
                  for k in range(1, 12)) + 0.05 * white
    elif kind == 3:  # clicks and knocks
        impulses = (rng.random(count) < rng.uniform(1, 12) / RATE) * rng.normal(0, 1, count)
        decay = np.exp(-np.arange(2400) / rng.uniform(40, 800))
        ring = decay * np.sin(2 * np.pi * rng.uniform(100, 4000) * np.arange(2400) / RATE)
        out = signal.fftconvolve(impulses, ring)[:count] + 0.01 * white
    else:  # gated bursts: steps, typing, applause-like
        gate = np.repeat(rng.random(int(seconds * 20) + 1) < 0.4, RATE // 20)[:count]
        out = signal.lfilter([1], [1, -rng.uniform(0, 0.9)], white * gate)
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)


def pluck(rng, frequency, seconds):
    """A plucked string: a burst of noise in a delay line that loses its high frequencies."""
    period = int(RATE / frequency)
    burst = np.zeros(int(seconds * RATE))
    burst[:period] = rng.uniform(-1, 1, period)
    loss = rng.uniform(0.97, 0.999)
    delay = np.zeros(period + 2)
    delay[0], delay[period], delay[period + 1] = 1, -loss / 2, -loss / 2
    return signal.lfilter([1], delay, burst)


def tone(rng, frequency, seconds, timbre):
    """One note: brass or strings with vibrato, a bell, a square, a filtered sweep, or a pluck."""
    t = np.arange(int(seconds * RATE)) / RATE
    if timbre == "pluck":
        return pluck(rng, frequency, seconds)
    bend = 1 + rng.uniform(0, 0.01) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
    if rng.random() < 0.3:
        bend = bend * np.exp2(rng.uniform(-3, 3) / 12 * np.exp(-t / rng.uniform(0.02, 0.15)))
    phase = 2 * np.pi * frequency * np.cumsum(bend) / RATE
    if timbre == "bell":
        ratio, depth = rng.choice([1, 1.41, 2, 2.76, 3.5]), rng.uniform(0.5, 6)
        fade = np.exp(-t * rng.uniform(1, 8))
        return np.sin(phase + depth * fade * np.sin(ratio * phase)) * fade
    if timbre == "square":
        out = np.sign(np.sin(phase) + rng.uniform(-0.6, 0.6))
    else:
        out = signal.sawtooth(phase)
    if timbre == "sweep":
        first, last = rng.uniform(300, 3000, 2)
        resonance = [signal.iirpeak(f, rng.uniform(1, 6), fs=RATE) for f in (first, last)]
        share = t / t[-1]
        out = (1 - share) * signal.lfilter(*resonance[0], out) + share * signal.lfilter(
            *resonance[1], out)
    else:
        out = signal.sosfilt(signal.butter(2, rng.uniform(600, 6000), fs=RATE, output="sos"), out)
    rise, fall = rng.uniform(0.005, 0.12), rng.uniform(0.01, 0.2)
    return out * np.minimum(1, t / rise) * np.minimum(1, (t[-1] - t) / fall)


def melody(rng, seconds):
    """A tune over a bass and held chords, each with its own timbre; sometimes driven and wet."""
    timbres = ("pluck", "bell", "square", "sweep", "strings")
    beat, count = rng.uniform(0.25, 0.7), int(seconds * RATE)
    scale = np.array([0, 2, 4, 5, 7, 9, 11] if rng.random() < 0.5 else [0, 2, 3, 5, 7, 8, 10])
    key, out = 55 * 2 ** rng.uniform(0, 1), np.zeros(int(seconds * RATE))
    for octave, lengths, voices_at_once in ((2, (0.25, 0.5, 1), 1), (0, (0.5, 1, 2), 1),
                                            (1, (2, 4), 3))[: int(rng.integers(1, 4))]:
        timbre, degree, at = rng.choice(timbres), int(rng.integers(0, 7)), 0
        gain = rng.uniform(0.2, 1)
        while at < count:
            length = beat * rng.choice(lengths)
            degree = int(np.clip(degree + rng.integers(-3, 4), -3, 12))
            if rng.random() < 0.85:
                for third in range(voices_at_once):
                    step = degree + 2 * third
                    pitch = key * 2 ** (octave + step // 7 + scale[step % 7] / 12)
                    note = tone(rng, min(pitch, 3000), length * rng.uniform(0.7, 1.2) + 0.02,
                                timbre)[: count - at]
                    out[at : at + len(note)] += note / (np.abs(note).max() + 1e-9) * gain
            at += int(length * RATE)
    if rng.random() < 0.5:
        out += drums(rng, seconds, beat) * rng.uniform(0.2, 2)
    if rng.random() < 0.3:
        out = np.tanh(out * rng.uniform(1, 6))
    if rng.random() < 0.4:
        tail = rng.normal(0, 1, 8000) * np.exp(-np.arange(8000) / rng.uniform(500, 3000))
        out = out + rng.uniform(0.1, 0.6) * signal.fftconvolve(out, tail / 30)[:count]
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)


def room_tone(rng, seconds):
    """The noise of a room without anybody: falling with frequency, a little hum, faint rustle."""
    count = int(seconds * RATE)
    out = signal.lfilter([1], [1, -rng.uniform(0.3, 0.97)], rng.normal(0, 1, count))
    out = out / out.std() + rng.uniform(0, 0.3) * rng.normal(0, 1, count)
    if rng.random() < 0.5:
        t, base = np.arange(count) / RATE, rng.choice([50, 60, 100, 120])
        out = out + sum(rng.uniform(0, 0.7) / k * np.sin(2 * np.pi * base * k * t) for k in
                        range(1, 6))
    for _ in range(rng.poisson(seconds / 3)):
        length, at = int(rng.uniform(0.03, 0.3) * RATE), int(rng.uniform(0, 0.9) * count)
        rustle = signal.lfilter([1, -0.9], [1], rng.normal(0, 1, length)) * np.hanning(length)
        rustle = rustle[: count - at]
        out[at : at + len(rustle)] += rng.uniform(0.5, 3) * rustle
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)


def breath(rng):
    """A breath in or out, a lip smack, or a knock on the table; loudest sample 1."""
    kind = rng.random()
    if kind < 0.6:
        length = int(rng.uniform(0.12, 0.6) * RATE)
        low = rng.uniform(300, 1500)
        sos = signal.butter(2, [low, min(low * rng.uniform(2, 8), 7500)], "band", fs=RATE,
                            output="sos")
        shape = np.sin(np.pi * np.linspace(0, 1, length) ** rng.uniform(0.5, 2)) ** 2
        out = signal.sosfilt(sos, rng.normal(0, 1, length)) * shape
    else:
        length = int(rng.uniform(0.02, 0.1) * RATE)
        fade = np.exp(-np.arange(length) / rng.uniform(30, 400))
        low = 80 if kind > 0.85 else 1200
        ring = np.sin(2 * np.pi * rng.uniform(low, 3 * low) * np.arange(length) / RATE)
        out = (rng.normal(0, 0.5, length) + ring) * fade
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)


def number_of(value):
    """A MIDI variable-length number."""
    out = [value & 127]
    while value > 127:
        value >>= 7
        out.append(value & 127 | 128)
    return bytes(out[::-1])


def compose(rng, programs, begin, seconds):
    """MIDI events [(s, bytes)]: tune, chords and bass on random instruments, sometimes drums."""
    events, beat, key = [], rng.uniform(0.25, 0.7), int(rng.integers(36, 48))
    scale = [0, 2, 4, 5, 7, 9, 11] if rng.random() < 0.5 else [0, 2, 3, 5, 7, 8, 10]
    end = begin + seconds
    for channel in range(int(rng.integers(1, 5))):
        events.append((begin, bytes([0xC0 | channel, int(rng.choice(programs))])))
        role, at, degree = channel % 3, begin, int(rng.integers(0, 7))
        lengths = ((0.25, 0.5, 1), (1, 2), (2, 4))[role]
        while at < end:
            length = beat * rng.choice(lengths)
            degree = int(np.clip(degree + rng.integers(-3, 4), 0, 13))
            for third in range((0 if rng.random() < 0.1 else 1) * (3 if role == 1 else 1)):
                step = degree + 2 * third
                note = key + (24, 12, 0)[role] + 12 * (step // 7) + scale[step % 7]
                stop = min(at + 0.9 * length, end)
                events.append((at, bytes([0x90 | channel, note, int(rng.integers(50, 115))])))
                events.append((stop, bytes([0x80 | channel, note, 0])))
            at += length
    for index in range(int(seconds / beat * 2) if rng.random() < 0.6 else 0):
        hits = [42] + [36] * (index % 4 == 0) + [38] * (index % 4 == 2)
        hits += [int(rng.integers(35, 82))] * (rng.random() < 0.2)
        events += [(begin + index * beat / 2, bytes([0x99, h, int(rng.integers(50, 120))]))
                   for h in hits]
    return events


def sampled_music(rng, count, seconds, soundfont, programs):
    """`count` pieces played by the fluidsynth program with a soundfont's instruments."""
    events = [e for n in range(count) for e in compose(rng, programs, n * seconds, seconds)]
    body, last = b"", 0
    for at, event in sorted(events, key=lambda e: e[0]):
        ticks = int(at * 960)
        body, last = body + number_of(ticks - last) + event, ticks
    body += b"\0\xff\x2f\0"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(body))
    with tempfile.TemporaryDirectory() as folder:
        path, wave = Path(folder) / "music.mid", Path(folder) / "music.wav"
        path.write_bytes(header + body)
        subprocess.run(["fluidsynth", "-ni", "-q", "-r", "32000", "-F", str(wave), str(soundfont),
                        str(path)], check=True, capture_output=True)
        sound = media.read_sound(wave)
    size = int(seconds * RATE)
    sound = np.pad(sound[: count * size], (0, max(0, count * size - len(sound))))
    pieces = sound.reshape(count, size)
    return [p / np.abs(p).max() for p in pieces if np.abs(p).max() > 0.01]
