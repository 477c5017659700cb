"""Matrix products beside the peak of fused multiply-adds measured between them, and beside NumPy's, BLIS's and oneDNN's;
matrix addition beside the same loop of STREAM."""
import ctypes.util

from harness import BIN, Peer, Row, run_json, thrum

GOALS = {1000: 0.8, 4000: 0.9}
SIZES = (1000, 4000)
LIBRARIES = {"BLIS": "blis", "oneDNN": "dnnl"}
BLIS_TYPES = {"SKYLAKEX": "0", "HASWELL": "3"}  # of BLIS 0.9, which does not know newer processors and is told


def our_products():
    """{(dtype, n, threads): counters of the benchmark program}"""
    report = run_json(BIN / "thrum_linalg_bench", "--benchmark_filter=BM_Gemm.*/(1000|4000)/", "--benchmark_format=json")
    products = {}
    for run in report["benchmarks"]:
        function, n, threads = run["name"].split("/")[:3]
        products["float32" if "float" in function else "float64", int(n), int(threads)] = run
    return products


def addition_rows():
    report = run_json(BIN / "thrum_linalg_bench", "--benchmark_filter=BM_Add", "--benchmark_format=json")
    return [Row(f"matrix add float64 5000, {threads} threads, STREAM add", run["GB/s"], run["STREAM"],
                run["GB/s"] / run["STREAM"], 0.9, "checked", "", "GB/s")
            for threads, run in zip((1, 2), report["benchmarks"])]


def peers():
    """(name, library, environment) of what multiplies beside us."""
    yield "NumPy", "numpy", {}
    blis_type = BLIS_TYPES.get(thrum("doctor")["blas"]["core"].upper())
    for name, library in LIBRARIES.items():
        if ctypes.util.find_library(library):
            yield name, library, {"BLIS_ARCH_TYPE": blis_type} if blis_type else {}
        else:
            print(f"without {name}; to have it: ./dev setup --peers")


def rows():
    found = addition_rows()
    products = our_products()
    for (dtype, n, threads), run in products.items():
        found.append(Row(f"gemm {dtype} {n}, {threads} threads, beside the FMA peak", run["GFLOP/s"], run["peak"],
                         run["share"], GOALS[n], "checked", "", "GFLOP/s"))
    for name, library, environment in peers():
        for threads in (1, 2):
            with Peer("library_matmul.py", library, threads, threads=threads, environment=environment) as peer:
                for dtype, n in ((dtype, n) for dtype in ("float32", "float64") for n in SIZES):
                    ours, theirs = products[dtype, n, threads]["GFLOP/s"], peer.ask(dtype=dtype, n=n)["gflops"]
                    if theirs is None:
                        continue
                    found.append(Row(f"gemm {dtype} {n}, {threads} threads, {name}", ours, theirs, ours / theirs,
                                     unit="GFLOP/s"))
    return found
