#!/usr/bin/env python3
"""Writes sgd.json: weights of scikit-learn for sgd_reference_test.cc, after six epochs in the order of the rows.

    pip install scikit-learn==1.9.0 && python3 tests/reference/sgd_reference.py

The rows come from the generator of logistic_regression_reference.py. With shuffle=False each step is the same here and
there, so that the weights agree to rounding.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from logistic_regression_reference import draw, uniform
from sklearn.linear_model import SGDClassifier, SGDRegressor

EPOCHS = 6


def case(name, seed, classes, **options):
    n, d = 150, 4
    x, label, weights, _, _ = draw(seed, n, d, max(classes, 2))
    X = x / np.arange(1, d + 1)
    spelled = {key: str(value).lower() for key, value in options.items()}
    if options.get("penalty") == "none":
        options["penalty"] = None
    if classes:
        y, model = label, SGDClassifier(shuffle=False, tol=None, max_iter=EPOCHS, **options)
    else:
        y = 1 + X @ np.array([2, -1, 0.5, 0]) + np.array([2 * uniform(seed, 5, i) - 1 for i in range(n)])
        model = SGDRegressor(shuffle=False, tol=None, max_iter=EPOCHS, **options)
    model.fit(X, y, sample_weight=weights)
    return {"name": name, "seed": seed, "classes": classes, "rows": n, "columns": d, "options": spelled,
            "epochs": EPOCHS, "coefficients": model.coef_.ravel().tolist(),
            "intercepts": np.atleast_1d(model.intercept_).tolist()}


def main():
    warnings.simplefilter("ignore")
    cases = [
        case("LogLoss", 1, 2, loss="log_loss", alpha=0.01),
        case("Hinge", 2, 2, loss="hinge", alpha=0.01),
        case("ModifiedHuber", 3, 2, loss="modified_huber", alpha=0.01),
        case("ThreeClasses", 4, 3, loss="log_loss", alpha=0.01),
        case("L1", 5, 2, loss="log_loss", penalty="l1", alpha=0.01),
        case("ElasticNet", 6, 2, loss="hinge", penalty="elasticnet", alpha=0.01, l1_ratio=0.4),
        case("NoPenalty", 7, 2, loss="log_loss", penalty="none", learning_rate="constant", eta0=0.1),
        case("Averaged", 8, 2, loss="log_loss", alpha=0.01, average=True),
        case("InverseScaling", 9, 2, loss="log_loss", learning_rate="invscaling", eta0=0.5, power_t=0.3),
        case("WithoutIntercept", 11, 2, loss="hinge", fit_intercept=False, alpha=0.001),
        case("SquaredError", 12, 0, loss="squared_error", power_t=0.25, eta0=0.01),
        case("Huber", 13, 0, loss="huber", epsilon=0.3, power_t=0.25, eta0=0.05),
        case("EpsilonInsensitive", 14, 0, loss="epsilon_insensitive", epsilon=0.2, power_t=0.25, eta0=0.05),
        case("AveragedRegression", 15, 0, loss="squared_error", learning_rate="constant", eta0=0.02, average=True),
    ]
    path = pathlib.Path(__file__).with_name("sgd.json")
    path.write_text(json.dumps({"sklearn": sklearn.__version__, "cases": cases}, indent=0) + "\n")
    for c in cases:
        print(c["name"], c["epochs"], c["coefficients"][:2], flush=True)


if __name__ == "__main__":
    main()
