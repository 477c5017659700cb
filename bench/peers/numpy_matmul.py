"""Times NumPy's matrix product: a line {"dtype": ..., "n": ...} in, a line with GFLOP/s out.   usage: ... THREADS"""
import json
import statistics
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits


def seconds(product, repeats=5):
    product()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    threads = int(sys.argv[1])
    random = np.random.default_rng(0)
    for line in sys.stdin:
        request = json.loads(line)
        n = request["n"]
        A, B = (random.random((n, n)).astype(request["dtype"]) for _ in range(2))
        C = np.empty_like(A)
        with threadpool_limits(threads):
            gflops = 2 * n**3 / seconds(lambda: np.matmul(A, B, out=C)) / 1e9
        print(json.dumps({"gflops": gflops}), flush=True)


if __name__ == "__main__":
    main()
