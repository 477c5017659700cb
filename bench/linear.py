"""Logistic regression beside scikit-learn's, on the same rows, encoded equally, to the same tolerance."""
import os
import subprocess
import sys

import read_csv
from harness import DATA, REAL_DATA, ROOT, Peer, Row, compare_seconds, generated_higgs, thrum

FIT_GOAL = 3.0
SPEED_UP_GOAL = 1.8
L1_GOALS = {"saga": 10.0, "liblinear": 1.0}
L1_C, L1_TOL = 0.001, 1e-6
EQUAL_OBJECTIVE = 1e-6  # relative; ours may be lower
DEBIAN_PYTHON = "/usr/bin/python3"


def matrices(csv, target):
    """The encoded matrix and the labels as .npy files for the peers, made once."""
    folder = DATA / csv.name.split(".")[0]
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
    """(name, interpreter, environment); Debian's OpenBLAS does not know newer processors and is told."""
    yield "scikit-learn", sys.executable, {}
    if has_sklearn(DEBIAN_PYTHON):
        yield "Debian's scikit-learn", DEBIAN_PYTHON, {"OPENBLAS_CORETYPE": thrum("doctor")["blas"]["core"].upper()}
    else:
        print("without Debian's scikit-learn; to have it: apt install python3-sklearn")


def fit_rows(name, csv, target):
    folder = matrices(csv, target)
    rows = []
    for peer_name, python, environment in peers():
        for threads in (1, 2):
            with Peer("sklearn_fit.py", folder, threads, threads=threads, python=python, environment=environment) as peer:
                row = compare_seconds(f"fit {name}, {threads} threads, {peer_name}",
                                      lambda: our_fit(csv, target, threads), peer.ask, FIT_GOAL)
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


def newton_row(name, csv, target):
    def fit(solver):
        return our_fit(csv, target, 1, "--solver", solver, "--tol", 1e-8)

    return check_objectives(compare_seconds(f"fit {name}, newton-cholesky to 1e-8 beside our lbfgs",
                                            lambda: fit("newton-cholesky"), lambda: fit("lbfgs"), 0.5))


def speed_up(name, csv, target):
    row = compare_seconds(f"fit {name}, 2 threads, beside our 1 thread", lambda: our_fit(csv, target, 2),
                          lambda: our_fit(csv, target, 1), SPEED_UP_GOAL)
    return check_objectives(row)


def rows():
    higgs = generated_higgs()
    found: list[Row] = fit_rows("1 000 000 x 28", higgs, "label")
    found.append(speed_up("1 000 000 x 28", higgs, "label"))
    found.append(newton_row("1 000 000 x 28", higgs, "label"))
    adult = REAL_DATA / "adult" / "adult_train.csv.gz"
    if os.path.exists(adult):
        found += fit_rows("adult", adult, "income")
        found += l1_rows("adult", adult, "income")
    else:
        print(f"without adult: no {adult}")
    return found + read_csv.rows()
