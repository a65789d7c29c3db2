"""What at most 0.2 s of look-ahead costs: causal.py --model M --cache DEV_CACHE

The same weights on excerpts of one talking face, judged where the excerpt ends: the decision for
token t from sound and picture up to 0.2 s after it (the encoders' own context within that), and from
all of the evidence window (0.72 s and more after it). True pairs against other people's speech and
sound shifted by 0.4 to 2 s; areas under ROC of the face's margin over null, and the share of tokens
with the right decision of face or nobody.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import evaluate
import infer
import trials
from networks import EVIDENCE_RADIUS

BEFORE = 50  # tokens of past that a stream has kept
AHEAD = 1  # tokens after t whose encoders need no more than 0.2 s: 4 crops or 15 mel frames each


@torch.no_grad()
def margins(model, audio, face, exists, after):
    """Mean-over-heads margin of face over null at token BEFORE, with `after` tokens behind it."""
    count = BEFORE + 1 + after
    face, exists = face[: count + 30], exists[: count + 30].clone()
    exists[count + 15 :] = False  # pictures later than the last sound are not there yet
    _, _, e, n = trials.run_attention(model, audio[:count], [(face, exists)])
    return float((e[0, :, 0, BEFORE].amax(1) - n[0, :, BEFORE]).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--corpora", nargs="+", default=("spokespeople",))
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(1)
    model, rng = infer.load_exported(a.model), np.random.default_rng(a.seed)
    whole = BEFORE + 1 + EVIDENCE_RADIUS
    for corpus in a.corpora:
        talkers = [t for t in evaluate.load_talkers(model, a.cache, corpus, 60)
                   if t.places(whole)]
        lag = trials.corpus_lag(model, talkers)
        scores = {"0.2 s": ([], []), "all": ([], [])}
        for t in talkers:
            for first in t.places(whole):
                if first < lag or not t.heard(first - lag + BEFORE - 12, 25):
                    continue
                face, exists = t.face_at(trials.around(first - lag, whole))
                sounds = [t.audio[first - lag : first - lag + whole]]
                sounds.append(trials.pick_other(talkers, t, whole, rng))
                for part, after in (("0.2 s", AHEAD), ("all", EVIDENCE_RADIUS)):
                    for k, sound in enumerate(sounds):
                        if len(sound) == whole:
                            scores[part][k].append(margins(model, sound, face, exists, after))
        for part, (true, false) in scores.items():
            true, false = np.array(true), np.array(false)
            balanced = 0.5 * ((true > 0).mean() + (false < 0).mean())
            print(f"{corpus}, look-ahead {part}: {len(true)} true, {len(false)} false, "
                  f"area {trials.auc(true, false):.3f}, balanced {balanced:.3f}", flush=True)


if __name__ == "__main__":
    main()
