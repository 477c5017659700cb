"""What the tests of deployment share: a served model, and a way to say that something is not installed."""
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "examples" / "deploy"
SKIPPED = 77


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(*command, **options):
    process = subprocess.Popen([str(word) for word in command], **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def train(thrum, model):
    subprocess.run([thrum, "-q", "train", "logistic-regression", ROOT / "examples/data/breast_cancer.csv", "--target",
                    "diagnosis", "-o", model], check=True)


def ask(url, body=None, context=None, seconds=60):
    """The body of the answer, as soon as somebody listens there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(urllib.request.Request(url, body), timeout=30, context=context).read()
        except urllib.error.HTTPError as error:
            if error.code != 502 or time.monotonic() > deadline:  # of nginx: thrum does not listen yet
                raise
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
        time.sleep(0.05)
