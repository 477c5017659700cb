"""What requests get while their server is reloaded and its workers are killed, ours and gunicorn's. The clients repeat a
request once where its connection ended before the first byte of an answer."""
import os
import signal
import threading
import time

from harness import Row
from servers import gunicorn, thrum

SECONDS = float(os.environ.get("THRUM_BENCH_CHAOS_SECONDS", 60))
CONNECTIONS = 64


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


def rows(folder, body):
    def both(period, blow):
        return (weather(thrum(folder, 18312, folder / "lr.thrum"), body, period, blow),
                weather(gunicorn(folder, 18313, folder / "lr.joblib"), body, period, blow))

    return [*outcome("SIGHUP each second", *both(1.0, hang_up)), *outcome("kill -9 each 0.5 s", *both(0.5, kill_a_worker)),
            *outcome("SIGHUP and kill -9 each second", *both(1.0, hang_up_and_kill))]
