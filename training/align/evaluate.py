"""Measures the exported aligner on people it never saw: evaluate.py --model M --cache DEV_CACHE

Prints a table for the card: correspondence, offset, who and nobody, with 95 % bootstrap intervals
over clips, and the ablation (attention replaced by the time-aligned token).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import clips as clip_files
import heads
import infer
import trials
from lag import LagEstimator

CORPORA = ("spokespeople", "grid", "sentences", "drawn")


def load_talkers(model, cache, corpus, limit):
    found = clip_files.load_all(cache, min_tokens=25, min_score=0.6)
    found = [c for c in found if c.kind == corpus]
    best = {}
    for c in found:
        if len(c.crops) > len(best.get(c.recording, c).crops) or c.recording not in best:
            best[c.recording] = c
    return [trials.Talker(model, c) for c in list(best.values())[:limit]]


def online_prior(model, talkers):
    """What LagEstimator makes of the corpus itself, without labels."""
    estimator = LagEstimator()
    for t in talkers:
        count = min(len(t.audio) - 8, 250)
        face = t.face_at(trials.around(4, count))
        weights, _, _, _ = trials.run_attention(model, t.audio[4 : 4 + count], [face])
        estimator.add(weights[0].sum(1).mean(0).numpy())
    return estimator


def with_interval(groups, statistic, rng):
    low, high = trials.interval(groups, statistic, rng)
    return f"{statistic([x for g in groups for x in g]):.3f} ({low:.3f} to {high:.3f})"


def measure_correspondence(model, talkers, lag, rng):
    rows = {}
    for seconds in trials.SECONDS:
        groups = trials.correspondence(model, talkers, seconds, lag, rng)
        if not groups:
            continue

        def area(column, base=0):
            def statistic(rows):
                x = np.array(rows, float)
                negative = x[:, column]
                return trials.auc(x[:, base], negative[~np.isnan(negative)])
            return statistic

        rows[seconds] = {
            "trials": sum(map(len, groups)),
            "other": with_interval(groups, area(1), rng),
            "shifted": with_interval(groups, area(2), rng),
            "frozen": with_interval(groups, area(3), rng),
            "offset": with_interval(groups, lambda r: np.mean([x[4] for x in r]), rng),
            "any_lag_other": with_interval(groups, area(6, 5), rng),
            "other, one word in common at most": with_interval(groups, area(8), rng)}
    return rows


def measure_lag(model, talkers, rng):
    """Lag of excerpts: error in ms and whether the confidence tells own sound from another's."""
    rows = {}
    for seconds in (2, 3, 10):
        if sum(len(t.places(25 * seconds)) > 0 for t in talkers) < 2:
            continue
        errors, own, other = trials.lag_errors(model, talkers, seconds, rng)
        rows[f"{seconds} s"] = {
            "trials": len(errors), "median error, ms": round(float(np.median(errors)), 1),
            "within 40 ms": round(float((errors <= 40).mean()), 3),
            "confidence, own against other": round(float(trials.auc(own, other)), 3)}
    return rows


def accuracy(decisions):
    """(right face among those shown, balanced accuracy of nobody, all right)."""
    d = np.array([(c, t, b) for c, t, _, b in decisions])
    shown, absent = d[d[:, 1] == 0], d[d[:, 1] == -1]
    right = (shown[:, 2] == 0).mean()
    balanced = 0.5 * ((shown[:, 0] >= 0).mean() + (absent[:, 0] == -1).mean())
    return right, balanced, (d[:, 0] == d[:, 1]).mean()


def measure_who(model, talkers, lag, prior, seed):
    rows = {}
    for seconds in trials.SECONDS:
        for name, options in (("attention", {}), ("attention, lag prior", {"prior": prior}),
                              ("time-aligned token", {"aligned": True})):
            rng = np.random.default_rng(seed)
            decisions = trials.who(model, talkers, seconds, lag, rng, **options)
            if decisions:
                rows[f"{seconds} s, {name}"] = [round(float(x), 3) for x in accuracy(decisions)]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="exported weights")
    source.add_argument("--encoders", type=Path, help="checkpoint of stage 1: correspondence only")
    parser.add_argument("--speech", type=Path, default=Path("speech.pt"),
                        help="checkpoint of speech_activity.py, with --encoders")
    parser.add_argument("--ablation", choices=heads.ABLATIONS, default="none")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=80, help="clips per corpus")
    parser.add_argument("--corpora", nargs="+", default=CORPORA)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.model:
        model = infer.load_exported(arguments.model)
    else:
        model = heads.load_frozen(arguments.encoders, arguments.speech)
    model.align.ablation = arguments.ablation
    result = {}
    for corpus in arguments.corpora:
        talkers = load_talkers(model, arguments.cache, corpus, arguments.limit)
        if len(talkers) < 4:
            continue
        estimator = online_prior(model, talkers)
        lag = trials.corpus_lag(model, talkers)
        rng = np.random.default_rng(arguments.seed)
        result[corpus] = {
            "clips": len(talkers), "lag": lag, "estimated": estimator.lag(),
            "correspondence": measure_correspondence(model, talkers, lag, rng)}
        if arguments.model:
            result[corpus] |= {
                "lag of excerpts": measure_lag(model, talkers, rng),
                "who": measure_who(model, talkers, lag, estimator.log_prior(), arguments.seed)}
        print(corpus, json.dumps(result[corpus], indent=1), flush=True)


if __name__ == "__main__":
    main()
