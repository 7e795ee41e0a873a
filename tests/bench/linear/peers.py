#!/usr/bin/env python3
"""The same rows with scikit-learn: TF-IDF of words and characters, LinearSVC.

usage: peers.py FOLDER   (the folder of bench_linear, with inputs/rows.jsonl)
"""
import json
import sys
import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC


def main():
    with open(f"{sys.argv[1]}/inputs/rows.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    train = [row for row in rows if row["split"] == "train"]
    test = [row for row in rows if row["split"] == "test"]
    start, processor = time.perf_counter(), time.process_time()
    features = FeatureUnion([
        ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
        ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)),
    ])
    vectors = features.fit_transform([row["text"] for row in train])
    model = LinearSVC(random_state=0).fit(vectors, [row["label"] for row in train])
    predicted = model.predict(features.transform([row["text"] for row in test]))
    print(f"scikit-learn          {time.perf_counter() - start:.2f} s, {time.process_time() - processor:.2f} processor s")
    print(f"test accuracy         {np.mean(predicted == np.array([row['label'] for row in test])):.4f}")
    times = []
    for row in test[:300]:
        began = time.perf_counter()
        model.predict(features.transform([row["text"]]))
        times.append((time.perf_counter() - began) * 1000)
    print(f"one prediction        p50 {np.percentile(times, 50):.3f} ms, p95 {np.percentile(times, 95):.3f} ms")


main()
