"""What requests get while their server is reloaded and its workers are killed, ours and gunicorn's, and beside clients that
dribble. The clients repeat a request once where its connection ended before the first byte of an answer."""
import os
import signal
import socket
import statistics
import threading
import time

from harness import Row, take_turns
from servers import gunicorn, thrum

SECONDS = float(os.environ.get("THRUM_BENCH_CHAOS_SECONDS", 60))
CONNECTIONS = 64
N_SLOW = 500
SLOW_RATE = 2000  # requests a second of the good clients beside them


class Storm:
    """Does something to a server again and again until its end."""

    def __init__(self, period, blow):
        self.period, self.blow, self.n = period, blow, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.rage)

    def rage(self):
        while not self.over.wait(self.period):
            self.blow()
            self.n += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def hang_up(server):
    server.process.send_signal(signal.SIGHUP)


def kill_a_worker(server):
    workers = server.processes()[1:]
    try:
        os.kill(workers[int(time.monotonic() * 1000) % len(workers)], signal.SIGKILL)
    except (ProcessLookupError, ZeroDivisionError):
        pass  # none was there just now


def weather(server, body, period, blow):
    with server as started, Storm(period, lambda: blow(started)) as storm:
        found = started.load(body, SECONDS, CONNECTIONS)
    return {**found, "blows": storm.n}


def told(found):
    return (f"{found['requests']} answered, {found['repeated']} repeated, {found['refused']} refused, "
            f"{found['hung']} hung, {found['blows']} blows")


def outcome(name, ours, peer):
    """Rows of what failed, and of how long the unluckiest request took, its repetition included."""
    told_both = (told(ours), told(peer))
    return [Row(f"failed of requests, {name} for {SECONDS:.0f} s", ours["failed"], peer["failed"], None, None, *told_both,
                "requests", at_most=0),
            Row(f"longest wait, {name}", ours["max"] * 1e3, peer["max"] * 1e3, None, None, *told_both, "ms", at_most=200)]


def hang_up_and_kill(server):
    hang_up(server)
    kill_a_worker(server)


class SlowClient:
    """Sends a head or a body, or reads its replies, a byte at a time."""
    BEGINNINGS = {"head": b"POST /predict HTTP/1.1\r\nHost: a\r\nX-Word: ",
                  "body": b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
                  "replies": b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 30}

    def __init__(self, port, kind):
        self.kind, self.read = kind, b""
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.socket.send(self.BEGINNINGS[kind])

    def step(self):
        """How it ended, or None."""
        try:
            self.socket.send(b"x")
            self.read += self.socket.recv(1 if self.kind == "replies" else 4096)
        except BlockingIOError:
            pass  # there is no more room, or nothing to read
        except OSError:
            return self.end("closed")
        return self.end("408") if self.read.startswith(b"HTTP/1.1 408") else None

    def end(self, how):
        self.socket.close()
        return f"{self.kind}: {how}"


class Crowd:
    """Slow clients; for whoever is let go, another comes."""

    def __init__(self, port):
        kinds = list(SlowClient.BEGINNINGS)
        self.port, self.ends = port, {}
        self.clients = [SlowClient(port, kinds[i % len(kinds)]) for i in range(N_SLOW)]
        self.storm = Storm(0.01, self.step)

    def step(self):
        """Each five times a second, and behind those whose time is taken."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        n = N_SLOW // 20
        first = self.storm.n * n % N_SLOW
        for i in range(first, first + n):
            if ended := self.clients[i].step():
                self.ends[ended] = self.ends.get(ended, 0) + 1
                self.clients[i] = SlowClient(self.port, self.clients[i].kind)

    def __enter__(self):
        self.storm.__enter__()
        return self

    def __exit__(self, *_):
        self.storm.__exit__()
        for client in self.clients:
            client.socket.close()


def crowd_rows(folder, body):
    """The good clients' times alone, and beside slow ones."""
    ends = {}

    def load(server):
        found = server.load(body, 10, 16, SLOW_RATE)
        return {**found, "failed": found["failed"] + found["unsent"]}

    def beside_crowd(server):
        with Crowd(server.port) as crowd:
            found = load(server)
        for end, n in crowd.ends.items():
            ends[end] = ends.get(end, 0) + n
        return found

    limits = ("--header-timeout", 2, "--body-timeout", 2, "--request-timeout", 4)
    with thrum(folder, 18314, folder / "lr.thrum", flags=limits) as server:
        load(server)
        crowded, alone = take_turns(lambda: beside_crowd(server), lambda: load(server))
    told_ends = ", ".join(f"{end} {n}" for end, n in sorted(ends.items()))
    rows = [Row(f"failed of requests beside {N_SLOW} slow clients", sum(run["failed"] for run in crowded), 0, None, None,
                told_ends, "alone", "requests", at_most=0)]
    for key in ("p50", "p99"):
        mine, theirs = (statistics.median(run[key] for run in runs) * 1e3 for runs in (crowded, alone))
        rows.append(Row(f"{key} beside {N_SLOW} slow clients", mine, theirs, theirs / mine, 0.5, f"at {SLOW_RATE}/s", "alone",
                        "ms"))
    return rows


def rows(folder, body):
    def both(period, blow):
        return (weather(thrum(folder, 18312, folder / "lr.thrum"), body, period, blow),
                weather(gunicorn(folder, 18313, folder / "lr.joblib"), body, period, blow))

    return [*outcome("SIGHUP each second", *both(1.0, hang_up)), *outcome("kill -9 each 0.5 s", *both(0.5, kill_a_worker)),
            *outcome("SIGHUP and kill -9 each second", *both(1.0, hang_up_and_kill))]
