"""Servers that bench/serving.py starts, asks and measures: ours and the peers'."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import BIN, ROOT, run_json, thread_limits

WORKERS = 2
PYTHON = Path(sys.executable).parent
MLSERVER = ROOT / ".venv-mlserver" / "bin"


class Server:
    """A server that is started when entered: its processes are those below the one that was started."""

    def __init__(self, name, port, command, folder, environment=None, path="/predict", ready=None):
        self.name, self.port, self.path, self.folder = name, port, path, folder
        self.url = f"http://127.0.0.1:{port}{path}"
        self.ready_url = f"http://127.0.0.1:{port}{ready or path}"
        self.is_ready = (lambda status: status == 200) if ready else (lambda status: status != 503)
        self.command = [str(word) for word in command]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def __enter__(self):
        self.log = open(self.folder / f"{self.name.replace(' ', '-')}-{self.port}.log", "wb")
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, cwd=self.folder,
                                        env=self.environment)
        self.started = time.perf_counter()
        deadline = time.monotonic() + 120
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not serve: {Path(self.log.name).read_text()}")
            time.sleep(0.002)
        self.start_seconds = time.perf_counter() - self.started
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            for process in reversed(self.processes()):
                os.kill(process, signal.SIGKILL)
            self.process.wait()
        self.log.close()

    def answers(self):
        try:
            status = urllib.request.urlopen(self.ready_url, timeout=5).status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            return False
        return self.is_ready(status)

    def ask(self, body):
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=30))

    def processes(self):
        return processes_below(self.process.pid)

    def cpu_seconds(self):
        """User and system time of all processes of the server."""
        ticks = 0
        for process in self.processes():
            stat = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(stat[11]) + int(stat[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self):
        """Proportional set size of all processes: what they share counts once."""
        texts = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in self.processes()]
        return sum(int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1]) for text in texts) * 1024

    def load(self, body, seconds, connections, rate=0):
        """What http_load finds, with the server's CPU microseconds per request. `rate` 0: as fast as it answers."""
        before = self.cpu_seconds()
        found = run_json(BIN / "http_load", self.port, connections, seconds, rate, self.path, body)
        return {**found, "cpu": (self.cpu_seconds() - before) / max(found["requests"], 1) * 1e6}


def processes_below(pid):
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:  # it has just ended
        return []
    return [pid] + [below for child in children for below in processes_below(int(child))]


def thrum(folder, port, model, workers=WORKERS, flags=()):
    return Server("thrum", port, [BIN / "thrum", "-q", "serve", model, "-w", workers, "-b", f"127.0.0.1:{port}", *flags], folder)


def gunicorn(folder, port, model, workers=WORKERS):
    return Server("gunicorn", port, [PYTHON / "gunicorn", "-w", workers, "-b", f"127.0.0.1:{port}", "--chdir",
                                     ROOT / "bench/peers", "--timeout", 120, "flask_app:create_app()"], folder,
                  {"MODEL": str(model), **thread_limits(1)})


def nginx(folder, port):
    text = (ROOT / "bench/peers/nginx.conf").read_text()
    (folder / "nginx.conf").write_text(text.replace("PORT", str(port)).replace("WORKERS", str(WORKERS)))
    return Server("nginx", port, ["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"], folder)


def bare(folder, port):
    return Server("bare epoll", port, [BIN / "epoll_server", port, WORKERS], folder)


def mlserver(folder, port, model):
    """None where it is not installed. It serves what joblib keeps in `model`."""
    if not (MLSERVER / "mlserver").exists():
        print(f"no row of MLServer: there is no {MLSERVER / 'mlserver'}")
        return None
    home = folder / "mlserver"
    home.mkdir()
    (home / "settings.json").write_text(json.dumps({"http_port": port, "grpc_port": port + 50, "metrics_port": port + 51,
                                                    "parallel_workers": WORKERS, "host": "127.0.0.1"}))
    (home / "model-settings.json").write_text(json.dumps({"name": "m", "implementation": "mlserver_sklearn.SKLearnModel",
                                                          "parameters": {"uri": str(model)}}))
    return Server("MLServer", port, [MLSERVER / "mlserver", "start", home], folder,
                  {"PATH": f"{MLSERVER}:{os.environ['PATH']}", **thread_limits(1)}, path="/v2/models/m/infer", ready="/v2/models/m/ready")
