"""Processes with threads inside: two workers, and two threads in each, share out one sum."""
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

from lesson import Lesson


def add_up(begin, end):
    total = 0
    for i in range(begin, end):
        total += i * i % 7
    return total


def add_up_with_threads(begin, end):
    middle = (begin + end) // 2
    with ThreadPoolExecutor(2) as executor:
        return sum(executor.map(add_up, (begin, middle), (middle, end)))


def by_processes(pool, n):
    return sum(pool.starmap(add_up_with_threads, [(0, n // 2), (n // 2, n)], chunksize=1))


def main():
    lesson = Lesson()
    expected = lesson.time("serial", add_up, 0, lesson.size)
    with multiprocessing.Pool(2) as pool:
        lesson.check(lesson.time("2 processes of 2 threads", by_processes, pool, lesson.size) == expected)
    lesson.end()


if __name__ == "__main__":
    main()
