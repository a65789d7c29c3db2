"""Excerpts of dev clips as trials: true and false pairs of sound and faces, and their scores."""

import numpy as np
import torch

import infer
from geometry import MAX_LAG
from lag import LagEstimator
from networks import LAGS, SPEECH_CONTEXT

SECONDS = (0.5, 1.0, 2.0)


class Talker:
    """Tokens of one visibly talking face and of its own sound."""

    def __init__(self, model, clip):
        self.clip = clip
        self.audio, self.speech = self.listen(model)
        self.face, self.moved = infer.see(model, clip.crops)
        still = np.repeat(clip.crops[len(clip.crops) // 2][None], 10, 0)
        self.frozen = infer.see(model, still)[0][5]
        self.start = clip.start
        self.stop = clip.start + len(clip.crops)

    @torch.no_grad()
    def listen(self, model, later=0):
        """Audio tokens and speech of the sound moved `later` by so many 10 ms frames."""
        frames = len(self.clip.mel)
        count = (frames - 1) // 4 + 1
        index = np.arange(-SPEECH_CONTEXT, 4 * (count - 1) + SPEECH_CONTEXT + 1) - later
        floor = np.full((1, 40), np.log(1e-5), np.float32)
        mel = np.where(((index >= 0) & (index < frames))[:, None],
                       self.clip.mel[np.clip(index, 0, frames - 1)], floor)
        audio, speech = model.listen(torch.from_numpy(mel.T[None].astype(np.float32)))
        return audio[0], speech[0]

    def face_at(self, tokens, frozen=False):
        """Face tokens at these indices of the recording's clock, and which of them exist."""
        inside = (tokens >= self.start) & (tokens < self.stop)
        j = np.clip(tokens - self.start, 0, len(self.face) - 1)
        face = self.frozen.expand(len(tokens), -1) if frozen else self.face[j]
        return face, torch.from_numpy(inside)

    def places(self, count):
        """First tokens of the excerpts in which sound and face both exist, half overlapping."""
        low, high = max(self.start, 4), min(self.stop, len(self.audio) - 4)
        return list(range(low, high - count + 1, max(count // 2, 5)))

    def heard(self, first, count):
        return float((self.speech[first : first + count] > 0.5).float().mean()) > 0.5


@torch.no_grad()
def run_attention(model, audio, faces, prior=None):
    """audio [T, 128]; faces: [(tokens [T + 30, 128], exists)] -> weights, null, e, n."""
    face = torch.stack([f for f, _ in faces])[None]
    present = torch.stack([p for _, p in faces])[None].float()
    prior = None if prior is None else torch.as_tensor(prior).float()
    return model.align(audio[None], face, present, prior)


@torch.no_grad()
def lag_scores(model, audio, face, exists):
    """Mean score of an excerpt at each lag [31]: the evidence over the whole excerpt."""
    s = model.align.scores(audio[None], face[None, None])[0, :, 0].mean(0)  # [T, 31]
    there = exists.unfold(0, LAGS, 1).float()
    return ((s * there).sum(0) / there.sum(0).clamp(min=0.5 * len(audio))).numpy()


def around(first, count):
    return np.arange(first - MAX_LAG, first + count + MAX_LAG)


def auc(positive, negative):
    """Area under ROC by ranks."""
    values = np.concatenate([positive, negative])
    ranks = values.argsort().argsort() + 1.0
    p, n = len(positive), len(negative)
    return (ranks[:p].sum() - p * (p + 1) / 2) / (p * n)


def interval(groups, statistic, rng, rounds=200):
    """95 % bootstrap interval over clips; groups: one list of trials per clip."""
    values = []
    for _ in range(rounds):
        chosen = rng.integers(0, len(groups), len(groups))
        values.append(statistic([x for g in chosen for x in groups[g]]))
    return np.nanquantile(values, [0.025, 0.975])


def corpus_lag(model, talkers):
    """Lag that the corpus as a whole has (tokens): peak of the mean lag curve."""
    total = np.zeros(LAGS)
    for t in talkers:
        count = min(len(t.audio) - 8, 250)
        face, exists = t.face_at(around(4, count))
        total += lag_scores(model, t.audio[4 : 4 + count], face, exists)
    return int(total.argmax()) - MAX_LAG


def estimated_lag(model, audio, faces):
    """(lag in tokens, confidence) as LagEstimator finds it from one face or several."""
    weights, _, _, _ = run_attention(model, audio, faces)
    estimator = LagEstimator()
    estimator.add(weights[0].sum(1).mean(0).numpy())
    return estimator.lag()


def lag_errors(model, talkers, seconds, rng, shifts=4):
    """Errors (ms) of the lag of excerpts whose sound was moved by multiples of 10 ms, against the
    recording's own lag as its whole length gives it; confidences with own and with other sound."""
    errors, own, other, count = [], [], [], int(25 * seconds)
    for t in talkers:
        places = t.places(count)
        if not places:
            continue
        whole = min(len(t.audio) - 8, 1500)
        reference, _ = estimated_lag(model, t.audio[4 : 4 + whole], [t.face_at(around(4, whole))])
        for first in places[:: max(len(places) // 4, 1)]:
            face = t.face_at(around(first, count))
            for later in rng.integers(-40, 41, shifts):
                audio = t.listen(model, int(later))[0][first : first + count]
                lag, confidence = estimated_lag(model, audio, [face])
                errors.append(40 * abs(lag - (reference - later / 4)))
                own.append(confidence)
            _, confidence = estimated_lag(model, pick_other(talkers, t, count, rng), [face])
            other.append(confidence)
    return np.array(errors), np.array(own), np.array(other)


def correspondence(model, talkers, seconds, lag, rng):
    """One list per talker of trials (true score, other, shifted or nan, frozen, offset right, the
    first two and frozen at any lag, other with at most one word in common)."""
    count = int(25 * seconds)
    near = slice(lag + MAX_LAG - 1, lag + MAX_LAG + 2)
    groups = []
    for t in talkers:
        trials = []
        for first in t.places(count):
            if not t.heard(first - lag, count):
                continue
            tokens = around(first - lag, count)
            face, exists = t.face_at(tokens)
            audio = t.audio[first - lag : first - lag + count]
            if len(audio) < count:
                continue
            curve = lag_scores(model, audio, face, exists)
            frozen = lag_scores(model, audio, t.face_at(tokens, True)[0], exists)
            other = pick_other(talkers, t, count, rng)
            wrong = lag_scores(model, other, face, exists)
            unlike = lag_scores(model, pick_other(talkers, t, count, rng, 1), face, exists)
            shifted = np.nan
            moves = [m for m in (*range(-50, -9), *range(10, 51))
                     if 0 <= first - lag + m <= len(t.audio) - count]
            if moves:
                at = first - lag + int(rng.choice(moves))
                shifted = lag_scores(model, t.audio[at : at + count], face, exists)[near].max()
            right = abs(int(curve.argmax()) - MAX_LAG - lag) <= 1
            trials.append((curve[near].max(), wrong[near].max(), shifted, frozen[near].max(), right,
                           curve.max(), wrong.max(), frozen.max(), unlike[near].max()))
        if trials:
            groups.append(trials)
    return groups


def words_in_common(a, b):
    """Of two GRID sentences, whose names have a letter for each of their six words."""
    return sum(x == y for x, y in zip(a.clip.recording, b.clip.recording)) - len("grid_")


def pick_other(talkers, t, count, rng, common=6):
    while True:
        o = talkers[int(rng.integers(len(talkers)))]
        if o is t or len(o.audio) < count + 8:
            continue
        if t.clip.kind == "grid" and words_in_common(t, o) > common:
            continue
        first = int(rng.integers(4, len(o.audio) - count - 3))
        if o.heard(first, count) or rng.random() < 0.05:
            return o.audio[first : first + count]


def who(model, talkers, seconds, lag, rng, faces=3, prior=None, aligned=False):
    """Mixed trials: (chosen, truth, 1 - null) with truth -1 for "none of these".

    Each talker's excerpt is heard, first with its own face among the others, then without.
    Decision: the face of greatest mean mass, or nobody where the null mass is greater.
    """
    count = int(25 * seconds)
    out = []
    for t in talkers:
        for first in t.places(count):
            audio = t.audio[first - lag : first - lag + count]
            if first - lag < 0 or len(audio) < count or not t.heard(first - lag, count):
                continue
            others = [o for o in talkers if o is not t and len(o.places(count)) > 0]
            chosen = rng.permutation(len(others))[:faces]
            wrong = []
            for k in chosen:
                places = others[k].places(count)
                at = places[int(rng.integers(len(places)))]
                wrong.append(others[k].face_at(around(at - lag, count)))
            own = t.face_at(around(first - lag, count))
            out.append(decide(model, audio, [own] + wrong[1:], 0, prior, aligned, lag))
            out.append(decide(model, audio, wrong, -1, prior, aligned, lag))
    return out


def decide(model, audio, faces, truth, prior, aligned, lag):
    if aligned:
        mass, null = time_aligned(model, audio, faces, lag)
    else:
        weights, null, _, _ = run_attention(model, audio, faces, prior)
        mass = weights[0].sum(3).mean((0, 2)).numpy()
        null = float(null.mean())
    best = int(mass.argmax())
    return (best if mass[best] > null else -1), truth, float(mass[best]), best


@torch.no_grad()
def time_aligned(model, audio, faces, lag):
    """Ablation: each audio token sees the faces' tokens at the known lag only, no accumulation."""
    face = torch.stack([f for f, _ in faces])[None]
    a = model.align
    s = a.scores(audio[None], face)[0, ..., lag + MAX_LAG]  # [H, F, T]
    gain = torch.nn.functional.softplus(a.gain(audio)).T
    n = gain * a.null_cosine[:, None] + a.null(audio).T  # [H, T]
    p = torch.softmax(torch.cat([s, n[:, None]], 1) * a.scale[:, None, None], 1).mean((0, 2))
    return p[:-1].numpy(), float(p[-1])
