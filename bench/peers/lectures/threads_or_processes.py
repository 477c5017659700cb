"""The same tasks given to two threads and to two processes."""
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor

from lesson import Lesson

TASKS = 8


def compute(x):
    for _ in range(200_000):
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return x


def wait(x):
    time.sleep(0.002)
    return x


def nothing(x):
    return x


def add_up(numbers):
    total = 0.0
    for x in numbers:
        total += x
    return total


def main():
    lesson = Lesson()
    pool = lesson.time("start of two, processes", multiprocessing.Pool, 2)
    with pool, ThreadPoolExecutor(2) as executor:
        for name, function in (("computing", compute), ("waiting", wait), ("nothing to do", nothing)):
            items = range(TASKS * lesson.size)
            by_threads = lesson.time(f"{name}, threads", lambda: list(executor.map(function, items)))
            lesson.check(lesson.time(f"{name}, processes", pool.map, function, items, 1) == by_threads)
        copies = [[0.5] * 100_000] * TASKS
        by_threads = lesson.time("data for each task, threads", lambda: list(executor.map(add_up, copies)))
        lesson.check(lesson.time("data for each task, processes", pool.map, add_up, copies, 1) == by_threads)
    lesson.end()


if __name__ == "__main__":
    main()
