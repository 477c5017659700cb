"""Measures NumPy, multiprocessing, loky and joblib: a line {"what": ..., further arguments} in, a line with seconds out."""
import itertools
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import cache

import joblib
import loky
import numpy as np

import tasks

WORKERS = 2
N_TASKS = 200


def seconds_of(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def seconds_of_calls(n, function):
    """How long each call takes, after a tenth as many that do not count."""
    for _ in range(n // 10 + 1):
        function()
    return [seconds_of(function)[0] for _ in range(n)]


def expect(found, expected):
    if list(found) != list(expected):
        raise RuntimeError("a result is wrong")


@cache
def numbers():
    i = np.arange(100_000_000, dtype=np.uint64)
    i *= 2654435761
    i &= 0xFFFFFFFF
    return i / 2**32


def mean():
    x = numbers()
    return {"seconds": min(seconds_of(x.mean)[0] for _ in range(3)), "mean": float(x.mean())}


@contextmanager
def mapper(library, workers=WORKERS):
    """A function like map that keeps its workers."""
    if library == "multiprocessing":
        with multiprocessing.Pool(workers) as pool:
            yield pool.map
    elif library == "loky":
        with loky.ProcessPoolExecutor(workers) as executor:
            yield lambda function, items: list(executor.map(function, items))
    else:
        backend = library.removeprefix("joblib ")
        with joblib.Parallel(n_jobs=workers, backend=backend) as parallel:
            yield lambda function, items: parallel(joblib.delayed(function)(item) for item in items)


def cpu_map(library):
    with mapper(library) as map_all:
        map_all(tasks.compute, range(N_TASKS))
        alone, expected = seconds_of(lambda: [tasks.compute(seed) for seed in range(N_TASKS)])
        seconds, found = seconds_of(lambda: map_all(tasks.compute, range(N_TASKS)))
    expect(found, expected)
    return {"seconds": seconds, "alone": alone, "efficiency": alone / WORKERS / seconds}


def warm_call(library):
    with mapper(library) as map_all:
        return {"seconds": statistics.median(seconds_of_calls(50, lambda: expect(map_all(tasks.same, [0, 1]), [0, 1])))}


def round_trip(library):
    if library == "multiprocessing":
        with multiprocessing.Pool(WORKERS) as pool:
            return {"seconds": statistics.median(seconds_of_calls(2000, lambda: pool.apply(tasks.same, (7,))))}
    with loky.ProcessPoolExecutor(WORKERS) as executor:
        return {"seconds": statistics.median(seconds_of_calls(500, lambda: executor.submit(tasks.same, 7).result()))}


def stream(library):
    """multiprocessing's map puts many tasks into a message, its imap each into its own, as loky does."""
    n = 5000 if library == "loky" else 50_000
    with mapper(library.removesuffix(".imap")) as map_all:
        if library == "multiprocessing.imap":
            pool_imap = map_all.__self__.imap
            map_all = lambda function, items: list(pool_imap(function, items))  # noqa: E731
        map_all(tasks.same, range(n // 10))
        seconds, found = seconds_of(lambda: map_all(tasks.same, range(n)))
    expect(found, range(n))
    return {"seconds": seconds / n}


def all_ready(map_all):
    """Until every worker has answered."""
    seen = set()
    while len(seen) < WORKERS:
        seen.update(map_all(tasks.process_id, range(WORKERS)))


def start(library, gigabytes):
    held = np.ones(gigabytes << 27)
    start_time = time.perf_counter()
    if library == "loky":
        with loky.ProcessPoolExecutor(WORKERS) as executor:
            all_ready(lambda function, items: list(executor.map(function, items)))
            seconds = time.perf_counter() - start_time
    else:
        with multiprocessing.get_context(library).Pool(WORKERS) as pool:
            all_ready(lambda function, items: pool.map(function, items, chunksize=1))
            seconds = time.perf_counter() - start_time
    return {"seconds": seconds, "held": held.nbytes}


def share_array(workers, gigabytes, kind):
    x = np.full(gigabytes << 27, 0.5)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, mapper("joblib loky", workers) as map_all:
        if kind == "shared":
            np.save(f"{folder}/x.npy", x)
            x = np.load(f"{folder}/x.npy", mmap_mode="r")
        map_all(tasks.first_and_last, [np.ones(10)] * workers)
        seconds, found = seconds_of(lambda: map_all(tasks.first_and_last, [x] * workers))
    expect(found, [1.0] * workers)
    return {"seconds": seconds}


@contextmanager
def cached(function):
    with tempfile.TemporaryDirectory() as folder:
        yield joblib.Memory(folder, verbose=0).cache(function)


def cache_hit():
    with cached(tasks.same) as same:
        same(41)
        return {"seconds": statistics.median(seconds_of_calls(1000, lambda: expect([same(41)], [41])))}


def cache_miss():
    """Every call has another argument."""
    with cached(tasks.same) as same:
        arguments = itertools.count()
        return {"seconds": statistics.median(seconds_of_calls(1000, lambda: same(next(arguments))))}


def cache_hit_large():
    large = np.full(10_000_000, 0.5)
    with cached(tasks.length) as length:
        length(large)
        return {"seconds": statistics.median(seconds_of_calls(5, lambda: expect([length(large)], [len(large)])))}


MEASUREMENTS = {"mean": mean, "map": cpu_map, "warm_call": warm_call, "round_trip": round_trip, "stream": stream,
                "start": start, "share_array": share_array, "cache_hit": cache_hit, "cache_miss": cache_miss,
                "cache_hit_large": cache_hit_large}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(MEASUREMENTS[request.pop("what")](**request)), flush=True)


if __name__ == "__main__":
    main()
