#!/usr/bin/env python3
"""Writes log_linear_regression.json: optima of scikit-learn for log_linear_regression_reference_test.cc.

    pip install scikit-learn==1.9.0 && python3 tests/reference/log_linear_regression_reference.py

The features are those of logistic_regression_reference.py; the targets are drawn by the same generator.
"""

import json
import math
import pathlib

import numpy as np
import sklearn
from logistic_regression_reference import draw, encode, uniform
from sklearn.linear_model import GammaRegressor, PoissonRegressor

LEARNERS = {"poisson-regression": PoissonRegressor, "gamma-regression": GammaRegressor}


def amounts(seed, x, categories):
    scores = [0.2 * categories[i] + math.fsum(v / (j + 1) * (0.8 if j % 2 == 0 else -0.4) for j, v in enumerate(x[i]))
              for i in range(len(x))]
    return np.array([math.exp(score) * (0.25 + uniform(seed, 5, i)) for i, score in enumerate(scores)])


def half_deviance(name, y, mean):
    if name == "gamma-regression":
        return np.log(mean / y) + y / mean - 1
    return np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / mean), 0) - y + mean


def case(label, name, seed, n, d, standardize=True, **options):
    x, _, weights, categories, missing = draw(seed, n, d, 2)
    X = encode(x, weights, categories, missing, standardize)
    y = amounts(seed, x, categories)
    if name == "poisson-regression":
        y = np.floor(2 * y)
    model = LEARNERS[name](**options, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(X, y, sample_weight=weights)
    deviance = np.average(half_deviance(name, y, model.predict(X)), weights=weights)
    return {"name": label, "learner": name, "seed": seed, "rows": n, "columns": d, "standardize": standardize,
            "options": {key: str(value).lower() for key, value in options.items()},
            "objective": deviance + model.alpha / 2 * (model.coef_**2).sum(),
            "d2": model.score(X, y, sample_weight=weights),
            "coefficients": model.coef_.tolist(), "intercept": float(model.intercept_)}


def main():
    cases = [
        case("Counts", "poisson-regression", 1, 300, 4),
        case("WeakPenaltyOnCounts", "poisson-regression", 2, 400, 6, alpha=1e-4),
        case("CountsWithoutIntercept", "poisson-regression", 3, 300, 4, alpha=0.01, fit_intercept=False),
        case("CountsAsTheyAre", "poisson-regression", 4, 300, 5, standardize=False, alpha=0.1),
        case("Amounts", "gamma-regression", 5, 300, 4),
        case("WeakPenaltyOnAmounts", "gamma-regression", 6, 400, 6, alpha=1e-4),
        case("AmountsWithoutIntercept", "gamma-regression", 7, 300, 4, alpha=0.01, fit_intercept=False),
        case("AmountsAsTheyAre", "gamma-regression", 8, 300, 5, standardize=False, alpha=0.1),
    ]
    path = pathlib.Path(__file__).with_name("log_linear_regression.json")
    path.write_text(json.dumps({"sklearn": sklearn.__version__, "cases": cases}, indent=0) + "\n")
    for c in cases:
        print(c["name"], c["objective"], c["d2"], flush=True)


if __name__ == "__main__":
    main()
