"""Fits scikit-learn's LogisticRegression once per line of input.
usage: sklearn_fit.py FOLDER|FILE.svm THREADS [SOLVER PENALTY C TOL]

FOLDER holds X.npy and y.npy (encode.py); a LIBSVM file stays sparse. Loading and encoding are not in the time. The objective is that of
thrum/learn/linear/logistic_regression.h. With PEER=sklearnex it is Intel's implementation of the class.
"""
import json
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_svmlight_file
from threadpoolctl import threadpool_limits

if os.environ.get("PEER") == "sklearnex":
    from sklearnex.linear_model import LogisticRegression
else:
    from sklearn.linear_model import LogisticRegression


def objective(model, X, y):
    w, b = model.coef_[0], model.intercept_[0]
    margins = np.where(y == 1, 1.0, -1.0) * (X @ w + b)
    penalty = np.abs(w).sum() if model.penalty == "l1" else w @ w / 2
    return float(np.mean(np.logaddexp(0, -margins)) + penalty / (model.C * len(y)))


def load(path):
    if path.suffix != ".svm":
        return np.load(path / "X.npy"), np.load(path / "y.npy")
    X, y = load_svmlight_file(path)
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)  # LIBLINEAR's
    return X, y


def main():
    path, threads = Path(sys.argv[1]), int(sys.argv[2])
    solver, penalty, C, tol = sys.argv[3:7] if len(sys.argv) > 3 else ("lbfgs", "l2", "1", "1e-4")
    options = {"solver": solver, "penalty": penalty, "C": float(C), "tol": float(tol), "max_iter": 10000}
    warnings.simplefilter("ignore")  # of penalty=, which goes in 1.10: l1_ratio= alone is no L1 penalty in 1.2
    X, y = load(path)
    for _ in sys.stdin:
        with threadpool_limits(threads):
            start = time.perf_counter()
            model = LogisticRegression(**(options if len(sys.argv) > 3 else {"solver": "lbfgs"})).fit(X, y)
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "quality": objective(model, X, y), "iterations": int(np.max(model.n_iter_))}),
              flush=True)


if __name__ == "__main__":
    main()
