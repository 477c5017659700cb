"""Fits scikit-learn's LogisticRegression (lbfgs) once per line of input.   usage: sklearn_fit.py FOLDER THREADS

FOLDER holds X.npy and y.npy (encode.py). Loading and encoding are not in the time. The objective is that of
thrum/learn/linear/logistic_regression.h.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits


def objective(model, X, y):
    w, b = model.coef_[0], model.intercept_[0]
    margins = np.where(y == 1, 1.0, -1.0) * (X @ w + b)
    return float(np.mean(np.logaddexp(0, -margins)) + w @ w / (2 * model.C * len(y)))


def main():
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    X, y = np.load(folder / "X.npy"), np.load(folder / "y.npy")
    for _ in sys.stdin:
        with threadpool_limits(threads):
            start = time.perf_counter()
            model = LogisticRegression(solver="lbfgs").fit(X, y)
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "quality": objective(model, X, y), "iterations": int(model.n_iter_[0])}),
              flush=True)


if __name__ == "__main__":
    main()
