#!/usr/bin/env python3
"""Ours beside its peers, in turn in one run.   usage: bench/run.py linear|csv|matmul|serve|lectures|runtime|trees|predict"""
import sys

import harness
import lectures
import linear
import matmul
import predict
import read_csv
import runtime
import serving
import trees

SUITES = {"linear": linear.rows, "csv": read_csv.rows, "matmul": matmul.rows, "serve": serving.rows,
          "lectures": lectures.rows, "runtime": runtime.rows, "trees": trees.rows, "predict": predict.rows}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in SUITES:
        sys.exit(f"usage: ./dev bench NAME; one of: {' '.join(SUITES)}")
    name = sys.argv[1]
    harness.report(name, SUITES[name]())


if __name__ == "__main__":
    main()
