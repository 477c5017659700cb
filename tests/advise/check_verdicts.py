#!/usr/bin/env python3
"""Counts how often thrum advise is right about programs of which it is known what bounds them.

usage: check_verdicts.py THRUM KNOWN_PROGRAM [--json FILE] [NAME...]

Prints a line for each, writes all of them as JSON where asked to, and ends with 1 unless all are right.
"""
import json
import subprocess
import sys

KNOWN = {
    "cpu": ["integer", "fma", "hash", "matmul", "sort", "branches", "format"],
    "memory": ["read", "write", "triad", "chase", "gather", "copy"],
    "io": ["sleep", "socket", "pipe", "fsync", "direct"],
    "mixed": ["compute_and_sleep", "load_and_compute"],
}
TRUTH = {name: verdict for verdict, names in KNOWN.items() for name in names}


def advice(thrum, program, name):
    run = subprocess.run([thrum, "advise", "--json", "--", program, name], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def main(arguments):
    output = None
    if "--json" in arguments:
        at = arguments.index("--json")
        output = arguments[at + 1]
        del arguments[at:at + 2]
    thrum, program, *names = arguments
    results = []
    for name in names or TRUTH:
        given = advice(thrum, program, name)
        right = given["verdict"] == TRUTH[name]
        results.append({"program": name, "truth": TRUTH[name], "right": right, **given})
        print(f"{'right' if right else 'WRONG'}  {name}: {given['verdict']}; {given['reason']}", flush=True)
    n_right = sum(result["right"] for result in results)
    print(f"{n_right} of {len(results)} right")
    if output:
        with open(output, "w") as file:
            json.dump(results, file, indent=2)
    return 0 if n_right == len(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
