"""Predicts by a peer's trees, trained once, once per line of input.   usage: trees_predict.py FOLDER PEER SETTINGS

The model is saved beside FOLDER's files as PEER.model, where the peer has a format that others read. One thread.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from trees_fit import load


def names_of(path):
    """Converted models are asked with the columns of the CSV file."""
    return list(pd.read_csv(path.parent / "test.csv", nrows=0).columns[:-1])


def lightgbm_gbdt(X, y, s, path):
    import lightgbm
    booster = lightgbm.train({"objective": "binary", "num_leaves": s["leaves"], "verbose": -1},
                             lightgbm.Dataset(X, y, feature_name=names_of(path), params={"verbose": -1}),
                             num_boost_round=s["n_trees"])
    booster.save_model(path)
    return lambda X: booster.predict(X, num_threads=1)


def xgboost_gbdt(X, y, s, path):
    import xgboost
    booster = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide",
                             "max_depth": 0, "max_leaves": s["leaves"]}, xgboost.QuantileDMatrix(X, y, feature_names=names_of(path)),
                            s["n_trees"])
    booster.save_model(str(path) + ".json")
    booster.set_param({"nthread": 1})
    return lambda X: booster.inplace_predict(X, validate_features=False)


def sklearn_gbdt(X, y, s, path):
    from sklearn.ensemble import HistGradientBoostingClassifier
    model = HistGradientBoostingClassifier(max_iter=s["n_trees"], max_leaf_nodes=s["leaves"], early_stopping=False)
    model.fit(X, y)
    return lambda X: model.predict_proba(X)[:, 1]


def sklearn_forest(X, y, s, path):
    from sklearn.ensemble import RandomForestClassifier
    model = RandomForestClassifier(s["n_trees"], n_jobs=-1, random_state=0).fit(X, y)
    model.n_jobs = 1
    return lambda X: model.predict_proba(X)[:, 1]


def main():
    folder, name, settings = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    X, y, X_test = (load(folder, part) for part in ("X", "y", "X_test"))
    predict = globals()[name](X, y, settings, folder / f"{name}.model")
    X_test = np.ascontiguousarray(X_test)
    for _ in sys.stdin:
        start = time.perf_counter()
        p = predict(X_test)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "quality": float(np.mean(p))}), flush=True)


if __name__ == "__main__":
    main()
