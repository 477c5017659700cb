#!/usr/bin/env python3
"""Small models of LightGBM and XGBoost, and what these predict, for thrum/model/tree/foreign_model_test.cc.

Wants lightgbm, xgboost (3.1 or later) and pandas: run it in a virtual environment that has them.

usage: foreign_trees_reference.py FOLDER     writes NAME.txt (LightGBM), NAME.json or NAME.ubj (XGBoost) and
                                             NAME.expected.json: rows (null is missing), raw margins, predictions
"""
import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

N_ROWS, N_SHOWN = 400, 16


def numbers(rng, with_zeros=False, with_missing=True):
    x = rng.normal(size=(N_ROWS, 4)).astype(np.float32).astype(np.float64)
    if with_zeros:
        x[rng.random(x.shape) < 0.4] = 0
    if with_missing:
        x[rng.random(x.shape) < 0.15] = np.nan
    return x


def with_categories(rng):
    x = numbers(rng)
    x[:, 3] = rng.integers(0, 40, size=N_ROWS)
    x[rng.random(N_ROWS) < 0.1, 3] = np.nan
    return x


def as_frame(x):
    """The last column as text: colours by the code modulo 5."""
    colours = np.array(["red", "blue", "green, \"dark\"", "white", "black"])
    codes = np.where(np.isnan(x[:, 3]), -1, np.nan_to_num(x[:, 3]) % 5).astype(int)
    frame = pd.DataFrame(x[:, :3], columns=["a", "b", "c"])
    return frame.assign(d=pd.Categorical.from_codes(codes, colours).reorder_categories(sorted(colours)))


def score(x):
    filled = np.nan_to_num(x)
    return filled[:, 0] - 0.7 * filled[:, 1] ** 2 + np.where(filled[:, 3] % 3 == 1, 1.5, 0) + 0.3 * np.isnan(x[:, 2])


def target_of(kind, x, rng):
    noisy = score(x) + 0.3 * rng.normal(size=len(x))
    return {
        "number": noisy,
        "count": rng.poisson(np.exp(np.clip(noisy, -3, 2))).astype(float),
        "binary": (noisy > 0).astype(float),
        "fraction": 1 / (1 + np.exp(-noisy)),
        "classes": np.digitize(noisy, [-1, 0.5]).astype(float),
    }[kind]


def write(folder, name, x, raw, predicted):
    rows = [[None if pd.isna(v) else v if isinstance(v, str) else float(v) for v in row]
            for row in np.asarray(x, dtype=object)[:N_SHOWN]]
    text = json.dumps({"rows": rows, "margins": np.asarray(raw, dtype=float).ravel().tolist(),
                       "predictions": np.asarray(predicted, dtype=float).ravel().tolist()})
    (folder / f"{name}.expected.json").write_text(text.replace("], [", "],\n [") + "\n")


LIGHTGBM = {
    "lgb-l2": ("number", {"objective": "regression"}, {}),
    "lgb-poisson": ("count", {"objective": "poisson"}, {}),
    "lgb-binary": ("binary", {"objective": "binary", "sigmoid": 0.7}, {}),
    "lgb-xentropy": ("fraction", {"objective": "cross_entropy"}, {}),
    "lgb-multiclass": ("classes", {"objective": "multiclass", "num_class": 3}, {}),
    "lgb-ova": ("classes", {"objective": "multiclassova", "num_class": 3}, {}),
    "lgb-rf": ("binary", {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}, {}),
    "lgb-dart": ("number", {"objective": "regression", "boosting": "dart", "drop_rate": 0.5}, {}),
    "lgb-zero": ("number", {"objective": "regression", "zero_as_missing": True}, {"with_zeros": True}),
    "lgb-none": ("number", {"objective": "regression", "use_missing": False}, {}),
    "lgb-category": ("binary", {"objective": "binary", "min_data_per_group": 5, "cat_smooth": 1}, "codes"),
    "lgb-pandas": ("number", {"objective": "regression", "min_data_per_group": 5, "cat_smooth": 1}, "frame"),
}
XGBOOST = {
    "xgb-l2": ("number", {"objective": "reg:squarederror"}, {}),
    "xgb-poisson": ("count", {"objective": "count:poisson"}, {}),
    "xgb-binary": ("binary", {"objective": "binary:logistic"}, {}),
    "xgb-softprob": ("classes", {"objective": "multi:softprob", "num_class": 3}, {}),
    "xgb-rf": ("classes", {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 3, "subsample": 0.7,
                           "learning_rate": 1, "rounds": 1}, {}),
    "xgb-dart": ("number", {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.5}, {}),
    "xgb-category": ("binary", {"objective": "binary:logistic", "max_cat_to_onehot": 4}, "codes"),
    "xgb-pandas": ("number", {"objective": "reg:squarederror", "max_cat_to_onehot": 2}, "frame"),
}
IN_UBJSON = {"xgb-softprob", "xgb-dart", "xgb-pandas"}


def features_of(data, rng):
    """The features as the target is made from them, and as the library gets them."""
    x = with_categories(rng) if isinstance(data, str) else numbers(rng, **data)
    return x, as_frame(x) if data == "frame" else x


def lightgbm_model(folder, name, kind, params, data):
    rng = np.random.default_rng(len(name))
    x, given = features_of(data, rng)
    params = {"verbose": -1, "num_leaves": 6, "min_data_in_leaf": 5, "seed": 1, "num_threads": 1, **params}
    train = lgb.Dataset(given, target_of(kind, x, rng), feature_name=["a", "b", "c", "d"],
                        categorical_feature=["d"] if isinstance(data, str) else [])
    booster = lgb.train(params, train, num_boost_round=4)
    booster.save_model(folder / f"{name}.txt")
    shown = given[:N_SHOWN]
    write(folder, name, shown, booster.predict(shown, raw_score=True), booster.predict(shown))


def xgboost_model(folder, name, kind, params, data):
    rng = np.random.default_rng(len(name))
    x, given = features_of(data, rng)
    columns = {} if data == "frame" else {
        "feature_names": ["a", "b", "c", "d"], "feature_types": ["q", "q", "q", "c" if data == "codes" else "q"]}
    matrix = lambda rows, y=None: xgb.DMatrix(rows, y, enable_categorical=True, **columns)
    params = {"max_depth": 3, "seed": 1, "nthread": 1, "tree_method": "hist", **params}
    rounds = params.pop("rounds", 4)
    booster = xgb.train(params, matrix(given, target_of(kind, x, rng)), num_boost_round=rounds)
    booster.save_model(folder / f"{name}.{'ubj' if name in IN_UBJSON else 'json'}")
    shown = matrix(given[:N_SHOWN])
    write(folder, name, given, booster.predict(shown, output_margin=True), booster.predict(shown))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, arguments in LIGHTGBM.items():
        lightgbm_model(folder, name, *arguments)
    for name, arguments in XGBOOST.items():
        xgboost_model(folder, name, *arguments)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
