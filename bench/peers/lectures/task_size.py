"""The same work, cut into more and smaller tasks, by two threads and two processes."""
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

from lesson import Lesson


def work(begin, end):
    total = 0
    for i in range(begin, end):
        total += ((i * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF) >> 33
    return total


def main():
    lesson = Lesson()
    n = lesson.size
    expected = lesson.time("one task, no helper", work, 0, n)
    with ThreadPoolExecutor(2) as executor, multiprocessing.Pool(2) as pool:
        n_tasks = 2
        while n_tasks <= min(n, 200_000):
            task = n // n_tasks
            ranges = [(begin, min(n, begin + task)) for begin in range(0, n, task)]
            name = f"{n_tasks} tasks, 2"
            lesson.check(lesson.time(f"{name} threads", lambda: sum(executor.map(work, *zip(*ranges)))) == expected)
            lesson.check(lesson.time(f"{name} processes", lambda: sum(pool.starmap(work, ranges, 1))) == expected)
            n_tasks *= 10
    lesson.end()


if __name__ == "__main__":
    main()
