"""Answering POST /predict beside gunicorn + Flask + scikit-learn with an equal model, and nginx that computes nothing."""
import csv
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from harness import BIN, REPEATS, ROOT, Row, thread_limits, thrum

WORKERS = 2
CONNECTIONS = 16
SECONDS = 4
GOALS = {"gunicorn": 20.0, "nginx": 0.6}
PORTS = {"thrum": 18301, "gunicorn": 18302, "nginx": 18303}
EXAMPLE = ROOT / "examples" / "data" / "breast_cancer.csv"
TARGET = "diagnosis"


class Server:
    """A started server: its processes are those below the one that was started."""

    def __init__(self, name, command, folder, environment=None):
        self.name, self.url = name, f"http://127.0.0.1:{PORTS[name]}/predict"
        self.log = open(folder / f"{name}.log", "wb")
        self.process = subprocess.Popen([str(word) for word in command], stdout=self.log, stderr=self.log, cwd=folder,
                                        env={**os.environ, **(environment or {})})

    def __enter__(self):
        deadline = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not serve: {Path(self.log.name).read_text()}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.log.close()

    def answers(self):
        try:
            urllib.request.urlopen(self.url, timeout=5)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def ask(self, body):
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=30))

    def cpu_seconds(self):
        """User and system time of all processes of the server."""
        ticks = 0
        for process in processes_below(self.process.pid):
            stat = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(stat[11]) + int(stat[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def processes_below(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [below for child in children for below in processes_below(int(child))]


def load(server, script):
    """Requests per second that wrk gets out, and the server's CPU microseconds per request."""
    before = server.cpu_seconds()
    wrk = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, server.url],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in wrk or "Socket errors" in wrk:
        raise RuntimeError(f"{server.name}: {wrk}")
    requests = int(re.search(r"(\d+) requests in", wrk)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", wrk)[1])
    return {"rate": rate, "cpu": (server.cpu_seconds() - before) / requests * 1e6}


def example_rows():
    with open(EXAMPLE, newline="") as file:
        return [{name: float(value) for name, value in row.items() if name != TARGET} for row in csv.DictReader(file)]


def largest_difference(ours, peer, rows):
    """Between the probabilities that two servers give."""
    body = json.dumps({"instances": rows}).encode()
    return max(abs(mine - theirs) for row_of_ours, row_of_peer in
               zip(ours.ask(body)["probabilities"], peer.ask(body)["probabilities"], strict=True)
               for mine, theirs in zip(row_of_ours, row_of_peer, strict=True))


def servers(folder):
    model = folder / "breast_cancer.thrum"
    thrum("train", "logistic-regression", EXAMPLE, "--target", TARGET, "-o", model, "--tol", "1e-9", "--max-iter", "1000")
    subprocess.run([sys.executable, ROOT / "bench/peers/flask_app.py", EXAMPLE, TARGET, folder / "model.joblib"], check=True)
    nginx = (ROOT / "bench/peers/nginx.conf").read_text().replace("PORT", str(PORTS["nginx"])).replace(
        "WORKERS", str(WORKERS))
    (folder / "nginx.conf").write_text(nginx)
    bind = {name: f"127.0.0.1:{port}" for name, port in PORTS.items()}
    return [
        Server("thrum", [BIN / "thrum", "-q", "serve", model, "-w", WORKERS, "-b", bind["thrum"]], folder),
        Server("gunicorn", [Path(sys.executable).parent / "gunicorn", "-w", WORKERS, "-b", bind["gunicorn"], "--chdir",
                            ROOT / "bench/peers", "flask_app:create_app()"], folder,
               {"MODEL": str(folder / "model.joblib"), **thread_limits(1)}),
        Server("nginx", ["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"], folder),
    ]


def compare(name, ours, peer, difference):
    """Two rows: requests per second, and CPU time per request."""
    quality = "" if difference is None else f"differ by {difference:.1e}"
    runs = {"ours": [run["rate"] for run in ours], "peer": [run["rate"] for run in peer]}
    rate, peer_rate = (statistics.median(run["rate"] for run in side) for side in (ours, peer))
    cpu, peer_cpu = (statistics.median(run["cpu"] for run in side) for side in (ours, peer))
    return [Row(f"requests per second, {name}", rate, peer_rate, rate / peer_rate, GOALS[name], quality, "", "1/s", runs),
            Row(f"CPU time per request, {name}", cpu, peer_cpu, peer_cpu / cpu, None, quality, "", "µs")]


def measure(started, folder):
    rows = example_rows()
    difference = largest_difference(started["thrum"], started["gunicorn"], rows)
    if not difference <= 1e-6:  # nor NaN
        raise RuntimeError(f"the probabilities of gunicorn's model differ by {difference}")
    script = folder / "post.lua"
    body = json.dumps({"instances": rows[:1]}, separators=(",", ":"))
    script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[{body}]]\n")
    for server in started.values():
        load(server, script)
    runs = {name: [] for name in started}
    for _ in range(REPEATS):
        for name, server in started.items():
            runs[name].append(load(server, script))
    return (compare("gunicorn", runs["thrum"], runs["gunicorn"], difference)
            + compare("nginx", runs["thrum"], runs["nginx"], None))


def rows():
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        started = {server.name: stack.enter_context(server) for server in servers(folder)}
        return measure(started, folder)
