#!/usr/bin/env python3
"""Writes lambdarank.json: how well LightGBM ranks the rows that gbdt_ranking_reference_test.cc trains on as well.

    pip install lightgbm==4.7.0 && python3 tests/reference/lambdarank_reference.py

The rows come from the counter-based generator of thrum/core/random.h, which logistic_regression_reference.py repeats.
"""

import json
import pathlib

import lightgbm
import numpy as np

from logistic_regression_reference import below, uniform

SEED, N_FEATURES, N_TRAIN, N_TEST = 31, 6, 6000, 3000
CASES = {"defaults": {}, "not_normalised": {"lambdarank_norm": False}, "truncated": {"lambdarank_truncation_level": 3},
         "steep": {"sigmoid": 2.0}}
CUTS = [1, 5, 10]


def draw(i):
    x = [2 * uniform(SEED, 0, i * N_FEATURES + j) - 1 for j in range(N_FEATURES)]
    worth = x[0] * x[1] + 0.5 * np.sin(3 * x[2]) + 0.5 * x[3] + 0.8 * uniform(SEED, 1, i) - 0.4
    label = min(max(np.floor(1.6 * worth + 1.5), 0), 4)
    query = below(SEED, 2, i, 300) if i < N_TRAIN else 300 + below(SEED, 2, i, 100)
    return x, label, query


def dataset(rows, reference=None):
    rows = sorted(rows, key=lambda row: row[2])
    queries = np.array([row[2] for row in rows])
    group = np.unique(queries, return_counts=True)[1]
    return lightgbm.Dataset(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]), group=group,
                            reference=reference)


def fit(options, train, test):
    scores = {}
    lightgbm.train({"objective": "lambdarank", "metric": "ndcg", "eval_at": CUTS, "num_threads": 1, "verbose": -1, **options},
                   train, 100, valid_sets=[train, test], valid_names=["train", "test"],
                   callbacks=[lightgbm.record_evaluation(scores)])
    return {part: {name: values[-1] for name, values in scores[part].items()} for part in scores}


def main():
    rows = [draw(i) for i in range(N_TRAIN + N_TEST)]
    result = {"lightgbm": lightgbm.__version__, "cases": []}
    for name, options in CASES.items():
        train = dataset(rows[:N_TRAIN])
        test = dataset(rows[N_TRAIN:], train)
        texts = {key: str(value).lower() for key, value in options.items()}
        result["cases"].append({"name": name, "options": texts, **fit(options, train, test)})
    path = pathlib.Path(__file__).with_name("lambdarank.json")
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
