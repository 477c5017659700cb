#!/usr/bin/env python3
"""Asks `thrum serve` for a while in all ways that clients have, good and bad, on one connection a million times, reloads
it again and again, and kills its workers; memory and descriptors must stay what they were, and the metrics what the clients
counted: check_soak.py THRUM [SECONDS [RATE]], such as 3600 and 1000 requests a second (as many as there can be)"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

WORKERS = 2
CLIENTS = 8
RELOADS = 20
PIPELINED = 1_000_000
AT_ONCE = 64  # of them
PEOPLE = "age,workclass,income\n25,Private,low\n38,Private,low\n28,Local-gov,high\n44,Private,high\n63,State-gov,high\n"
COUNTED = 100_000  # while workers are killed
KILLS = 5
GROWTH_KB = 768  # of one process; allocators settle late
KB_PER_SECOND = 1
SAMPLES = 20  # of memory


class Server:
    def __init__(self, thrum, folder):
        data, self.model = os.path.join(folder, "people.csv"), os.path.join(folder, "m.thrum")
        with open(data, "w") as file:
            file.write(PEOPLE)
        subprocess.run([thrum, "-q", "train", "logistic-regression", data, "--target", "income", "-o", self.model], check=True)
        self.log_path = os.path.join(folder, "log")
        self.process = subprocess.Popen([thrum, "serve", self.model, "-w", str(WORKERS), "-b", "127.0.0.1:0",
                                         "--batch-max-size", "16", "--limit-request-body", "10000"],
                                        stderr=open(self.log_path, "wb"))
        self.wait_for_log("Booting worker", WORKERS)
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", self.log())[1])

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def wait_for_log(self, text, times):
        deadline = time.monotonic() + 60
        while self.log().count(text) < times:
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the log does not come to have {times} x {text!r}:\n{self.log()}")
            time.sleep(0.01)

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def processes(self):
        """The supervisor and its workers, once no other is there."""
        deadline = time.monotonic() + 60
        while len(self.workers()) != WORKERS and time.monotonic() < deadline:
            time.sleep(0.05)
        return [self.process.pid, *self.workers()]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


def post(body):
    return f"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


GOOD = post('{"instances":[{"age":39,"workclass":"Private"}]}')
BAD = [post('{"instances":[{"age":"x","workclass":"Private"}]}'), post('{"instances":'), b"GET /none HTTP/1.1\r\nHost: a\r\n\r\n",
       b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"]
FATAL = [b"\x16\x03\x01\r\n\r\n", b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n", GOOD[:40]]


MIXED = GOOD * 15 + b"".join(BAD) + GOOD
N_MIXED = 16 + len(BAD)


def replies(connection, n):
    """Each of `n`, head and body, when it is there whole."""
    bytes_ = b""
    while n > 0:
        head = bytes_.find(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", bytes_[:head])[1]) if head >= 0 else 0
        if head >= 0 and len(bytes_) >= head + 4 + length:
            yield bytes_[:head], bytes_[head + 4:head + 4 + length]
            bytes_, n = bytes_[head + 4 + length:], n - 1
            continue
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the connection ended before its replies")
        bytes_ += more


class Pace:
    """Not more than `rate` a second; 0: without a limit."""

    def __init__(self, rate):
        self.rate, self.begin, self.n = rate, time.monotonic(), 0

    def keep(self, n):
        self.n += n
        if self.rate > 0:
            time.sleep(max(0, self.begin + self.n / self.rate - time.monotonic()))


class Load:
    """Clients, each on connections of its own, until `seconds` have passed."""

    def __init__(self, server, seconds, rate):
        self.server, self.end, self.failures, self.n = server, time.monotonic() + seconds, [], [0] * CLIENTS
        self.paces = [Pace(rate / CLIENTS) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def run(self, client):
        try:
            while time.monotonic() < self.end:
                self.ask(client)
        except Exception as error:  # told by the main thread
            self.failures.append(repr(error))

    def ask(self, client):
        with self.server.connect() as connection:
            for _ in range(20):
                connection.sendall(MIXED)
                self.n[client] += sum(1 for _ in replies(connection, N_MIXED))
                self.paces[client].keep(N_MIXED)
        for last_words in FATAL:  # refused, or left in the middle
            with self.server.connect() as connection:
                connection.sendall(last_words)


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def settled_descriptors(processes, wanted=None):
    """Connections that were left are noticed a little later."""
    deadline = time.monotonic() + 60
    while (found := [descriptors(pid) for pid in processes]) != wanted and wanted is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def check(condition, text):
    print(text)
    if not condition:
        sys.exit(f"FAILED: {text}")


def check_order(server, rate):
    """Requests on one connection are answered in their order, however many."""
    head, body = GOOD.split(b"\r\n\r\n")
    pace = Pace(rate)
    with server.connect() as connection:
        for first in range(0, PIPELINED, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            connection.sendall(b"".join(b"%b\r\nX-Request-Id: %d\r\n\r\n%b" % (head, i, body) for i in numbers))
            heads = [found for found, _ in replies(connection, AT_ONCE)]
            pace.keep(AT_ONCE)
            if any(b"X-Request-Id: %d" % i not in text.split(b"\r\n") for i, text in zip(numbers, heads, strict=True)):
                check(False, f"replies {first} to {first + AT_ONCE} are in another order")
    check(True, f"{PIPELINED} requests on one connection are answered in their order")


class Memory:
    """Samples of what processes take, until it is left."""

    def __init__(self, processes, period):
        self.processes, self.period, self.samples, self.over = processes, period, [], threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        begin = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - begin, [resident_kb(pid) for pid in self.processes]))
            if self.over.wait(self.period):
                return

    def slopes(self):
        """Of the straight line through the samples, in kB/s, for each process."""
        times = [at for at, _ in self.samples]
        mean = sum(times) / len(times)
        spread = sum((at - mean) ** 2 for at in times)
        return [sum((at - mean) * sizes[i] for at, sizes in self.samples) / spread for i in range(len(self.processes))]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class Counts:
    """What the server has counted, and must not forget."""

    SAMPLE = re.compile(r'^(thrum_(?:http_requests|inference_requests|inference_refused)_total\{[^}]*\}) (\d+)$', re.MULTILINE)

    def __init__(self, server):
        self.server, self.n_asked = server, 0
        self.last = self.now()

    def now(self):
        """One more question, which is counted after it is answered."""
        with self.server.connect() as connection:
            connection.sendall(BAD[-1])
            text = next(replies(connection, 1))[1].decode()
        self.n_asked += 1
        return {name: int(value) for name, value in self.SAMPLE.findall(text)}

    def check(self):
        now = self.now()
        for name, value in self.last.items():
            if now[name] < value:
                check(False, f"{name} went from {value} back to {now[name]}")
        self.last = now


class CountingClient:
    """Asks for all kinds of things: how many were answered rightly, how many of these by the model, how many refused, and
    of how many nobody knows."""

    def __init__(self, server, n, pace):
        self.server, self.n, self.pace = server, n, pace
        self.right = self.of_model = self.refused = self.unknown = 0

    def run(self):
        while self.n > 0:
            n_read = 0
            try:
                with self.server.connect() as connection:
                    while self.n > 0:
                        connection.sendall(MIXED)
                        n_read = 0
                        for head, body in replies(connection, N_MIXED):
                            self.right += head.startswith(b"HTTP/1.1 2")
                            self.refused += head.startswith(b"HTTP/1.1 4")
                            self.of_model += body.startswith(b'{"predictions"')
                            n_read += 1
                        self.n -= N_MIXED
                        self.pace.keep(N_MIXED)
            except ConnectionError:  # a worker was killed
                self.unknown += N_MIXED - n_read


def check_counts(server, rate):
    """The metrics are what clients counted, though workers are killed."""
    counts = Counts(server)
    first, n_before = counts.last, counts.n_asked
    clients = [CountingClient(server, COUNTED / CLIENTS, Pace(rate / CLIENTS)) for _ in range(CLIENTS)]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    for kill in range(KILLS):
        wanted = (kill + 1) * COUNTED / (KILLS + 2)
        while sum(client.right + client.refused for client in clients) < wanted:
            time.sleep(0.01)
        os.kill(server.processes()[1], signal.SIGKILL)
        server.processes()
        counts.check()
    for thread in threads:
        thread.join()
    n_asked = counts.n_asked - n_before + 1
    counts.check()
    unknown = sum(client.unknown for client in clients)
    for name, expected in (('thrum_http_requests_total{code="2xx"}', sum(client.right for client in clients) + n_asked),
                           ('thrum_http_requests_total{code="4xx"}', sum(client.refused for client in clients)),
                           ('thrum_inference_requests_total{model="model",version="1"}',
                            sum(client.of_model for client in clients))):
        counted = counts.last[name] - first[name]
        check(0 <= counted - expected <= unknown, f"{name}: {counted}; the clients counted {expected}, and {unknown} that "
              f"ended with one of {KILLS} workers")


def asked(server, seconds, rate):
    load = Load(server, seconds, rate)
    check(not load.failures, f"{sum(load.n)} requests, failures: {load.failures}")


def main():
    thrum, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 20
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(thrum, folder)
        processes = server.processes()
        idle = settled_descriptors(processes)
        asked(server, seconds / 4, rate)  # buffers grow to what they need
        before = [resident_kb(pid) for pid in processes]
        with Memory(processes, seconds / SAMPLES) as memory:
            asked(server, seconds, rate)
        check_order(server, rate)
        after = [resident_kb(pid) for pid in processes]
        growth = max(there - here for here, there in zip(before, after, strict=True))
        check(growth <= max(GROWTH_KB, KB_PER_SECOND * seconds), f"resident kB before {before}, after {after}; slopes in kB/s: "
              + ", ".join(f"{slope:.3f}" for slope in memory.slopes()))
        open_now = settled_descriptors(processes, idle)
        check(open_now == idle, f"descriptors before {idle}, after {open_now}")
        for i in range(RELOADS):
            server.process.send_signal(signal.SIGHUP)
            server.wait_for_log("Reloaded", i + 1)
            if i == 0:
                first = resident_kb(server.process.pid)
        processes = server.processes()
        check(resident_kb(server.process.pid) <= 1.1 * first + 64,
              f"resident kB of the supervisor after 1 reload {first}, after {RELOADS} {resident_kb(server.process.pid)}")
        open_now = settled_descriptors(processes, idle)
        check(open_now == idle, f"descriptors after {RELOADS} reloads {open_now}, before {idle}")
        check_counts(server, rate)
        server.process.send_signal(signal.SIGTERM)
        check(server.process.wait(timeout=60) == 0, "ended with exit code 0")


main()
