#!/usr/bin/env python3
"""Ours beside its peers, in turn in one run.   usage: bench/run.py linear|csv|matmul|serve|lectures|runtime|trees|
predict|prep [--smoke] [--only TEXT]

--smoke: few rows and one repeat, to see whether the benchmark works; its times mean nothing.
--only: the cases whose name contains TEXT; of lectures and runtime, all."""
import argparse
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
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("name", choices=SUITES, metavar=f"NAME ({' '.join(SUITES)})")
    parser.add_argument("--smoke", action="store_true", help="few rows and one repeat: its times mean nothing")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name contains TEXT")
    options = parser.parse_args()
    harness.Selection.smoke, harness.Selection.text = options.smoke, options.only
    suffixes = (["smoke"] if options.smoke else []) + (["some"] if options.only else [])
    harness.report("-".join([options.name, *suffixes]), SUITES[options.name]())
    sys.exit(harness.Selection.failed)


if __name__ == "__main__":
    main()
