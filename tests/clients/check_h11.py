#!/usr/bin/env python3
"""Sends requests, well-formed and mutated, to `thrum serve` and to h11, another strict reader of HTTP/1.1: both must see
the same messages, and what only one of them refuses must be for a known reason: check_h11.py THRUM [MUTANTS]

Needs h11 (requirements.txt); exits with 77 where there is none."""

import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

try:
    import h11
except ImportError as error:
    print(f"skipped: {error}; requirements.txt names its version")
    sys.exit(77)

FIELD = "Host: a\r\n"
CORPUS = [
    f"GET /a HTTP/1.1\r\n{FIELD}\r\n",
    f"GET /a?x=1&y=%20 HTTP/1.1\r\nhost:a\r\nAccept: */*\r\nX-Empty:\r\nX-Blank: \t \r\n\r\n",
    f"GET http://a/a HTTP/1.1\r\n{FIELD}\r\n",
    "GET /a HTTP/1.0\r\n\r\n",
    f"GET /a HTTP/1.1\r\n{FIELD}Connection: close\r\n\r\n",
    f"POST /a HTTP/1.1\r\n{FIELD}Content-Length: 0\r\n\r\n",
    f"POST /a HTTP/1.1\r\n{FIELD}Content-Length: 5\r\n\r\nhello",
    f"PUT /a HTTP/1.1\r\n{FIELD}Content-Type: text/plain\r\nContent-Length: 27\r\n\r\nGET /hidden HTTP/1.1\r\nHost:",
    f"POST /a HTTP/1.1\r\n{FIELD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    f"POST /a HTTP/1.1\r\n{FIELD}Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n00A\r\n0\r\n\r\nGET /\r\n0\r\nX-Sum: 1\r\n\r\n",
    f"POST /a HTTP/1.1\r\n{FIELD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    f"DELETE /a HTTP/1.1\r\n{FIELD}Content-Length: 3\r\nX-Request-Id: 7\r\n\r\n\r\n\r",
]
CANARY = f"GET /canary HTTP/1.1\r\n{FIELD}\r\n"
INSERTED = ["\r", "\n", "\r\n", " ", "\t", "\0", ":", ",", ";", "0", "5", "+", "-", "x", "\x7f", "\xe9", "/", "chunked", "Host: b\r\n",
            "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", " HTTP/1.1", "5\r\nhello\r\n"]

# What thrum refuses and h11 takes: what two servers could read in two ways, and what no client of ours needs.
STRICTER = {
    r"a line ends in LF without CR": "h11 takes a bare LF for a line's end",
    r"a chunk does not end where its size says": "h11 before 0.16 takes any two bytes (CVE-2025-43859)",
    r"a header field is folded over two lines": "h11 joins folded lines, which RFC 9112 lets a server refuse",
    r"Transfer-Encoding and Content-Length in one request": "h11 prefers the coding; a proxy may not",
    r"the field \S+ is given twice": "h11 takes lengths that are equal, and fields other than Host and the framing",
    r"a chunk size has more than 16 digits|a chunk extension|a chunk size is malformed": "h11 reads over extensions",
    r"the field Host is malformed|different hosts|names no valid host": "h11 does not look into Host",
    r"the request target|not a valid path|hides a control character": "h11 does not look into the target",
    r"the method .* is not known here": "h11 takes any token",
    r"only HTTP/1\.0 and HTTP/1\.1 are spoken": "h11 takes any version 1.x and 2.x in form",
    r"the expectation is not known here": "h11 does not know others",
    r"is not allowed in a trailer": "h11 keeps what framing a trailer tells from meaning anything",
    r"a header field holds a control character": "h11 0.14 takes some of them in values",
}
# What h11 refuses and thrum takes.
LOOSER = {
    r"no request line received": "RFC 9112 2.2: an empty line before a request is to be ignored",
    r"ends after HTTP/1.0": "h11 does not keep such a connection, where the client asks for it",
}


def known(reasons, reason):
    return reason is not None and any(re.search(pattern, reason) for pattern in reasons)


class Server:
    def __init__(self, thrum, folder):
        data, model = os.path.join(folder, "d.csv"), os.path.join(folder, "m.thrum")
        with open(data, "w") as file:
            file.write("x,y\n1,a\n2,b\n3,a\n4,b\n")
        subprocess.run([thrum, "-q", "train", "logistic-regression", data, "--target", "y", "-o", model], check=True)
        log = os.path.join(folder, "log")
        self.process = subprocess.Popen([thrum, "serve", model, "-b", "127.0.0.1:0"], stderr=open(log, "wb"))
        deadline = time.monotonic() + 60
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", open(log).read())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(open(log).read())
            time.sleep(0.01)
        self.port = int(found[1])

    def messages(self, sent):
        """Paths of the requests that were answered, and why no more were, or None."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            got = b""
            while more := connection.recv(65536):
                got += more
        paths = []
        while got:
            head, _, got = got.partition(b"\r\n\r\n")
            status = int(head[9:12])
            if status == 100:
                continue
            length = re.search(rb"Content-Length: (\d+)", head)
            body, got = (got[:int(length[1])], got[int(length[1]):]) if length else (b"", got)
            message = json.loads(body).get("error", {}).get("message", "") if body.startswith(b"{") else ""
            if status not in (200, 204, 404, 405):
                return paths, message
            named = re.search(r'there is no route "(.*)"', message, re.DOTALL)
            paths.append(named[1] if named else None)  # None: one that there is
        return paths, None


def path_of(target):
    """As a route is looked for: without the origin and the query."""
    text = target.decode("latin-1")
    return text.split("?")[0] if text.startswith("/") else urlsplit(text).path or "/"


def h11_messages(sent):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(sent)
    connection.receive_data(b"")
    paths = []
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                path, version = path_of(event.target), event.http_version
            elif isinstance(event, h11.EndOfMessage):
                paths.append(path)
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return paths, "ends after HTTP/1.0" if version == b"1.0" else None
                connection.start_next_cycle()
            elif not isinstance(event, h11.Data):
                return paths, None
    except h11.RemoteProtocolError as error:
        return paths, str(error)


def mutant(random_, text):
    """With a fault or two."""
    for _ in range(random_.choice([1, 1, 2])):
        at = random_.randrange(len(text))
        end = min(len(text), at + random_.choice([1, 1, 1, 2, 8]))
        part = random_.choice(["", text[at:end] * 2, text[at:end].swapcase(), random_.choice(INSERTED),
                               text[at:end] + random_.choice(INSERTED)])
        text = text[:at] + part + text[end:]
        if not text:
            return "\r\n"
    return text


def same(ours, theirs):
    return len(ours) == len(theirs) and all(a is None or a == b for a, b in zip(ours, theirs))


def disagreement(server, sent):
    """What cannot be explained, or None."""
    (ours, our_reason), (theirs, their_reason) = server.messages(sent), h11_messages(sent)
    both = min(len(ours), len(theirs))
    if same(ours[:both], theirs[:both]):
        if same(ours, theirs) and (our_reason is None) == (their_reason is None):
            return None
        if known(STRICTER, our_reason) and len(ours) <= len(theirs):
            return None
        if known(LOOSER, their_reason) and len(theirs) <= len(ours):
            return None
    return f"{sent!r}\n  thrum {ours}, {our_reason}\n  h11   {theirs}, {their_reason}"


def compare(server, random_, n):
    for text in CORPUS:
        sent = (text + CANARY).encode("latin-1")
        ours = server.messages(sent)
        if ours[1] is not None or not same(ours[0], h11_messages(sent)[0]) or "/a" not in ours[0]:
            sys.exit(f"a well-formed request is not read alike: {disagreement(server, sent) or (sent, ours)}")
    found, refused = [], 0
    for _ in range(n):
        first, second = random_.choice(CORPUS), random_.choice([random_.choice(CORPUS), ""])
        sent = (mutant(random_, first + second) + CANARY).encode("latin-1")
        refused += server.messages(sent)[1] is not None
        found += filter(None, [disagreement(server, sent)])
    print(f"{n} mutants, {refused} refused, {len(found)} disagreements")
    if found or not n / 10 <= refused <= 9 * n / 10:
        sys.exit("\n".join(found[:20]))


def main():
    thrum, n = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    with tempfile.TemporaryDirectory() as folder:
        server = Server(thrum, folder)
        try:
            compare(server, random.Random(1), n)
        finally:
            server.process.kill()
            server.process.wait()


main()
