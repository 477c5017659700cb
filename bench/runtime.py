"""The parallel runtime beside oneTBB, OpenMP, NumPy, multiprocessing, loky and joblib."""
import json
import math
import re
import statistics
import subprocess
import sys
from functools import partial

from harness import BIN, REPEATS, ROOT, Peer, Row, compare, on_cpus, run_json

MICROSECONDS = {"scale": 1e6, "unit": "µs"}
MILLISECONDS = {"scale": 1e3, "unit": "ms"}
NAMES = {"threads": "threads", "processes": "processes", "pool": "processes of a pool"}
UNCOPIED = 8 << 20  # bytes: eight workers' stacks and page tables grow a little as they run


def ours(what, *words, threads=2):
    return run_json(BIN / "thrum_measure_runtime", what, *words, threads=threads)


def announced(row):
    print(f"{row.name}: {row.ours:.4g} {row.unit}, {row.goals()} {row.verdict()}", flush=True)
    return row


def mean_rows():
    """The mean of 1e8 doubles; every split must give the same bits."""
    found, bits = [], set()
    for kind, workers in (("threads", 1), ("threads", 2), ("processes", 2)):
        runs = [ours("mean", kind, workers, threads=workers) for _ in range(REPEATS)]
        bits |= {run["bits"] for run in runs}
        gigabytes = [[0.8 / run[key] for run in runs] for key in ("seconds", "read_seconds")]
        rate, plain = map(statistics.median, gigabytes)
        found.append(announced(Row(f"mean of 1e8 doubles, {workers} {kind}, beside plain reading", rate, plain,
                                   rate / plain, 0.9, runs[0]["bits"], unit="GB/s",
                                   runs={"ours": gigabytes[0], "peer": gigabytes[1]})))
    if len(bits) != 1:
        raise RuntimeError(f"the mean depends on how it is split: {bits}")
    return found + [numpy_mean()]


def numpy_mean():
    def our_mean():
        answer = ours("mean", "threads", 1, threads=1)
        return {**answer, "quality": answer["mean"]}

    with Peer("runtime.py", threads=1) as peer:
        def peer_mean():
            answer = peer.ask(what="mean")
            return {**answer, "quality": answer["mean"]}

        row = compare("mean of 1e8 doubles, 1 thread, NumPy", our_mean, peer_mean, goal=1.5, **MILLISECONDS)
    if not math.isclose(row.quality_ours, row.quality_peer, rel_tol=1e-12):
        raise RuntimeError(f"the mean is {row.quality_ours} here and {row.quality_peer} in NumPy")
    return announced(row)


def map_rows(ask):
    for kind, library in (("threads", "joblib loky"), ("processes", "joblib loky"), ("pool", "multiprocessing")):
        yield compare(f"efficiency of a map, 2 {NAMES[kind]}, {library}", partial(ours, "map", kind, 2),
                      partial(ask, what="map", library=library), key="efficiency", unit="", more_is_better=True,
                      at_least=0.97)


def call_rows(ask):
    for kind, library, at_most in (("threads", "joblib threading", 5), ("processes", "joblib loky", 50),
                                   ("pool", "multiprocessing", 50)):
        yield compare(f"warm call of 2 empty tasks, {NAMES[kind]}, {library}", partial(ours, "warm_call", kind),
                      partial(ask, what="warm_call", library=library), at_most=at_most,
                      goal=200 if "joblib" in library else None, **MICROSECONDS)
    for library in ("multiprocessing", "loky"):
        yield compare(f"round trip of a task, {library}", partial(ours, "round_trip"),
                      partial(ask, what="round_trip", library=library), at_most=10, **MICROSECONDS)
    for kind, library in (("pool", "multiprocessing.imap"), ("pool", "loky"), ("processes", "multiprocessing")):
        yield compare(f"streamed tasks, each, {NAMES[kind]}, {library}", partial(ours, "stream", kind),
                      partial(ask, what="stream", library=library), at_most=2, **MICROSECONDS)


def start_rows(ask):
    peers = ((0, "spawn", "multiprocessing's spawn"), (0, "loky", "loky"), (4, "loky", "loky"))
    for method, at_most in (("spawn", 20), ("fork_server", 5)):
        for gigabytes, library, name in peers:
            yield compare(f"2 workers ready, {method}, parent of {gigabytes} GB, {name}",
                          partial(ours, "start", method, gigabytes),
                          partial(ask, what="start", library=library, gigabytes=gigabytes), at_most=at_most,
                          **MILLISECONDS)


def our_array(kind):
    answer = ours("share_array", 8, 1, kind)
    copied = max(answer["workers_own_growth"], answer["shmem_growth"] - (1 << 30) * (kind == "private"))
    if copied > UNCOPIED or answer["workers_shared"] < 8 << 30:
        raise RuntimeError(f"an array was copied: {answer}")
    return {**answer, "quality": "no copy"}


def array_rows(ask):
    for kind, at_most in (("shared", 1), ("private", None)):
        yield compare(f"1 GB to 8 workers, from {kind} memory, joblib's memmap", partial(our_array, kind),
                      partial(ask, what="share_array", workers=8, gigabytes=1, kind=kind), at_most=at_most,
                      **MILLISECONDS)


def loop_rows():
    """Medians of repetitions in turn within one program, in which all return the same."""
    command = [*on_cpus(2), BIN / "thrum_runtime_bench", f"--benchmark_repetitions={2 * REPEATS}",
               "--benchmark_filter=(empty_for|forks)_.*/2/", "--benchmark_enable_random_interleaving=true",
               "--benchmark_format=json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    microseconds = {}
    for run in report["benchmarks"]:
        if run["run_type"] == "iteration":
            time = run["real_time"] * {"ns": 1e-3, "us": 1}[run["time_unit"]]
            microseconds.setdefault(run["run_name"].split("/")[0], []).append(time)
    for what, name in (("empty_for", "empty parallel_for"), ("forks", "tree of forks")):
        for peer, goal in (("tbb", 1 / 1.2), ("openmp", None)):
            mine, theirs = microseconds[f"{what}_thrum"], microseconds[f"{what}_{peer}"]
            medians = statistics.median(mine), statistics.median(theirs)
            yield Row(f"{name}, 2 threads, {peer}", *medians, medians[1] / medians[0], goal, unit="µs",
                      runs={"ours": mine, "peer": theirs})


def measured(name):
    """One run of a benchmark of the cache; two where the one is measured against the other."""
    command = [BIN / "thrum_memory_bench", f"--benchmark_filter=^({name})(/|$)", "--benchmark_format=json"]
    report = run_json(*command, threads=2)
    seconds = [run["real_time"] * {"us": 1e-6, "ms": 1e-3}[run["time_unit"]] for run in report["benchmarks"]]
    return {"seconds": seconds[0], "beside": seconds[-1]}


def cache_rows(ask):
    for name, benchmark, what, at_most in (("hit", "hit_small", "cache_hit", 10),
                                           ("miss and store", "miss_and_store", "cache_miss", 40)):
        yield compare(f"cache: {name}, joblib.Memory", partial(measured, benchmark), partial(ask, what=what),
                      at_most=at_most, **MICROSECONDS)
    yield compare("cache: hit with an argument of 80 MB, joblib.Memory", partial(measured, "hit_with_80_mb_argument"),
                  partial(ask, what="cache_hit_large"), **MILLISECONDS)
    runs = [measured("hit_with_80_mb_argument|read_80_mb") for _ in range(REPEATS)]
    ours_and_plain = [[0.08 / run[key] for run in runs] for key in ("seconds", "beside")]
    rate, plain = map(statistics.median, ours_and_plain)
    yield Row("cache: hit with an argument of 80 MB, beside reading it", rate, plain, rate / plain, 0.8, unit="GB/s",
              runs=dict(zip(("ours", "peer"), ours_and_plain)))


def advice_row():
    """thrum advise on programs of which it is known what bounds them."""
    check = [sys.executable, ROOT / "tests" / "advise" / "check_verdicts.py", BIN / "thrum", BIN / "known_program"]
    text = subprocess.run(check, capture_output=True, text=True).stdout
    right, n = map(int, re.search(r"^(\d+) of (\d+) right$", text, re.MULTILINE).groups())
    return Row(f"advice that is right, of {n} programs", right, None, None, unit="", at_least=n, runs={"ours": text})


def rows():
    found = mean_rows() + [announced(row) for row in loop_rows()]
    with Peer("runtime.py", threads=2) as peer:
        for group in (map_rows, call_rows, start_rows, array_rows, cache_rows):
            found += [announced(row) for row in group(peer.ask)]
    return found + [announced(advice_row())]
