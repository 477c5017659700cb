"""Fits scikit-learn's preprocessing once per line of input, {"case": ...}.   usage: sklearn_prep.py CSV TARGET

Reading is not in the time. Numbers are an array, text is one of Python's strings, as pandas gives it.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, QuantileTransformer, RobustScaler, StandardScaler

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?"]
CATEGORIES = ["month", "day_of_month", "day_of_week", "carrier"]


def columns_of(*lists):
    """One list out of one number of each per column, as ours prints them."""
    return np.column_stack(lists).ravel().tolist()


def min_max(X):
    fitted = MinMaxScaler().fit(X)
    return lambda: columns_of(fitted.data_min_, 1 / fitted.data_range_)


def standard(X):
    fitted = StandardScaler().fit(X)
    return lambda: columns_of(fitted.mean_, 1 / fitted.scale_)


def robust(X):
    fitted = RobustScaler().fit(X)
    return lambda: columns_of(fitted.center_, 1 / fitted.scale_)


def quantiles(X):
    fitted = QuantileTransformer(n_quantiles=1000, subsample=None).fit(X)
    return lambda: fitted.quantiles_.T.ravel().tolist()


def median(X):
    fitted = SimpleImputer(strategy="median").fit(X)
    return lambda: fitted.statistics_.tolist()


def one_hot(texts):
    encoded = OneHotEncoder(sparse_output=False).fit_transform(texts)  # as ours
    return lambda: (np.arange(texts.shape[0]) % 97 @ encoded).tolist()


def status(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def main():
    table = pd.read_csv(sys.argv[1], na_values=MISSING, keep_default_na=False).drop(columns=[sys.argv[2]])
    X = table.select_dtypes("number").to_numpy(float)
    texts = table[CATEGORIES].astype(object).fillna("~").to_numpy() if CATEGORIES[0] in table else None  # sorts last
    cases = {"standard-scaler": standard, "min-max-scaler": min_max, "robust-scaler": robust, "impute-median": median,
             "quantile-transformer": quantiles, "one-hot": one_hot}
    for line in sys.stdin:
        case = json.loads(line)["case"]
        Path("/proc/self/clear_refs").write_text("5")
        before = status("VmRSS")
        start = time.perf_counter()
        learned = cases[case](texts if case == "one-hot" else X)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "extra_bytes": status("VmHWM") - before, "learned": learned()}), flush=True)


if __name__ == "__main__":
    main()
