"""What requests get while their server is reloaded and its workers are killed, ours and gunicorn's."""
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
    return f"{found['requests']} answered, {found['refused']} refused, {found['blows']} blows"


def row(name, ours, peer, allowed):
    return Row(name, ours["failed"], peer["failed"], None, None, told(ours), told(peer), "requests",
               at_most=allowed)


def rows(folder, body):
    def both(period, blow):
        return (weather(thrum(folder, 18312, folder / "lr.thrum"), body, period, blow),
                weather(gunicorn(folder, 18313, folder / "lr.joblib"), body, period, blow))

    reloaded, killed = both(1.0, hang_up), both(0.5, kill_a_worker)
    # Each kill may cost what its worker was answering.
    return [row(f"failed of requests, SIGHUP each second for {SECONDS:.0f} s", *reloaded, 0),
            row(f"failed of requests, kill -9 each 0.5 s for {SECONDS:.0f} s", *killed, killed[0]["blows"] * CONNECTIONS)]
