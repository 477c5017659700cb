#!/usr/bin/env python3
"""Writes logistic_regression.json: optima of scikit-learn for cases that reference_test.cc trains on as well.

    pip install scikit-learn==1.9.1 && python3 tests/reference/logistic_regression_reference.py

The rows come from the counter-based generator of thrum/core/random.h, which is repeated here, and, for ten classes,
from scikit-learn's digits, whose pixels (0 to 16) are kept in the file, one letter each. scikit-learn solves to the
last digit with newton-cholesky, with an L1 penalty by saga; the largest violation of optimality there is kept too,
and the probabilities of the first 20 rows.
"""

import json
import math
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

MASK = 0xFFFFFFFF
LETTERS = "0123456789abcdefg"


def bits(seed, stream, index):
    x = [index & MASK, index >> 32, stream & MASK, stream >> 32]
    key = [seed & MASK, seed >> 32]
    for _ in range(10):
        p0 = 0xD2511F53 * x[0]
        p1 = 0xCD9E8D57 * x[2]
        x = [p1 >> 32 ^ x[1] ^ key[0], p1 & MASK, p0 >> 32 ^ x[3] ^ key[1], p0 & MASK]
        key = [key[0] + 0x9E3779B9 & MASK, key[1] + 0xBB67AE85 & MASK]
    return x


def uniform(seed, stream, index):
    x = bits(seed, stream, index)
    return ((x[0] << 32 | x[1]) >> 11) * 2.0**-53


def below(seed, stream, index, n):
    x = bits(seed, stream, index)
    return (x[0] << 32 | x[1]) * n >> 64


def draw(seed, n, d, n_classes):
    """Numbers, labels, weights, categories (3: missing), and where the first number is missing."""
    x = np.array([[(2 * uniform(seed, 0, i * d + j) - 1) * (j + 1) for j in range(d)] for i in range(n)])
    score = np.array([math.fsum(x[i, j] / (j + 1) * (-1) ** j for j in range(d)) for i in range(n)])
    place = 0.5 + 0.2 * score + 0.9 * (np.array([uniform(seed, 1, i) for i in range(n)]) - 0.5)
    y = np.clip(np.floor(place * n_classes), 0, n_classes - 1).astype(int)
    weights = np.array([0.5 + uniform(seed, 2, i) for i in range(n)])
    categories = np.array([below(seed, 3, i, 4) for i in range(n)])
    missing = np.array([below(seed, 4, i, 8) == 0 for i in range(n)])
    return x, y, weights, categories, missing


def encode(x, weights, categories, missing, standardize):
    """As thrum/data/encoder.h says."""
    x = x.copy()
    x[missing, 0] = np.nan
    for j in range(x.shape[1]):
        there = ~np.isnan(x[:, j])
        mean = np.average(x[there, j], weights=weights[there])
        deviation = math.sqrt(np.average((x[there, j] - mean) ** 2, weights=weights[there]))
        x[~there, j] = mean
        if standardize:
            x[:, j] = (x[:, j] - mean) / deviation
    return np.hstack([x, np.eye(4)[categories]])


def objective(X, y, s, w, b, C, fit_intercept, l1_ratio=0.0):
    """Value and largest violation of optimality of scikit-learn's objective."""
    S = s.sum()
    z = X @ w.T + b
    if w.shape[0] == 1:
        z = np.hstack([np.zeros_like(z), z])
    top = z.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(z - top).sum(axis=1))
    value = (s * (log_sum - z[np.arange(len(y)), y])).sum() / S + (1 - l1_ratio) * (w**2).sum() / (2 * C * S)
    value += l1_ratio * np.abs(w).sum() / (C * S)
    r = (np.exp(z - log_sum[:, None]) - np.eye(z.shape[1])[y]) * s[:, None]
    r = r[:, 1:] if w.shape[0] == 1 else r
    slope = r.T @ X / S + (1 - l1_ratio) * w / (C * S)
    l1 = l1_ratio / (C * S)
    violation = np.where(w != 0, np.abs(slope + l1 * np.sign(w)), np.maximum(np.abs(slope) - l1, 0))
    return value, max(violation.max(), np.abs(r.sum(axis=0) / S * fit_intercept).max())


def weights_of_classes(y, weights, class_weight):
    if class_weight == "balanced":
        totals = np.bincount(y, weights=weights)
        return weights.sum() / (len(totals) * totals[y])
    return np.ones(len(y)) if class_weight is None else np.array([class_weight[k] for k in y])


def solve(X, y, weights, C, fit_intercept, class_weight, l1_ratio=0.0):
    solver = {"solver": "saga", "tol": 1e-13, "max_iter": 1_000_000} if l1_ratio else {
        "solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
    model = LogisticRegression(C=C, fit_intercept=fit_intercept, class_weight=class_weight, l1_ratio=l1_ratio,
                               random_state=0, **solver).fit(X, y, sample_weight=weights)
    s = weights * weights_of_classes(y, weights, class_weight)
    value, kkt = objective(X, y, s, model.coef_, model.intercept_, C, fit_intercept, l1_ratio)
    return {"objective": value, "kkt": kkt, "coefficients": model.coef_.ravel().tolist(),
            "intercepts": model.intercept_.tolist(), "probabilities": model.predict_proba(X[:20]).ravel().tolist()}


def generated(name, seed, n, d, n_classes, C=1.0, fit_intercept=True, class_weight=None, standardize=True,
              l1_ratio=0.0):
    x, y, weights, categories, missing = draw(seed, n, d, n_classes)
    X = encode(x, weights, categories, missing, standardize)
    given = {k: [0.5, 2.0, 3.0][k] for k in range(n_classes)} if class_weight == "given" else class_weight
    return {"name": name, "seed": seed, "rows": n, "columns": d, "classes": n_classes, "C": str(C),
            "fit_intercept": fit_intercept, "class_weight": class_weight or "none", "standardize": standardize,
            "l1_ratio": l1_ratio, **solve(X, y, weights, C, fit_intercept, given, l1_ratio)}


def digits(n):
    X, y = load_digits(return_X_y=True)
    X, y = X[:n], y[:n]
    return {"pixels": "".join(LETTERS[int(v)] for v in X.ravel()), "labels": "".join(str(k) for k in y), "C": "0.1",
            **solve(X / 16, y, np.ones(n), 0.1, True, None)}


def main():
    cases = [
        generated("Binary", 1, 400, 5, 2),
        generated("BinaryWithoutIntercept", 2, 300, 4, 2, C=0.05, fit_intercept=False),
        generated("BinaryBalanced", 3, 500, 3, 2, C=10.0, class_weight="balanced"),
        generated("BinaryGivenClassWeights", 4, 300, 6, 2, class_weight="given"),
        generated("BinaryAsItIs", 5, 300, 4, 2, standardize=False),
        generated("ThreeClasses", 6, 600, 5, 3),
        generated("FiveClassesBalanced", 7, 900, 4, 5, C=100.0, class_weight="balanced"),
        generated("ThreeClassesGivenClassWeights", 8, 400, 3, 3, C=0.5, class_weight="given"),
        generated("BinaryWithoutPenalty", 9, 500, 4, 2, C=math.inf),
        generated("ThreeClassesWithoutPenalty", 10, 500, 4, 3, C=math.inf),
        generated("BinaryL1", 11, 300, 6, 2, C=0.1, l1_ratio=1.0),
        generated("BinaryElasticNet", 12, 300, 5, 2, C=0.2, l1_ratio=0.4),
        generated("BinaryL1WithoutIntercept", 13, 200, 4, 2, C=0.1, l1_ratio=1.0, fit_intercept=False),
        generated("BinaryL1AsItIs", 14, 200, 3, 2, C=0.1, l1_ratio=1.0, standardize=False),
        generated("ThreeClassesElasticNet", 15, 300, 4, 3, C=0.1, l1_ratio=0.5),
    ]
    out = {"sklearn": sklearn.__version__, "generated": cases, "digits": digits(500)}
    path = pathlib.Path(__file__).with_name("logistic_regression.json")
    path.write_text(json.dumps(out, indent=0) + "\n")
    for case in cases + [out["digits"]]:
        print(case.get("name", "digits"), case["objective"], case["kkt"], flush=True)


if __name__ == "__main__":
    main()
