#!/usr/bin/env python3
"""Planted label errors found again, beside cleanlab on scikit-learn's cross-validated probabilities.

usage: peers.py MILLWRIGHT_CLI DATA [SEED] [PEER …] [--labels N] [--share P] [--encoder K=V …] [--words K=V …]
(PyPI: numpy, and for peers cleanlab and scikit-learn; DATA as in MILLWRIGHT_DATA)

CLINC150's 15,000 training rows, or those of N labels drawn by the seed, P (2 %) of them with another label drawn by the seed. Each
side cross-validates in five folds and ranks what it suspects. PEERs are svm (LinearSVC, its margins made probabilities by one
temperature), logistic (LogisticRegression, C = 10: many minutes) and none; svm by default. Everything includes making the features
anew in each fold. With --encoder an encoder with these settings is cross-validated beside the linear baseline; with --words it starts
from a model that has learned with those settings to tell hidden words of all 15,000 texts, without their labels. CLINC150 has errors
of its own, which count as false alarms here.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

FOLDS = 5


def plant(rows, random, share):
    """Rows with wrong labels, and where."""
    labels = sorted({row["label"] for row in rows})
    wrong = set(random.choice(len(rows), round(share * len(rows)), replace=False).tolist())
    out = []
    for i, row in enumerate(rows):
        others = [label for label in labels if label != row["label"]]
        label = others[random.integers(len(others))] if i in wrong else row["label"]
        out.append({"n": i, "text": row["text"], "label": label})
    return out, wrong


def report(name, ranked, wrong, seconds):
    hits = np.array([i in wrong for i in ranked])
    at = len(wrong)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    print(f"{name:40} suspects {len(ranked):5}  precision {hits.mean():.3f}  recall {hits.sum() / at:.3f}  "
          f"precision at {at} {hits[:at].sum() / at:.3f}  average precision {(precision * hits).sum() / at:.3f}  "
          f"{seconds:.1f} s", flush=True)


def settings(pairs):
    return [word for pair in pairs for word in ("--set", pair)]


def ours(program, rows, rest, wrong, encoder, words):
    def cli(*arguments):
        return json.loads(subprocess.run([program, *map(str, arguments), "--json"], check=True, capture_output=True,
                                         text=True).stdout)
    with tempfile.TemporaryDirectory() as name:
        project, file = pathlib.Path(name) / "p", pathlib.Path(name) / "rows.jsonl"
        unlabeled = [{"n": len(rows) + i, "text": text} for i, text in enumerate(rest)] if words is not None else []
        file.write_text("".join(json.dumps(row) + "\n" for row in rows + unlabeled), encoding="utf-8")
        cli("init", project)
        cli("import", project, file, "--asset", "queries", "--text", "text", "--id", "n")
        cli("task", project, "create", "intent", "--asset", "queries", "--text", "text")
        cli("labels", project, "from-field", "label", "--task", "intent", "--by", "somebody")
        snapshot = cli("snapshot", project, "--task", "intent")
        assert sum(snapshot["rows"].values()) == len(rows)

        def judge(title, *arguments):
            began = time.perf_counter()
            made = cli("crossvalidate", project, "--folds", FOLDS, *arguments, "--wait")
            found = cli("suspects", project)
            seconds = time.perf_counter() - began
            # Rows are numbered as they came, which is what "n" is.
            report(title, [int(s["record"].split("-")[1]) for s in found["suspects"]], wrong, seconds)
            print(f"  accuracy against the given labels {made['metrics']['accuracy']:.4f}, "
                  f"errors by the calibrated joint {made['metrics']['estimated_errors']:.0f}", flush=True)
        judge("crossvalidate, linear")
        if encoder is None:
            return
        base = []
        if words is not None:
            began = time.perf_counter()
            made = cli("train", project, "--algorithm", "encoder", *settings(["objective=masked-lm", *words]), "--wait")
            print(f"  hidden words learned in {time.perf_counter() - began:.1f} s", flush=True)
            base = ["--base", made["model"]]
        judge("crossvalidate, encoder", "--algorithm", "encoder", *base, *settings(encoder))


def temperature(margins, labels):
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_t):
        return -log_softmax(margins / np.exp(log_t), axis=1)[np.arange(len(labels)), labels].mean()
    return float(np.exp(minimize_scalar(loss, bounds=(-5, 3), method="bounded").x))


def theirs(kind, rows, wrong):
    from cleanlab.filter import find_label_issues
    from scipy.special import softmax
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.svm import LinearSVC
    features = FeatureUnion([
        ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
        ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)),
    ])
    names, labels = np.unique([row["label"] for row in rows], return_inverse=True)
    texts = [row["text"] for row in rows]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    began = time.perf_counter()
    if kind == "svm":
        margins = cross_val_predict(make_pipeline(features, LinearSVC(random_state=0)), texts, labels, cv=folds,
                                    method="decision_function", n_jobs=os.cpu_count())
        probabilities = softmax(margins / temperature(margins, labels), axis=1)
    else:
        probabilities = cross_val_predict(make_pipeline(features, LogisticRegression(C=10, max_iter=300)), texts, labels,
                                          cv=folds, method="predict_proba", n_jobs=os.cpu_count())
    for rule in ("confident_learning", "prune_by_noise_rate"):
        ranked = find_label_issues(labels, probabilities, filter_by=rule, n_jobs=1,
                                   return_indices_ranked_by="normalized_margin")
        report(f"cleanlab, {kind}, {rule}", ranked.tolist(), wrong, time.perf_counter() - began)
    print(f"  accuracy against the given labels {(probabilities.argmax(axis=1) == labels).mean():.4f}")


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("\n")[2][len("usage: "):])
    options.add_argument("program")
    options.add_argument("data", type=pathlib.Path)
    options.add_argument("seed", type=int, nargs="?", default=0)
    options.add_argument("peers", nargs="*", default=["svm"])
    options.add_argument("--labels", type=int, default=0)
    options.add_argument("--share", type=float, default=0.02)
    options.add_argument("--encoder", nargs="*")
    options.add_argument("--words", nargs="*")
    wanted = options.parse_args()
    everything = [json.loads(line) for line in open(wanted.data / "clinc150/train.jsonl", encoding="utf-8")]
    random = np.random.default_rng(wanted.seed)
    names = sorted({row["label"] for row in everything})
    chosen = set(random.choice(names, wanted.labels, replace=False).tolist() if wanted.labels else names)
    rest = [row["text"] for row in everything if row["label"] not in chosen]
    rows, wrong = plant([row for row in everything if row["label"] in chosen], random, wanted.share)
    ours(wanted.program, rows, rest, wrong, wanted.encoder, wanted.words)
    for peer in wanted.peers:
        if peer != "none":
            theirs(peer, rows, wrong)


main()
