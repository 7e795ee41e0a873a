#!/usr/bin/env python3
"""Planted label errors found again, beside cleanlab on scikit-learn's cross-validated probabilities.

usage: peers.py MILLWRIGHT_CLI DATA [SEED] [PEER …]   (PyPI: cleanlab, scikit-learn; DATA as in MILLWRIGHT_DATA)

CLINC150's 15,000 training rows, 2 % of them with another label drawn by the seed. Each side cross-validates in five folds
and ranks what it suspects. PEERs are svm (LinearSVC, its margins made probabilities by one temperature) and logistic
(LogisticRegression, C = 10: many minutes); svm by default. Everything includes making the features anew in each fold. CLINC150 has
errors of its own, which count as false alarms here.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

SHARE = 0.02
FOLDS = 5


def plant(rows, seed):
    """Rows with wrong labels, and where."""
    random = np.random.default_rng(seed)
    labels = sorted({row["label"] for row in rows})
    wrong = set(random.choice(len(rows), round(SHARE * len(rows)), replace=False).tolist())
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


def ours(program, rows, wrong):
    def cli(*arguments):
        return json.loads(subprocess.run([program, *map(str, arguments), "--json"], check=True, capture_output=True,
                                         text=True).stdout)
    with tempfile.TemporaryDirectory() as name:
        project, file = pathlib.Path(name) / "p", pathlib.Path(name) / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        cli("init", project)
        cli("import", project, file, "--asset", "queries", "--text", "text", "--id", "n")
        cli("task", project, "create", "intent", "--asset", "queries", "--text", "text")
        cli("labels", project, "from-field", "label", "--task", "intent", "--by", "somebody")
        snapshot = cli("snapshot", project, "--task", "intent")
        assert sum(snapshot["rows"].values()) == len(rows)
        began = time.perf_counter()
        made = cli("crossvalidate", project, "--folds", FOLDS, "--wait")
        found = cli("suspects", project)
        seconds = time.perf_counter() - began
        # Rows are numbered as they came, which is what "n" is.
        report("crossvalidate, linear", [int(s["record"].split("-")[1]) for s in found["suspects"]], wrong, seconds)
        print(f"  accuracy against the given labels {made['metrics']['accuracy']:.4f}, "
              f"errors by the calibrated joint {made['metrics']['estimated_errors']:.0f}")


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
    program, data = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = [json.loads(line) for line in open(data / "clinc150/train.jsonl", encoding="utf-8")]
    rows, wrong = plant(rows, int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    ours(program, rows, wrong)
    for peer in sys.argv[4:] or ["svm"]:
        theirs(peer, rows, wrong)


main()
