#!/usr/bin/env python3
"""Runs the code blocks of a document from top to bottom.   usage: run_code_blocks.py FILE.md FOLDER_OF_THRUM

The blocks fenced as ```sh are run by one sh -eu in an empty folder, with thrum on PATH and the example data beside it
(breast_cancer.csv); those marked ```sh no-run are not. The line `# prints: TEXT` in a block says what must stand in the
output of the line above it. Processes that a block leaves behind are ended.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE_DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
FENCE = re.compile(r"^```sh[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRINTS = re.compile(r"^# prints: (.*)$", re.MULTILINE)


def blocks(text):
    """[(number of its first line, code)]"""
    return [(text.count("\n", 0, match.start(1)) + 1, match.group(1)) for match in FENCE.finditer(text)]


def script(found, name):
    """One sh script: each block tells where it stands, so that a failure can be placed."""
    return "set -eu\n" + "".join(f"echo '--- {name}:{line}'\n{code}" for line, code in found)


def unfulfilled(found, output):
    """The promised outputs that are not there, in their order."""
    position, faults = 0, []
    for line, code in found:
        for promise in PRINTS.findall(code):
            place = output.find(promise, position)
            if place < 0:
                faults.append(f"block at line {line}: nothing printed {promise!r}")
            else:
                position = place + len(promise)
    return faults


def run(document, programs):
    """(exit status, output, faults) of all blocks of the document."""
    found = blocks(document.read_text())
    if not found:
        return 1, "", [f"{document}: no block to run"]
    with tempfile.TemporaryDirectory() as folder:
        for data in EXAMPLE_DATA.glob("*.csv"):
            shutil.copy(data, folder)
        output_path = Path(folder, ".output")
        with open(output_path, "wb") as output:
            shell = subprocess.Popen(["sh", "-c", script(found, document.name)], cwd=folder, stdout=output,
                                     stderr=subprocess.STDOUT, start_new_session=True,
                                     env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})
            status = shell.wait()
        end_group(shell.pid)
        text = output_path.read_text(errors="replace")
    return status, text, unfulfilled(found, text)


def end_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def main():
    status, output, faults = run(Path(sys.argv[1]), sys.argv[2])
    if status != 0:
        faults.append(f"the blocks ended with status {status}; the last one begun is named above")
    print(output, *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
