"""Pages from a slow server and computations, by 1 and by 32 threads."""
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lesson import Lesson


class Slow(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.02)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024


def compute(x):
    for _ in range(1_000_000):
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return x


def by_threads(n_threads, function, items):
    with ThreadPoolExecutor(n_threads) as executor:
        return list(executor.map(function, items))


def main():
    lesson = Lesson()
    with Server(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"

        def fetch(_):
            with urllib.request.urlopen(url) as answer:
                return answer.read()

        for threads, name in ((1, "1 thread"), (32, "32 threads")):
            pages = lesson.time(f"fetch, {name}", by_threads, threads, fetch, range(lesson.size))
            lesson.check(pages == [b"hello"] * lesson.size)
        server.shutdown()
    results = [lesson.time(f"compute, {name}", by_threads, threads, compute, range(lesson.size))
               for threads, name in ((1, "1 thread"), (32, "32 threads"))]
    lesson.check(results[0] == results[1])
    lesson.end()


if __name__ == "__main__":
    main()
