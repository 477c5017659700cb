"""Answering POST /predict beside gunicorn + Flask + scikit-learn with equal models, MLServer, nginx that computes nothing
and a bare epoll loop: requests per second, CPU time, latency at a fixed rate, memory, start, and what a storm of
reloads and kills loses.

THRUM_BENCH_SECONDS: how long each load lasts (4); THRUM_BENCH_CHAOS_SECONDS: each storm (60); THRUM_BENCH_MEGABYTES:
the large model (500).
"""
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import serving_storm
from harness import BIN, REPEATS, ROOT, Row, rows_of_cases, take_turns, thrum
from servers import bare, gunicorn, mlserver, nginx
from servers import thrum as thrum_server

SECONDS = float(os.environ.get("THRUM_BENCH_SECONDS", 4))
MEGABYTES = int(os.environ.get("THRUM_BENCH_MEGABYTES", 500))
CONNECTIONS = 16
GOALS = {"gunicorn": 40.0, "nginx": 0.8, "bare epoll": 0.75, "MLServer": 5.0, "random-forest": 300.0, "gbdt": 300.0}
EXAMPLE = ROOT / "examples" / "data" / "breast_cancer.csv"
FLASK = ROOT / "bench/peers/flask_app.py"


def rows_of(path, target, n):
    """[features by name], [target]"""
    with open(path, newline="") as file:
        rows = [row for _, row in zip(range(n), csv.DictReader(file))]
    return [{name: float(value) for name, value in row.items() if name != target} for row in rows], \
        [row[target] for row in rows]


def body_of(instances):
    return json.dumps({"instances": instances}, separators=(",", ":"))


def largest_difference(ours, peers):
    """Between two lists of probabilities."""
    return max(abs(mine - theirs) for row, other in zip(ours, peers, strict=True)
               for mine, theirs in zip(row, other, strict=True))


def equal(name, ours, peers):
    difference = largest_difference(ours, peers)
    if not difference <= 1e-6:  # nor NaN
        raise RuntimeError(f"the probabilities of {name} differ by {difference}")
    return f"differ by {difference:.1e}"


def answered(server, body, **how):
    """A load that every request of survives."""
    found = server.load(body, SECONDS, CONNECTIONS, **how)
    if found["failed"] > 0:
        raise RuntimeError(f"{server.name}: {found['failed']} of {found['requests']} requests failed")
    return found


def compare_load(name, ours, peer, bodies, goal, quality):
    """Rows of requests per second and of CPU time per request, both sides in turn; the first of each warms up."""
    answered(ours, bodies[0]), answered(peer, bodies[1])
    runs = take_turns(lambda: answered(ours, bodies[0]), lambda: answered(peer, bodies[1]))
    rates, cpus = ([[run[key] for run in side] for side in runs] for key in ("rate", "cpu"))
    (rate, peer_rate), (cpu, peer_cpu) = ([statistics.median(side) for side in sides] for sides in (rates, cpus))
    print(f"{name}: {rate / peer_rate:.2f}", flush=True)
    return [Row(f"requests per second, {name}", rate, peer_rate, rate / peer_rate, goal, *quality, "1/s",
                {"ours": rates[0], "peer": rates[1]}),
            Row(f"CPU time per request, {name}", cpu, peer_cpu, peer_cpu / cpu, None, *quality, "µs",
                {"ours": cpus[0], "peer": cpus[1]})]


def compare_latency(name, ours, peer, body, goal):
    """On a schedule that does not wait for answers: both at half of the most that the peer can do, and each at half of its
    own."""
    half, peer_half = (answered(server, body)["rate"] / 2 for server in (ours, peer))
    found = []
    for title, rate in (("at half of the peer's maximum", peer_half), ("at half of the own maximum", half)):
        runs = take_turns(lambda: answered(ours, body, rate=rate), lambda: answered(peer, body, rate=peer_half))
        for key, wanted_ratio in (("p50", None), ("p99", goal)):
            mine, theirs = ([run[key] * 1e3 for run in side] for side in runs)
            found.append(Row(f"{key} {title}, {name}", statistics.median(mine), statistics.median(theirs),
                             statistics.median(theirs) / statistics.median(mine), wanted_ratio, f"at {rate:.0f}/s",
                             f"at {peer_half:.0f}/s", "ms", {"ours": mine, "peer": theirs}))
            print(f"{found[-1].name}: {found[-1].ratio:.2f}", flush=True)
    return found


def fit_logistic_regression(folder):
    """lr.thrum and lr.joblib, which several cases serve."""
    thrum("train", "logistic-regression", EXAMPLE, "--target", "diagnosis", "-o", folder / "lr.thrum", "--tol", "1e-9",
          "--max-iter", "1000")
    subprocess.run([sys.executable, FLASK, "logistic-regression", EXAMPLE, "diagnosis", folder / "lr.joblib"], check=True)


def linear_rows(folder):
    instances, _ = rows_of(EXAMPLE, "diagnosis", 569)
    one = body_of(instances[:1])
    rows = []
    with thrum_server(folder, 18301, folder / "lr.thrum") as ours, ExitStack() as stack:
        ask = json.loads(body_of(instances))
        mine = ours.ask(json.dumps(ask).encode())["probabilities"]
        with gunicorn(folder, 18302, folder / "lr.joblib") as peer:
            quality = (equal("gunicorn's model", mine, peer.ask(json.dumps(ask).encode())["probabilities"]), "")
            rows += compare_load("logistic regression, gunicorn", ours, peer, (one, one), GOALS["gunicorn"], quality)
            rows += compare_latency("gunicorn", ours, peer, one, 20.0)
        for start in (nginx, bare):
            peer = stack.enter_context(start(folder, 18303 if start is nginx else 18304))
            rows += compare_load(peer.name, ours, peer, (one, one), GOALS[peer.name], ("", "computes nothing"))
        rows += mlserver_rows(folder, ours, instances, mine)
    return rows


def tensor_body(instances):
    numbers = [value for instance in instances for value in instance.values()]
    return json.dumps({"inputs": [{"name": "predict", "shape": [len(instances), len(instances[0])], "datatype": "FP64",
                                   "data": numbers}], "outputs": [{"name": "predict_proba"}]})


def mlserver_rows(folder, ours, instances, mine):
    server = mlserver(folder, 18305, folder / "lr.joblib.model")
    if server is None:
        return []
    with server as peer:
        numbers = peer.ask(tensor_body(instances).encode())["outputs"][0]["data"]
        theirs = [numbers[i:i + 2] for i in range(0, len(numbers), 2)]
        quality = (equal("MLServer's model", mine, theirs), "")
        bodies = (body_of(instances[:1]), tensor_body(instances[:1]))
        return compare_load("logistic regression, MLServer", ours, peer, bodies, GOALS["MLServer"], quality)


def accuracy(predictions, truth):
    return sum(str(ours) == known for ours, known in zip(predictions, truth, strict=True)) / len(truth)


def forest_rows(folder, kind, flags):
    """Trees of the same number and size from the same rows; no two libraries grow the same ones."""
    train, test = folder / "higgs.csv", folder / "higgs_test.csv"
    if not train.exists():
        thrum("data", "generate", "higgs-like", "--rows", "24000", "--seed", "3", "-o", folder / "all.csv")
        lines = (folder / "all.csv").read_text().splitlines(keepends=True)
        train.write_text("".join(lines[:20001]))
        test.write_text("".join(lines[:1] + lines[20001:]))
    target = lines_target(train)
    model, joblib = folder / f"{kind}.thrum", folder / f"{kind}.joblib"
    try:
        thrum("train", kind, train, "--target", target, "-o", model, *flags)
    except RuntimeError as error:
        print(f"no row of {kind}: {str(error).splitlines()[-1]}")
        return []
    subprocess.run([sys.executable, FLASK, kind, train, target, joblib], check=True)
    instances, truth = rows_of(test, target, 1000)
    with thrum_server(folder, 18306, model) as ours, gunicorn(folder, 18307, joblib) as peer:
        quality = [accuracy(server.ask(body_of(instances).encode())["predictions"], truth) for server in (ours, peer)]
        one = body_of(instances[:1])
        return compare_load(f"{kind} of 100 trees, gunicorn", ours, peer, (one, one), GOALS[kind], quality)


def lines_target(path):
    with open(path) as file:
        names = file.readline().strip().split(",")
    return "label" if "label" in names else names[0]


def memory_per_worker(start, model, few=2, many=4):
    """Bytes that a further worker takes, and seconds until the first answer."""
    sizes, seconds = [], []
    for n in (few, many):
        with start(model, n) as server:
            seconds.append(server.start_seconds)
            sizes.append(server.memory_bytes())
    return (sizes[1] - sizes[0]) / (many - few) / 1e6, min(seconds)


def large_rows(folder):
    ours, peers = folder / "large.thrum", folder / "large.joblib"
    subprocess.run([BIN / "large_model", ours, str(MEGABYTES)], check=True)
    subprocess.run([sys.executable, FLASK, "large", str(MEGABYTES), peers], check=True)
    memory, start = memory_per_worker(lambda model, n: thrum_server(folder, 18308, model, n), ours)
    peer_memory, peer_start = memory_per_worker(lambda model, n: gunicorn(folder, 18309, model, n), peers)
    return [Row(f"memory of a further worker, model of {MEGABYTES} MB", memory, peer_memory, peer_memory / memory, None,
                unit="MB", at_most=8),
            Row(f"start to first answer, model of {MEGABYTES} MB", start, peer_start, peer_start / start, 1.0, at_most=0.5),
            *large_forest_rows(folder)]


def large_forest_rows(folder):
    model = folder / "forest.thrum"
    subprocess.run([BIN / "large_model", model, str(MEGABYTES), "forest"], check=True)
    memory, start = memory_per_worker(lambda path, n: thrum_server(folder, 18308, path, n), model)
    return [Row(f"memory of a further worker, forest of {MEGABYTES} MB", memory, None, None, unit="MB", at_most=8),
            Row(f"start to first answer, forest of {MEGABYTES} MB", start, None, None, at_most=0.5)]


def start_rows(folder):
    def start(server):
        with server as started:
            return started.start_seconds

    runs = take_turns(lambda: start(thrum_server(folder, 18310, folder / "lr.thrum")),
                      lambda: start(gunicorn(folder, 18311, folder / "lr.joblib")))
    mine, theirs = (statistics.median(side) for side in runs)
    return [Row("start to first answer", mine, theirs, theirs / mine, 10.0, runs={"ours": runs[0], "peer": runs[1]},
                at_most=0.05)]


def cases(folder):
    """(name, what makes its rows)"""
    yield "logistic regression", lambda: linear_rows(folder)
    yield "random-forest", lambda: forest_rows(folder, "random-forest", ["--n-estimators", "100", "--max-depth", "12"])
    yield "gbdt", lambda: forest_rows(folder, "gbdt", ["--n-estimators", "100"])
    yield "start to first answer", lambda: start_rows(folder)
    yield "storm", lambda: serving_storm.rows(folder, body_of(rows_of(EXAMPLE, "diagnosis", 1)[0]))
    yield "slow clients", lambda: serving_storm.crowd_rows(folder, body_of(rows_of(EXAMPLE, "diagnosis", 1)[0]))
    yield "large model", lambda: large_rows(folder)


def rows():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fit_logistic_regression(folder)
        return rows_of_cases(cases(folder))
