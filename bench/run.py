#!/usr/bin/env python3
"""Ours beside its peers, in turn in one run.   usage: bench/run.py linear|csv|matmul|serve|lectures|runtime|trees|
predict|prep [--smoke]

--smoke: few rows and one repeat, to see whether the benchmark works; its times mean nothing."""
import sys

import harness
import lectures
import linear
import matmul
import predict
import prep
import read_csv
import runtime
import serving
import trees

SUITES = {"linear": linear.rows, "csv": read_csv.rows, "matmul": matmul.rows, "serve": serving.rows,
          "lectures": lectures.rows, "runtime": runtime.rows, "trees": trees.rows, "predict": predict.rows,
          "prep": prep.rows}


def main():
    name, *options = sys.argv[1:] or [""]
    if name not in SUITES or options not in ([], ["--smoke"]):
        sys.exit(f"usage: ./dev bench NAME [--smoke]; one of: {' '.join(SUITES)}")
    harness.Smoke.on = bool(options)
    harness.report(f"{name}-smoke" if options else name, SUITES[name]())


if __name__ == "__main__":
    main()
