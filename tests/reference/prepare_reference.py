"""Writes prepare.json: a small table with missing values, and what scikit-learn's preprocessing makes of it.

    python tests/reference/prepare_reference.py > tests/reference/prepare.json
"""

import json
import sys

import numpy as np
import sklearn
from sklearn import preprocessing as p
from sklearn.impute import SimpleImputer

ROWS = 40


def table(rng):
    numbers = np.column_stack([rng.normal(3, 2, ROWS), np.exp(rng.normal(size=ROWS)), -np.exp(rng.normal(size=ROWS))]).round(3)
    numbers = np.column_stack([numbers, rng.poisson(0.7, ROWS)])
    numbers[rng.random(numbers.shape) < 0.1] = np.nan
    texts = rng.choice(["red", "green", "blue", "grey"], p=[0.4, 0.3, 0.2, 0.1], size=ROWS).astype(object)
    texts[:2] = "violet"
    y = (rng.normal(size=ROWS) + (texts == "red")).round(3)
    return numbers, texts, y


def main():
    rng = np.random.default_rng(12)
    numbers, texts, y = table(rng)
    column = texts.reshape(-1, 1)
    imputed = SimpleImputer(strategy="median").fit_transform(numbers)
    of_numbers = {
        "standard-scaler": p.StandardScaler(),
        "min-max-scaler(low=-1, high=2)": p.MinMaxScaler((-1, 2)),
        "max-abs-scaler": p.MaxAbsScaler(),
        "robust-scaler": p.RobustScaler(),
        "robust-scaler(quantile_low=0.1, quantile_high=0.8)": p.RobustScaler(quantile_range=(10, 80)),
        "quantile-transformer(n_quantiles=20)": p.QuantileTransformer(n_quantiles=20),
        "quantile-transformer(n_quantiles=11, output_distribution=normal)": p.QuantileTransformer(
            n_quantiles=11, output_distribution="normal"
        ),
        "power-transformer": p.PowerTransformer(),
        "power-transformer(standardize=false)": p.PowerTransformer(standardize=False),
    }
    of_complete_numbers = {
        "k-bins(n_bins=4)": p.KBinsDiscretizer(4, encode="ordinal", quantile_method="linear"),
        "k-bins(n_bins=6, strategy=uniform)": p.KBinsDiscretizer(6, encode="ordinal", strategy="uniform"),
        "k-bins(n_bins=5, encode=onehot)": p.KBinsDiscretizer(5, encode="onehot-dense", quantile_method="linear"),
        "polynomial(degree=3)": p.PolynomialFeatures(3),
        "polynomial(interaction_only=true, include_bias=false)": p.PolynomialFeatures(interaction_only=True, include_bias=False),
        "normalize(norm=l1)": p.Normalizer("l1"),
    }
    of_texts = {
        "one-hot": p.OneHotEncoder(sparse_output=False),
        "one-hot(drop=first)": p.OneHotEncoder(drop="first", sparse_output=False),
        "one-hot(min_frequency=10)": p.OneHotEncoder(min_frequency=10, sparse_output=False),
        "one-hot(min_frequency=0.2)": p.OneHotEncoder(min_frequency=0.2, sparse_output=False),
        "one-hot(max_categories=3)": p.OneHotEncoder(max_categories=3, sparse_output=False),
        "ordinal-encoder": p.OrdinalEncoder(),
    }
    made = {f"drop(columns=c); {step}": t.fit(numbers).transform(numbers) for step, t in of_numbers.items()}
    made |= {
        f"drop(columns=c); impute(strategy=median); {step}": t.fit(imputed).transform(imputed)
        for step, t in of_complete_numbers.items()
    }
    made |= {f"drop(type=number); {step}": t.fit(column).transform(column) for step, t in of_texts.items()}
    encoder = p.TargetEncoder(target_type="continuous", smooth=3)
    made["drop(type=number); target-encoder(smooth=3)"] = encoder.fit(column, y).transform(column)
    positive = numbers[:, [1]]
    for step in ("power-transformer(method=box-cox)", "power-transformer(method=box-cox, standardize=false)"):
        t = p.PowerTransformer(method="box-cox", standardize="false" not in step)
        made[f"drop(columns=x0|x2|x3|c); {step}"] = t.fit(positive).transform(positive)
    known = np.where(np.isnan(numbers), None, numbers)
    cases = [
        {"steps": steps, "made": np.where(np.isnan(values), None, values.astype(object)).tolist()}
        for steps, values in made.items()
    ]
    head = {"made_by": f"scikit-learn {sklearn.__version__}", "numbers": known.tolist(), "texts": texts.tolist(), "y": y.tolist()}
    json.dump(head | {"cases": cases}, sys.stdout, separators=(",", ":"))
    print()


main()
