#!/usr/bin/env python3
"""Writes inference.json: statistics of statsmodels for fits without a penalty, which inference_reference_test.cc repeats.

    pip install statsmodels==0.15.0 scikit-learn==1.9.0 && python3 tests/reference/inference_reference.py

The numbers are those of logistic_regression_reference.py, without categories and missing values.
"""

import json
import pathlib

import numpy as np
import statsmodels
import statsmodels.api as sm
from linear_regression_reference import target
from logistic_regression_reference import draw


def standardized(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def facts(fit, has_intercept):
    intervals = fit.conf_int()
    return {"estimates": fit.params.tolist(), "standard_errors": fit.bse.tolist(), "p_values": fit.pvalues.tolist(),
            "lows": intervals[:, 0].tolist(), "highs": intervals[:, 1].tolist(), "log_likelihood": float(fit.llf),
            "aic": float(fit.aic), "bic": float(fit.bic), "fit_intercept": has_intercept}


def case(name, learner, seed, n, d, standardize=True, fit_intercept=True):
    x, labels, _, categories, _ = draw(seed, n, d, 2)
    X = standardized(x) if standardize else x
    X = np.hstack([X, np.ones((n, 1))]) if fit_intercept else X
    if learner == "logistic-regression":
        fit = sm.Logit(labels, X).fit(method="newton", tol=1e-14, maxiter=200, disp=0)
    else:
        fit = sm.OLS(target(seed, x, categories), X).fit()
    return {"name": name, "learner": learner, "seed": seed, "rows": n, "columns": d, "standardize": standardize,
            **facts(fit, fit_intercept)}


def main():
    cases = [case("Line", "linear-regression", 1, 60, 3), case("LineAsItIs", "linear-regression", 2, 40, 4, False),
             case("LineWithoutIntercept", "linear-regression", 3, 30, 2, False, False),
             case("Logistic", "logistic-regression", 4, 200, 3),
             case("LogisticAsItIs", "logistic-regression", 5, 150, 2, False),
             case("LogisticWithoutIntercept", "logistic-regression", 6, 200, 3, False, False)]
    path = pathlib.Path(__file__).with_name("inference.json")
    path.write_text(json.dumps({"statsmodels": statsmodels.__version__, "cases": cases}, indent=0) + "\n")
    for c in cases:
        print(c["name"], c["p_values"], flush=True)


if __name__ == "__main__":
    main()
