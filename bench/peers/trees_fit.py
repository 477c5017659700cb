"""Fits a peer's trees once per line of input.   usage: trees_fit.py FOLDER PEER THREADS SETTINGS

FOLDER holds X.npy or X.npz (scipy CSR), y.npy and the same of the rows to test on (trees_data.py). Loading them is not in
the time; making bins and the library's own table is. SETTINGS is one JSON object: kind, n_trees, leaves, learning_rate.
The quality is the AUC, or the accuracy of a forest, on the rows to test on; and there is their mean log loss.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score


def load(folder, name):
    path = folder / f"{name}.npz"
    return sparse.load_npz(path) if path.exists() else np.load(folder / f"{name}.npy")


def lightgbm_gbdt(X, y, threads, s):
    import lightgbm
    data = lightgbm.Dataset(X, y, params={"verbose": -1, "num_threads": threads})
    options = {"objective": "binary", "num_leaves": s["leaves"], "learning_rate": s["learning_rate"], "max_bin": 255,
               "min_data_in_leaf": 20, "num_threads": threads, "verbose": -1, **s.get("lightgbm", {})}
    return lightgbm.train(options, data, num_boost_round=s["n_trees"]).predict


def lightgbm_forest(X, y, threads, s):
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.632, "feature_fraction_bynode": 0.19,
              "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0}
    return lightgbm_gbdt(X, y, threads, {**s, "lightgbm": forest})


def xgboost_gbdt(X, y, threads, s):
    import xgboost
    options = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_depth": 0,
               "max_leaves": s["leaves"], "eta": s["learning_rate"], "max_bin": 256, "lambda": 0, "nthread": threads,
               "min_child_weight": 1e-3}
    data = xgboost.QuantileDMatrix(X, y, max_bin=256, nthread=threads)
    booster = xgboost.train(options, data, num_boost_round=s["n_trees"])
    return booster.inplace_predict


def sklearn_gbdt(X, y, threads, s):
    from sklearn.ensemble import HistGradientBoostingClassifier
    model = HistGradientBoostingClassifier(max_iter=s["n_trees"], max_leaf_nodes=s["leaves"], early_stopping=False,
                                           learning_rate=s["learning_rate"], min_samples_leaf=20)
    return positive(model.fit(X, y))


def catboost_gbdt(X, y, threads, s):
    import catboost
    model = catboost.CatBoostClassifier(iterations=s["n_trees"], grow_policy="Lossguide", max_leaves=s["leaves"],
                                        depth=16, learning_rate=s["learning_rate"], thread_count=threads,
                                        verbose=False, allow_writing_files=False)
    return positive(model.fit(X, y))


def sklearn_forest(X, y, threads, s):
    from sklearn.ensemble import RandomForestClassifier
    return positive(RandomForestClassifier(s["n_trees"], n_jobs=threads, random_state=0).fit(X, y))


def sklearn_extra(X, y, threads, s):
    from sklearn.ensemble import ExtraTreesClassifier
    return positive(ExtraTreesClassifier(s["n_trees"], n_jobs=threads, random_state=0).fit(X, y))


def ydf_forest(X, y, threads, s):
    import ydf
    names = [f"f{j}" for j in range(X.shape[1])]
    table = {**{name: X[:, j] for j, name in enumerate(names)}, "label": y}
    model = ydf.RandomForestLearner("label", num_trees=s["n_trees"], num_threads=threads, max_depth=-1,
                                    compute_oob_performances=False).train(table, verbose=0)
    return lambda X: model.predict({name: X[:, j] for j, name in enumerate(names)})


def positive(model):
    return lambda X: model.predict_proba(X)[:, 1]


FITS = {name: function for name, function in globals().items()
        if name.endswith(("_gbdt", "_forest", "_extra"))}


def main():
    folder, threads, settings = Path(sys.argv[1]), int(sys.argv[3]), json.loads(sys.argv[4])
    fit = FITS[sys.argv[2]]
    X, y, X_test, y_test = (load(folder, name) for name in ("X", "y", "X_test", "y_test"))
    for _ in sys.stdin:
        start = time.perf_counter()
        predict = fit(X, y, threads, settings)
        seconds = time.perf_counter() - start
        p = predict(X_test)
        quality = roc_auc_score(y_test, p) if sys.argv[2].endswith("_gbdt") else accuracy_score(y_test, p > 0.5)
        print(json.dumps({"seconds": seconds, "quality": float(quality),
                          "log_loss": float(log_loss(y_test, p))}), flush=True)


if __name__ == "__main__":
    main()
