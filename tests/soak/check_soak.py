#!/usr/bin/env python3
"""Asks `thrum serve` for a while in all ways that clients have, good and bad, on one connection a million times, and reloads
it again and again; memory and descriptors must stay what they were: check_soak.py THRUM [SECONDS], such as 3600"""

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
GROWTH_KB = 768  # of one process; allocators settle late
KB_PER_SECOND = 1


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


def read_replies(connection, n):
    """Until `n` replies are there whole: their heads."""
    bytes_, heads = b"", []
    while len(heads) < n:
        head = bytes_.find(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", bytes_[:head])[1]) if head >= 0 else 0
        if head >= 0 and len(bytes_) >= head + 4 + length:
            heads.append(bytes_[:head])
            bytes_ = bytes_[head + 4 + length:]
            continue
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the connection ended before its replies")
        bytes_ += more
    return heads


class Load:
    """Clients, each on connections of its own, until `seconds` have passed."""

    def __init__(self, server, seconds):
        self.server, self.end, self.failures, self.n = server, time.monotonic() + seconds, [], [0] * CLIENTS
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
                connection.sendall(GOOD * 15 + b"".join(BAD) + GOOD)
                read_replies(connection, 16 + len(BAD))
                self.n[client] += 16 + len(BAD)
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


def check_order(server):
    """Requests on one connection are answered in their order, however many."""
    head, body = GOOD.split(b"\r\n\r\n")
    with server.connect() as connection:
        for first in range(0, PIPELINED, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            connection.sendall(b"".join(b"%b\r\nX-Request-Id: %d\r\n\r\n%b" % (head, i, body) for i in numbers))
            heads = read_replies(connection, AT_ONCE)
            if any(b"X-Request-Id: %d" % i not in text.split(b"\r\n") for i, text in zip(numbers, heads, strict=True)):
                check(False, f"replies {first} to {first + AT_ONCE} are in another order")
    check(True, f"{PIPELINED} requests on one connection are answered in their order")


def asked(server, seconds):
    load = Load(server, seconds)
    check(not load.failures, f"{sum(load.n)} requests, failures: {load.failures}")


def main():
    thrum, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        server = Server(thrum, folder)
        processes = server.processes()
        idle = settled_descriptors(processes)
        asked(server, seconds / 4)  # buffers grow to what they need
        before = [resident_kb(pid) for pid in processes]
        asked(server, seconds)
        check_order(server)
        after = [resident_kb(pid) for pid in processes]
        growth = max(there - here for here, there in zip(before, after, strict=True))
        check(growth <= max(GROWTH_KB, KB_PER_SECOND * seconds), f"resident kB before {before}, after {after}")
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
        asked(server, seconds / 4)
        server.process.send_signal(signal.SIGTERM)
        check(server.process.wait(timeout=60) == 0, "ended with exit code 0")


main()
