"""The rows that trees are compared on: CSV files for us, arrays for the peers.   usage: trees_data.py KIND SOURCE FOLDER

SOURCE is a generated CSV file with a column "label" or "delayed". KIND: plain, missing (1 % of the values), zeros (9 of 10 in
every other column), one-hot (every text column as 0/1 columns), wide (20 000 x 2 000, made here; SOURCE is not read),
N (the first N rows of plain). The last tenth, but at least 10 000 rows where there are as many, is for testing.
"""
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from scipy import sparse


def plain(frame, rng):
    return frame


def missing(frame, rng):
    features = frame.columns[:-1]
    frame[features] = frame[features].mask(rng.random((len(frame), len(features))) < 0.01)
    return frame


def zeros(frame, rng):
    for name in frame.columns[:-1:2]:
        frame[name] = np.where(rng.random(len(frame)) < 0.9, 0.0, frame[name])
    return frame


def one_hot(frame, rng):
    label = frame.columns[-1]
    features = pd.get_dummies(frame.drop(columns=label), dtype=np.uint8)
    features[label] = (frame[label] == frame[label].max()).astype(np.uint8)
    return features


def wide(rng):
    X = np.round(rng.standard_normal((30_000, 2_000)), 2)
    margin = X[:, :40] @ rng.standard_normal(40) / 3 + X[:, 40] * X[:, 41] + np.abs(X[:, 42])
    frame = pd.DataFrame(X, columns=[f"f{j}" for j in range(X.shape[1])])
    frame["label"] = (margin + rng.logistic(size=len(X)) > 0.8).astype(np.uint8)
    return frame


def read(source, n_rows=None):
    """The rows with the label in the last column."""
    frame = pd.read_csv(source, nrows=n_rows)
    label = "delayed" if "delayed" in frame else "label"
    return frame[[name for name in frame.columns if name != label] + [label]]


def save(folder, suffix, frame, is_sparse):
    X, y = frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy()
    if is_sparse:
        sparse.save_npz(folder / f"X{suffix}.npz", sparse.csr_matrix(X.to_numpy(np.float32)), compressed=False)
    else:
        np.save(folder / f"X{suffix}.npy", np.ascontiguousarray(X.to_numpy(np.float32)))
    np.save(folder / f"y{suffix}.npy", y)
    name = "test.csv" if suffix else "train.csv"
    pa.csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), folder / name)


def main():
    kind, source, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    rng = np.random.default_rng(5)
    if kind == "wide":
        frame = wide(rng)
    elif kind.isdigit():
        frame = read(source, int(kind) + 10_000)
    else:
        frame = {"plain": plain, "missing": missing, "zeros": zeros, "one-hot": one_hot}[kind](read(source), rng)
    n_test = min(max(len(frame) // 10, 10_000), len(frame) // 2)
    if kind.isdigit():
        n_test = 10_000
    folder.mkdir(parents=True, exist_ok=True)
    save(folder, "", frame.iloc[:-n_test], kind == "one-hot")
    save(folder, "_test", frame.iloc[-n_test:], kind == "one-hot")


if __name__ == "__main__":
    main()
