#!/usr/bin/env python3
"""Writes isolation_forest.json: what scikit-learn's isolation forests say of the tumours in examples/data.
usage: isolation_forest_reference.py > isolation_forest.json     (scikit-learn 1.9.1)"""
import csv
import json
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

CASES = {"defaults": {}, "small_samples": {"max_samples": 32}, "few_features": {"max_features": 0.3},
         "all_rows": {"max_samples": 1.0}, "bootstrap": {"bootstrap": True, "max_samples": 0.5}}
N_TREES, N_FITS = 500, 12

path = Path(__file__).resolve().parents[2] / "examples" / "data" / "breast_cancer.csv"
rows = list(csv.DictReader(path.open()))
names = [name for name in rows[0] if name != "diagnosis"]
X = np.array([[float(row[name]) for name in names] for row in rows])
y = np.array([row["diagnosis"] == "malignant" for row in rows])


def scores_of(options):
    """The mean over many fits, so that the seed has little say."""
    fits = [IsolationForest(n_estimators=N_TREES, random_state=seed, **options).fit(X) for seed in range(N_FITS)]
    return [-np.mean([fit.score_samples(X) for fit in fits], axis=0), fits]


reference = {}
for name, options in CASES.items():
    scores, fits = scores_of(options)
    aucs = [roc_auc_score(y, -fit.score_samples(X)) for fit in fits]
    reference[name] = {"options": {k: str(v).lower() for k, v in options.items()}, "roc_auc": np.mean(aucs),
                       "roc_auc_deviation": np.std(aucs), "scores": [round(s, 5) for s in scores.tolist()]}
fits = [IsolationForest(n_estimators=N_TREES, random_state=seed, contamination=0.1).fit(X) for seed in range(N_FITS)]
reference["defaults"]["threshold_of_a_tenth"] = -np.mean([fit.offset_ for fit in fits])
print(json.dumps(reference, indent=None, separators=(",", ":")))
