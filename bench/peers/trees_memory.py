"""How much memory training adds to an array of rows at its peak.   usage: trees_memory.py lightgbm|xgboost ROWS"""
import json
import sys
from pathlib import Path

import numpy as np


def status(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def train_lightgbm(X, y):
    import lightgbm
    options = {"objective": "binary", "num_leaves": 255, "num_threads": 2, "verbose": -1, "force_col_wise": True}
    lightgbm.train(options, lightgbm.Dataset(X, y, params={"verbose": -1}), num_boost_round=10)


def train_xgboost(X, y):
    import xgboost
    options = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_depth": 0,
               "max_leaves": 255, "nthread": 2}
    xgboost.train(options, xgboost.QuantileDMatrix(X, y, nthread=2), num_boost_round=10)


def main():
    train = {"lightgbm": train_lightgbm, "xgboost": train_xgboost}[sys.argv[1]]
    rng = np.random.default_rng(1)
    X = np.empty((int(sys.argv[2]), 28))
    for j in range(X.shape[1]):
        X[:, j] = rng.standard_normal(len(X))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.logistic(size=len(X)) > 0).astype(np.float32)
    train(X[:1000], y[:1000])
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    train(X, y)
    print(json.dumps({"bytes": status("VmHWM") - before}))


if __name__ == "__main__":
    main()
