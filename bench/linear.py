"""Linear models beside scikit-learn's, on the same rows, encoded equally, to the same tolerance."""
import gzip
import math
import os
import subprocess
import sys

import numpy as np
import read_csv
from harness import (BIN, DATA, REAL_DATA, ROOT, Peer, Program, compare, compare_seconds, generated, generated_higgs,
                     rows_of_cases, thrum)

FIT_GOAL = 3.0
FLOAT32_GOAL = 3.0
BFLOAT16_GOAL = 6.0
NEWTON_GOAL = 2.5
WEIGHTS_GOAL = 3.0
INTELEX_GOAL = 1.2
GRID_GOAL = 10.0
PATH_GOALS = {"saga": 10.0, "liblinear": 1.0}
PATH_POINTS, PATH_TOL = 50, 1e-6
ALPHAS, FOLDS = 20, 5
SPEED_UP_GOAL = 1.8
L1_GOALS = {"saga": 10.0, "liblinear": 1.0}
L1_C, L1_TOL = 0.001, 1e-6
SPARSE_CS, SPARSE_TOL, LIBLINEAR_TOL = (1, 10), 1e-5, 1e-4  # of which ours has the lower objective
SPARSE_ROWS, SPARSE_COLUMNS, WORDS = 20_000, 100_000, 50
EQUAL_OBJECTIVE = 1e-6  # relative; ours may be lower
EQUAL_SCORE = 1e-6  # of R²
DEBIAN_PYTHON = "/usr/bin/python3"


def matrices(csv, target):
    """The encoded matrix and the labels as .npy files for the peers, made once."""
    folder = DATA / f"{csv.name.split('.')[0]}-arrays"
    if not (folder / "y.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, ROOT / "bench/peers/encode.py", csv, target, folder], check=True)
    return folder


def our_fit(csv, target, threads, *options):
    result = thrum("train", "logistic-regression", csv, "--target", target, "-o", DATA / "bench.thrum", *options,
                   threads=threads)
    if not result["converged"]:
        raise RuntimeError(f"{csv}: our fit did not converge")
    return {"seconds": result["fit_seconds"], "quality": result["objective"], "iterations": result["iterations"]}


def check_objectives(row):
    if row.quality_ours > row.quality_peer * (1 + EQUAL_OBJECTIVE):
        raise RuntimeError(f"{row.name}: objective {row.quality_ours} is worse than the peer's {row.quality_peer}")
    return row


def has_sklearn(python):
    return subprocess.run([python, "-c", "import sklearn"], capture_output=True).returncode == 0


def peers():
    """(name, interpreter, environment, our options); Debian's OpenBLAS does not know newer processors and is told."""
    yield "scikit-learn", sys.executable, {}, ()
    if has_sklearn(DEBIAN_PYTHON):
        yield "Debian's scikit-learn", DEBIAN_PYTHON, {"OPENBLAS_CORETYPE": thrum("doctor")["blas"]["core"].upper()}, ()
    else:
        print("without Debian's scikit-learn; to have it: apt install python3-sklearn")
    # It goes on for longer than its tolerance asks: so do we.
    yield "scikit-learn-intelex", sys.executable, {"PEER": "sklearnex"}, ("--tol", 1e-5)


def fit_rows(name, csv, target):
    folder = matrices(csv, target)
    rows = []
    for peer_name, python, environment, options in peers():
        for threads in (1, 2):
            with Peer("sklearn_fit.py", folder, threads, threads=threads, python=python, environment=environment) as peer:
                row = compare_seconds(f"fit {name}, {threads} threads, {peer_name}",
                                      lambda: our_fit(csv, target, threads, *options), peer.ask,
                                      INTELEX_GOAL if "PEER" in environment else FIT_GOAL)
            rows.append(check_objectives(row))
            print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def l1_rows(name, csv, target):
    """An L1 penalty that leaves few columns; LIBLINEAR penalises the intercept too, which changes next to nothing."""
    folder = matrices(csv, target)
    options = ["--penalty", "l1", "--C", L1_C, "--tol", L1_TOL]
    rows = []
    for solver, goal in L1_GOALS.items():
        with Peer("sklearn_fit.py", folder, 1, solver, "l1", L1_C, L1_TOL, threads=1, python=sys.executable,
                  environment={}) as peer:
            row = compare_seconds(f"fit {name}, L1, 1 thread, {solver}", lambda: our_fit(csv, target, 1, *options),
                                  peer.ask, goal)
        rows.append(check_objectives(row))
        print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def text_like():
    """A LIBSVM file of rows with some 40 of 100 000 columns each, those with low indices in most, made once."""
    path = DATA / f"text-like-{SPARSE_ROWS}.svm"
    if not path.exists():
        random = np.random.default_rng(1)
        effects = np.zeros(SPARSE_COLUMNS)
        effects[:2000] = random.normal(size=2000)
        lines = [f"0 {SPARSE_COLUMNS}:1"]
        for _ in range(SPARSE_ROWS):
            words = np.unique((SPARSE_COLUMNS * random.random(WORDS) ** 4).astype(int))
            counts = np.round(random.exponential(size=words.size) + 0.1, 4)
            label = int(effects[words] @ counts + random.normal() > 0)
            lines.append(f"{label} " + " ".join(f"{j + 1}:{x}" for j, x in zip(words, counts)))
        path.write_text("\n".join(lines) + "\n")
    return path


def sparse_rows():
    """An L1 penalty on wide sparse rows, as they are, that leaves some thousands of columns."""
    svm = text_like()
    rows = []
    for C in SPARSE_CS:
        options = ["--penalty", "l1", "--C", C, "--tol", SPARSE_TOL, "--standardize", "false"]
        for threads in (1, 2):
            with Peer("sklearn_fit.py", svm, threads, "liblinear", "l1", C, LIBLINEAR_TOL, threads=threads) as peer:
                row = compare_seconds(f"fit {SPARSE_ROWS} x {SPARSE_COLUMNS} sparse, L1, C={C}, {threads} threads, liblinear",
                                      lambda: our_fit(svm, "label", threads, *options), peer.ask,
                                      L1_GOALS["liblinear"])
            rows.append(check_objectives(row))
            print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def newton_row(name, csv, target):
    def fit(solver):
        return our_fit(csv, target, 1, "--solver", solver, "--tol", 1e-8)

    return check_objectives(compare_seconds(f"fit {name}, newton-cholesky to 1e-8 beside our lbfgs",
                                            lambda: fit("newton-cholesky"), lambda: fit("lbfgs"), 0.5))


def option_rows(name, csv, target, weight):
    """Single precision, rounded rows, Newton's method, and sample weights, beside scikit-learn with the same; it has no
    bfloat16 and computes in float64."""
    cases = [("float32", FLOAT32_GOAL, ["--dtype", "float32"], {"dtype": "float32"}),
             ("bfloat16", BFLOAT16_GOAL, ["--dtype", "bfloat16"], {}),
             ("newton-cholesky to 1e-8", NEWTON_GOAL, ["--solver", "newton-cholesky", "--tol", 1e-8],
              {"options": {"solver": "newton-cholesky", "tol": 1e-8}}),
             ("sample weights", WEIGHTS_GOAL, ["--weight", weight], {"weight": weight})]
    rows = []
    for threads in (1, 2):
        with Peer("sklearn_linear.py", csv, target, threads, threads=threads) as peer:
            for case, goal, flags, request in cases:
                row = compare_seconds(f"fit {name}, {case}, {threads} threads",
                                      lambda: our_fit(csv, target, threads, *flags),
                                      lambda: peer.ask(what="fit", **request), goal)
                rows.append(check_objectives(row))
                print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def open_text(csv):
    return gzip.open(csv, "rt") if csv.name.endswith(".gz") else csv.open()


def answers_of(side):
    """Times `side` and keeps what it answered."""
    kept = []

    def ask():
        kept.append(side())
        return kept[-1]

    return ask, kept


PATH_CASES = (("saga", 1.0), ("liblinear", 1.0), ("saga", 0.5))  # LIBLINEAR knows no elastic net


def path_rows(name, csv, target, cases=PATH_CASES):
    """A path of 50 penalties in one call, each as good as the peer's."""
    strongest = 20 / (sum(1 for _ in open_text(csv)) - 1)  # leaves a few columns
    Cs = [strongest * 10 ** (3 * i / (PATH_POINTS - 1)) for i in range(PATH_POINTS)]
    rows = []
    for solver, l1_ratio in cases:
        with Program(BIN / "thrum_measure_linear", csv, target, 1, threads=1) as program, \
                Peer("sklearn_linear.py", csv, target, 1, threads=1) as peer:
            ours, our_answers = answers_of(
                lambda: program.ask_line(f"path {l1_ratio} {PATH_TOL} float64 {' '.join(map(str, Cs))}"))
            theirs, peer_answers = answers_of(
                lambda: peer.ask(what="path", solver=solver, l1_ratio=l1_ratio, tol=PATH_TOL, Cs=Cs))
            row = compare(f"path of {PATH_POINTS}, {name}, {'L1' if l1_ratio == 1 else 'elastic net'}, 1 thread, {solver}",
                          ours, theirs, repeats=1, goal=PATH_GOALS[solver])
        worst = max(mine / other - 1 for mine, other in zip(our_answers[0]["found"], peer_answers[0]["found"], strict=True))
        if worst > EQUAL_OBJECTIVE:
            raise RuntimeError(f"{row.name}: an objective is worse than the peer's by {worst}")
        row.quality_ours, row.quality_peer = sum(our_answers[0]["found"]), sum(peer_answers[0]["found"])
        rows.append(row)
        print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def grid_rows():
    """Ridge for 20 penalties and 5 folds in one call, scored on the rows left out, as GridSearchCV does it."""
    csv, target = generated("higgs-like", 100_000), "label"
    alphas = [10 ** (-2 + 6 * i / (ALPHAS - 1)) for i in range(ALPHAS)]
    rows = []
    for solver in ("cholesky", "svd"):
        for threads in (1, 2):
            with Program(BIN / "thrum_measure_linear", csv, target, threads, threads=threads) as program, \
                    Peer("sklearn_linear.py", csv, target, threads, threads=threads) as peer:
                ours, our_answers = answers_of(lambda: program.ask_line(f"ridge {FOLDS} {' '.join(map(str, alphas))}"))
                theirs, peer_answers = answers_of(
                    lambda: peer.ask(what="ridge", solver=solver, folds=FOLDS, alphas=alphas))
                row = compare(f"ridge, {ALPHAS} alphas x {FOLDS} folds, 100 000 x 28, {threads} threads, "
                              f"GridSearchCV({solver})", ours, theirs, repeats=1 if solver == "svd" else 3, goal=GRID_GOAL)
            if not all(math.isclose(mine, other, abs_tol=EQUAL_SCORE) for mine, other in
                       zip(our_answers[0]["found"], peer_answers[0]["found"], strict=True)):
                raise RuntimeError(f"{row.name}: the scores differ: {our_answers[0]}, {peer_answers[0]}")
            row.quality_ours, row.quality_peer = max(our_answers[0]["found"]), max(peer_answers[0]["found"])
            rows.append(row)
            print(f"{row.name}: {row.ratio:.2f}", flush=True)
    return rows


def speed_up(name, csv, target):
    row = compare_seconds(f"fit {name}, 2 threads, beside our 1 thread", lambda: our_fit(csv, target, 2),
                          lambda: our_fit(csv, target, 1), SPEED_UP_GOAL)
    return check_objectives(row)


def cases():
    """(name, what makes its rows)"""
    higgs = generated_higgs()
    yield "fit 1 000 000 x 28", lambda: fit_rows("1 000 000 x 28", higgs, "label")
    yield "fit 1 000 000 x 100", lambda: fit_rows("1 000 000 x 100", generated("wide", 1_000_000), "label")
    yield "speed-up", lambda: [speed_up("1 000 000 x 28", higgs, "label")]
    yield "newton-cholesky beside lbfgs", lambda: [newton_row("1 000 000 x 28", higgs, "label")]
    yield "options", lambda: option_rows("1 000 000 x 28", higgs, "label", "lepton_pt")
    yield "ridge", grid_rows
    yield "path 50 000 x 28", lambda: path_rows("50 000 x 28", generated("higgs-like", 50_000), "label")
    yield "L1 of sparse rows", sparse_rows
    adult = REAL_DATA / "adult" / "adult_train.csv.gz"
    if os.path.exists(adult):
        yield "fit adult", lambda: fit_rows("adult", adult, "income")
        yield "L1 adult", lambda: l1_rows("adult", adult, "income")
        # saga takes more than five minutes
        yield "path adult", lambda: path_rows("adult", adult, "income", PATH_CASES[1:2])
    else:
        print(f"without adult: no {adult}")
    yield "read", read_csv.rows


def rows():
    return rows_of_cases(cases())
