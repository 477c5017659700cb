"""Training trees beside LightGBM, XGBoost, CatBoost, scikit-learn and YDF, all in turn, at equal quality."""
import json
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from harness import BIN, DATA, REPEATS, ROOT, Peer, Row, on_cpus, run_json, thrum, wanted

EQUAL_AUC = 5e-4
EQUAL_LOG_LOSS = 1e-3  # relative; one of the two is enough
EQUAL_ACCURACY = 2e-3
ROWS = 1_100_000
MEMORY_ROWS = 10_000_000


@dataclass
class Case:
    name: str
    kind: str                   # of trees_data.py
    goals: dict                 # peer -> the ratio to reach; None: no goal
    generator: str = "higgs-like"
    rows: int = ROWS            # of the generated source
    learner: str = "gbdt"
    settings: dict = field(default_factory=lambda: {"n_trees": 100, "leaves": 255, "learning_rate": 0.1})
    threads: tuple = (2,)
    repeats: int = REPEATS


GBDT_CASES = [
    Case("1 000 000 x 28", "plain",
         {"lightgbm_gbdt": 1.4, "xgboost_gbdt": 1.8, "sklearn_gbdt": 2.0, "catboost_gbdt": None}, threads=(1, 2)),
    Case("1 % missing", "missing", {"lightgbm_gbdt": 1.4, "xgboost_gbdt": 3.0, "sklearn_gbdt": 2.0}),
    Case("zeros in half of the columns", "zeros", {"lightgbm_gbdt": 2.0, "xgboost_gbdt": 2.0, "sklearn_gbdt": 2.0}),
    Case("20 000 x 2 000", "wide", {"lightgbm_gbdt": 1.2, "xgboost_gbdt": 1.3, "sklearn_gbdt": 2.0},
         settings={"n_trees": 100, "leaves": 31, "learning_rate": 0.1}),
    Case("1 000 x 28", "1000", {"lightgbm_gbdt": 1.5, "xgboost_gbdt": 1.5, "sklearn_gbdt": 5.0},
         settings={"n_trees": 100, "leaves": 31, "learning_rate": 0.1}),
    Case("10 000 x 28", "10000", {"lightgbm_gbdt": 1.5, "xgboost_gbdt": 1.5, "sklearn_gbdt": 5.0},
         settings={"n_trees": 100, "leaves": 31, "learning_rate": 0.1}),
    Case("airlines, one-hot", "one-hot", {"lightgbm_gbdt": 1.2, "xgboost_gbdt": 1.2}, generator="airline-like",
         rows=220_000),
]
FOREST_CASES = [
    Case("forest, 100 000 x 28", "100000",
         {"sklearn_forest": 8.0, "ydf_forest": None},
         learner="random-forest", settings={"n_trees": 100, "leaves": 100_000, "learning_rate": 1.0}),
    # LightGBM takes seconds for a full tree.
    Case("forest of 5 full trees, 100 000 x 28", "100000", {"lightgbm_forest": 2.0}, learner="random-forest",
         settings={"n_trees": 5, "leaves": 100_000, "learning_rate": 1.0}, repeats=1),
    Case("extra trees, 100 000 x 28", "100000", {"sklearn_extra": 4.0}, learner="extra-trees",
         settings={"n_trees": 100, "leaves": 100_000, "learning_rate": 1.0}),
]


def rows_of(case):
    """The folder with the case's files, made once."""
    folder = DATA / "trees" / f"{case.generator}-{case.kind}"
    if (folder / "test.csv").exists():
        return folder
    source = DATA / f"{case.generator}-{case.rows}.csv"
    DATA.mkdir(parents=True, exist_ok=True)
    print(f"making {folder}", flush=True)
    if not source.exists() and case.kind != "wide":
        thrum("data", "generate", case.generator, "--rows", case.rows, "--seed", "7", "-o", source)
    subprocess.run([sys.executable, ROOT / "bench/peers/trees_data.py", case.kind, source, folder], check=True)
    return folder


def flags(case):
    s = case.settings
    if case.learner != "gbdt":
        return ["--n-estimators", s["n_trees"]]
    return ["--n-estimators", s["n_trees"], "--num-leaves", s["leaves"], "--learning-rate", s["learning_rate"]]


def our_fit(case, folder, threads):
    model = folder / "ours.thrum"
    target = "delayed" if case.generator == "airline-like" else "label"
    result = thrum("train", case.learner, folder / "train.csv", "--target", target, "-o", model, *flags(case),
                   threads=threads)
    return result["fit_seconds"]


def our_quality(case, folder):
    scores = thrum("evaluate", folder / "ours.thrum", folder / "test.csv")["metrics"]
    return scores["roc_auc" if case.learner == "gbdt" else "accuracy"], scores["log_loss"]


def measure(case, threads):
    """Ours and every peer, in turn: {name: seconds of each round}, {name: (quality, log loss)}."""
    folder = rows_of(case)
    seconds, quality = {name: [] for name in ("ours", *case.goals)}, {}
    with ExitStack() as stack:
        peers = {name: stack.enter_context(Peer("trees_fit.py", folder, name, threads, json.dumps(case.settings),
                                                threads=threads)) for name in case.goals}
        for _ in range(case.repeats):
            seconds["ours"].append(our_fit(case, folder, threads))
            for name, peer in peers.items():
                answer = peer.ask()
                seconds[name].append(answer["seconds"])
                quality[name] = (answer["quality"], answer["log_loss"])
    quality["ours"] = our_quality(case, folder)
    return seconds, quality


def is_equal(case, ours, peer):
    """Of (quality, log loss): ours may be better; where it is worse by more than noise, the times do not compare."""
    if ours[0] >= peer[0] - (EQUAL_AUC if case.learner == "gbdt" else EQUAL_ACCURACY):
        return True
    return case.learner == "gbdt" and ours[1] <= peer[1] * (1 + EQUAL_LOG_LOSS)


def rows_of_case(case):
    found, ours_by_threads = [], {}
    for threads in case.threads:
        seconds, quality = measure(case, threads)
        ours = statistics.median(seconds["ours"])
        ours_by_threads[threads] = (ours, seconds["ours"])
        for name, goal in case.goals.items():
            theirs = statistics.median(seconds[name])
            title = f"{case.name}, {threads} threads, {name}"
            if not is_equal(case, quality["ours"], quality[name]):
                title += " (not of equal quality)"
            row = Row(title, ours, theirs, theirs / ours, goal, quality["ours"][0], quality[name][0],
                      runs={"ours": seconds["ours"], "peer": seconds[name],
                            "log_loss": [quality["ours"][1], quality[name][1]]})
            found.append(row)
            print(f"{row.name}: {ours:.3g} s, {theirs:.3g} s, {row.ratio:.2f}; AUC or accuracy, log loss: "
                  f"{quality['ours']}, {quality[name]}", flush=True)
    if len(ours_by_threads) > 1:
        (one, one_runs), (two, two_runs) = ours_by_threads[1], ours_by_threads[2]
        found.append(Row(f"{case.name}, 2 threads beside our 1 thread", two, one, one / two, 1.9,
                         runs={"ours": two_runs, "peer": one_runs}))
        print(f"speed-up: {one / two:.2f}", flush=True)
    return found


def memory_rows():
    """Peak memory above the input of 10 000 000 x 28, training 10 trees of 255 leaves."""
    ours = run_json(*on_cpus(2), BIN / "thrum_measure_trees", "memory", MEMORY_ROWS)
    found = []
    for peer, goal in (("lightgbm", 1 / 1.1), ("xgboost", 1.0)):
        theirs = run_json(*on_cpus(2), sys.executable, ROOT / "bench/peers/trees_memory.py", peer, MEMORY_ROWS)
        found.append(Row(f"peak memory above 10 000 000 x 28, {peer}", ours["bytes"] / 2**20, theirs["bytes"] / 2**20,
                         theirs["bytes"] / ours["bytes"], goal, unit="MiB"))
        print(f"{found[-1].name}: {found[-1].ratio:.2f}", flush=True)
    return found


def rows():
    found = []
    for case in filter(lambda case: wanted(case.name), GBDT_CASES + FOREST_CASES):
        found += rows_of_case(case)
    return found + (memory_rows() if wanted("peak memory") else [])
