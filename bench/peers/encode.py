"""Writes X.npy and y.npy of a CSV file, encoded as Thrum's linear models do it.   usage: encode.py CSV TARGET FOLDER

Numbers: missing values at the mean, then mean 0 and deviation 1. Text: one column per value, one for "missing".
"""
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?"]


def main():
    path, target, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    table = pd.read_csv(path, na_values=MISSING, keep_default_na=False)
    features = table.drop(columns=[target])
    numbers = features.select_dtypes("number")
    texts = features.drop(columns=numbers.columns)
    parts = [np.nan_to_num(StandardScaler().fit_transform(numbers.to_numpy(float)))]
    if texts.shape[1] > 0:
        parts.append(OneHotEncoder(sparse_output=False).fit_transform(texts.astype(object).fillna("(missing)")))
    np.save(folder / "X.npy", np.ascontiguousarray(np.hstack(parts)))
    np.save(folder / "y.npy", np.unique(table[target].to_numpy(), return_inverse=True)[1])


if __name__ == "__main__":
    main()
