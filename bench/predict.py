"""Asking trees beside LightGBM, XGBoost and scikit-learn, by one thread. The models of LightGBM and XGBoost are converted,
so that both sides answer alike; scikit-learn's are trained alike."""
import json
import statistics
import subprocess
import sys
from pathlib import Path

from harness import BIN, REPEATS, ROOT, Peer, Row, compare_seconds, on_cpus, run_json, thrum, wanted
from trees import Case, rows_of

SAME_ANSWERS = 1e-6
SIMILAR_MEAN = 0.02  # of models that were trained alike
BATCH = Case("10 000 rows", "100000", {})
TREES = {"n_trees": 500, "leaves": 31}
FOREST = {"n_trees": 100, "leaves": 0}


def thrum_quietly(*arguments):
    subprocess.run([str(word) for word in (BIN / "thrum", "--quiet", *arguments)], check=True)


def our_model(folder, peer, settings):
    """The peer's own model where it can be read, else one of ours of the same size."""
    model = folder / f"{peer}.thrum"
    if peer == "sklearn_gbdt":
        thrum_quietly("train", "gbdt", folder / "train.csv", "--target", "label", "-o", model, "--n-estimators",
                      settings["n_trees"], "--num-leaves", settings["leaves"])
    elif peer == "sklearn_forest":
        thrum_quietly("train", "random-forest", folder / "train.csv", "--target", "label", "-o", model, "--n-estimators",
                      settings["n_trees"])
    else:
        suffix = ".json" if peer == "xgboost_gbdt" else ""
        thrum_quietly("convert", folder / f"{peer}.model{suffix}", "-o", model)
    return model


def batch_row(peer_name, settings, goal, isa=None):
    folder = rows_of(BATCH)
    with Peer("trees_predict.py", folder, peer_name, json.dumps(settings), threads=1) as peer:
        peer.ask()  # trained and saved
        command = (*on_cpus(1), BIN / "thrum_measure_trees", "predict", our_model(folder, peer_name, settings),
                   folder / "test.csv", *((isa,) if isa else ()))
        name = f"{settings['n_trees']} trees, 10 000 rows, {peer_name}{', ' + isa if isa else ''}"
        row = compare_seconds(name, lambda: run_json(*command), peer.ask, goal)
    allowed = SIMILAR_MEAN if peer_name.startswith("sklearn") else SAME_ANSWERS
    if abs(row.quality_ours - row.quality_peer) > allowed:
        raise RuntimeError(f"{row.name}: the mean of the answers is {row.quality_ours}, the peer's {row.quality_peer}")
    print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return row


def library(name, file):
    module = __import__(name)
    return Path(module.__file__).parent / "lib" / file


def one_row(peer_name, file):
    folder = rows_of(BATCH)
    suffix = ".json" if peer_name == "xgboost" else ""
    with Peer("trees_predict.py", folder, f"{peer_name}_gbdt", json.dumps({**TREES, "n_trees": 300}), threads=1) as peer:
        peer.ask()
    model = our_model(folder, f"{peer_name}_gbdt", TREES)
    command = (*on_cpus(1), BIN / "thrum_measure_trees", "one_row", model, folder / "test.csv", library(peer_name, file),
               folder / f"{peer_name}_gbdt.model{suffix}")
    answers = [run_json(*command) for _ in range(REPEATS)]
    ours, theirs = (statistics.median(answer[side] for answer in answers) for side in ("ours", "peer"))
    difference = max(answer["difference"] for answer in answers)
    if difference > SAME_ANSWERS:
        raise RuntimeError(f"one row, {peer_name}: answers differ by {difference}")
    row = Row(f"one row, 300 trees, from C++, {peer_name}", ours, theirs, theirs / ours, 10.0, difference, unit="µs",
              runs={"ours": [a["ours"] for a in answers], "peer": [a["peer"] for a in answers]}, at_most=3.0)
    print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return row


def rows():
    found = []
    level = thrum("info")["simd"]
    for peer, settings, goal in (("lightgbm_gbdt", TREES, 8.0), ("xgboost_gbdt", TREES, 5.0),
                                 ("sklearn_gbdt", TREES, 15.0), ("sklearn_forest", FOREST, 8.0)):
        if not wanted(f"10 000 rows, {peer}"):
            continue
        found.append(batch_row(peer, settings, goal))
        if str(level).startswith("AVX3"):
            found.append(batch_row(peer, settings, None, isa="AVX2"))
    singles = (("lightgbm", "lib_lightgbm.so"), ("xgboost", "libxgboost.so"))
    return found + [one_row(*single) for single in singles if wanted(f"one row, {single[0]}")]
