"""Fits scikit-learn's linear models once per line of input.   usage: sklearn_linear.py CSV TARGET THREADS

{"what": "fit", "dtype": ..., "weight": COLUMN, "options": ...}   one logistic regression
{"what": "path", "solver": ..., "l1_ratio": ..., "tol": ..., "Cs": ...}   one for each C, each from the one before
{"what": "ridge", "solver": ..., "folds": ..., "alphas": ...}   GridSearchCV, on the numbers as they are

Reading and encoding (encode.py's) are not in the time. The objective is that of
thrum/learn/linear/logistic_regression.h.
"""
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from encode import MISSING
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits


def encoded(table, weights=None):
    numbers = table.select_dtypes("number")
    texts = table.drop(columns=numbers.columns)
    scaled = StandardScaler().fit_transform(numbers.to_numpy(float), sample_weight=weights)
    parts = [np.nan_to_num(scaled)]
    if texts.shape[1] > 0:
        parts.append(OneHotEncoder(sparse_output=False).fit_transform(texts.astype(object).fillna("(missing)")))
    return np.ascontiguousarray(np.hstack(parts))


def objective(model, X, y, l1_ratio=0.0, weights=None):
    w, b = model.coef_[0].astype(float), float(model.intercept_[0])
    losses = np.logaddexp(0, -np.where(y == 1, 1.0, -1.0) * (X @ w + b))
    total = len(y) if weights is None else weights.sum()
    penalty = l1_ratio * np.abs(w).sum() + (1 - l1_ratio) / 2 * (w @ w)
    return float(np.average(losses, weights=weights) + penalty / (model.C * total))


class Tasks:
    def __init__(self, csv, target):
        table = pd.read_csv(csv, na_values=MISSING, keep_default_na=False)
        self.features = table.drop(columns=[target])
        self.target = table[target].to_numpy()
        self.y = np.unique(self.target, return_inverse=True)[1]
        self.arrays = {}

    def array(self, dtype, weight=None):
        """Encoded once for each request of its kind."""
        if (dtype, weight) not in self.arrays:
            used = self.features if weight is None else self.features.drop(columns=[weight])
            weights = None if weight is None else self.features[weight].to_numpy()
            self.arrays[dtype, weight] = encoded(used, weights).astype(dtype), weights
        return self.arrays[dtype, weight]

    def fit(self, dtype="float64", weight=None, options=None):
        X, weights = self.array(dtype, weight)
        start = time.perf_counter()
        model = LogisticRegression(**(options or {})).fit(X, self.y, sample_weight=weights)
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "quality": objective(model, self.array("float64", weight)[0], self.y, weights=weights)}

    def path(self, solver, l1_ratio, tol, Cs):
        X, _ = self.array("float64")
        found, seconds = [], 0
        model = LogisticRegression(solver=solver, l1_ratio=l1_ratio, tol=tol, max_iter=100_000, warm_start=True)
        for C in Cs:
            start = time.perf_counter()
            model.set_params(C=C).fit(X, self.y)
            seconds += time.perf_counter() - start
            found.append(objective(model, X, self.y, l1_ratio))
        return {"seconds": seconds, "found": found}

    def ridge(self, solver, folds, alphas):
        X, y = self.features.to_numpy(float), self.target.astype(float)
        search = GridSearchCV(Ridge(solver=solver), {"alpha": alphas}, cv=KFold(folds), refit=False)
        start = time.perf_counter()
        search.fit(X, y)
        return {"seconds": time.perf_counter() - start, "found": search.cv_results_["mean_test_score"].tolist()}


def main():
    tasks = Tasks(sys.argv[1], sys.argv[2])
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        request = json.loads(line)
        with threadpool_limits(int(sys.argv[3])):
            answer = getattr(tasks, request.pop("what"))(**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
