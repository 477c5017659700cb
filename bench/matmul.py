"""Matrix products beside NumPy's, BLIS's and oneDNN's and the peak of fused multiply-adds measured between them; matrix
addition beside the same loop of STREAM."""
import ctypes.util
import statistics
from contextlib import ExitStack

from harness import BIN, REPEATS, Peer, Row, run_json, wanted

PEAK_GOALS = {1000: 0.8, 4096: 0.9}  # for each n
BEST_GOAL = 0.95  # of the best library
SPEED_UP_GOAL = 1.9
SIZES = (512, 1000, 2048, 4096)
LIBRARIES = {"BLIS": "blis", "oneDNN": "dnnl"}


def addition_rows():
    report = run_json(BIN / "thrum_linalg_bench", "--benchmark_filter=BM_Add", "--benchmark_format=json")
    return [Row(f"matrix add float64 5000, {threads} threads, STREAM add", run["GB/s"], run["STREAM"],
                run["GB/s"] / run["STREAM"], 0.9, "checked", "", "GB/s")
            for threads, run in zip((1, 2), report["benchmarks"])]


def peers():
    """(name, library) of what multiplies beside us."""
    yield "NumPy", "numpy"
    for name, library in LIBRARIES.items():
        if ctypes.util.find_library(library):
            yield name, library
        else:
            print(f"without {name}; to have it: ./dev setup --peers")


def repeats_of(n):
    """As in our program: enough for a tenth of a second."""
    return max(1, 10**10 // n**3)


def our_product(dtype, n, threads):
    element = {"float32": "float", "float64": "double"}[dtype]
    report = run_json(BIN / "thrum_linalg_bench", f"--benchmark_filter=BM_Gemm<{element}>/{n}/{threads}/",
                      "--benchmark_format=json", threads=threads)
    return report["benchmarks"][0]


def measured(dtype, n, threads, libraries):
    """Ours and each library's in turn: ([our counters], {name: [GFLOP/s]}), without libraries that have no such product."""
    ours, theirs = [], {name: [] for name in libraries}
    for _ in range(REPEATS):
        ours.append(our_product(dtype, n, threads))
        for name, peer in libraries.items():
            theirs[name].append(peer.ask(dtype=dtype, n=n, repeats=repeats_of(n))["gflops"])
    return ours, {name: rates for name, rates in theirs.items() if None not in rates}


def product_rows(dtype, n, threads, libraries):
    ours, theirs = measured(dtype, n, threads, libraries)
    rates = [run["GFLOP/s"] for run in ours]
    mine, best = statistics.median(rates), max(map(statistics.median, theirs.values()))
    title = f"gemm {dtype} {n}, {threads} threads"
    found = [Row(f"{title}, beside the FMA peak", mine, statistics.median(run["peak"] for run in ours),
                 statistics.median(run["share"] for run in ours), PEAK_GOALS.get(n), "checked", "", "GFLOP/s")]
    for name, runs in theirs.items():
        median = statistics.median(runs)
        found.append(Row(f"{title}, {name}", mine, median, mine / median, BEST_GOAL if median == best else None,
                         unit="GFLOP/s", runs={"ours": rates, "peer": runs}))
        print(f"{found[-1].name}: {found[-1].ratio:.2f}", flush=True)
    return found


def speed_up(dtype, n, one, two):
    return Row(f"gemm {dtype} {n}, 2 threads beside our 1 thread", two, one, two / one, SPEED_UP_GOAL, unit="GFLOP/s")


def rows():
    found = addition_rows() if wanted("matrix add") else []
    for dtype in ("float32", "float64"):
        for n in (n for n in SIZES if wanted(f"gemm {dtype} {n}")):
            rates = []
            for threads in (1, 2):
                with ExitStack() as stack:
                    libraries = {name: stack.enter_context(Peer("library_matmul.py", library, threads, threads=threads))
                                 for name, library in peers()}
                    found += (of_threads := product_rows(dtype, n, threads, libraries))
                rates.append(of_threads[0].ours)
            found.append(speed_up(dtype, n, *rates))
    return found
