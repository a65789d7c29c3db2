#!/usr/bin/env python3
"""make_fixtures.py FOLDER small|true_size: small random models in every form of file, or one of
tiny.en's size, and what a numpy Whisper makes of them. Arrays are written raw, row-major, float32 (or
int32 tokens); the tests know the shapes."""

import pathlib
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

import models
import reference

SIZES = {"vocabulary": 400, "width": 64, "audio_heads": 2, "audio_layers": 2, "text_context": 48,
         "text_heads": 2, "text_layers": 2, "mels": 80}
TRUE_SIZES = {"vocabulary": 51864, "width": 384, "audio_heads": 6, "audio_layers": 4,
              "text_context": 448, "text_heads": 6, "text_layers": 4, "mels": 80}
FORMS = ["f32", "f16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0"]
PROMPT = [301, 7, 350]
# start of transcript, no timestamps
TRUE_PROMPT = [50257, 50362]


def sound(seconds, seed):
    """Two gliding tones and noise, louder and softer, with a silent stretch."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * reference.SAMPLE_RATE)) / reference.SAMPLE_RATE
    tones = np.sin(2 * np.pi * (200 + 40 * t) * t) + 0.3 * np.sin(2 * np.pi * (1500 - 9 * t) * t)
    level = 0.3 * (1 + np.sin(2 * np.pi * 0.7 * t)) / 2
    wave = level * tones + 0.003 * rng.standard_normal(len(t))
    wave[len(t) // 3:len(t) // 3 + 8000] = 0
    return wave.astype(np.float32)


def greedy(network, encoded, prompt, count):
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(int(network.decode(tokens, encoded)[0][-1].argmax()))
    return tokens


def write(folder, name, array, kind="<f4"):
    np.ascontiguousarray(array, kind).tofile(folder / name)


def write_truth(folder, network, mel, prompt, count):
    folder.mkdir(exist_ok=True)
    encoded = network.encode(mel)
    tokens = greedy(network, encoded, prompt, count)
    logits, cross = network.decode(tokens, encoded)
    write(folder, "encoded", encoded)
    write(folder, "tokens", tokens, "<i4")
    write(folder, "logits", logits)
    write(folder, "cross", np.stack(cross))


def write_small(folder):
    waves = [sound(17.3, 1), sound(31, 2)]
    for number, wave in enumerate(waves):
        write(folder, f"sound{number}", wave)
    filters = reference.slaney_filters(80).astype(np.float32)
    mels = [reference.log_mel(wave, filters) for wave in waves]
    for number, mel in enumerate(mels):
        write(folder, f"mel{number}", mel)
    write(folder, "filters128", reference.slaney_filters(128))

    tensors = models.random_tensors(SIZES, 5)
    for form in FORMS:
        stood_for = models.write_ggml(folder / f"{form}.bin", SIZES, tensors, form)
        write_truth(folder / form, reference.Whisper(SIZES, stood_for), mels[0], PROMPT, 12)
    stood_for = models.write_hugging_face(folder / "hf", SIZES, tensors)
    models.divide_hugging_face(folder / "hf", folder / "pieces", 3)
    network = reference.Whisper(SIZES, stood_for)
    write_truth(folder / "hf", network, mels[0], PROMPT, 12)
    write(folder / "hf", "encoded1", network.encode(mels[1]))


def write_true_size(folder):
    wave = sound(30, 3)
    write(folder, "sound", wave)
    tensors = models.random_tensors(TRUE_SIZES, 7)
    stood_for = models.write_ggml(folder / "tiny.en.bin", TRUE_SIZES, tensors, "f16")
    mel = reference.log_mel(wave, reference.slaney_filters(80).astype(np.float32))
    write_truth(folder / "truth", reference.Whisper(TRUE_SIZES, stood_for), mel, TRUE_PROMPT, 4)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    {"small": write_small, "true_size": write_true_size}[sys.argv[2]](folder)


if __name__ == "__main__":
    main()
