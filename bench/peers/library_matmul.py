"""Times the matrix product of NumPy or a C library: a line {"dtype": ..., "n": ..., "repeats": ...} in, a line with GFLOP/s
out, null where the library has no such product.   usage: library_matmul.py numpy|blis|dnnl THREADS
"""
import ctypes
import ctypes.util
import json
import os
import statistics
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

ROW_MAJOR, NO_TRANSPOSE = 101, 111  # of CBLAS


def seconds(product, repeats):
    product()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def load(name):
    return ctypes.CDLL(ctypes.util.find_library(name))


def numpy():
    return lambda A, B, C: lambda: np.matmul(A, B, out=C)


def blis():
    """No product where BLIS does not know the processor: its portable kernel is no peer, and 0.9 refuses to be told."""
    library, size = load("blis"), ctypes.c_int
    library.bli_arch_string.restype = ctypes.c_char_p
    if library.bli_arch_string(library.bli_arch_query_id()) == b"generic":
        return lambda A, B, C: None
    functions = {"float32": (library.cblas_sgemm, ctypes.c_float), "float64": (library.cblas_dgemm, ctypes.c_double)}

    def product(A, B, C):
        gemm, real = functions[A.dtype.name]
        n = size(len(A))
        pointers = [ctypes.c_void_p(X.ctypes.data) for X in (A, B, C)]
        return lambda: gemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, real(1), pointers[0], n, pointers[1], n, real(0),
                            pointers[2], n)

    return product


def dnnl():
    gemm, real = load("dnnl").dnnl_sgemm, ctypes.c_float

    def product(A, B, C):
        if A.dtype != np.float32:
            return None
        n = ctypes.c_int64(len(A))
        pointers = [ctypes.c_void_p(X.ctypes.data) for X in (A, B, C)]
        letter = ctypes.c_char(b"N")
        return lambda: gemm(letter, letter, n, n, n, real(1), pointers[0], n, pointers[1], n, real(0), pointers[2], n)

    return product


def main():
    os.environ.update(BLIS_NUM_THREADS=sys.argv[2], OMP_NUM_THREADS=sys.argv[2])  # read when they are loaded
    product_of = {"numpy": numpy, "blis": blis, "dnnl": dnnl}[sys.argv[1]]()
    random = np.random.default_rng(0)
    for line in sys.stdin:
        request = json.loads(line)
        n = request["n"]
        A, B = (random.random((n, n)).astype(request["dtype"]) for _ in range(2))
        C = np.empty_like(A)
        product = product_of(A, B, C)
        with threadpool_limits(int(sys.argv[2])):
            gflops = None if product is None else 2 * n**3 / seconds(product, request["repeats"]) / 1e9
        if gflops is not None and not np.allclose(C[0], A[0] @ B, rtol=1e-4):
            raise RuntimeError(f"{sys.argv[1]}: a wrong product")
        print(json.dumps({"gflops": gflops}), flush=True)


if __name__ == "__main__":
    main()
