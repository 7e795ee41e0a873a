#!/usr/bin/env python3
"""The same comparison with scipy, Evidently and NannyML, each where it is installed.

usage: peers.py FOLDER   (the folder of bench_drift, with reference.csv and current.csv)
"""
import os
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"  # the peers report their use to their makers
os.environ["DO_NOT_TRACK"] = "1"
import pandas as pd  # noqa: E402


def timed(name, work):
    start, processor = time.perf_counter(), time.process_time()
    try:
        figure = work()
    except ImportError as missing:
        print(f"{name:10} not installed ({missing})")
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:10} {time.perf_counter() - start:.2f} s, {time.process_time() - processor:.2f} processor s, peak so far {peak:.0f} MB, {figure}")


def main():
    folder = sys.argv[1]
    reference, current = (pd.read_csv(f"{folder}/{name}.csv") for name in ("reference", "current"))
    numbers = list(reference.select_dtypes("number"))
    words = [c for c in reference if c not in numbers]

    def with_scipy():
        from scipy import stats

        for c in numbers:
            stats.ks_2samp(reference[c], current[c], method="asymp")
            stats.wasserstein_distance(reference[c], current[c])
        for c in words:
            counts = pd.concat([reference[c].value_counts(), current[c].value_counts()], axis=1).fillna(0)
            stats.chi2_contingency(counts.T.values, correction=False)
        return f"{len(numbers)} ks_2samp and wasserstein_distance, {len(words)} chi2_contingency"

    def with_nannyml():
        import nannyml

        calculator = nannyml.UnivariateDriftCalculator(column_names=list(reference)).fit(reference)
        calculator.calculate(current)
        return "UnivariateDriftCalculator, defaults"

    def with_evidently():
        from evidently import Report
        from evidently.presets import DataDriftPreset

        Report([DataDriftPreset()]).run(current, reference)
        return "DataDriftPreset, defaults"

    timed("scipy", with_scipy)
    timed("nannyml", with_nannyml)
    timed("evidently", with_evidently)


if __name__ == "__main__":
    main()
