#!/usr/bin/env python3
"""Writes linear_regression.json: optima of scikit-learn for cases that linear_regression_reference_test.cc trains on.

    pip install scikit-learn==1.9.0 && python3 tests/reference/linear_regression_reference.py

The features are those of logistic_regression_reference.py; the target is drawn by the same generator.
"""

import json
import math
import pathlib

import numpy as np
import sklearn
from logistic_regression_reference import draw, encode, uniform
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge

LEARNERS = {"linear-regression": LinearRegression, "ridge": Ridge, "lasso": Lasso, "elastic-net": ElasticNet}


def target(seed, x, categories):
    return np.array([10 + categories[i] + 4 * (uniform(seed, 5, i) - 0.5) +
                     math.fsum(v / (j + 1) * (2 if j % 2 == 0 else -1) for j, v in enumerate(x[i]))
                     for i in range(len(x))])


def objective(name, X, y, s, model):
    squares = (s * (y - X @ model.coef_ - model.intercept_) ** 2).sum()
    l1, l2 = np.abs(model.coef_).sum(), (model.coef_**2).sum()
    if name == "linear-regression":
        return squares
    if name == "ridge":
        return squares + model.alpha * l2
    ratio = model.l1_ratio if name == "elastic-net" else 1
    return squares / (2 * s.sum()) + model.alpha * (ratio * l1 + (1 - ratio) / 2 * l2)


def case(label, name, seed, n, d, standardize=True, **options):
    x, _, weights, categories, missing = draw(seed, n, d, 2)
    X = encode(x, weights, categories, missing, standardize)
    y = target(seed, x, categories)
    exact = {} if name == "linear-regression" else {"tol": 1e-14, "max_iter": 1_000_000}
    model = LEARNERS[name](**options, **exact).fit(X, y, sample_weight=weights)
    return {"name": label, "learner": name, "seed": seed, "rows": n, "columns": d, "standardize": standardize,
            "options": {key: str(value).lower() for key, value in options.items()},
            "objective": objective(name, X, y, weights, model), "coefficients": model.coef_.tolist(),
            "intercept": float(model.intercept_)}


def main():
    cases = [
        case("Line", "linear-regression", 1, 300, 4),
        case("PositiveLine", "linear-regression", 2, 300, 4, positive=True),
        case("Ridge", "ridge", 3, 300, 5, alpha=3.0),
        case("RidgeWithoutIntercept", "ridge", 4, 200, 4, alpha=0.5, fit_intercept=False),
        case("RidgeAsItIs", "ridge", 5, 200, 4, standardize=False, alpha=10.0),
        case("PositiveRidge", "ridge", 6, 300, 4, alpha=2.0, positive=True),
        case("Lasso", "lasso", 7, 300, 6, alpha=0.1),
        case("WeakLasso", "lasso", 8, 60, 40, alpha=0.001),
        case("LassoWithoutIntercept", "lasso", 9, 200, 4, alpha=0.2, fit_intercept=False),
        case("LassoAsItIs", "lasso", 10, 200, 4, standardize=False, alpha=0.1),
        case("PositiveLasso", "lasso", 11, 300, 6, alpha=0.05, positive=True),
        case("ElasticNet", "elastic-net", 12, 300, 6, alpha=0.1, l1_ratio=0.3),
        case("ElasticNetWithMoreColumnsThanRows", "elastic-net", 13, 30, 50, alpha=0.05, l1_ratio=0.9),
    ]
    path = pathlib.Path(__file__).with_name("linear_regression.json")
    path.write_text(json.dumps({"sklearn": sklearn.__version__, "cases": cases}, indent=0) + "\n")
    for c in cases:
        print(c["name"], c["objective"], flush=True)


if __name__ == "__main__":
    main()
