#!/usr/bin/env python3
"""Opens the page of `thrum serve` in a browser without a screen: check_page.py THRUM

Needs chromium, and exits with 77 where there is none."""

import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

SKIPPED = 77
PEOPLE = "age,work class,income\n25,Private,low\n38,Private,low\n28,Local-gov,high\n63,State-gov,high\n"


def serve(thrum, folder):
    with open(folder + "/people.csv", "w") as file:
        file.write(PEOPLE)
    model = folder + "/income.thrum"
    subprocess.run([thrum, "-q", "train", "logistic-regression", file.name, "--target", "income", "-o", model], check=True)
    server = subprocess.Popen([thrum, "serve", model, "-b", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        found = re.search(r"Listening at: (http://\S+)", line)
        if found:
            return server, found[1]
    raise AssertionError("the server does not listen")


def visit(browser, folder, url, **values):
    """The page after the form with these values was sent and some seconds of the page's own clock have passed."""
    fragment = urllib.parse.urlencode(values)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=6000", "--dump-dom"]
    run = subprocess.run([browser, *flags, f"--user-data-dir={folder}/browser", f"{url}/#{fragment}"], check=True,
                         capture_output=True, text=True, timeout=100)
    return run.stdout


def text_of(page, name):
    return re.search(rf'id="{name}"[^>]*>([^<]*)<', page)[1]


def check(browser, folder, url):
    page = visit(browser, folder, url, **{"age": "60", "work class": "State-gov"})
    assert text_of(page, "answer") == "income: high", page
    assert text_of(page, "error") == "", page
    assert page.count('class="bar"') == 4, page  # two probabilities, two contributions
    assert "What each feature adds to low" in page
    assert float(text_of(page, "rate")) > 0, page
    assert text_of(page, "latency").endswith("s"), page
    assert page.count("<polyline") == 3, page
    refused = visit(browser, folder, url, age="old")
    assert text_of(refused, "answer") == "", refused
    assert 'inputs[0].data[0] (feature "age"): expected a number, got "old"' in text_of(refused, "error").replace(
        "&quot;", '"'), refused


def main():
    browser = shutil.which("chromium")
    if browser is None:
        print("skipped: there is no chromium")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server, url = serve(sys.argv[1], folder)
        try:
            check(browser, folder, url)
        finally:
            server.terminate()
            server.stderr.read()
            server.wait()
    print("the page answers, explains, draws, and shows what is wrong")


main()
