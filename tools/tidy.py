#!/usr/bin/env python3
"""Runs clang-tidy over source files, a dozen of a layer in one run.

Most of a run goes into headers, which a dozen files share. What it finds of several files at once is found again in
their halves, and in the end in files alone: two names that clash across files are no findings, and cost time only.

    tools/tidy.py BUILD_FOLDER JOBS FILE...
"""
import concurrent.futures
import itertools
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES_PER_RUN = 12


def stands_alone(path):
    """Programs, and what sets macros for the headers that follow, as Highway's kernels do."""
    return not path.startswith("thrum/") or "#define" in (ROOT / path).read_text()


def runs(paths):
    """Lists of files to be checked together."""
    alone, together = [], []
    for path in paths:
        (alone if stands_alone(path) else together).append(path)
    for _, layer in itertools.groupby(sorted(together), key=lambda path: path.split("/")[1]):
        layer = list(layer)
        yield from (layer[i:i + FILES_PER_RUN] for i in range(0, len(layer), FILES_PER_RUN))
    yield from ([path] for path in alone)


def flags_by_file(build):
    """What each file is compiled with, but for its name and its object's."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        flags[entry["file"]] = words[1:words.index("-o")]
    return flags


def tidy(words):
    run = subprocess.run(["clang-tidy-19", "--quiet", *words], cwd=ROOT, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    return "" if run.returncode == 0 else run.stdout or f"clang-tidy {shlex.join(words)} failed\n"


def findings(paths, build, flags):
    """The text of what clang-tidy finds in these files; empty where it finds nothing."""
    if len(paths) == 1:
        return tidy(["-p", str(build), paths[0]])
    with tempfile.NamedTemporaryFile("w", suffix=".cc") as together:
        for path in paths:
            together.write(f'#include "{ROOT / path}"  // NOLINT(bugprone-suspicious-include)\n')
        together.flush()
        if not tidy([f"--config-file={ROOT}/.clang-tidy", r"--header-filter=/(thrum|examples)/.*\.(h|cc)$",
                     together.name, "--", *flags[str(ROOT / paths[0])]]):
            return ""
    half = len(paths) // 2
    return findings(paths[:half], build, flags) + findings(paths[half:], build, flags)


def main(build, jobs, *paths):
    build = (ROOT / build).resolve()
    flags = flags_by_file(build)
    compiled = [path for path in paths if str(ROOT / path) in flags]
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        found = "".join(pool.map(lambda run: findings(run, build, flags), runs(compiled)))
    print(found, end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
